//! Whatever is wrong with what is sent, the answer is a 4xx in the contract's form and nothing is
//! left behind.

use callout_tests::{Answer, Person, Stage, tiny_png};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

fn assert_rejected(answer: &Answer, field: &str, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    assert_form(answer, what);
    assert!(
        answer.body["fields"][field].is_string(),
        "{what}: {} says nothing of {field}",
        answer.body
    );
}

fn assert_form(answer: &Answer, what: &str) {
    let code = answer.body["code"].as_str().unwrap_or_default();
    assert!(
        !code.is_empty()
            && code
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()),
        "{what}: {}",
        answer.body
    );
    assert!(answer.body["error"].is_string(), "{what}: {}", answer.body);
}

async fn assert_nothing_left(customer: &Person) {
    let list = customer.get("/medicine/request/").await;
    assert_eq!(list.body["count"], 0, "{}", list.body);
}

#[tokio::test]
async fn a_request_with_a_wrong_field_names_the_field_and_creates_nothing() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let good = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
    for (field, value) in [
        ("radius_km", json!(0)),
        ("radius_km", json!(-1)),
        ("radius_km", json!(51)),
        ("radius_km", json!(50_000)),
        ("radius_km", json!("NaN")),
        ("radius_km", json!("inf")),
        ("radius_km", json!([5])),
        ("radius_km", Value::Null),
        ("patient_lat", json!(91)),
        ("patient_lat", json!("north")),
        ("patient_lng", json!(-180.5)),
        ("quantity", json!(0)),
        ("quantity", json!(-5)),
        ("quantity", json!(1_000_000_000_000_i64)),
        ("quantity", json!(1.5)),
        ("quantity", json!("")),
        ("pharmacy", json!("nobody")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        if field == "pharmacy" {
            body = json!({"pharmacy": value, "quantity": 1});
        }
        let answer = customer.post("/medicine/request/", body).await;
        assert_rejected(&answer, field, &format!("{field} = {value}"));
    }
    for missing in ["patient_lat", "patient_lng", "radius_km", "quantity"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(missing);
        let answer = customer.post("/medicine/request/", body).await;
        assert_rejected(&answer, missing, missing);
    }
    assert_nothing_left(&customer).await;
}

#[tokio::test]
async fn roles_and_tokens_are_checked_before_anything_else() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
    let by_pharmacy = pharmacy.post("/medicine/request/", body.clone()).await;
    assert_eq!(by_pharmacy.status, 403);
    assert_form(&by_pharmacy, "a pharmacy requesting");
    let by_nobody = stage.post("/medicine/request/", body).await;
    assert_eq!(by_nobody.status, 401);
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let by_customer = customer.answers(&request, "ACCEPTED").await;
    assert_eq!(by_customer.status, 403);
    assert_form(&by_customer, "a customer responding");
    let banana = pharmacy.answers(&request, "BANANA").await;
    assert_rejected(&banana, "response_type", "BANANA");
    for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "no-id", "", "%2e%2e"] {
        let answer = pharmacy.answers(unknown, "ACCEPTED").await;
        assert!(
            (400..=404).contains(&answer.status),
            "{unknown}: {}",
            answer.body
        );
        assert_form(&answer, unknown);
    }
    let read = customer.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.body["status"], "PENDING");
}

#[tokio::test]
async fn a_body_that_is_no_body_is_refused() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let path = "/medicine/request/";
    for (status, content_type, body) in [
        (400, "application/json", &b"{"[..]),
        (400, "application/json", b""),
        (400, "application/json", b"[]"),
        (400, "application/json", b"\xff\xfe"),
        (415, "text/plain", b"{}"),
        (415, "application/xml", b"<a/>"),
        (400, "multipart/form-data", b"x"),
        (400, "multipart/form-data; boundary=x", b"no parts at all"),
        (
            400,
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"quantity\"\r\n\r\n1",
        ),
        (
            400,
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"quantity\"\r\n\r\n\xff\r\n--x--\r\n",
        ),
    ] {
        let answer = customer.post_raw(path, content_type, body.to_vec()).await;
        let what = format!("{content_type}: {}", String::from_utf8_lossy(body));
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_form(&answer, &what);
    }
    let deep = "[".repeat(100_000);
    let answer = customer
        .post_raw(path, "application/json", deep.into_bytes())
        .await;
    assert_eq!(answer.status, 400);
    let large = format!("{{\"filler\": \"{}\"}}", "x".repeat(4_600_000));
    let answer = customer
        .post_raw(path, "application/json", large.into_bytes())
        .await;
    assert_eq!(answer.status, 413);
    // Larger than what Lambda takes: the gateway refuses it before we see it.
    let huge = vec![b' '; 11_000_000];
    let answer = customer.post_raw(path, "application/json", huge).await;
    assert_eq!(answer.status, 413);
    assert_nothing_left(&customer).await;
}

#[tokio::test]
async fn an_image_that_is_none_is_refused() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let fields = [
        ("patient_lat", "27.7172"),
        ("patient_lng", "85.3240"),
        ("radius_km", "10"),
        ("quantity", "1"),
    ];
    for (what, bytes) in [
        ("text", b"this is no image".to_vec()),
        ("sound", b"ID3\x03\x00\x00\x00\x00\x00\x00".to_vec()),
        ("half a signature", tiny_png()[..4].to_vec()),
        ("empty", Vec::new()),
    ] {
        let answer = customer
            .post_form(
                "/medicine/request/",
                &fields,
                Some(("image", "rx.png", bytes)),
            )
            .await;
        if what == "empty" {
            assert_rejected(&answer, "image", what);
        } else {
            assert_eq!(answer.status, 415, "{what}: {}", answer.body);
            assert_eq!(answer.body["code"], "wrong_media_type");
            assert_form(&answer, what);
        }
    }
    let mut too_large = tiny_png();
    too_large.resize(4_600_000, 0);
    let answer = customer
        .post_form(
            "/medicine/request/",
            &fields,
            Some(("image", "rx.png", too_large)),
        )
        .await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert_nothing_left(&customer).await;
}

#[tokio::test]
async fn accounts_refuse_what_is_no_account() {
    let stage = Stage::set().await;
    for address in [
        "",
        "nobody",
        "a@b",
        "a b@example.com",
        "@example.com",
        "a@@example.com",
        "a\u{0}@example.com",
    ] {
        let answer = stage.post("/send-otp", json!({"email": address})).await;
        assert_rejected(&answer, "email", address);
    }
    let address = "new@example.com";
    stage.prove(address).await;
    let good = json!({"email": address, "password": "a good long one", "name": "John Doe",
                      "phone_number": "+9779841234567", "lat": LAT, "lng": LNG, "address": "New Road"});
    for (field, value) in [
        ("password", json!("short")),
        ("password", json!("password123")),
        ("password", json!("x".repeat(129))),
        ("confirm_password", json!("another one")),
        ("name", json!("")),
        ("name", json!("x".repeat(1_000))),
        ("name", json!("John\nDoe")),
        ("phone_number", json!("12345")),
        ("phone_number", json!("1234567890123456")),
        ("phone_number", json!("call me")),
        ("lat", json!(91)),
        ("lng", json!("east")),
        ("lat", Value::Null),
        ("email", json!(7)),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = stage.post("/pharmacy/register/", body).await;
        assert_rejected(&answer, field, &format!("{field} = {value}"));
    }
    let registered = stage.post("/pharmacy/register/", good).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
}

#[tokio::test]
async fn every_path_answers_with_its_slash_and_without_and_with_nothing_after_it() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    for path in ["/medicine/request", "/customer/profile", "/pharmacy"] {
        let query = if path == "/pharmacy" {
            "?lat=1&lng=1&radius_km=1"
        } else {
            ""
        };
        assert_eq!(
            customer.get(&format!("{path}{query}")).await.status,
            200,
            "{path}"
        );
        assert_eq!(
            customer.get(&format!("{path}/{query}")).await.status,
            200,
            "{path}/"
        );
        let below = customer.get(&format!("{path}/a/b/c{query}")).await;
        assert_eq!(below.status, 404, "{path}/a/b/c: {}", below.body);
    }
    assert_eq!(
        stage
            .post(
                "/login/",
                json!({"email": "a@example.com", "password": "whatever it is"})
            )
            .await
            .status,
        401
    );
    assert_eq!(customer.get("/no/such/path").await.status, 404);
}
