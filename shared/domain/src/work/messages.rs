//! What the two parties of an order are told: the seed's types, the order's id in every spelling that
//! an app may look for. What a locked screen shows names nobody, no number and no place: anybody may
//! look.

use serde_json::{Map, Value, json};
use time::Duration;

use super::{Side, State, WorkOrder};
use crate::event::Message;
use crate::geo::DistanceKm;
use crate::ids::RequestId;
use crate::moment::Moment;
use crate::notice::{Notice, Topic, Urgency};

/// The type of [`work_assigned`].
pub const WORK_ASSIGNED: &str = "work_assigned";
/// The type of [`work_response`].
pub const WORK_RESPONSE: &str = "work_response";
/// The type of [`distance_update`].
pub const DISTANCE_UPDATE: &str = "distance_update";
/// How often a seeker is told how far away their provider is.
pub const TELL_DISTANCE_EVERY: Duration = Duration::seconds(5);

/// To the provider: there is work.
pub fn work_assigned(order: &WorkOrder) -> Message {
    let mut fields = named(order.header.id);
    fields.extend(object(json!({
        "seeker_id": order.header.requester,
        "seeker_name": order.seeker.name,
        "service_type": order.service_type,
        "message": order.task,
        "distance": distance_text(order.distance_km),
        "distance_km": order.distance_km,
        "latitude": order.place.lat(),
        "longitude": order.place.lng(),
        "lat": order.place.lat(),
        "lng": order.place.lng(),
        "status": State::Pending.as_str(),
        "created_at": order.header.created_at,
        "timestamp": order.header.created_at,
    })));
    Message::new(WORK_ASSIGNED, Value::Object(fields)).with_notice(notice(
        "New Work Assignment",
        "You have been assigned new work! Tap to view details",
        Urgency::Urgent,
    ))
}

/// To the seeker: the provider has answered. The order is as it stands after that.
pub fn work_response(order: &WorkOrder) -> Message {
    let accepted = order.state == State::Accepted;
    let (title, sentence) = if accepted {
        ("Work Accepted", "Your work order has been accepted")
    } else {
        ("Work Rejected", "Your work order has been rejected")
    };
    let number = order
        .provider
        .phone_number
        .as_ref()
        .filter(|_| Side::Seeker.sees_number(order.state));
    let mut fields = named(order.header.id);
    fields.extend(object(json!({
        "accepted": accepted,
        "status": order.state.as_str(),
        "provider_id": order.provider_id,
        "provider_name": order.provider.name,
        "provider_mobile": number,
        "service_type": order.service_type,
        "message": sentence,
        "responded_at": order.answered_at,
        "timestamp": order.answered_at,
    })));
    Message::new(WORK_RESPONSE, Value::Object(fields)).with_notice(notice(
        title,
        sentence,
        Urgency::Urgent,
    ))
}

/// To the other party: the work is done.
pub fn work_completed(order: &WorkOrder, by: Side) -> Message {
    ended(
        "work_completed",
        "Work Completed",
        order,
        Some(by),
        match by {
            Side::Seeker => "This work order has been completed by the seeker",
            Side::Provider => "This work order has been completed by the provider",
        },
        Urgency::Routine,
    )
}

/// To the other party: do not come, or do not wait. Somebody may be on their way.
pub fn work_cancelled(order: &WorkOrder, by: Side) -> Message {
    ended(
        "work_cancelled",
        "Work Cancelled",
        order,
        Some(by),
        match by {
            Side::Seeker => "This work order has been cancelled by the seeker",
            Side::Provider => "This work order has been cancelled by the provider",
        },
        Urgency::Urgent,
    )
}

/// To both parties: nobody has answered in time.
pub fn work_expired(order: &WorkOrder) -> Message {
    ended(
        "work_expired",
        "Work Order Expired",
        order,
        None,
        "This work order has expired without an answer",
        Urgency::Routine,
    )
}

/// To the seeker, and worth nothing a moment later: how far away the provider is.
pub fn distance_update(order: RequestId, distance: DistanceKm, now: Moment) -> Map<String, Value> {
    let mut fields = named(order);
    fields.extend(object(json!({
        "distance": distance_text(distance.rounded()),
        "distance_km": distance.rounded(),
        "timestamp": now,
    })));
    fields
}

/// A distance as the seed writes it: `2.5km`.
pub fn distance_text(kilometres: f64) -> String {
    format!("{kilometres}km")
}

fn ended(
    kind: &str,
    title: &str,
    order: &WorkOrder,
    by: Option<Side>,
    sentence: &str,
    urgency: Urgency,
) -> Message {
    let mut fields = named(order.header.id);
    fields.extend(object(json!({
        "status": order.state.as_str(),
        "expired": order.state.is_expired(),
        "by": by.map(Side::as_str),
        "message": sentence,
        "timestamp": order.ended_at,
    })));
    Message::new(kind, Value::Object(fields)).with_notice(notice(title, sentence, urgency))
}

/// An order's id under each name that an app may know it by.
fn named(order: RequestId) -> Map<String, Value> {
    ["work_id", "order_id", "work_order_id", "request_id"]
        .into_iter()
        .map(|name| (name.to_owned(), json!(order)))
        .collect()
}

fn object(fields: Value) -> Map<String, Value> {
    if let Value::Object(fields) = fields {
        fields
    } else {
        Map::new()
    }
}

fn notice(title: &str, body: &str, urgency: Urgency) -> Notice {
    Notice {
        topic: Topic::Work,
        title: title.to_owned(),
        body: body.to_owned(),
        urgency,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};
    use time::Duration;

    use super::{
        distance_text, distance_update, work_assigned, work_cancelled, work_completed,
        work_expired, work_response,
    };
    use crate::geo::DistanceKm;
    use crate::work::order::tests::order;
    use crate::work::{Side, State, Step, WorkOrder};

    fn after(step: Step) -> WorkOrder {
        let now = order().header.created_at.plus(Duration::minutes(1));
        order().after(step, Duration::minutes(30), now).unwrap()
    }

    #[test]
    fn the_provider_is_told_all_that_they_need_to_decide_and_no_number() {
        let message = work_assigned(&order());
        let id = "00000000000000000000000001";
        let expected = json!({
            "work_id": id, "order_id": id, "work_order_id": id, "request_id": id,
            "seeker_id": "00000000000000000000000007",
            "seeker_name": "Sita Rai",
            "service_type": "worker",
            "message": "Need help with painting work",
            "distance": "2.5km",
            "distance_km": 2.5,
            "latitude": 12.345, "longitude": 67.89, "lat": 12.345, "lng": 67.89,
            "status": "pending",
            "created_at": "2026-02-24T10:30:00.000Z",
            "timestamp": "2026-02-24T10:30:00.000Z",
        });
        assert_eq!(message.kind, "work_assigned");
        assert_eq!(Value::Object(message.fields), expected);
    }

    #[test]
    fn the_seeker_is_told_the_answer_and_the_number_of_who_comes() {
        for (step, accepted, status, mobile) in [
            (Step::Accept, true, "accepted", json!("9842222222")),
            (Step::Reject, false, "rejected", Value::Null),
        ] {
            let message = work_response(&after(step));
            assert_eq!(message.kind, "work_response");
            assert_eq!(message.fields["accepted"], accepted);
            assert_eq!(message.fields["status"], status);
            assert_eq!(message.fields["provider_mobile"], mobile);
            assert_eq!(message.fields["provider_name"], "John Doe");
            assert_eq!(message.fields["responded_at"], "2026-02-24T10:31:00.000Z");
        }
    }

    #[test]
    fn ends_say_by_whom_and_name_nobody() {
        let cancelled = work_cancelled(&after(Step::Cancel), Side::Seeker);
        assert_eq!(cancelled.kind, "work_cancelled");
        assert_eq!(cancelled.fields["by"], "seeker");
        assert_eq!(cancelled.fields["expired"], false);
        let expired = work_expired(&after(Step::Expire));
        assert_eq!(expired.kind, "work_expired");
        assert_eq!(
            (&expired.fields["status"], &expired.fields["expired"]),
            (&json!("cancelled"), &json!(true))
        );
        let completed = WorkOrder {
            state: State::Completed,
            ..order()
        };
        let completed = work_completed(&completed, Side::Provider);
        assert_eq!(completed.fields["by"], "provider");
        for message in [cancelled, expired, completed] {
            let text = json!(message).to_string();
            for was in ["Sita", "John", "984", "12.345", "painting"] {
                assert!(!text.contains(was), "{was}: {text}");
            }
        }
    }

    #[test]
    fn a_locked_screen_shows_no_name_no_number_and_no_place() {
        for message in [work_assigned(&order()), work_response(&after(Step::Accept))] {
            let notice = message.notice.unwrap();
            let text = format!("{} {}", notice.title, notice.body);
            for was in ["Sita", "John", "984", "12.3", "painting", "worker"] {
                assert!(!text.contains(was), "{was}: {text}");
            }
        }
    }

    #[test]
    fn a_distance_is_written_as_the_seed_writes_it() {
        assert_eq!(distance_text(2.5), "2.5km");
        assert_eq!(distance_text(0.0), "0km");
        let distance = DistanceKm::try_from(1.2345).unwrap();
        let order = order();
        let told = distance_update(order.header.id, distance, order.header.created_at);
        assert_eq!(told["distance_km"], 1.23);
        assert_eq!(told["distance"], "1.23km");
        assert_eq!(told["work_id"], json!(order.header.id));
    }
}
