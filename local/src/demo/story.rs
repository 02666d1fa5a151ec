//! What happens: three searches, two who say yes at once, and everybody told.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::narrator::{Narrator, Wrong, equal, field};
use super::street::{Pharmacy, Street};
use super::{DemoError, prescription};
use crate::client::{Answer, Socket};

const QUANTITY: u32 = 10;
/// Distances are told with two decimals, and positions with six.
const ROUNDING_KM: f64 = 0.02;
/// Radius of each search, and how many of the pharmacies stand inside.
const SEARCHES: [(u32, usize); 3] = [(3, 2), (10, 3), (20, 4)];
const TOO_LATE: &str = "This request has already been assigned to a pharmacy";
const TAKEN: &str = "This request has been accepted by another pharmacy";

/// Everybody's open socket; the pharmacies' in the order of the street.
struct Sockets {
    customer: Socket,
    pharmacies: Vec<Socket>,
    /// How long anything may take to reach one.
    patience: Duration,
}

pub(super) async fn play(
    street: &Street,
    patience: Duration,
    narrator: &mut Narrator,
) -> Result<String, DemoError> {
    let mut sockets = connect(street, patience, narrator).await?;
    let mut requests = Vec::new();
    for (radius_km, reached) in SEARCHES {
        requests.push(search(street, &mut sockets, radius_km, reached, narrator).await?);
    }
    let (contested, widest) = (&requests[1], &requests[2]);
    let winner = race(street, contested, narrator).await?;
    everybody_is_told(street, &mut sockets, contested, winner, narrator).await?;
    nobody_else_is_told(street, &sockets, contested, winner, widest, narrator).await?;
    sockets.customer.close().await;
    for socket in sockets.pharmacies {
        socket.close().await;
    }
    Ok(requests[0].as_str().unwrap_or_default().to_owned())
}

async fn connect(
    street: &Street,
    patience: Duration,
    narrator: &mut Narrator,
) -> Result<Sockets, DemoError> {
    narrator.act("They open their sockets and are greeted");
    let mut customer = street.customer.listen("/ws/customer/").await?;
    let greeting = customer.expect("connection", patience).await?;
    field(
        "the customer's greeting",
        &greeting,
        "user_id",
        &*street.customer.session.user_id,
    )?;
    narrator.fact(&format!("the customer: {}", text(&greeting, "message")));

    let mut pharmacies = Vec::new();
    for pharmacy in &street.pharmacies {
        let mut socket = pharmacy.account.listen("/ws/pharmacy/").await?;
        let greeting = socket.expect("connection", patience).await?;
        let name = pharmacy.name();
        let whose = format!("{name}'s greeting");
        field(
            &whose,
            &greeting,
            "pharmacy_id",
            &*pharmacy.account.session.user_id,
        )?;
        field(
            &whose,
            &greeting,
            "location",
            json!({ "lat": pharmacy.lat, "lng": pharmacy.lng }),
        )?;
        pharmacies.push(socket);
    }
    narrator.fact("four pharmacies, each with its own id and place");
    Ok(Sockets {
        customer,
        pharmacies,
        patience,
    })
}

/// Asks within `radius_km` and sees that the nearest `reached` are told; gives the request's id.
async fn search(
    street: &Street,
    sockets: &mut Sockets,
    radius_km: u32,
    reached: usize,
    narrator: &mut Narrator,
) -> Result<Value, DemoError> {
    narrator.act(&format!(
        "Sita needs medicine, and asks within {radius_km} km"
    ));
    let answer = street
        .customer
        .api
        .post_multipart("/medicine/request/", form(street, radius_km))
        .await?;
    let body = answer.expect(201)?;
    field("the answer", &body, "pharmacies_notified", reached)?;
    let sentence = format!("Medicine request sent to {reached} nearby pharmacies");
    field("the answer", &body, "message", sentence.as_str())?;
    field("the request", &body["data"], "status", "PENDING")?;
    field("the request", &body["data"], "pharmacy", Value::Null)?;
    narrator.fact(&format!("201: {sentence}"));

    let request = body["request_id"].clone();
    let patience = sockets.patience;
    let told = street
        .pharmacies
        .iter()
        .zip(&mut sockets.pharmacies)
        .take(reached);
    for (place, (pharmacy, socket)) in told.enumerate() {
        let message = socket
            .expect_where("new_request", patience, |message| {
                is_about(message, "new_request", &request)
            })
            .await?;
        check_new_request(street, pharmacy, &message)?;
        if place == 0 {
            open_prescription(pharmacy, &message).await?;
        }
        let distance = message["distance_km"].as_f64().unwrap_or_default();
        narrator.fact(&format!(
            "{} is told, {distance:.2} km away",
            pharmacy.name()
        ));
    }
    Ok(request)
}

fn form(street: &Street, radius_km: u32) -> Form {
    let image = Part::bytes(prescription::IMAGE.to_vec()).file_name("prescription.png");
    // The type is a constant that parses; without it the product judges by the bytes all the same.
    let image = image.mime_str("image/png").unwrap_or_else(|_| {
        Part::bytes(prescription::IMAGE.to_vec()).file_name("prescription.png")
    });
    Form::new()
        .text("patient_lat", street.lat.to_string())
        .text("patient_lng", street.lng.to_string())
        .text("radius_km", radius_km.to_string())
        .text("quantity", QUANTITY.to_string())
        .part("image", image)
}

fn check_new_request(street: &Street, pharmacy: &Pharmacy, message: &Value) -> Result<(), Wrong> {
    let name = pharmacy.name();
    let distance = message["distance_km"].as_f64();
    if distance.is_none_or(|distance| (distance - pharmacy.distance_km).abs() > ROUNDING_KM) {
        return Err(Wrong {
            what: format!("distance_km in new_request at {name}"),
            expected: pharmacy.distance_km.to_string(),
            got: message["distance_km"].to_string(),
        });
    }
    let person = &street.customer.person;
    for (name_of_field, expected) in [
        ("patient_name", json!(person.name)),
        ("patient_phone", json!(person.phone_number)),
        (
            "patient_location",
            json!({ "lat": street.lat, "lng": street.lng }),
        ),
        ("quantity", json!(QUANTITY)),
    ] {
        field(
            &format!("new_request at {name}"),
            message,
            name_of_field,
            expected,
        )?;
    }
    Ok(())
}

/// The link in the message must open the picture.
async fn open_prescription(pharmacy: &Pharmacy, message: &Value) -> Result<(), DemoError> {
    let url = text(message, "image_url");
    let answer = pharmacy.account.api.get(url).await?;
    let kind = answer
        .headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok());
    let is_image = answer.status == 200 && kind.is_some_and(|kind| kind.starts_with("image/"));
    if is_image {
        return Ok(());
    }
    Err(answer.unexpected("the prescription's image").into())
}

/// A and B accept at the same moment; gives the winner's place in the street.
async fn race(
    street: &Street,
    request: &Value,
    narrator: &mut Narrator,
) -> Result<usize, DemoError> {
    narrator.act("Pharmacy A and Pharmacy B accept at the same moment");
    let [a, b, ..] = &street.pharmacies[..] else {
        return Err(Wrong {
            what: "the cast".into(),
            expected: "two pharmacies".into(),
            got: "fewer".into(),
        }
        .into());
    };
    let (first, second) = tokio::join!(accept(a, request), accept(b, request));
    let answers = [first?, second?];
    let statuses = answers.each_ref().map(|answer| answer.status);
    equal(
        "the statuses of the two answers, sorted",
        &[201, 400],
        &sorted(statuses),
    )?;
    let winner = usize::from(statuses[0] != 201);
    let [won, lost] = if winner == 0 {
        answers
    } else {
        let [a, b] = answers;
        [b, a]
    };

    let name = street.pharmacies[winner].name();
    field(
        "the winner's answer",
        &won.body,
        "pharmacy_name",
        name.as_str(),
    )?;
    narrator.fact(&format!("{name} wins: 201, {}", text(&won.body, "message")));
    field("the other's answer", &lost.body, "error", TOO_LATE)?;
    narrator.fact(&format!(
        "{} is refused: 400, {TOO_LATE}",
        street.pharmacies[1 - winner].name()
    ));
    Ok(winner)
}

async fn accept(pharmacy: &Pharmacy, request: &Value) -> Result<Answer, DemoError> {
    let body = json!({
        "request_id": request,
        "response_type": "ACCEPTED",
        "text_message": offer(pharmacy),
        "audio": null,
    });
    Ok(pharmacy
        .account
        .api
        .post_json("/medicine/response/", &body)
        .await?)
}

fn offer(pharmacy: &Pharmacy) -> String {
    format!("{} has it in stock", pharmacy.name())
}

async fn everybody_is_told(
    street: &Street,
    sockets: &mut Sockets,
    request: &Value,
    winner: usize,
    narrator: &mut Narrator,
) -> Result<(), DemoError> {
    narrator.act("Everybody is told");
    let message = sockets
        .customer
        .expect_where("pharmacy_response", sockets.patience, |message| {
            is_about(message, "pharmacy_response", request)
        })
        .await?;
    let pharmacy = &street.pharmacies[winner];
    for (name, expected) in [
        ("pharmacy_id", json!(pharmacy.account.session.user_id)),
        ("pharmacy_name", json!(pharmacy.name())),
        (
            "pharmacy_location",
            json!({ "lat": pharmacy.lat, "lng": pharmacy.lng }),
        ),
        ("response_type", json!("ACCEPTED")),
        ("text_message", json!(offer(pharmacy))),
    ] {
        field("the customer's message", &message, name, expected)?;
    }
    narrator.fact(&format!("Sita: \"{}\"", offer(pharmacy)));

    // Those told of the contested request, but for the one who has it now.
    for place in (0..SEARCHES[1].1).filter(|&place| place != winner) {
        let message = sockets.pharmacies[place]
            .expect_where("request_taken", sockets.patience, |message| {
                is_about(message, "request_taken", request)
            })
            .await?;
        field("request_taken", &message, "message", TAKEN)?;
        narrator.fact(&format!("{}: \"{TAKEN}\"", street.pharmacies[place].name()));
    }
    Ok(())
}

async fn nobody_else_is_told(
    street: &Street,
    sockets: &Sockets,
    contested: &Value,
    winner: usize,
    widest: &Value,
    narrator: &mut Narrator,
) -> Result<(), DemoError> {
    narrator.act("Pharmacy C comes late, and the record is read");
    let late = accept(&street.pharmacies[2], contested).await?;
    equal("the late answer's status", &400, &late.status)?;
    field("the late answer", &late.body, "error", TOO_LATE)?;
    narrator.fact(&format!("400: {TOO_LATE}"));

    let list = street
        .customer
        .api
        .get("/medicine/request/")
        .await?
        .expect(200)?;
    let requests = list["requests"].as_array().cloned().unwrap_or_default();
    let record = requests.iter().find(|entry| entry["id"] == *contested);
    let record = record.cloned().unwrap_or_default();
    field("the record", &record, "status", "ACCEPTED")?;
    let name = street.pharmacies[winner].name();
    field("the record", &record, "pharmacy_name", name.as_str())?;
    narrator.fact(&format!("the record says ACCEPTED, by {name}"));

    let responses = heard(&sockets.customer, "pharmacy_response");
    equal(
        "the responses that the customer heard of",
        &vec![contested.clone()],
        &responses,
    )?;
    let far = heard(&sockets.pharmacies[3], "new_request");
    equal(
        "the requests that Pharmacy D heard of",
        &vec![widest.clone()],
        &far,
    )?;
    narrator
        .fact("Sita heard of one response, and Pharmacy D, 15 km away, of the widest search alone");
    Ok(())
}

/// The requests that messages of that type were about, each event counted once: a socket may get
/// one twice, and its `event_id` is there to tell.
fn heard(socket: &Socket, kind: &str) -> Vec<Value> {
    let mut events = BTreeSet::new();
    socket
        .received()
        .into_iter()
        .filter(|message| message["type"] == kind)
        .filter(|message| {
            message["event_id"].is_null() || events.insert(message["event_id"].to_string())
        })
        .map(|message| message["request_id"].clone())
        .collect()
}

fn is_about(message: &Value, kind: &str, request: &Value) -> bool {
    message["type"] == kind && message["request_id"] == *request
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn sorted(mut pair: [u16; 2]) -> [u16; 2] {
    pair.sort_unstable();
    pair
}
