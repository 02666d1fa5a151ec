//! Requests and answers as their parties see them.

use callout_domain::geo::GeoPoint;
use callout_domain::ids::AccountId;
use callout_domain::medicine::{MedicineRequest, MedicineResponse, Reach, ReplyText, State};
use callout_domain::moment::Moment;
use serde_json::json;

use crate::http::Linked;

/// A request: the seed's shape.
pub(super) fn request(request: &MedicineRequest, now: Moment) -> Linked {
    let (center, radius) = match request.reach {
        Reach::Around { center, radius } => (Some(center), Some(radius)),
        Reach::Directed { .. } => (None, None),
    };
    let pharmacy = request.pharmacy.as_ref();
    Linked::new(json!({
        "id": request.header.id,
        "patient_name": request.patient_name,
        "patient_lat": center.map(GeoPoint::lat),
        "patient_lng": center.map(GeoPoint::lng),
        "radius_km": radius,
        "quantity": request.quantity,
        "status": request.state_at(now),
        "pharmacy": pharmacy.map(|pharmacy| pharmacy.account),
        "pharmacy_name": pharmacy.map(|pharmacy| pharmacy.name.as_str()),
        "created_at": request.header.created_at,
        "image_id": request.image,
    }))
    .with_link("image", request.image)
}

/// A request as whoever made it finds it later: with how many were told.
pub(super) fn own_request(seen: &MedicineRequest, now: Moment) -> Linked {
    request(seen, now).with("pharmacies_notified", json!(seen.header.told))
}

/// A request as a pharmacy sees it: with its distance, and with the patient's number for as long
/// as the pharmacy may need it.
pub(super) fn request_for_pharmacy(
    seen: &MedicineRequest,
    pharmacy: AccountId,
    distance_km: Option<f64>,
    now: Moment,
) -> Linked {
    let may_call = match seen.state_at(now) {
        State::Pending => true,
        State::Accepted | State::Completed => seen
            .winner()
            .is_some_and(|winner| winner.account == pharmacy),
        State::Cancelled | State::Expired => false,
    };
    request(seen, now)
        .with("distance_km", json!(distance_km))
        .with(
            "patient_phone",
            json!(may_call.then_some(seen.patient_phone.as_str())),
        )
}

/// An answer: the seed's shape.
pub(super) fn response(response: &MedicineResponse) -> Linked {
    Linked::new(json!({
        "id": response.id,
        "request_id": response.request,
        "pharmacy_id": response.pharmacy,
        "pharmacy_name": response.pharmacy_name,
        "response_type": response.choice,
        "text_message": response.text.as_ref().map(ReplyText::as_str),
        "responded_at": response.responded_at,
        "audio_id": response.audio,
    }))
    .with_link("audio", response.audio)
}

/// An answer among others: with its distance.
pub(super) fn response_with_distance(seen: &MedicineResponse) -> Linked {
    response(seen).with("distance_km", json!(seen.distance_km))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod samples {
    use callout_domain::geo::{GeoPoint, RadiusKm};
    use callout_domain::ids::{AccountId, RequestId, ResponseId};
    use callout_domain::medicine::{
        Choice, MedicineRequest, MedicineResponse, Quantity, Reach, ReplyText, State,
    };
    use callout_domain::request::Header;
    use ulid::Ulid;

    pub(in crate::medicine) fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    pub(in crate::medicine) fn header(told: u32) -> Header {
        Header {
            id: RequestId::new(Ulid::from(1)),
            requester: account(7),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            told,
            chunks: 1,
            announced: Vec::new(),
        }
    }

    pub(in crate::medicine) fn request() -> MedicineRequest {
        MedicineRequest {
            header: header(3),
            patient_name: "John Doe".to_owned(),
            patient_phone: "9841234567".to_owned(),
            reach: Reach::Around {
                center: GeoPoint::new(27.7172, 85.324).unwrap(),
                radius: RadiusKm::new(10.0).unwrap(),
            },
            quantity: Quantity::try_from(10).unwrap(),
            image: None,
            state: State::Pending,
            pharmacy: None,
        }
    }

    pub(in crate::medicine) fn response() -> MedicineResponse {
        MedicineResponse {
            id: ResponseId::new(Ulid::from(4)),
            request: RequestId::new(Ulid::from(1)),
            pharmacy: account(3),
            pharmacy_name: "City Pharmacy".to_owned(),
            pharmacy_location: GeoPoint::new(27.7, 85.32).ok(),
            distance_km: Some(2.5),
            choice: Choice::Accepted,
            text: ReplyText::parse("We have this medicine in stock!").unwrap(),
            audio: None,
            responded_at: "2026-02-24T10:35:00Z".parse().unwrap(),
        }
    }
}

/// As [`request`] shows it.
#[cfg(test)]
fn request_seen() -> crate::api::Object {
    use crate::api::{
        closed, latitude, link, longitude, medicine_state, moment, quantity, radius, text, ulid,
    };
    closed()
        .with("id", ulid())
        .with("patient_name", text())
        .with("patient_lat", latitude().or_null())
        .with("patient_lng", longitude().or_null())
        .with("radius_km", radius().or_null())
        .with("quantity", quantity())
        .with("status", medicine_state())
        .with("pharmacy", ulid().or_null())
        .with("pharmacy_name", text().or_null())
        .with("created_at", moment())
        .with("image", link())
        .with("image_id", ulid().or_null())
}

/// As a new one is answered.
#[cfg(test)]
pub(super) fn new_request_seen() -> crate::api::Schema {
    request_seen().named("MedicineRequest")
}

/// As [`own_request`] shows it.
#[cfg(test)]
pub(super) fn own_request_seen() -> crate::api::Object {
    use crate::api::count;
    request_seen().with("pharmacies_notified", count())
}

/// As [`request_for_pharmacy`] shows it.
#[cfg(test)]
pub(super) fn request_seen_by_pharmacy() -> crate::api::Object {
    use crate::api::{distance_or_null, text};
    request_seen()
        .with("distance_km", distance_or_null())
        .with("patient_phone", text().or_null())
}

/// As [`response`] shows it.
#[cfg(test)]
pub(crate) fn response_seen() -> crate::api::Object {
    use crate::api::{choice, closed, link, moment, reply_text, text, ulid};
    closed()
        .with("id", ulid())
        .with("request_id", ulid())
        .with("pharmacy_id", ulid())
        .with("pharmacy_name", text())
        .with("response_type", choice())
        .with("text_message", reply_text().or_null())
        .with("responded_at", moment())
        .with("audio", link())
        .with("audio_id", ulid().or_null())
}

/// As [`response_with_distance`] shows it.
#[cfg(test)]
pub(super) fn response_seen_with_distance() -> crate::api::Object {
    use crate::api::distance_or_null;
    response_seen().with("distance_km", distance_or_null())
}

/// A request such as these.
#[cfg(test)]
pub(super) fn request_example(status: &str) -> serde_json::Value {
    use crate::api::id;
    json!({
        "id": id('R'), "patient_name": "John Doe", "patient_lat": 27.7172, "patient_lng": 85.324,
        "radius_km": 5.0, "quantity": 10, "status": status, "pharmacy": null, "pharmacy_name": null,
        "created_at": "2026-02-24T10:30:00.000Z", "image": null, "image_id": null,
    })
}

/// The same as its requester sees it.
#[cfg(test)]
pub(super) fn own_example(status: &str) -> serde_json::Value {
    let mut example = request_example(status);
    example["pharmacies_notified"] = json!(3);
    example
}

/// A response such as these.
#[cfg(test)]
pub(crate) fn response_example() -> serde_json::Value {
    use crate::api::id;
    json!({
        "id": id('A'), "request_id": id('R'), "pharmacy_id": id('P'),
        "pharmacy_name": "City Pharmacy", "response_type": "ACCEPTED",
        "text_message": "We have this medicine in stock!",
        "responded_at": "2026-02-24T10:35:00.000Z", "audio": null, "audio_id": null,
    })
}

/// As a step of the requester is answered.
#[cfg(test)]
pub(super) fn stepped(
    operation: crate::api::Operation,
    message: &str,
    status: &str,
) -> crate::api::Operation {
    use crate::api::{closed, id, text, ulid};
    operation
        .by(&[
            callout_domain::role::Role::Customer,
            callout_domain::role::Role::Patient,
        ])
        .at("id", ulid(), "The request's id.")
        .answers(
            200,
            "The request as it is now.",
            closed()
                .with("message", text())
                .with("request_id", ulid())
                .with("data", own_request_seen().named("OwnMedicineRequest")),
            json!({"message": message, "request_id": id('R'), "data": own_example(status)}),
        )
        .knows_none("There is no such request")
}

#[cfg(test)]
mod tests {
    use callout_cloud::Cloud;
    use callout_domain::medicine::{LIFETIME, MedicineRequest, Pharmacy, Reach, State};
    use serde_json::{Value, json};

    use super::samples::{account, request, response};
    use super::{request_for_pharmacy, response as view_response};
    use crate::http::Linked;

    async fn json(view: Linked) -> Value {
        view.sign(&Cloud::new()).await.unwrap()
    }

    #[tokio::test]
    async fn a_request_has_every_field_of_the_seed() {
        let seen = json(super::request(&request(), request().header.created_at)).await;
        let expected = json!({
            "id": "00000000000000000000000001",
            "patient_name": "John Doe",
            "patient_lat": 27.7172,
            "patient_lng": 85.324,
            "radius_km": 10.0,
            "quantity": 10,
            "image": null,
            "status": "PENDING",
            "pharmacy": null,
            "pharmacy_name": null,
            "created_at": "2026-02-24T10:30:00.000Z",
            "image_id": null
        });
        assert_eq!(seen, expected);
    }

    #[tokio::test]
    async fn a_directed_request_names_its_pharmacy_and_no_place() {
        let pharmacy = Pharmacy {
            account: account(3),
            name: "City Pharmacy".to_owned(),
        };
        let directed = MedicineRequest {
            reach: Reach::Directed {
                pharmacy: pharmacy.account,
            },
            pharmacy: Some(pharmacy),
            ..request()
        };
        let seen = json(super::request(&directed, directed.header.created_at)).await;
        for field in ["patient_lat", "patient_lng", "radius_km"] {
            assert_eq!(seen[field], Value::Null, "{field}");
        }
        assert_eq!(seen["pharmacy"], json!(account(3)));
        assert_eq!(seen["pharmacy_name"], "City Pharmacy");
    }

    #[tokio::test]
    async fn what_nobody_accepted_in_time_is_seen_as_expired() {
        let seen = super::request(&request(), request().header.created_at.plus(LIFETIME));
        assert_eq!(json(seen).await["status"], "EXPIRED");
    }

    #[tokio::test]
    async fn the_patients_number_is_for_those_who_may_need_it() {
        let pharmacy = Pharmacy {
            account: account(3),
            name: "City Pharmacy".to_owned(),
        };
        for (state, for_winner, for_others) in [
            (State::Pending, true, true),
            (State::Accepted, true, false),
            (State::Completed, true, false),
            (State::Cancelled, false, false),
            (State::Expired, false, false),
        ] {
            let seen = MedicineRequest {
                state,
                pharmacy: Some(pharmacy.clone()),
                ..request()
            };
            for (viewer, is_shown) in [(account(3), for_winner), (account(4), for_others)] {
                let view = request_for_pharmacy(&seen, viewer, None, seen.header.created_at);
                let phone = json(view).await["patient_phone"].clone();
                assert_eq!(phone != Value::Null, is_shown, "{state:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_response_has_every_field_of_the_seed() {
        let expected = json!({
            "id": "00000000000000000000000004",
            "request_id": "00000000000000000000000001",
            "pharmacy_id": "00000000000000000000000003",
            "pharmacy_name": "City Pharmacy",
            "response_type": "ACCEPTED",
            "text_message": "We have this medicine in stock!",
            "audio": null,
            "responded_at": "2026-02-24T10:35:00.000Z",
            "audio_id": null
        });
        assert_eq!(json(view_response(&response())).await, expected);
    }
}
