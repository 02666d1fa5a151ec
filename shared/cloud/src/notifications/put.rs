//! Writing what people are told into their inboxes, many at once.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use callout_domain::delivery::Attempt;
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;

use super::badge::{Changes, Day};
use super::change::Change;
use super::stored::{Kept, Route, Stored};
use super::tally::Tally;
use super::{Notification, Notifications, inbox_key};
use crate::commit::{Commit, CommitError, Guard, MOST_ITEMS, Refusal};
use crate::contention;
use crate::failure::CloudError;
use crate::stored;

/// The most tallies that one transaction of this module changes: one a channel.
pub(super) const TALLIES: usize = Channel::ALL.len();

/// A notification for one recipient, and what is begun for them at once.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose inbox.
    pub recipient: AccountId,
    /// What is written into it.
    pub notification: Notification,
    /// The attempts that begin as soon as it is written. They are on record before they begin, so
    /// that one which was interrupted is not begun again: nobody could tell whether it had succeeded.
    pub routes: Vec<Route>,
}

/// How things stand with an entry after it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was not there, and is now; its attempts may begin.
    New,
    /// It is not written: the inbox's account was deleted.
    Closed,
    /// It was there before.
    There {
        /// Its sockets need not be told again: one took it, or the client has acknowledged it.
        heard: bool,
        /// The attempts of that time.
        attempts: BTreeMap<Route, Attempt>,
    },
}

/// For how many recipients [`Notifications::put_all`] can write at once, if each also has so many
/// notifications to be archived.
pub const fn most_at_once(archives: usize) -> usize {
    (MOST_ITEMS - TALLIES) / (2 + archives)
}

impl Notifications {
    /// Writes notifications of one event, unless they are there already, counts them in the badges,
    /// and archives what the recipients were told before by `archives`: all in one transaction.
    ///
    /// At most [`most_at_once`]. How each stands comes back in the order of the entries.
    ///
    /// # Errors
    /// When the table cannot be read or written; it can be done again.
    pub async fn put_all(
        &self,
        entries: &[Entry],
        archives: &[EventId],
        now: Moment,
    ) -> Result<Vec<Standing>, CloudError> {
        let mut there: HashMap<usize, Standing> = HashMap::new();
        for tries in 0..contention::TRIES {
            let absent: Vec<(usize, &Entry)> = (0..)
                .zip(entries)
                .filter(|(nth, _)| !there.contains_key(nth))
                .collect();
            if absent.is_empty() {
                return Ok(in_order(entries, there));
            }
            let (commit, owned) = self.put_commit(&absent, archives, now).await?;
            match commit.run().await {
                Ok(()) => return Ok(in_order(entries, there)),
                Err(CommitError::Cloud(error)) => return Err(error),
                Err(CommitError::Refused(refusal)) => {
                    let known = there.len();
                    note_those_there(refusal, &owned, &mut there)?;
                    if there.len() == known {
                        // Something that was to be archived has changed.
                        contention::wait(tries).await;
                    }
                }
            }
        }
        Err(CloudError::Contended)
    }

    /// The transaction for these entries, and which of its items are of which entry.
    async fn put_commit(
        &self,
        entries: &[(usize, &Entry)],
        archives: &[EventId],
        now: Moment,
    ) -> Result<(Commit, Vec<Owned>), CloudError> {
        let earlier = self.earlier(entries, archives).await?;
        let mut commit = self.commit();
        let mut owners = Vec::new();
        let mut begun: BTreeMap<Channel, Tally> = BTreeMap::new();
        for (nth, entry) in entries {
            let first = commit.len();
            self.put(&mut commit, entry, now)?;
            for route in &entry.routes {
                begun.entry(route.channel()).or_default().attempted += 1;
            }
            let mut badge = Changes::default();
            if entry.notification.message.is_listed() {
                badge.more(Day::of(entry.notification.created_at));
            }
            for event in archives {
                let Some(stored) = earlier.get(&(entry.recipient, *event)) else {
                    continue;
                };
                if stored.current.is_some() {
                    let change = Change::Archive;
                    self.change(&mut commit, entry.recipient, *event, stored, change, now)?;
                    stored
                        .counted_on()
                        .into_iter()
                        .for_each(|day| badge.fewer(day));
                }
            }
            self.change_badge(&mut commit, entry.recipient, &badge, now)?;
            owners.push((first..commit.len(), *nth));
        }
        if let Some((_, entry)) = entries.first() {
            self.tally(&mut commit, &entry.notification, &begun)?;
        }
        Ok((commit, owners))
    }

    async fn earlier(
        &self,
        entries: &[(usize, &Entry)],
        archives: &[EventId],
    ) -> Result<HashMap<(AccountId, EventId), Stored>, CloudError> {
        if archives.is_empty() {
            return Ok(HashMap::new());
        }
        let mut places = Vec::new();
        for (_, entry) in entries {
            places.extend(archives.iter().map(|event| (entry.recipient, *event)));
        }
        self.read_notifications(&places).await
    }

    fn put(&self, commit: &mut Commit, entry: &Entry, now: Moment) -> Result<(), CloudError> {
        let body = Stored::of(&entry.notification, &entry.routes, now)?;
        let event = entry.notification.event.to_string();
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(
                inbox_key(entry.recipient),
                event,
                &body,
            )?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", stored::PK)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(CloudError::call("a notification"))?;
        commit.push(
            Guard::NewInInbox,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }
}

/// How all entries stand, once those that were not there have been written.
fn in_order(entries: &[Entry], mut there: HashMap<usize, Standing>) -> Vec<Standing> {
    (0..entries.len())
        .map(|nth| there.remove(&nth).unwrap_or(Standing::New))
        .collect()
}

/// The items of a transaction that are of one entry, the notification first and the badge last.
type Owned = (Range<usize>, usize);

/// Notes the entries that are there already, and those that nobody has an inbox for.
fn note_those_there(
    refusal: Refusal,
    owned: &[Owned],
    there: &mut HashMap<usize, Standing>,
) -> Result<(), CloudError> {
    for refused in refusal.all {
        let Some((items, nth)) = owned
            .iter()
            .find(|(items, _)| items.contains(&refused.place))
        else {
            continue;
        };
        if refused.guard == Guard::InboxOpen {
            there.insert(*nth, Standing::Closed);
        } else if refused.place == items.start {
            let item = refused.found.ok_or_else(|| CloudError::Malformed {
                what: "a refused notification",
                source: "what is there instead was not told".into(),
            })?;
            let kept: Kept = stored::read("a notification", item)?;
            let standing = Standing::There {
                heard: kept.body.sent_at.is_some() || kept.body.acked_at.is_some(),
                attempts: kept.body.deliveries,
            };
            there.insert(*nth, standing);
        }
    }
    Ok(())
}
