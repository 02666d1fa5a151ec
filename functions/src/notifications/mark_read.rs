//! POST /notifications/read/ `{ids}` or `{all: true}` by any account: what it has seen. Ids that are not
//! in its inbox are passed over.
//!
//! Leaves behind when each was read, and a smaller number on the bell.

use callout_domain::ids::EventId;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Failure, Form};

/// The most ids that one call names.
const MOST_IDS: usize = 500;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let seen = Seen::read(call.json()?)?;

    let notifications = call.cloud.notifications().await?;
    match seen {
        Seen::All => {
            notifications
                .mark_all_read(caller.account, call.now)
                .await?;
        }
        Seen::These(events) => {
            notifications
                .mark_read(caller.account, &events, call.now)
                .await?;
        }
    }

    let count = notifications.unread_count(caller.account, call.now).await?;
    Ok(Answer::ok(json!({"unread_count": count})))
}

/// What somebody says that they have seen.
#[derive(Debug, PartialEq)]
enum Seen {
    All,
    These(Vec<EventId>),
}

impl Seen {
    /// 400 unless it is one of the two.
    fn read(mut form: Form) -> Result<Self, Failure> {
        let all = form.optional("all", |given| match given.value() {
            Value::Bool(true) => Ok(()),
            _ => Err("must be true, or left out"),
        });
        let ids = form.optional("ids", |given| match given.value() {
            Value::Array(ids) => ids_of(ids),
            _ => Err("must be a list of notifications' ids"),
        });
        form.check()?;
        match (all, ids) {
            (Some(()), None) => Ok(Self::All),
            (None, Some(ids)) => Ok(Self::These(ids)),
            (Some(()), Some(_)) => Err(Failure::field("ids", "cannot be given together with all")),
            (None, None) => Err(Failure::field("ids", "is required, unless all is true")),
        }
    }
}

fn ids_of(ids: &[Value]) -> Result<Vec<EventId>, &'static str> {
    if ids.len() > MOST_IDS {
        return Err("must name at most 500 notifications");
    }
    let mut events: Vec<EventId> = ids
        .iter()
        .map(|id| id.as_str().and_then(|text| text.parse().ok()))
        .collect::<Option<_>>()
        .ok_or("must be a list of notifications' ids")?;
    events.sort_unstable();
    events.dedup();
    Ok(events)
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{any_of, closed, constant, count, id, null, open, operation};

    let ids = crate::api::Schema::of(json!({
        "type": "array", "maxItems": MOST_IDS, "items": {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    }));
    operation("Marks notifications as read: some, or all")
        .that("Ids that are not in the caller's inbox are passed over.")
        .takes(
            any_of([
                open().with("ids", ids).may("all", null()).into(),
                open().with("all", constant(true)).may("ids", null()).into(),
            ]),
            json!({"ids": [id('E')]}),
        )
        .or_takes("all", json!({"all": true}))
        .answers(
            200,
            "The number on the bell.",
            closed().with("unread_count", count()),
            json!({"unread_count": 3}),
        )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::Seen;
    use crate::http::{Failure, Form};

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn read(body: &Value) -> Result<Seen, Failure> {
        Seen::read(Form::of(body.as_object().unwrap().clone()))
    }

    fn wrong_field(body: &Value) -> String {
        match read(body) {
            Err(Failure::Invalid(fields)) => fields.into_keys().collect(),
            other => unreachable!("{body}: {other:?}"),
        }
    }

    #[test]
    fn some_or_all_are_seen() {
        assert_eq!(read(&json!({"all": true})).unwrap(), Seen::All);
        let twice = json!({"ids": [ID, ID]});
        assert_eq!(
            read(&twice).unwrap(),
            Seen::These(vec![ID.parse().unwrap()])
        );
        assert_eq!(read(&json!({"ids": []})).unwrap(), Seen::These(vec![]));
    }

    #[test]
    fn anything_else_is_refused_by_its_field() {
        for body in [
            json!({}),
            json!({"ids": ID}),
            json!({"ids": [ID, 7]}),
            json!({"ids": ["nobody"]}),
            json!({"ids": [null]}),
            json!({"ids": vec![ID; 501]}),
            json!({"ids": [ID], "all": true}),
        ] {
            assert_eq!(wrong_field(&body), "ids", "{body}");
        }
        for all in [json!(false), json!("true"), json!(1)] {
            assert_eq!(wrong_field(&json!({"all": all})), "all");
        }
    }
}
