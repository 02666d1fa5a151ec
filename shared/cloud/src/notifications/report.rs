//! What became of attempts, written beside what was attempted.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use callout_domain::delivery::{Attempt, Status};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;
use time::Date;

use super::put::TALLIES;
use super::stored::Route;
use super::tally::Tally;
use super::{Notification, Notifications, inbox_key};
use crate::commit::{Commit, CommitError, Guard, MOST_ITEMS};
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
        let mut reports: Vec<&Report<'_>> = reports
            .iter()
            .filter(|report| !report.attempts.is_empty())
            .collect();
        for _ in 0..contention::TRIES {
            if reports.is_empty() {
                return Ok(());
            }
            match self.report_commit(&reports, now)?.run().await {
                Ok(()) => return Ok(()),
                Err(CommitError::Cloud(error)) => return Err(error),
                Err(CommitError::Refused(refusal)) => {
                    // These inboxes were emptied meanwhile.
                    let gone = refusal.all.iter().map(|refused| refused.place);
                    let gone: Vec<usize> = gone.collect();
                    let mut place = 0;
                    reports.retain(|_| {
                        place += 1;
                        !gone.contains(&(place - 1))
                    });
                }
            }
        }
        Err(CloudError::Contended)
    }

    fn report_commit(&self, reports: &[&Report<'_>], now: Moment) -> Result<Commit, CloudError> {
        let mut commit = self.commit();
        // By day, as they are kept: a transaction may not change one item twice.
        let mut tallies: BTreeMap<(&str, Date, Channel), (Moment, Tally)> = BTreeMap::new();
        for report in reports {
            self.push_report(&mut commit, report, now)?;
            let kind = &report.notification.message.kind;
            let at = report.notification.created_at;
            for (route, attempt) in &report.attempts {
                let channel = route.channel();
                let (_, tally) = tallies
                    .entry((kind, at.get().date(), channel))
                    .or_insert_with(|| (at, Tally::default()));
                tally.count(channel, attempt.status);
            }
        }
        for ((kind, _, channel), (at, tally)) in tallies {
            self.tally_one(&mut commit, kind, at, channel, tally)?;
        }
        Ok(commit)
    }

    fn push_report(
        &self,
        commit: &mut Commit,
        report: &Report<'_>,
        now: Moment,
    ) -> Result<(), CloudError> {
        let event = report.notification.event.to_string();
        let mut changes = Vec::new();
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(inbox_key(report.recipient), event)))
            // Without the condition an update would bring an erased notification back.
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", stored::PK);
        if report.heard {
            changes.push("sent_at = if_not_exists(sent_at, :now)".to_owned());
            update = update.expression_attribute_values(":now", s(now.to_string()));
        }
        for (nth, (route, attempt)) in report.attempts.iter().enumerate() {
            let attempt: AttributeValue = serde_dynamo::to_attribute_value(attempt)
                .map_err(CloudError::malformed("an attempt to store"))?;
            changes.push(format!("deliveries.#route{nth} = :attempt{nth}"));
            update = update
                .expression_attribute_names(format!("#route{nth}"), route.to_string())
                .expression_attribute_values(format!(":attempt{nth}"), attempt);
        }
        let update = update
            .update_expression(format!("SET {}", changes.join(", ")))
            .build()
            .map_err(CloudError::call("a report"))?;
        commit.push(
            Guard::NotificationUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

impl Tally {
    /// Counts what became of an attempt. One at a socket is counted when it has ended; every other
    /// was counted as attempted when it began.
    fn count(&mut self, channel: Channel, status: Status) {
        match channel {
            Channel::Socket => self.attempted += 1,
            Channel::Push | Channel::Mail => {}
        }
        match status {
            Status::Pending => {}
            Status::Sent => self.sent += 1,
            Status::Delivered => self.delivered += 1,
            Status::Failed => self.failed += 1,
        }
    }
}
