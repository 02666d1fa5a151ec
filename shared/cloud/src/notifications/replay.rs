//! What a client has missed.

use std::collections::BTreeMap;

use callout_domain::delivery::Attempt;
use callout_domain::event::Message;
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use time::Duration;

use super::stored::{Kept, Route};
use super::{Notification, Notifications, inbox_key, lowest_id};
use crate::failure::CloudError;
use crate::stored::{self, PK, s};

/// How far back a replay goes.
const REPLAYED: Duration = Duration::hours(24);

/// A notification that no client has acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Unheard {
    /// The notification.
    pub notification: Notification,
    /// What was tried to make it heard.
    pub attempts: BTreeMap<Route, Attempt>,
}

impl Notifications {
    /// The newest `most` wanted notifications of the last day that were not acknowledged, oldest first and
    /// those of one request in the order of their commits; with `since`, no event whose id is lower than
    /// that one. A consistent read.
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
        is_wanted: impl Fn(&Message) -> bool,
        now: Moment,
    ) -> Result<Vec<Unheard>, CloudError> {
        let since = since.unwrap_or_else(|| lowest_id(now.plus(-REPLAYED)));
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
            .expression_attribute_values(":since", s(since.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut unheard = Vec::new();
        while unheard.len() < most {
            let Some(item) = pages.next().await else {
                break;
            };
            let item = item.map_err(CloudError::call("Query of notifications"))?;
            let mut kept: Kept = stored::read("a notification", item)?;
            if kept.body.is_kept(now) {
                let attempts = std::mem::take(&mut kept.body.deliveries);
                let notification: Notification = kept.try_into()?;
                if is_wanted(&notification.message) {
                    unheard.push(Unheard {
                        notification,
                        attempts,
                    });
                }
            }
        }
        unheard.reverse();
        Ok(in_order_of_commits(unheard))
    }
}

/// Puts those of each request into the order of their commits, in the places that they have among
/// those of others. Sequence numbers of different requests do not compare, for they may come from
/// different shards of the stream.
fn in_order_of_commits(by_id: Vec<Unheard>) -> Vec<Unheard> {
    let mut places: BTreeMap<RequestId, Vec<usize>> = BTreeMap::new();
    for (place, unheard) in by_id.iter().enumerate() {
        if let Some(request) = unheard.notification.request {
            places.entry(request).or_default().push(place);
        }
    }
    let mut from: Vec<usize> = (0..by_id.len()).collect();
    for places in places.into_values() {
        let mut in_order = places.clone();
        in_order.sort_by_key(|place| number(&by_id[*place].notification.sequence));
        for (place, source) in places.into_iter().zip(in_order) {
            from[place] = source;
        }
    }
    let mut taken: Vec<Option<Unheard>> = by_id.into_iter().map(Some).collect();
    from.into_iter()
        .filter_map(|source| taken.get_mut(source)?.take())
        .collect()
}

/// A sequence number as it compares: they are numbers of up to 40 digits, written as text.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html>
pub(super) fn number(sequence: &str) -> (usize, &str) {
    let digits = sequence.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_domain::event::Message;
    use callout_domain::ids::{EventId, RequestId};
    use serde_json::json;
    use ulid::Ulid;

    use super::{Notification, Unheard, in_order_of_commits};

    /// The events of `(id, request, sequence)`, replayed; what comes out, by id.
    fn replayed(events: &[(u128, u128, &str)]) -> Vec<u128> {
        let unheard = events.iter().map(|(id, request, sequence)| Unheard {
            notification: Notification {
                event: EventId::new(Ulid::from(*id)),
                request: (*request > 0).then(|| RequestId::new(Ulid::from(*request))),
                message: Message::new("x", json!({})),
                created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
                sequence: (*sequence).to_owned(),
            },
            attempts: BTreeMap::new(),
        });
        in_order_of_commits(unheard.collect())
            .into_iter()
            .map(|unheard| unheard.notification.event)
            .map(|event| {
                let id = |id: &u128| EventId::new(Ulid::from(*id)) == event;
                (1..10).find(id).unwrap()
            })
            .collect()
    }

    #[test]
    fn what_was_committed_first_is_replayed_first_whatever_the_ids_say() {
        let crossed = [(1, 7, "900"), (2, 8, "5"), (3, 7, "899"), (4, 0, "1")];
        assert_eq!(replayed(&crossed), [3, 2, 1, 4]);
    }

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        let events = [
            (1, 7, "0010"),
            (2, 7, "9"),
            (3, 7, "000000000000000000000000000000000000011"),
        ];
        assert_eq!(replayed(&events), [2, 1, 3]);
    }

    #[test]
    fn other_requests_and_greetings_keep_the_order_of_their_ids() {
        let events = [(1, 7, "3"), (2, 8, "2"), (3, 0, "1")];
        assert_eq!(replayed(&events), [1, 2, 3]);
        assert!(replayed(&[]).is_empty());
    }
}
