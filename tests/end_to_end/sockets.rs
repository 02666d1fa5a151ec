//! The socket: who is let in, what it says first, what it forgives.

use callout_tests::Stage;
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

#[tokio::test]
async fn the_greeting_is_the_seeds() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let greeting = customer.socket().await.greeting;
    assert_eq!(greeting["type"], "connection");
    assert_eq!(greeting["message"], "Connected to customer channel");
    assert_eq!(greeting["user_id"], customer.id);
    assert_eq!(greeting["user_name"], "John Doe");
    assert!(greeting["event_id"].is_string());

    let pharmacy = stage.pharmacy("City Pharmacy", LAT, LNG).await;
    let greeting = pharmacy.socket().await.greeting;
    assert_eq!(greeting["message"], "Connected to pharmacy channel");
    assert_eq!(greeting["pharmacy_id"], pharmacy.id);
    assert_eq!(greeting["pharmacy_name"], "City Pharmacy");
    assert_eq!(greeting["location"], json!({"lat": LAT, "lng": LNG}));
}

#[tokio::test]
async fn a_refused_handshake_says_why_in_the_seeds_code() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy("City Pharmacy", LAT, LNG).await;
    let (status, body) = stage.handshake("").await.unwrap_err();
    assert_eq!((status, &body["code"]), (401, &json!(4001)));
    let (status, body) = customer.handshake("&channel=pharmacy").await.unwrap_err();
    assert_eq!((status, &body["code"]), (403, &json!(4003)));
    let (status, body) = pharmacy.handshake("&channel=customer").await.unwrap_err();
    assert_eq!((status, &body["code"]), (403, &json!(4003)));
    assert!(pharmacy.handshake("&channel=pharmacy").await.is_ok());
}

#[tokio::test]
async fn the_seeds_own_paths_work_on_the_http_port() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let pharmacy = stage.pharmacy("City Pharmacy", LAT, LNG).await;
    for path in [
        "/ws/customer/",
        "/ws/customer",
        &format!("/ws/user/{}/", customer.id),
    ] {
        let opened = customer.socket_at(path).await;
        assert_eq!(opened.unwrap().greeting["user_id"], customer.id, "{path}");
    }
    for path in ["/ws/pharmacy/", &format!("/ws/pharmacy/{}/", pharmacy.id)] {
        let opened = pharmacy.socket_at(path).await;
        assert_eq!(
            opened.unwrap().greeting["pharmacy_id"],
            pharmacy.id,
            "{path}"
        );
    }
    for (who, path) in [
        (&customer, "/ws/pharmacy/".to_owned()),
        (&customer, format!("/ws/user/{}/", pharmacy.id)),
        (&customer, "/ws/pharmacy/?channel=customer".to_owned()),
        (&pharmacy, format!("/ws/pharmacy/{}/", customer.id)),
        (&pharmacy, "/ws/work/provider/".to_owned()),
    ] {
        let (status, body) = who.socket_at(&path).await.err().unwrap();
        assert_eq!((status, &body["code"]), (403, &json!(4003)), "{path}");
    }
    let (status, _) = stage.handshake_at("/ws/customer/").await.unwrap_err();
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_ticket_and_a_subprotocol_open_a_socket_and_a_ticket_does_so_once() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let ticket = customer.post("/ws/ticket/", json!({})).await;
    assert_eq!(ticket.status, 200, "{}", ticket.body);
    assert_eq!(ticket.body["expires_in"], 30);
    let query = format!("?ticket={}", ticket.text("ticket"));
    let opened = stage.handshake(&query).await.unwrap();
    assert_eq!(opened.greeting["user_id"], customer.id);
    assert_eq!(stage.handshake(&query).await.unwrap_err().0, 401);
    let opened = stage
        .handshake_with_protocol(&["bearer", &customer.access])
        .await
        .unwrap();
    assert_eq!(opened.greeting["user_id"], customer.id);
}

#[tokio::test]
async fn whatever_a_client_says_the_socket_stays_open() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    for said in [
        "not json".to_owned(),
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"type\": 7}".to_owned(),
        json!({"type": "no_such_thing"}).to_string(),
        json!({"action": "elsewhere", "type": "no_such_thing"}).to_string(),
        json!({"type": "response"}).to_string(),
        json!({"type": "response", "request_id": "1; DROP TABLE", "status": "ACCEPTED"})
            .to_string(),
        json!({"type": "ack"}).to_string(),
        json!({"type": "ack", "event_id": ["x"]}).to_string(),
        "{\"type\": \"ping\"".to_owned(),
        "\u{0}\u{1F4A3}".to_owned(),
    ] {
        socket.send_text(&said).await;
        let error = socket.expect("error").await;
        assert!(
            error["error"].is_string() && error["code"].is_string(),
            "{said:?}: {error}"
        );
    }
    // A fresh window, for a flood is another matter.
    let mut socket = customer.socket().await;
    // A message may come in frames of 32 KB; what is larger than that as a whole is too large for us.
    socket.send_in_frames(&"x".repeat(40_000)).await;
    assert_eq!(socket.expect("error").await["code"], "too_large");
    socket
        .send_text(&json!({"type": "ping", "filler": "x".repeat(31_000)}).to_string())
        .await;
    socket.expect("pong").await;
    socket.send(json!({"type": "ping"})).await;
    socket.expect("pong").await;
    socket
        .send(json!({"action": "message", "type": "ping"}))
        .await;
    socket.expect("pong").await;
}

#[tokio::test]
async fn what_the_gateway_itself_ends_is_opened_again_with_nothing_lost() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut socket = pharmacy.socket().await;
    socket.send_binary(&[0, 159, 146, 150]).await;
    assert_eq!(socket.closed().await, Some(1003));
    let mut socket = pharmacy.socket().await;
    socket.send_text(&"x".repeat(40_000)).await;
    assert_eq!(socket.closed().await, Some(1009));
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let mut socket = pharmacy.socket().await;
    assert_eq!(
        socket.expect("new_request").await["request_id"],
        request.as_str()
    );
}

#[tokio::test]
async fn a_flood_is_told_off_and_changes_nothing() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let mut socket = pharmacy.socket().await;
    socket.expect("new_request").await;
    for _ in 0..20 {
        socket.send(json!({"type": "ping"})).await;
        socket.expect("pong").await;
    }
    socket
        .send(json!({"type": "response", "request_id": request, "status": "ACCEPTED"}))
        .await;
    assert_eq!(socket.expect("error").await["code"], "too_many_messages");
    let read = customer.get(&format!("/medicine/request/{request}/")).await;
    assert_eq!(read.body["status"], "PENDING");
}

#[tokio::test]
async fn who_was_away_finds_on_connecting_what_they_missed_and_only_once() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut missed = Vec::new();
    for _ in 0..3 {
        missed.push(customer.requests_medicine(LAT, LNG, 5.0).await);
    }
    let mut socket = pharmacy.socket().await;
    assert_eq!(socket.greeting["type"], "connection");
    let mut events = Vec::new();
    for request in &missed {
        let replayed = socket.expect("new_request").await;
        assert_eq!(replayed["request_id"], request.as_str(), "oldest first");
        assert_eq!(replayed["replayed"], true);
        assert_eq!(replayed["distance_km"], 0.0);
        events.push(replayed["event_id"].clone());
    }
    for event in &events {
        socket.send(json!({"type": "ack", "event_id": event})).await;
    }
    let fresh = customer.requests_medicine(LAT, LNG, 5.0).await;
    let live = socket.expect("new_request").await;
    assert_eq!(live["request_id"], fresh.as_str());
    assert_eq!(live.get("replayed"), None);
    socket
        .send(json!({"type": "ack", "event_id": live["event_id"]}))
        .await;
    socket.ping().await;

    let mut again = pharmacy.socket().await;
    again.ping().await;
    assert_eq!(again.others(), Vec::<Value>::new(), "nothing was missed");
    let last = customer.requests_medicine(LAT, LNG, 5.0).await;
    for socket in [&mut socket, &mut again] {
        assert_eq!(
            socket.expect("new_request").await["request_id"],
            last.as_str()
        );
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_is_said_again_on_the_next_socket() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("Near", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut lost = pharmacy.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    // It left for a phone that may have lost its network: that it was sent says nothing.
    let sent = lost.expect("new_request").await;
    drop(lost);
    let mut socket = pharmacy.socket().await;
    let again = socket.expect("new_request").await;
    assert_eq!(again["request_id"], request.as_str());
    assert_eq!(again["event_id"], sent["event_id"]);
    assert_eq!(again["replayed"], true);
}

#[tokio::test]
async fn a_socket_answers_a_request_as_rest_does() {
    let stage = Stage::set().await;
    let near = stage.pharmacy("Near", LAT, LNG).await;
    let rival = stage.pharmacy("Rival", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let mut customer_socket = customer.socket().await;
    let mut near_socket = near.socket().await;
    let mut rival_socket = rival.socket().await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let accept = json!({"type": "response", "request_id": request, "status": "ACCEPTED"});
    near_socket.send(accept.clone()).await;
    assert_eq!(
        customer_socket.expect("pharmacy_response").await["pharmacy_id"],
        near.id
    );
    rival_socket.expect("request_taken").await;
    rival_socket.send(accept.clone()).await;
    assert_eq!(
        rival_socket.expect("error").await["error"],
        "This request has already been assigned to a pharmacy"
    );
    customer_socket.send(accept).await;
    customer_socket.expect("error").await;
    near_socket
        .send(json!({"type": "response", "request_id": request, "status": "BANANA"}))
        .await;
    assert!(near_socket.expect("error").await["fields"].is_object());
}
