//! GET /notifications/ by any account: its inbox, newest first. What closed with its request is left
//! out; `unread=true` leaves out what was read, too, and `archived=true` asks for what closed.
//!
//! `limit` and `cursor` page it. Leaves nothing behind.

use callout_cloud::notifications::{Listed, Which};
use callout_cloud::paging::Paging;
use callout_domain::notice::Notice;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Failure, Linked};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let which = which(call.query("unread"), call.query("archived"))?;
    let paging = Paging {
        limit: call.limit()?,
        before: call.cursor("cursor")?,
    };

    let notifications = call.cloud.notifications().await?;
    let page = notifications
        .list(caller.account, which, paging, call.now)
        .await?;

    let seen: Vec<Linked> = page.items.iter().map(view).collect();
    let mut body = Linked::new(json!({"count": seen.len()})).with_list("notifications", seen);
    if let Some(next) = page.next {
        body = body.with("next_cursor", json!(next));
    }
    Ok(Answer::ok(body.sign(call.cloud).await?))
}

fn which(unread: Option<&str>, archived: Option<&str>) -> Result<Which, Failure> {
    match (flag("unread", unread)?, flag("archived", archived)?) {
        (false, false) => Ok(Which::Current),
        (true, false) => Ok(Which::Unread),
        (false, true) => Ok(Which::Archived),
        (true, true) => Err(Failure::field(
            "archived",
            "cannot be asked for together with unread",
        )),
    }
}

fn flag(name: &str, given: Option<&str>) -> Result<bool, Failure> {
    match given {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Failure::field(name, "must be true or false")),
    }
}

/// A notification in the seed's words, and what its message said.
fn view(listed: &Listed) -> Linked {
    let notification = &listed.notification;
    let message = &notification.message;
    let mut data = Linked::new(Value::Object(message.fields.clone()));
    for (field, media) in &message.links {
        data = data.with_link(field, Some(*media));
    }
    let status = match (listed.archived_at, listed.read_at) {
        (Some(_), _) => "ARCHIVED",
        (None, Some(_)) => "READ",
        (None, None) => "UNREAD",
    };
    let notice = message.notice.as_ref();
    Linked::new(json!({
        "id": notification.event,
        "event_id": notification.event,
        "type": message.kind,
        "title": notice.map(|notice: &Notice| notice.title.as_str()),
        "message": notice.map_or(message.fields.get("message").cloned(), |notice| {
            Some(Value::from(notice.body.as_str()))
        }),
        "topic": notice.map(|notice| notice.topic),
        "request_id": notification.request,
        "requestId": notification.request,
        "status": status,
        "read_at": listed.read_at,
        "archived_at": listed.archived_at,
        "created_at": notification.created_at,
        "timestamp": notification.created_at,
    }))
    .with_object("data", data)
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        closed, flag, id, moment, one_of_texts, open, operation, page, text, topic, ulid,
    };

    let item = closed()
        .with("id", ulid())
        .with("event_id", ulid())
        .with("type", text())
        .with("title", text().or_null())
        .with("message", text().or_null())
        .with("topic", topic().or_null())
        .with("request_id", ulid().or_null())
        .with("requestId", ulid().or_null())
        .with("status", one_of_texts(["UNREAD", "READ", "ARCHIVED"]))
        .with("read_at", moment().or_null())
        .with("archived_at", moment().or_null())
        .with("created_at", moment())
        .with("timestamp", moment())
        .with("data", open());
    operation("Lists the inbox, newest first")
        .that("`data` is what the message of that `type` says over a socket: asyncapi.yaml.")
        .may_ask("unread", flag(), "Only what was not read.")
        .may_ask(
            "archived",
            flag(),
            "Only what closed with its request; not together with `unread`.",
        )
        .in_pages()
        .answers(
            200,
            "A part of the inbox.",
            page("notifications", item.named("Notification")),
            json!({"count": 1, "notifications": [{
                "id": id('E'), "event_id": id('E'), "type": "request_taken",
                "title": "Medicine Request Taken",
                "message": "This request has been accepted by another pharmacy",
                "topic": "medicine", "request_id": id('R'), "requestId": id('R'),
                "status": "UNREAD", "read_at": null, "archived_at": null,
                "created_at": "2026-02-24T10:35:00.000Z", "timestamp": "2026-02-24T10:35:00.000Z",
                "data": {
                    "request_id": id('R'),
                    "message": "This request has been accepted by another pharmacy",
                },
            }]}),
        )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_cloud::notifications::{Listed, Notification, Which};
    use callout_domain::event::Message;
    use callout_domain::notice::{Notice, Topic, Urgency};
    use serde_json::{Value, json};

    use super::{view, which};

    fn listed() -> Listed {
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        let notice = Notice {
            topic: Topic::Blood,
            title: "Emergency Blood Request".to_owned(),
            body: "Urgent: O+ needed in Chennai!".to_owned(),
            urgency: Urgency::Urgent,
        };
        Listed {
            notification: Notification {
                event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
                request: "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().ok(),
                message: Message::new("blood_request", json!({"units": 2})).with_notice(notice),
                created_at: now,
                sequence: "1".to_owned(),
            },
            read_at: None,
            archived_at: None,
            acked_at: None,
            attempts: BTreeMap::new(),
        }
    }

    fn seen(listed: &Listed) -> Value {
        serde_json::from_str(&view(listed).to_keep().0).unwrap()
    }

    #[test]
    fn a_notification_has_the_seeds_fields() {
        let seen = seen(&listed());
        assert_eq!(seen["message"], "Urgent: O+ needed in Chennai!");
        assert_eq!(seen["status"], "UNREAD");
        assert_eq!(seen["requestId"], "01ARZ3NDEKTSV4RRFFQ69G5FAW");
        assert_eq!(seen["timestamp"], "2026-02-24T10:30:00.000Z");
        assert_eq!(seen["type"], "blood_request");
        assert_eq!(seen["data"], json!({"units": 2}));
    }

    #[test]
    fn read_and_archived_are_told_apart() {
        let at = Some("2026-02-24T10:31:00Z".parse().unwrap());
        let mut listed = listed();
        listed.read_at = at;
        assert_eq!(seen(&listed)["status"], "READ");
        listed.archived_at = at;
        assert_eq!(seen(&listed)["status"], "ARCHIVED");
    }

    #[test]
    fn a_flag_is_true_or_false() {
        assert_eq!(which(None, None).ok(), Some(Which::Current));
        assert_eq!(which(Some("false"), None).ok(), Some(Which::Current));
        assert_eq!(which(Some("true"), None).ok(), Some(Which::Unread));
        assert_eq!(which(None, Some("true")).ok(), Some(Which::Archived));
        for (unread, archived) in [(Some("1"), None), (Some(""), None), (None, Some("TRUE"))] {
            assert!(which(unread, archived).is_err());
        }
        assert!(which(Some("true"), Some("true")).is_err());
    }
}
