//! A work order as each of its parties sees it.

use callout_domain::moment::Moment;
use callout_domain::work::{Side, WorkOrder, distance_text};
use serde_json::{Value, json};
use time::Duration;

/// An order: the number of the other party is shown while the viewer may need it.
pub(super) fn order(order: &WorkOrder, viewer: Side, lifetime: Duration, now: Moment) -> Value {
    let state = order.state_at(lifetime, now);
    let shows = viewer.sees_number(state);
    let number_of = |side: Side| {
        let party = match side {
            Side::Seeker => &order.seeker,
            Side::Provider => &order.provider,
        };
        // One's own is no secret.
        (side == viewer || shows)
            .then_some(party.phone_number.as_ref())
            .flatten()
    };
    json!({
        "id": order.header.id,
        "work_order_id": order.header.id,
        "work_id": order.header.id,
        "order_id": order.header.id,
        "seeker_id": order.header.requester,
        "seeker_name": order.seeker.name,
        "seeker_mobile": number_of(Side::Seeker),
        "provider_id": order.provider_id,
        "provider_name": order.provider.name,
        "provider_mobile": number_of(Side::Provider),
        "service_type": order.service_type,
        "message": order.task,
        "distance": distance_text(order.distance_km),
        "distance_km": order.distance_km,
        "latitude": order.place.lat(),
        "longitude": order.place.lng(),
        "status": state.as_str(),
        "expired": state.is_expired(),
        "created_at": order.header.created_at,
        "responded_at": order.answered_at,
        "ended_at": order.ended_at,
    })
}

/// As [`order`] shows it.
#[cfg(test)]
pub(crate) fn order_seen() -> crate::api::Object {
    use crate::api::{
        closed, distance, flag, latitude, longitude, moment, person_name, phone_number,
        service_type, task, text, ulid, work_state,
    };
    closed()
        .with("id", ulid())
        .with("work_order_id", ulid())
        .with("work_id", ulid())
        .with("order_id", ulid())
        .with("seeker_id", ulid())
        .with("seeker_name", person_name())
        .with("seeker_mobile", phone_number().or_null())
        .with("provider_id", ulid())
        .with("provider_name", person_name())
        .with("provider_mobile", phone_number().or_null())
        .with("service_type", service_type())
        .with("message", task())
        .with("distance", text())
        .with("distance_km", distance())
        .with("latitude", latitude())
        .with("longitude", longitude())
        .with("status", work_state())
        .with("expired", flag())
        .with("created_at", moment())
        .with("responded_at", moment().or_null())
        .with("ended_at", moment().or_null())
}

/// An order such as these.
#[cfg(test)]
pub(crate) fn example(status: &str) -> Value {
    use crate::api::id;
    json!({
        "id": id('W'), "work_order_id": id('W'), "work_id": id('W'), "order_id": id('W'),
        "seeker_id": id('C'), "seeker_name": "Sita Rai", "seeker_mobile": "9841111111",
        "provider_id": id('P'), "provider_name": "John Doe", "provider_mobile": "9876543210",
        "service_type": "worker", "message": "Need help with painting work",
        "distance": "2.5km", "distance_km": 2.5, "latitude": 12.345, "longitude": 67.89,
        "status": status, "expired": false, "created_at": "2025-01-30T10:30:00.000Z",
        "responded_at": null, "ended_at": null,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod samples {
    use callout_domain::account::{PersonName, PhoneNumber, ServiceType};
    use callout_domain::geo::GeoPoint;
    use callout_domain::ids::{AccountId, RequestId, ResponseId};
    use callout_domain::request::Header;
    use callout_domain::work::{Party, State, Task, WorkOrder};
    use ulid::Ulid;

    fn party(name: &str, number: &str) -> Party {
        Party {
            name: PersonName::parse(name).unwrap(),
            phone_number: PhoneNumber::parse(number).ok(),
        }
    }

    pub(in crate::work) fn order(state: State) -> WorkOrder {
        WorkOrder {
            header: Header {
                id: RequestId::new(Ulid::from(1)),
                requester: AccountId::new(Ulid::from(7)),
                created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
                told: 1,
                chunks: 1,
                announced: Vec::new(),
            },
            seeker: party("Sita Rai", "9841111111"),
            provider_id: AccountId::new(Ulid::from(3)),
            provider: party("John Doe", "9842222222"),
            assignment: ResponseId::new(Ulid::from(4)),
            service_type: ServiceType::parse("worker").unwrap(),
            task: Task::parse("Need help with painting work").unwrap(),
            place: GeoPoint::new(12.345, 67.89).unwrap(),
            distance_km: 2.5,
            state,
            answered_at: None,
            ended_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use callout_domain::work::{Side, State};
    use serde_json::{Value, json};
    use time::Duration;

    use super::samples::order;

    const LIFETIME: Duration = Duration::minutes(30);

    #[test]
    fn each_party_sees_the_other_and_may_call_while_there_is_reason_to() {
        for (state, viewer, seeker, provider) in [
            (State::Pending, Side::Seeker, true, true),
            (State::Pending, Side::Provider, false, true),
            (State::Accepted, Side::Provider, true, true),
            (State::Cancelled, Side::Seeker, true, false),
            (State::Rejected, Side::Provider, false, true),
        ] {
            let order = order(state);
            let seen = super::order(&order, viewer, LIFETIME, order.header.created_at);
            assert_eq!(seen["seeker_mobile"] != Value::Null, seeker, "{state:?}");
            assert_eq!(
                seen["provider_mobile"] != Value::Null,
                provider,
                "{state:?}"
            );
            assert_eq!(seen["seeker_name"], "Sita Rai");
            assert_eq!(seen["distance"], "2.5km");
        }
    }

    #[test]
    fn what_nobody_answered_in_time_is_seen_as_cancelled_and_expired() {
        let order = order(State::Pending);
        let late = order.header.created_at.plus(LIFETIME);
        let seen = super::order(&order, Side::Seeker, LIFETIME, late);
        assert_eq!(
            (&seen["status"], &seen["expired"]),
            (&json!("cancelled"), &json!(true))
        );
        assert_eq!(seen["provider_mobile"], Value::Null);
    }
}
