//! Everyone's inbox: what they were told, whether a socket took it, and whether they said so.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<recipient>` | `<event id>` | `kind`, `request_id`, `payload`, `created_at`, `read`, `unheard`, `sent_at`, `acked_at` |
//!
//! `payload` is the [`Message`] with what was for this recipient alone, media still by their ids.
//! `unheard` repeats the event id until the client acknowledges it: that a socket took it says only
//! that it left, for a phone may have lost its network without anybody knowing. The index of that name
//! holds only those, and it is local to the table, for it must be read consistently: a replay that
//! misses what was just written would lose it.
//!
//! Event and recipient are the key, so that what is delivered twice is here once. Ends by TTL.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use callout_domain::event::Message;
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use time::Duration;
use ulid::Ulid;

use crate::failure::CloudError;
use crate::settings::NOTIFICATIONS_TABLE;
use crate::stored::{self, Item, PK, SK, s};
use crate::{Cloud, Table};

const KEPT: Duration = Duration::days(90);
/// How far back a replay goes.
const REPLAYED: Duration = Duration::hours(24);
/// No function that makes events may run for longer.
const LONGEST_INVOCATION: Duration = Duration::minutes(1);
/// How far a clock may be put back within one.
const CLOCK_STEP: Duration = Duration::seconds(5);
/// How many items are deleted at once.
const DELETED_AT_ONCE: usize = 16;

/// The notifications table.
#[derive(Debug, Clone)]
pub struct Notifications {
    table: Table,
}

/// One message in one inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The event that it tells of.
    pub event: EventId,
    /// The request that it is about, if it is about one.
    pub request: Option<RequestId>,
    /// What is said to this recipient.
    pub message: Message,
    /// When the event was committed.
    pub created_at: Moment,
}

/// How things stood when a notification was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inbox {
    /// It was not there, and is now.
    New,
    /// It was there, and no socket has taken it.
    Unsent,
    /// It was there, and a socket took it or the client has acknowledged it.
    Sent,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    payload: String,
    created_at: Moment,
    read: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unheard: Option<EventId>,
    expires_at: i64,
}

/// An item with the part of its key that says which event it tells of.
#[derive(Deserialize)]
struct Kept {
    sk: EventId,
    #[serde(flatten)]
    body: Stored,
}

impl Cloud {
    /// Everyone's inbox.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn notifications(&self) -> Result<Notifications, CloudError> {
        Ok(Notifications {
            table: self.table(NOTIFICATIONS_TABLE).await?,
        })
    }
}

impl Notifications {
    /// Writes a notification unless it is there already.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn put_if_absent(
        &self,
        recipient: AccountId,
        notification: &Notification,
    ) -> Result<Inbox, CloudError> {
        let body = Stored::of(notification)?;
        let item = stored::item(inbox_key(recipient), notification.event.to_string(), &body)?;
        let outcome = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Inbox::New);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(there)) => {
                let unsent = there.item().is_some_and(|item| {
                    item.contains_key("unheard") && !item.contains_key("sent_at")
                });
                Ok(if unsent { Inbox::Unsent } else { Inbox::Sent })
            }
            _ => Err(CloudError::call("PutItem of a notification")(error)),
        }
    }

    /// The newest `most` notifications of the last day that were not acknowledged, oldest first; with
    /// `since`, none older than that one. A consistent read.
    ///
    /// A day, for a client that never acknowledges is not to hear the same for ever, and what is
    /// urgent is over by then; the inbox has the rest.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn unheard(
        &self,
        recipient: AccountId,
        since: Option<EventId>,
        most: usize,
        now: Moment,
    ) -> Result<Vec<Notification>, CloudError> {
        let mut pages = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name("unheard")
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("#pk = :inbox AND #unheard >= :since")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#unheard", "unheard")
            .expression_attribute_values(":inbox", s(inbox_key(recipient)))
            .expression_attribute_values(
                ":since",
                s(since
                    .unwrap_or_else(|| drawn_at(now.plus(-REPLAYED), 0))
                    .to_string()),
            )
            .into_paginator()
            .items()
            .send();
        let mut notifications = Vec::new();
        while notifications.len() < most {
            let Some(item) = pages.next().await else {
                break;
            };
            let item = item.map_err(CloudError::call("Query of notifications"))?;
            let kept: Kept = stored::read("a notification", item)?;
            if kept.body.expires_at > now.unix_seconds() {
                notifications.push(kept.try_into()?);
            }
        }
        notifications.reverse();
        Ok(notifications)
    }

    /// Every socket of the recipient that was ready when it was told has been posted to, and one took
    /// it: it need not be told again.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn sent(
        &self,
        recipient: AccountId,
        event: EventId,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.note(recipient, event, "sent_at", "", now).await
    }

    /// The recipient's client says that it has it. An event that is not in their inbox changes
    /// nothing.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn acknowledge(
        &self,
        recipient: AccountId,
        event: EventId,
        now: Moment,
    ) -> Result<(), CloudError> {
        self.note(recipient, event, "acked_at", " REMOVE unheard", now)
            .await
    }

    /// Empties an inbox.
    ///
    /// # Errors
    /// When the table cannot be read or written; what is left then can be erased again.
    pub async fn erase(&self, recipient: AccountId) -> Result<(), CloudError> {
        let inbox = self
            .keys(recipient)
            .key_condition_expression("#pk = :inbox");
        self.delete_all(inbox).await
    }

    /// Takes what was said of a request, at about a time, out of an inbox again.
    ///
    /// The events are found by their ids, which begin with the time at which they were drawn: the
    /// invocation that began at that time.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn retract(
        &self,
        recipient: AccountId,
        request: RequestId,
        kind: &str,
        at: Moment,
    ) -> Result<(), CloudError> {
        let (from, to) = drawn_about(at);
        let said = self
            .keys(recipient)
            .key_condition_expression("#pk = :inbox AND #sk BETWEEN :from AND :to")
            .filter_expression("#request = :request AND #kind = :kind")
            .expression_attribute_names("#request", "request_id")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":from", s(from.to_string()))
            .expression_attribute_values(":to", s(to.to_string()))
            .expression_attribute_values(":request", s(request.to_string()))
            .expression_attribute_values(":kind", s(kind));
        self.delete_all(said).await
    }

    /// The beginning of a consistent query for keys of an inbox.
    fn keys(&self, recipient: AccountId) -> QueryFluentBuilder {
        self.table
            .client
            .query()
            .table_name(&self.table.name)
            .consistent_read(true)
            .projection_expression("#pk, #sk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":inbox", s(inbox_key(recipient)))
    }

    async fn delete_all(&self, keys: QueryFluentBuilder) -> Result<(), CloudError> {
        let mut pages = keys.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(CloudError::call("Query of notifications"))?;
            futures::stream::iter(page.items.unwrap_or_default())
                .map(|key| self.delete(key))
                .buffer_unordered(DELETED_AT_ONCE)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    async fn delete(&self, key: Item) -> Result<(), CloudError> {
        self.table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .send()
            .await
            .map(drop)
            .map_err(CloudError::call("DeleteItem of a notification"))
    }

    async fn note(
        &self,
        recipient: AccountId,
        event: EventId,
        what: &'static str,
        and: &'static str,
        now: Moment,
    ) -> Result<(), CloudError> {
        let outcome = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(inbox_key(recipient), event.to_string())))
            .update_expression(format!("SET #what = if_not_exists(#what, :now){and}"))
            // Without the condition an update would bring an erased notification back.
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#what", what)
            .expression_attribute_values(":now", s(now.to_string()))
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(CloudError::call("UpdateItem of a notification")(error)),
        }
    }
}

impl Stored {
    fn of(notification: &Notification) -> Result<Self, CloudError> {
        Ok(Self {
            kind: notification.message.kind.clone(),
            request_id: notification.request,
            payload: serde_json::to_string(&notification.message)
                .map_err(CloudError::malformed("a message"))?,
            created_at: notification.created_at,
            read: false,
            unheard: Some(notification.event),
            expires_at: notification.created_at.plus(KEPT).unix_seconds(),
        })
    }
}

impl TryFrom<Kept> for Notification {
    type Error = CloudError;

    fn try_from(kept: Kept) -> Result<Self, CloudError> {
        Ok(Self {
            event: kept.sk,
            request: kept.body.request_id,
            message: serde_json::from_str(&kept.body.payload)
                .map_err(CloudError::malformed("a notification's payload"))?,
            created_at: kept.body.created_at,
        })
    }
}

/// The lowest and the highest id of an event that an invocation may have drawn that began at `at`.
fn drawn_about(at: Moment) -> (EventId, EventId) {
    (
        drawn_at(at.plus(-CLOCK_STEP), 0),
        drawn_at(at.plus(LONGEST_INVOCATION), u128::MAX),
    )
}

fn drawn_at(moment: Moment, random: u128) -> EventId {
    let milliseconds = u64::try_from(moment.unix_milliseconds()).unwrap_or_default();
    EventId::new(Ulid::from_parts(milliseconds, random))
}

fn inbox_key(recipient: AccountId) -> String {
    format!("ACCOUNT#{recipient}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use callout_domain::ids::EventId;
    use callout_domain::moment::Moment;
    use time::Duration;
    use ulid::Ulid;

    use super::{Kept, Message, Notification, Stored, drawn_about, inbox_key, stored};

    #[test]
    fn a_notification_reads_back_as_it_was_stored() {
        let media = "01ARZ3NDEKTSV4RRFFQ69G5FAX".parse().unwrap();
        let notification = Notification {
            event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            request: Some("01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap()),
            message: Message::new("new_request", json!({"quantity": 10, "distance_km": 2.5}))
                .with_link("image_url", Some(media)),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
        };
        let body = Stored::of(&notification).unwrap();
        let inbox = inbox_key("01ARZ3NDEKTSV4RRFFQ69G5FAY".parse().unwrap());
        let item = stored::item(inbox, notification.event.to_string(), &body).unwrap();
        assert_eq!(
            item.get("unheard").and_then(|unheard| unheard.as_s().ok()),
            Some(&notification.event.to_string()),
            "what nobody has heard is in the index of that name"
        );
        let kept: Kept = stored::read("a notification", item).unwrap();
        assert_eq!(Notification::try_from(kept).unwrap(), notification);
    }

    #[test]
    fn an_event_is_found_by_the_time_at_which_its_id_was_drawn() {
        let began: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let drawn = |after: i64| {
            let milliseconds = began
                .plus(Duration::milliseconds(after))
                .unix_milliseconds();
            EventId::new(Ulid::from_parts(milliseconds.try_into().unwrap(), 7))
        };
        let (from, to) = drawn_about(began);
        for after in [-5_000, 0, 15_000, 60_000] {
            assert!((from..=to).contains(&drawn(after)), "{after} ms");
            let text = drawn(after).to_string();
            assert!(
                from.to_string() <= text && text <= to.to_string(),
                "{after} ms"
            );
        }
        assert!(drawn(-5_001) < from && to < drawn(60_001));
    }
}
