//! Each door fails as it is told to, and a client can go on from there.

use callout_tests::Stage;
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

fn fail(stage: &Stage, rules: &str) {
    let plan = format!("seed 1: {rules}").parse().unwrap();
    stage.cloud.faults().set(plan);
}

#[tokio::test]
async fn what_a_door_refused_is_done_by_a_retry() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
    let only = "100% function=CreateMedicineRequestFunction";
    for fault in [
        "dynamodb.error",
        "dynamodb.throttled",
        "function.killed-before",
    ] {
        fail(&stage, &format!("{fault} {only}"));
        let refused = customer
            .post_once("/medicine/request/", "key", body.clone())
            .await;
        assert!(refused.status >= 500, "{fault}: {}", refused.body);
        assert!(stage.cloud.faults().hits()[0] > 0, "{fault}");
    }
    stage.cloud.faults().clear();
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 0);

    // Done, and the answer lost; then done before, whatever is lost on the way.
    fail(&stage, &format!("function.killed-after {only}"));
    let lost = customer
        .post_once("/medicine/request/", "key", body.clone())
        .await;
    assert!(lost.status >= 500, "{}", lost.body);
    stage.cloud.faults().clear();
    let made = customer.post_once("/medicine/request/", "key", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(customer.get("/medicine/request/").await.body["count"], 1);
    let heard = socket.expect("new_request").await;
    assert_eq!(heard["request_id"], made.body["request_id"]);
}

#[tokio::test]
async fn a_plain_write_that_meets_a_transaction_is_delivered_all_the_same() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    fail(&stage, "dynamodb.conflict 40%; dynamodb.lost 10%");
    let request = loop {
        let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
        let made = customer.post_once("/medicine/request/", "key", body).await;
        if made.status == 201 {
            break made.text("request_id");
        }
        assert!(made.status >= 500, "{}", made.body);
    };
    let heard = socket.expect("new_request").await;
    assert_eq!(heard["request_id"], request);
    stage.cloud.faults().clear();
    stage.cloud.streams_idle().await.unwrap();
    assert_eq!(stage.inbox(&pharmacy.id).await.len(), 1);
}

#[tokio::test]
async fn a_socket_that_is_gone_is_closed_and_the_next_one_hears() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    fail(&stage, "sockets.gone 100% action=POST");
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    assert_eq!(socket.closed().await, Some(1000));
    assert_eq!(socket.others(), Vec::<serde_json::Value>::new());
    stage.cloud.streams_idle().await.unwrap();
    stage.cloud.faults().clear();
    let mut socket = pharmacy.socket().await;
    let heard = socket.expect("new_request").await;
    assert_eq!(heard["request_id"], request.as_str());
}

#[tokio::test]
async fn mail_that_is_refused_is_sent_when_it_is_asked_for_again() {
    let stage = Stage::set().await;
    let email = "jane@example.com";
    for fault in ["ses.throttled", "ses.error"] {
        fail(
            &stage,
            &format!("{fault} 100% action=SendEmail; {fault} 100% action=SendRawEmail"),
        );
        let refused = stage.post("/send-otp", json!({"email": email})).await;
        assert!(
            refused.status >= 500,
            "{fault}: {} {}",
            refused.status,
            refused.body
        );
    }
    stage.cloud.faults().clear();
    stage.forget_code_sent_to(email).await;
    stage.prove(email).await;
}

#[tokio::test]
async fn a_right_code_is_right_though_the_answer_to_its_writing_is_lost() {
    let stage = Stage::set().await;
    let only = "40% function=VerifyOtpFunction action=PutItem";
    let mut right = 0;
    for number in 0..20 {
        let email = format!("person-{number}@example.com");
        let sent = stage.post("/send-otp", json!({"email": email})).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let otp = stage.otp(&email).await;
        // What was written and not answered is tried again, and the next try meets a transaction.
        let plan = format!("seed {number}: dynamodb.lost {only}; dynamodb.conflict {only}");
        stage.cloud.faults().set(plan.parse().unwrap());
        let verified = stage
            .post("/verify-otp", json!({"email": email, "otp": otp}))
            .await;
        stage.cloud.faults().clear();
        assert!(
            verified.status == 200 || verified.status >= 500,
            "{number}: {}",
            verified.body
        );
        right += u32::from(verified.status == 200);
    }
    assert!(right > 0, "every one of them failed");
}

#[tokio::test]
async fn a_plan_may_be_there_from_the_start() {
    let stage = Stage::set_with(|options| {
        options.faults = "seed 1: function.killed-before 100% function=LoginFunction"
            .parse()
            .unwrap();
    })
    .await;
    let login = json!({"email": "jane@example.com", "password": "a good long password"});
    assert!(stage.post("/login", login.clone()).await.status >= 500);
    stage.cloud.faults().clear();
    assert_eq!(stage.post("/login", login).await.status, 401);
}
