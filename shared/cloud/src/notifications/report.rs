//! What became of attempts, written beside what was attempted.
//!
//! An event may be delivered twice at once. Then both report of the same attempt, and each writes only over
//! what it knows: the first report counts, and one that says more than "unanswered" corrects it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use callout_domain::delivery::{Attempt, Reason, Status};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;
use time::Date;

use super::put::TALLIES;
use super::stored::{Kept, Route};
use super::tally::Tally;
use super::{Notification, Notifications, inbox_key};
use crate::commit::{Commit, CommitError, Guard, MOST_ITEMS, Refused};
use crate::contention;
use crate::failure::CloudError;
use crate::stored::{self, s};

/// How many reports one transaction holds: each may be of a kind of its own, with a tally of its own.
const AT_ONCE: usize = (MOST_ITEMS - TALLIES) / 2;

/// What became of the attempts for one recipient.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// Whose.
    pub recipient: AccountId,
    /// Of what.
    pub notification: &'a Notification,
    /// The attempts that have ended.
    pub attempts: BTreeMap<Route, Attempt>,
    /// Every socket that was ready has been posted to, and one took it: it need not be told again.
    pub heard: bool,
}

/// A report, and what it is written over.
struct Revision<'a> {
    report: &'a Report<'a>,
    ends: BTreeMap<&'a Route, End>,
    heard: bool,
}

/// The end of an attempt, and what was on record of it before.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    attempt: Attempt,
    before: Option<Attempt>,
}

impl Notifications {
    /// Writes down what became of attempts, and counts them.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn report(&self, reports: &[Report<'_>], now: Moment) -> Result<(), CloudError> {
        for reports in reports.chunks(AT_ONCE) {
            self.report_few(reports, now).await?;
        }
        Ok(())
    }

    async fn report_few(&self, reports: &[Report<'_>], now: Moment) -> Result<(), CloudError> {
        let mut revisions: Vec<Revision<'_>> = reports.iter().map(Revision::expected).collect();
        revisions.retain(Revision::says_something);
        for _ in 0..contention::TRIES {
            if revisions.is_empty() {
                return Ok(());
            }
            match self.report_commit(&revisions, now)?.run().await {
                Ok(()) => return Ok(()),
                Err(CommitError::Cloud(error)) => return Err(error),
                Err(CommitError::Refused(refusal)) => {
                    for refused in refusal.all {
                        if let Some(revision) = revisions.get_mut(refused.place) {
                            revision.revise(refused)?;
                        }
                    }
                    revisions.retain(Revision::says_something);
                }
            }
        }
        Err(CloudError::Contended)
    }

    fn report_commit(&self, revisions: &[Revision<'_>], now: Moment) -> Result<Commit, CloudError> {
        let mut commit = self.commit();
        // By day, as they are kept: a transaction may not change one item twice.
        let mut tallies: BTreeMap<(&str, Date, Channel), (Moment, Tally)> = BTreeMap::new();
        for revision in revisions {
            self.push_revision(&mut commit, revision, now)?;
            let notification = revision.report.notification;
            let (kind, at) = (&notification.message.kind, notification.created_at);
            for (route, end) in &revision.ends {
                let channel = route.channel();
                let (_, tally) = tallies
                    .entry((kind, at.get().date(), channel))
                    .or_insert_with(|| (at, Tally::default()));
                tally.count(channel, end);
            }
        }
        for ((kind, _, channel), (at, tally)) in tallies {
            self.tally_one(&mut commit, kind, at, channel, tally)?;
        }
        Ok(commit)
    }

    fn push_revision(
        &self,
        commit: &mut Commit,
        revision: &Revision<'_>,
        now: Moment,
    ) -> Result<(), CloudError> {
        let report = revision.report;
        let event = report.notification.event.to_string();
        let mut changes = Vec::new();
        // Without the first an update would bring an erased notification back.
        let mut conditions = vec!["attribute_exists(#pk)".to_owned()];
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(inbox_key(report.recipient), event)))
            .expression_attribute_names("#pk", stored::PK)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if revision.heard {
            changes.push("sent_at = if_not_exists(sent_at, :now)".to_owned());
            update = update.expression_attribute_values(":now", s(now.to_string()));
        }
        for (nth, (route, end)) in revision.ends.iter().enumerate() {
            changes.push(format!("deliveries.#route{nth} = :attempt{nth}"));
            update = update
                .expression_attribute_names(format!("#route{nth}"), route.to_string())
                .expression_attribute_values(format!(":attempt{nth}"), value(&end.attempt)?);
            if let Some(before) = &end.before {
                conditions.push(format!("deliveries.#route{nth} = :before{nth}"));
                update =
                    update.expression_attribute_values(format!(":before{nth}"), value(before)?);
            } else {
                conditions.push(format!("attribute_not_exists(deliveries.#route{nth})"));
            }
        }
        let update = update
            .update_expression(format!("SET {}", changes.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .build()
            .map_err(CloudError::call("a report"))?;
        commit.push(
            Guard::NotificationUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

fn value(attempt: &Attempt) -> Result<AttributeValue, CloudError> {
    serde_dynamo::to_attribute_value(attempt).map_err(CloudError::malformed("an attempt to store"))
}

impl<'a> Revision<'a> {
    /// As it is when nobody else reports of the same: one at a socket is on record when it has ended,
    /// every other since it began.
    fn expected(report: &'a Report<'a>) -> Self {
        let ends = report.attempts.iter().map(|(route, attempt)| {
            let before = match route.channel() {
                Channel::Socket => None,
                Channel::Push | Channel::Mail => Some(Attempt::begin(attempt.began_at)),
            };
            let attempt = *attempt;
            (route, End { attempt, before })
        });
        Self {
            report,
            ends: ends.collect(),
            heard: report.heard,
        }
    }

    /// Leaves out what is known already; all of it if the inbox was emptied.
    fn revise(&mut self, refused: Refused) -> Result<(), CloudError> {
        let Some(item) = refused.found else {
            self.ends.clear();
            self.heard = false;
            return Ok(());
        };
        let mut kept: Kept = stored::read("a notification", item)?;
        self.heard &= kept.body.sent_at.is_none();
        self.ends.retain(|route, end| {
            end.before = kept.body.deliveries.remove(*route);
            end.is_news(route.channel())
        });
        Ok(())
    }

    fn says_something(&self) -> bool {
        self.heard || !self.ends.is_empty()
    }
}

impl End {
    /// Whether it says more than what is on record. A socket that failed is tried again; of the others
    /// there is one attempt, which another delivery may have given up while it was still going on.
    fn is_news(&self, channel: Channel) -> bool {
        let Some(before) = self.before else {
            return true;
        };
        match (before.status, channel) {
            (Status::Pending, _) | (Status::Failed, Channel::Socket) => true,
            (Status::Sent | Status::Delivered, _) => false,
            (Status::Failed, Channel::Push | Channel::Mail) => {
                is_unanswered(&before) && !is_unanswered(&self.attempt)
            }
        }
    }
}

fn is_unanswered(attempt: &Attempt) -> bool {
    attempt.reason == Some(Reason::Unanswered)
}

impl Tally {
    /// Counts what became of an attempt. One at a socket is counted when it has ended; every other
    /// was counted as attempted when it began.
    fn count(&mut self, channel: Channel, end: &End) {
        match channel {
            Channel::Socket => self.attempted += 1,
            Channel::Push | Channel::Mail => {
                let was_given_up = end.before.is_some_and(|before| is_unanswered(&before));
                self.failed -= i64::from(was_given_up);
            }
        }
        match end.attempt.status {
            Status::Pending => {}
            Status::Sent => self.sent += 1,
            Status::Delivered => self.delivered += 1,
            Status::Failed => self.failed += 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::delivery::{Attempt, Reason};
    use callout_domain::moment::Moment;
    use callout_domain::notice::Channel;

    use super::{End, Tally};

    fn end(attempt: Attempt, before: Option<Attempt>) -> End {
        End { attempt, before }
    }

    fn counted(channel: Channel, end: &End) -> Tally {
        let mut tally = Tally::default();
        tally.count(channel, end);
        tally
    }

    #[test]
    fn a_push_that_was_given_up_and_went_is_counted_as_sent_alone() {
        let now: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let given_up = Attempt::failed(now, now, Reason::Unanswered);
        let went = end(Attempt::sent(now, now), Some(given_up));
        assert!(went.is_news(Channel::Push));
        let Tally { sent, failed, .. } = counted(Channel::Push, &went);
        assert_eq!((sent, failed), (1, -1));

        let given_up_late = end(given_up, Some(Attempt::sent(now, now)));
        assert!(!given_up_late.is_news(Channel::Push));
        assert!(!end(given_up, Some(given_up)).is_news(Channel::Mail));
        let begun = end(given_up, Some(Attempt::begin(now)));
        assert!(begun.is_news(Channel::Push));
        assert_eq!(counted(Channel::Push, &begun).failed, 1);
    }

    #[test]
    fn a_socket_that_failed_is_tried_again_and_one_that_took_it_is_not_counted_twice() {
        let now: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let sent = Attempt::sent(now, now);
        let failed = Attempt::failed(now, now, Reason::Gone);
        assert!(end(sent, None).is_news(Channel::Socket));
        assert!(end(sent, Some(failed)).is_news(Channel::Socket));
        assert!(!end(failed, Some(sent)).is_news(Channel::Socket));
        assert!(!end(sent, Some(sent)).is_news(Channel::Socket));
        let Tally {
            attempted, sent, ..
        } = counted(Channel::Socket, &end(sent, None));
        assert_eq!((attempted, sent), (1, 1));
    }
}
