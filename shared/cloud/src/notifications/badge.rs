//! How many notifications of an inbox are unread.
//!
//! The item counts them by the day on which they were made, in attributes `unread#<day>`, for they end
//! by TTL, which tells nobody: what was made on a day ends with the day's count, at one moment. So the
//! sum over the days that still count is exact at any time, and the item has at most some hundred numbers.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use time::{Date, Duration, Time};

use super::{Notifications, inbox_key};
use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::stored::{self, Item, n, s};

pub(super) const BADGE: &str = "BADGE";

/// How long what was made on a day is kept after it.
const KEPT: Duration = Duration::days(90);
/// When the inbox was closed: its account was deleted.
const CLOSED: &str = "closed_at";
const PREFIX: &str = "unread#";

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(Date);

impl Day {
    /// The day of a moment.
    pub(super) fn of(moment: Moment) -> Self {
        Self(moment.get().date())
    }

    /// When all that was made on it ends, in seconds since 1970.
    pub(super) fn ends_at(self) -> i64 {
        let over = self.0.saturating_add(KEPT).saturating_add(Duration::DAY);
        over.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp()
    }

    fn attribute(self) -> String {
        format!("{PREFIX}{self}")
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // ISO 8601, as `Date` writes itself.
        self.0.fmt(f)
    }
}

/// By how much the unread ones of each day become more or fewer.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Day, i64>);

impl Changes {
    /// One more of that day.
    pub(super) fn more(&mut self, day: Day) {
        *self.0.entry(day).or_default() += 1;
    }

    /// One fewer of that day.
    pub(super) fn fewer(&mut self, day: Day) {
        *self.0.entry(day).or_default() -= 1;
    }

    /// What changes of the days that still count at a moment; the item has no others.
    fn at(&self, now: Moment) -> impl Iterator<Item = (&Day, &i64)> {
        self.0
            .iter()
            .filter(move |(day, by)| **by != 0 && day.ends_at() > now.unix_seconds())
    }
}

impl Notifications {
    /// How many notifications of an inbox are unread: one item, however large the inbox is.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn unread_count(&self, recipient: AccountId, now: Moment) -> Result<u64, CloudError> {
        let key = stored::key(inbox_key(recipient), BADGE);
        let item = self.table.read_one("GetItem of a badge", key).await?;
        Ok(sum(&item.unwrap_or_default(), now))
    }

    /// Closes an inbox for good: nothing is written into it from now on.
    pub(super) async fn close(&self, recipient: AccountId, now: Moment) -> Result<(), CloudError> {
        let mut badge = stored::key(inbox_key(recipient), BADGE);
        badge.insert(CLOSED.to_owned(), s(now.to_string()));
        badge.insert("expires_at".to_owned(), n(Day::of(now).ends_at()));
        self.table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(badge))
            .send()
            .await
            .map(drop)
            .map_err(CloudError::call("PutItem of a badge"))
    }

    /// Adds to a commit what it does to the badge, whose inbox must not have been closed: also where
    /// it comes to nothing.
    pub(super) fn change_badge(
        &self,
        commit: &mut Commit,
        recipient: AccountId,
        changes: &Changes,
        now: Moment,
    ) -> Result<(), CloudError> {
        let today = Day::of(now);
        let gone = Day(today.0.saturating_sub(KEPT).saturating_sub(Duration::DAY));
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(stored::key(inbox_key(recipient), BADGE)))
            .expression_attribute_names("#expires", "expires_at")
            .expression_attribute_values(":expires", n(today.ends_at()))
            .expression_attribute_names("#gone", gone.attribute());
        let mut additions = Vec::new();
        for (nth, (day, change)) in changes.at(now).enumerate() {
            additions.push(format!("#day{nth} :by{nth}"));
            update = update
                .expression_attribute_names(format!("#day{nth}"), day.attribute())
                .expression_attribute_values(format!(":by{nth}"), n(*change));
        }
        let add = if additions.is_empty() { "" } else { "ADD" };
        let expression = format!(
            "SET #expires = :expires REMOVE #gone {add} {}",
            additions.join(", ")
        );
        let update = update
            .update_expression(expression)
            .condition_expression("attribute_not_exists(#closed)")
            .expression_attribute_names("#closed", CLOSED)
            .build()
            .map_err(CloudError::call("a badge"))?;
        commit.push(
            Guard::InboxOpen,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

/// What the days count that are not over yet.
fn sum(item: &Item, now: Moment) -> u64 {
    let counts = item.iter().filter_map(|(name, value)| {
        let day = name.strip_prefix(PREFIX)?;
        let format = time::macros::format_description!("[year]-[month]-[day]");
        let day = Day(Date::parse(day, format).ok()?);
        let count: i64 = value.as_n().ok()?.parse().ok()?;
        (day.ends_at() > now.unix_seconds()).then_some(count)
    });
    u64::try_from(counts.sum::<i64>()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::moment::Moment;

    use super::{Day, sum};
    use crate::stored::{Item, n, s};

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_made_on_a_day_ends_90_days_after_it() {
        let day = Day::of(moment("2026-02-24T10:30:00Z"));
        assert_eq!(day.attribute(), "unread#2026-02-24");
        assert_eq!(day.ends_at(), moment("2026-05-26T00:00:00Z").unix_seconds());
    }

    #[test]
    fn a_badge_is_the_sum_of_the_days_that_still_count() {
        let badge = Item::from([
            ("pk".to_owned(), s("ACCOUNT#x")),
            ("unread#2026-02-23".to_owned(), n(100)),
            ("unread#2026-02-24".to_owned(), n(3)),
            ("unread#2026-05-25".to_owned(), n(4)),
            ("expires_at".to_owned(), n(1_779_000_000)),
        ]);
        assert_eq!(sum(&badge, moment("2026-05-25T23:59:59Z")), 7);
        assert_eq!(sum(&badge, moment("2026-05-26T00:00:00Z")), 4);
        assert_eq!(sum(&Item::new(), moment("2026-05-26T00:00:00Z")), 0);
    }
}
