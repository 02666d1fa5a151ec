//! The medicine broadcast: told by distance, first to accept wins, everybody hears of it.

use callout_tests::{Person, Stage, tiny_png};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;
/// Degrees of latitude to a kilometre.
const KM: f64 = 1.0 / 111.195;

/// Asks two pharmacies, in the seed's fields and for the seed's answer; the request's id.
async fn broadcast(customer: &Person) -> String {
    let created = customer
        .post(
            "/medicine/request/",
            json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 10.0, "quantity": 10}),
        )
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    let request = created.text("request_id");
    assert_eq!(
        created.body["message"],
        "Medicine request sent to 2 nearby pharmacies"
    );
    assert_eq!(created.body["pharmacies_notified"], 2);
    let data = &created.body["data"];
    assert_eq!(data["id"], request.as_str());
    assert_eq!(data["patient_name"], "John Doe");
    assert_eq!(data["patient_lat"], LAT);
    assert_eq!(data["patient_lng"], LNG);
    assert_eq!(data["radius_km"], 10.0);
    assert_eq!(data["quantity"], 10);
    assert_eq!(data["status"], "PENDING");
    for absent in ["image", "pharmacy", "pharmacy_name"] {
        assert_eq!(data.get(absent), Some(&Value::Null), "{absent}");
    }
    request
}

#[tokio::test]
async fn a_broadcast_reaches_those_in_its_radius_and_the_first_accept_wins() {
    let stage = Stage::set().await;
    let near = stage.pharmacy("Near", LAT + KM, LNG).await;
    let middle = stage.pharmacy("Middle", LAT + 4.0 * KM, LNG).await;
    let far = stage.pharmacy("Far", LAT + 15.0 * KM, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut near_socket = near.socket().await;
    let mut middle_socket = middle.socket().await;
    let mut far_socket = far.socket().await;
    let mut customer_socket = customer.socket().await;

    let request = broadcast(&customer).await;
    let heard = near_socket.expect("new_request").await;
    assert_eq!(heard["request_id"], request.as_str());
    assert_eq!(heard["patient_name"], "John Doe");
    assert_eq!(heard["patient_phone"], customer.phone_number);
    assert_eq!(heard["patient_location"], json!({"lat": LAT, "lng": LNG}));
    assert_eq!(heard["distance_km"], 1.0);
    assert_eq!(heard["quantity"], 10);
    assert_eq!(heard["image_url"], Value::Null);
    assert!(heard["timestamp"].is_string());
    assert!(heard["event_id"].is_string());
    let also = middle_socket.expect("new_request").await;
    assert_eq!(also["distance_km"], 4.0);
    assert_eq!(also["event_id"], heard["event_id"]);

    let won = middle
        .post(
            "/medicine/response/",
            json!({"request_id": request, "response_type": "ACCEPTED",
                   "text_message": "We have this medicine in stock!", "audio": null}),
        )
        .await;
    assert_eq!(won.status, 201, "{}", won.body);
    assert_eq!(won.body["request_id"], request.as_str());
    assert_eq!(won.body["pharmacy_id"], middle.id);
    assert_eq!(won.body["pharmacy_name"], "Middle");
    assert_eq!(won.body["response_type"], "ACCEPTED");
    assert_eq!(
        won.body["message"],
        "Response recorded. Customer will be notified."
    );

    let told = customer_socket.expect("pharmacy_response").await;
    assert_eq!(told["request_id"], request.as_str());
    assert_eq!(told["pharmacy_id"], middle.id);
    assert_eq!(told["pharmacy_name"], "Middle");
    assert_eq!(told["response_type"], "ACCEPTED");
    assert_eq!(told["status"], "ACCEPTED");
    assert_eq!(told["text_message"], "We have this medicine in stock!");
    assert_eq!(told["message"], "We have this medicine in stock!");
    assert_eq!(told["audio_url"], Value::Null);
    assert_eq!(told["distance_km"], 4.0);
    assert_eq!(told["responded_at"], told["timestamp"]);
    assert_eq!(told["pharmacy_location"]["lng"], LNG);

    let taken = near_socket.expect("request_taken").await;
    assert_eq!(taken["request_id"], request.as_str());
    assert_eq!(
        taken["message"],
        "This request has been accepted by another pharmacy"
    );

    let late = near
        .post(
            "/medicine/response/",
            json!({"request_id": request, "response_type": "ACCEPTED"}),
        )
        .await;
    assert_eq!(late.status, 400);
    assert_eq!(
        late.body["error"],
        "This request has already been assigned to a pharmacy"
    );

    // Closing it is told to the same people, after everything else about it: what they heard until
    // then is all there was.
    let completed = customer
        .post(&format!("/medicine/request/{request}/complete/"), json!({}))
        .await;
    assert_eq!(completed.status, 200, "{}", completed.body);
    let before = middle_socket.until("request_completed").await;
    assert!(before.is_empty(), "the winner heard {before:?}");
    far_socket.ping().await;
    assert!(far_socket.others().is_empty(), "out of reach, yet told");
    let again = customer
        .post(&format!("/medicine/request/{request}/complete/"), json!({}))
        .await;
    assert_eq!(again.status, 400);
}

#[tokio::test]
async fn nobody_in_reach_is_still_a_request() {
    let stage = Stage::set().await;
    stage.pharmacy("Far", LAT + 15.0 * KM, LNG).await;
    let customer = stage.customer("John Doe").await;
    let created = customer
        .post(
            "/medicine/request/",
            json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 3, "quantity": 1}),
        )
        .await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["pharmacies_notified"], 0);
    assert_eq!(created.body["message"], "No pharmacies found within 3 km");
    let mine = customer.get("/medicine/request/").await;
    assert_eq!(mine.body["count"], 1);
    assert_eq!(mine.body["requests"][0]["status"], "PENDING");
}

#[tokio::test]
async fn a_pharmacy_out_of_reach_cannot_accept_or_look() {
    let stage = Stage::set().await;
    let far = stage.pharmacy("Far", LAT + 15.0 * KM, LNG).await;
    let near = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 10.0).await;
    for choice in ["ACCEPTED", "REJECTED"] {
        let refused = far.answers(&request, choice).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
    }
    let path = format!("/medicine/request/{request}/");
    assert_eq!(far.get(&path).await.status, 404);
    assert_eq!(
        stage.customer("Stranger").await.get(&path).await.status,
        404
    );
    assert_eq!(customer.get(&path).await.body["status"], "PENDING");
    assert_eq!(near.get(&path).await.status, 200);
    assert_eq!(far.get("/medicine/request/").await.body["count"], 0);
    assert_eq!(near.get("/medicine/request/").await.body["count"], 1);
}

#[tokio::test]
async fn a_directed_request_is_for_one_pharmacy_alone() {
    let stage = Stage::set().await;
    let chosen = stage.pharmacy("LifeCare Pharmacy", LAT, LNG).await;
    let other = stage.pharmacy("Other", LAT, LNG).await;
    let patient = stage.person("patient", "John Doe", json!({})).await;
    let mut chosen_socket = chosen.socket().await;
    let mut patient_socket = patient.socket().await;

    let created = patient
        .post(
            "/medicine/request/",
            json!({"patient": 1, "pharmacy": chosen.id, "quantity": 2}),
        )
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(
        created.body["message"],
        "Medicine request sent successfully"
    );
    let request = created.text("request_id");
    let heard = chosen_socket.expect("new_request").await;
    assert_eq!(heard["quantity"], 2);
    assert_ne!(other.answers(&request, "ACCEPTED").await.status, 201);
    assert_eq!(other.get("/medicine/request/").await.body["count"], 0);

    // The seed answers by the socket, in its own words.
    chosen_socket
        .send(json!({"type": "response", "request_id": request,
                     "status": "ACCEPTED", "message": "Your medicine is ready for pickup"}))
        .await;
    let told = patient_socket.expect("pharmacy_response").await;
    assert_eq!(told["status"], "ACCEPTED");
    assert_eq!(told["message"], "Your medicine is ready for pickup");
    assert_eq!(told["pharmacy_name"], "LifeCare Pharmacy");
    let read = patient.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.body["status"], "ACCEPTED");
}

#[tokio::test]
async fn a_prescription_is_seen_by_those_entitled_and_by_nobody_else() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    let created = customer
        .post_form(
            "/medicine/request/",
            &[
                ("patient_lat", "27.7172"),
                ("patient_lng", "85.3240"),
                ("radius_km", "10.0"),
                ("quantity", "10"),
            ],
            Some(("image", "prescription.jpg", tiny_png())),
        )
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    for link in [
        created.body["data"]["image"].clone(),
        socket.expect("new_request").await["image_url"].clone(),
    ] {
        let link = link.as_str().unwrap();
        assert_eq!(stage.download(link).await, (200, tiny_png()));
        let (unsigned, _) = link.split_once('?').unwrap();
        assert_eq!(stage.download(unsigned).await.0, 403);
        let tampered = link.replace("X-Amz-Expires=900", "X-Amz-Expires=90000");
        assert_ne!(tampered, link);
        assert_eq!(stage.download(&tampered).await.0, 403);
    }
}

#[tokio::test]
async fn cancelling_is_told_and_ends_it() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let stranger = stage.customer("Stranger").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let cancel = format!("/medicine/request/{request}/cancel/");
    assert_eq!(stranger.post(&cancel, json!({})).await.status, 404);
    assert_eq!(pharmacy.post(&cancel, json!({})).await.status, 403);
    let mut socket = pharmacy.socket().await;
    socket.expect("new_request").await;
    assert_eq!(customer.post(&cancel, json!({})).await.status, 200);
    assert_eq!(
        socket.expect("request_cancelled").await["request_id"],
        request.as_str()
    );
    assert_eq!(customer.post(&cancel, json!({})).await.status, 400);
    assert_eq!(pharmacy.answers(&request, "ACCEPTED").await.status, 400);
    assert_eq!(pharmacy.get("/medicine/request/").await.body["count"], 0);
}

#[tokio::test]
async fn a_pharmacy_sees_what_is_open_and_what_it_has_answered() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let rival = stage.pharmacy("Rival", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let won = customer.requests_medicine(LAT, LNG, 5.0).await;
    let rejected = customer.requests_medicine(LAT, LNG, 5.0).await;
    let open = customer.requests_medicine(LAT, LNG, 5.0).await;
    assert_eq!(pharmacy.answers(&won, "ACCEPTED").await.status, 201);
    assert_eq!(pharmacy.answers(&rejected, "REJECTED").await.status, 201);
    assert_eq!(pharmacy.answers(&rejected, "ACCEPTED").await.status, 400);
    assert_eq!(rival.answers(&rejected, "ACCEPTED").await.status, 201);

    let seen = pharmacy.get("/medicine/request/").await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    assert_eq!(seen.body["count"], 1);
    assert_eq!(seen.body["requests"][0]["id"], open.as_str());
    let mut history: Vec<_> = seen.body["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["request_id"].as_str().unwrap().to_owned(),
                entry["response_type"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    history.sort();
    let mut expected = vec![
        (won, "ACCEPTED".to_owned()),
        (rejected, "REJECTED".to_owned()),
    ];
    expected.sort();
    assert_eq!(history, expected);
    assert_eq!(seen.body["stats"]["accepted"], 1);
    assert_eq!(seen.body["stats"]["rejected"], 1);
}

#[tokio::test]
async fn lists_are_paged_newest_first_to_the_end() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, customer.requests_medicine(LAT, LNG, 1.0).await);
    }
    let mut seen = Vec::new();
    let mut path = "/medicine/request/?limit=2".to_owned();
    loop {
        let page = customer.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for request in page.body["requests"].as_array().unwrap() {
            seen.push(request["id"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/medicine/request/?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, expected);
    for bad in [
        "limit=0",
        "limit=101",
        "limit=two",
        "cursor=%00",
        "cursor=AAAA",
    ] {
        let answer = customer.get(&format!("/medicine/request/?{bad}")).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.body);
    }
}
