//! The demo against a small stack of its own making, right and wrong.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Multipart, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;
use crate::client::Account;

mod clinic;
mod donors;
mod work;

/// What the stack gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Tells the pharmacies within 5 km more than was asked.
    SearchesTooFar,
    /// Lets both have the request.
    TwoWinners,
    /// Keeps it from one of those who were told.
    ForgetsOne,
    /// Shows every donor the patient's number.
    ShowsPatient,
}

struct Stack {
    flaw: Flaw,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    accounts: BTreeMap<String, Value>,
    sockets: BTreeMap<String, mpsc::UnboundedSender<Value>>,
    requests: Vec<Value>,
    events: u64,
}

type Shared = State<Arc<Stack>>;

impl Inner {
    fn tell(&mut self, account: &str, mut message: Value) {
        self.events += 1;
        message["event_id"] = json!(self.events);
        if let Some(socket) = self.sockets.get(account) {
            socket.send(message).unwrap();
        }
    }

    /// Pharmacies as (id, kilometres), nearest first; all stand on one meridian.
    fn near(&self, lat: f64, radius_km: f64) -> Vec<(String, f64)> {
        let mut near: Vec<_> = self
            .accounts
            .iter()
            .filter(|(_, account)| account["role"] == "PHARMACY")
            .filter_map(|(id, account)| Some((id.clone(), account["lat"].as_f64()?)))
            .map(|(id, place)| (id, (place - lat).abs() * 111.195))
            .filter(|(_, distance)| *distance <= radius_km)
            .collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1));
        near
    }
}

/// The token of an account is its id, and its id is its address.
fn caller(headers: &HeaderMap) -> String {
    let header = headers["authorization"].to_str().unwrap();
    header.strip_prefix("Bearer ").unwrap().to_owned()
}

fn routes(stack: Arc<Stack>) -> Router {
    let mail = |Query(query): Query<BTreeMap<String, String>>| async move {
        Json(json!({ "mail": [{ "number": 1, "subject": query["to"], "text": "Code 123456." }] }))
    };
    Router::new()
        .route(
            "/_local/health",
            get(|| async { Json(json!({ "service": captured::SERVICE })) }),
        )
        .route("/_local/mail", get(mail))
        .route("/send-otp", post(|| async { Json(json!({})) }))
        .route("/verify-otp", post(|| async { Json(json!({})) }))
        .route("/{role}/register/", post(register))
        .route("/{role}/profile/", delete(end))
        .route("/login", post(login))
        .route("/pharmacy/", get(pharmacies))
        .route("/medicine/request/", post(ask).get(requests))
        .route("/medicine/response/", post(respond))
        .route(
            "/media/one",
            get(|| async { ([("content-type", "image/png")], "") }),
        )
        .route("/ws/{role}/", any(connect))
        .merge(donors::routes())
        .merge(clinic::routes())
        .merge(work::routes())
        .with_state(stack)
}

async fn register(
    stack: Shared,
    Path(role): Path<String>,
    Json(mut body): Json<Value>,
) -> Response {
    let id = body["email"].as_str().unwrap().to_owned();
    body["role"] = json!(role.to_uppercase());
    stack
        .inner
        .lock()
        .unwrap()
        .accounts
        .insert(id.clone(), body);
    (StatusCode::CREATED, Json(json!({ "user": { "id": id } }))).into_response()
}

async fn login(stack: Shared, Json(body): Json<Value>) -> Response {
    let id = body["email"].as_str().unwrap();
    let inner = stack.inner.lock().unwrap();
    let Some(account) = inner.accounts.get(id) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    Json(json!({
        "access": id, "refresh": id, "role": account["role"], "user_id": id, "name": account["name"],
    }))
    .into_response()
}

async fn end(stack: Shared, headers: HeaderMap) -> StatusCode {
    stack
        .inner
        .lock()
        .unwrap()
        .accounts
        .remove(&caller(&headers));
    StatusCode::NO_CONTENT
}

async fn pharmacies(stack: Shared, Query(query): Query<BTreeMap<String, f64>>) -> Json<Value> {
    let near = stack
        .inner
        .lock()
        .unwrap()
        .near(query["lat"], query["radius_km"]);
    Json(json!({ "count": near.len(), "pharmacies": near }))
}

async fn ask(stack: Shared, headers: HeaderMap, mut form: Multipart) -> Response {
    let mut fields = BTreeMap::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        let bytes = field.bytes().await.unwrap();
        fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
    }
    assert!(fields["image"].contains("PNG"));
    let number = |name: &str| fields[name].parse::<f64>().unwrap();
    let mut inner = stack.inner.lock().unwrap();
    let wider = if stack.flaw == Flaw::SearchesTooFar {
        5.0
    } else {
        0.0
    };
    let near = inner.near(number("patient_lat"), number("radius_km") + wider);
    let id = format!("request-{}", inner.requests.len());
    let customer = inner.accounts[&caller(&headers)].clone();
    for (pharmacy, distance) in &near {
        let message = json!({
            "type": "new_request", "request_id": id, "distance_km": (distance * 100.0).round() / 100.0,
            "patient_name": customer["name"], "patient_phone": customer["phone_number"],
            "patient_location": { "lat": number("patient_lat"), "lng": number("patient_lng") },
            "quantity": 10, "image_url": "/media/one",
        });
        inner.tell(pharmacy, message);
    }
    let told: Vec<_> = near.iter().map(|(pharmacy, _)| pharmacy).collect();
    inner.requests.push(json!({
        "id": id, "status": "PENDING", "pharmacy": null, "told": told, "customer": caller(&headers),
    }));
    let answer = json!({
        "message": format!("Medicine request sent to {} nearby pharmacies", near.len()),
        "request_id": id, "pharmacies_notified": near.len(), "data": inner.requests.last(),
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn requests(stack: Shared) -> Json<Value> {
    Json(json!({ "requests": stack.inner.lock().unwrap().requests }))
}

async fn respond(stack: Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let mut inner = stack.inner.lock().unwrap();
    let id = caller(&headers);
    let pharmacy = inner.accounts[&id].clone();
    let request = inner
        .requests
        .iter_mut()
        .find(|request| request["id"] == body["request_id"])
        .unwrap();
    if request["status"] != "PENDING" && stack.flaw != Flaw::TwoWinners {
        let error = json!({ "error": "This request has already been assigned to a pharmacy" });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    request["status"] = json!("ACCEPTED");
    request["pharmacy_name"] = pharmacy["name"].clone();
    let request = request.clone();
    let message = json!({
        "type": "pharmacy_response", "request_id": request["id"], "pharmacy_id": id,
        "pharmacy_name": pharmacy["name"], "response_type": "ACCEPTED",
        "pharmacy_location": { "lat": pharmacy["lat"], "lng": pharmacy["lng"] },
        "text_message": body["text_message"],
    });
    inner.tell(request["customer"].as_str().unwrap(), message);
    let told = request["told"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap());
    let forgotten = usize::from(stack.flaw == Flaw::ForgetsOne);
    for other in told.filter(|other| *other != id).skip(forgotten) {
        let message = json!({
            "type": "request_taken", "request_id": request["id"],
            "message": "This request has been accepted by another pharmacy",
        });
        inner.tell(other, message);
    }
    let answer = json!({ "pharmacy_name": pharmacy["name"], "message": "Response recorded." });
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn connect(
    stack: Shared,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let id = query["token"].clone();
    upgrade.on_upgrade(move |socket| speak(stack.0, id, socket))
}

async fn speak(stack: Arc<Stack>, id: String, mut socket: WebSocket) {
    let (sender, mut messages) = mpsc::unbounded_channel();
    {
        let mut inner = stack.inner.lock().unwrap();
        let account = inner.accounts[&id].clone();
        inner.sockets.insert(id.clone(), sender);
        let greeting = json!({
            "type": "connection", "message": "Connected", "user_id": id, "pharmacy_id": id,
            "location": { "lat": account["lat"], "lng": account["lng"] },
        });
        inner.tell(&id, greeting);
    }
    loop {
        tokio::select! {
            Some(message) = messages.recv() => {
                socket.send(Message::Text(message.to_string().into())).await.unwrap();
            }
            frame = socket.recv() => if frame.is_none_or(|frame| frame.is_err()) { return },
        }
    }
}

async fn open(flaw: Flaw) -> String {
    let stack = Arc::new(Stack {
        flaw,
        inner: Mutex::default(),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, routes(stack)).into_future());
    url
}

/// Plays against `url`; gives what was told.
async fn play(url: &str, accounts: Option<PathBuf>) -> (Result<(), DemoError>, String) {
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);
    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let page = Page::default();
    let options = Options {
        url: url.to_owned(),
        deployed: None,
        accounts,
        events: None,
        patience: Duration::from_secs(3),
    };
    let result = run(&options, page.clone()).await;
    let told = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    (result, told)
}

#[tokio::test]
async fn plays_to_the_end_twice_and_leaves_the_accounts() {
    use std::os::unix::fs::PermissionsExt as _;
    let url = open(Flaw::None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state/demo.json");
    let (result, told) = play(&url, Some(file.clone())).await;
    result.unwrap();
    assert!(told.contains("All as it should be"), "{told}");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let left: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(left["pharmacy_A"]["role"], "PHARMACY");
    assert!(left["customer"]["token"].is_string());

    let (result, told) = play(&url, Some(file)).await;
    result.unwrap();
    assert!(
        told.contains("ended the 14 accounts of the former demo"),
        "{told}"
    );
    assert!(!told.contains("other pharmacies"), "{told}");
}

#[tokio::test]
async fn goes_elsewhere_when_others_stand_there() {
    let url = open(Flaw::None).await;
    let person = crate::client::Person {
        role: "PHARMACY".to_owned(),
        email: "city@example.com".to_owned(),
        password: "correct horse".to_owned(),
        name: "City Pharmacy".to_owned(),
        phone_number: "9841000000".to_owned(),
        profile: json!({ "lat": 27.72, "lng": 85.324 }),
    };
    Account::open(&Api::new(&url), person).await.unwrap();
    let (result, told) = play(&url, None).await;
    result.unwrap();
    assert!(
        told.contains("there are other pharmacies in Kathmandu"),
        "{told}"
    );
}

#[tokio::test]
async fn a_search_that_reaches_too_far_ends_it() {
    let (result, told) = play(&open(Flaw::SearchesTooFar).await, None).await;
    let wrong = result.unwrap_err().to_string();
    assert!(
        wrong.contains("pharmacies_notified in the answer: expected"),
        "{wrong}"
    );
    assert!(wrong.contains('2') && wrong.contains('3'), "{wrong}");
    assert!(!told.contains("All as it should be"), "{told}");
}

#[tokio::test]
async fn two_winners_end_it() {
    let (result, _) = play(&open(Flaw::TwoWinners).await, None).await;
    let wrong = result.unwrap_err().to_string();
    assert!(
        wrong.contains("expected [201, 400], got [201, 201]"),
        "{wrong}"
    );
}

#[tokio::test]
async fn one_who_is_not_told_ends_it() {
    let (result, _) = play(&open(Flaw::ForgetsOne).await, None).await;
    let wrong = result.unwrap_err().to_string();
    assert!(wrong.contains("request_taken did not come"), "{wrong}");
}

#[tokio::test]
async fn a_patients_number_that_everybody_sees_ends_it() {
    let (result, _) = play(&open(Flaw::ShowsPatient).await, None).await;
    let wrong = result.unwrap_err().to_string();
    assert!(wrong.contains("patientNumber in blood_request"), "{wrong}");
}

#[tokio::test]
async fn says_when_there_is_no_cloud() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (result, _) = play(&url, None).await;
    let wrong = result.unwrap_err().to_string();
    assert!(wrong.contains("nothing listens"), "{wrong}");
}
