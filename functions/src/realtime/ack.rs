//! `ack {event_id}`: a client has a message, and need not hear it again. Gets no answer.

use callout_cloud::connections::Owner;
use callout_domain::ids::EventId;
use serde_json::{Map, Value};

use crate::http::{Failure, Form};
use crate::socket::SocketCall;

pub(super) async fn take(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<(), Failure> {
    let event = event(fields)?;
    // An event that is in nobody's inbox, like a greeting, may be acknowledged too.
    let notifications = call.cloud.notifications().await?;
    notifications
        .acknowledge(owner.account, event, call.now)
        .await?;
    Ok(())
}

fn event(fields: Map<String, Value>) -> Result<EventId, Failure> {
    let mut form = Form::of(fields);
    let event = form.required("event_id", |given| {
        given.text()?.parse().map_err(|_| "must be an event's id")
    });
    event.ok_or_else(|| form.reject())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::event;
    use crate::http::Failure;

    fn problem(message: &Value) -> String {
        match event(message.as_object().unwrap().clone()) {
            Err(Failure::Invalid(mut fields)) => fields.remove("event_id").unwrap(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn an_event_is_acknowledged_by_its_id() {
        assert_eq!(problem(&json!({"type": "ack"})), "is required");
        assert_eq!(problem(&json!({"event_id": null})), "is required");
        assert_eq!(problem(&json!({"event_id": 7})), "must be text");
        assert_eq!(problem(&json!({"event_id": "7"})), "must be an event's id");
        let fields = json!({"event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
        let id = event(fields.as_object().unwrap().clone()).unwrap();
        assert_eq!(id.to_string(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    }
}
