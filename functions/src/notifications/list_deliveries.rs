//! GET /admin/deliveries/ by an administrator: how many attempts to reach somebody came how far, by day,
//! kind of message and channel, newest day first. `from` and `to` are days in UTC (today), at most 31;
//! `kind` and `channel` choose.
//!
//! Leaves nothing behind.

use callout_cloud::notifications::Tally;
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;
use callout_domain::role::Role;
use serde_json::{Value, json};
use time::macros::format_description;
use time::{Date, Duration};

use crate::http::{Answer, Call, Failure};

const MOST_DAYS: i64 = 31;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Admin])?;
    let days = days(call.query("from"), call.query("to"), call.now)?;
    let channel = channel(call.query("channel"))?;
    let kind = call.query("kind");

    let accounts = call.cloud.accounts().await?;
    // The token says what the account was when it signed in.
    accounts
        .read(caller.account)
        .await?
        .filter(|account| account.role == Role::Admin)
        .ok_or_else(Failure::unauthenticated)?;

    let notifications = call.cloud.notifications().await?;
    let mut deliveries = Vec::new();
    for day in days {
        for ((of_kind, of_channel), tally) in notifications.deliveries_of(day).await? {
            let is_wanted = kind.is_none_or(|kind| kind == of_kind)
                && channel.is_none_or(|channel| channel.as_str() == of_channel);
            if is_wanted {
                deliveries.push(view(day, &of_kind, &of_channel, tally));
            }
        }
    }
    Ok(Answer::ok(json!({
        "count": deliveries.len(),
        "deliveries": deliveries,
    })))
}

/// The days from the last to the first.
fn days(from: Option<&str>, to: Option<&str>, now: Moment) -> Result<Vec<Date>, Failure> {
    let last = day("to", to)?.unwrap_or_else(|| now.get().date());
    let first = day("from", from)?.unwrap_or(last);
    let count = (last - first).whole_days() + 1;
    if !(1..=MOST_DAYS).contains(&count) {
        return Err(Failure::field("from", "must be at most 30 days before to"));
    }
    Ok((0..count)
        .map(|before| last.saturating_sub(Duration::days(before)))
        .collect())
}

fn day(name: &str, given: Option<&str>) -> Result<Option<Date>, Failure> {
    let format = format_description!("[year]-[month]-[day]");
    given
        .map(|text| {
            Date::parse(text, format).map_err(|_| Failure::field(name, "must be a day: YYYY-MM-DD"))
        })
        .transpose()
}

fn channel(given: Option<&str>) -> Result<Option<Channel>, Failure> {
    given
        .map(|text| {
            Channel::ALL
                .into_iter()
                .find(|channel| channel.as_str() == text)
                .ok_or_else(|| Failure::field("channel", "must be socket, push or mail"))
        })
        .transpose()
}

fn view(day: Date, kind: &str, channel: &str, tally: Tally) -> Value {
    // The items of a counter are not read at one moment.
    let pending = (tally.attempted - tally.sent - tally.failed).max(0);
    json!({
        "day": day.to_string(),
        "kind": kind,
        "channel": channel,
        "attempted": tally.attempted,
        "pending": pending,
        "sent": tally.sent,
        "delivered": tally.delivered,
        "failed": tally.failed,
        "sent_rate": rate(tally.sent, tally.attempted),
        "delivered_rate": rate(tally.delivered, tally.sent),
    })
}

/// A share to three decimals; none of nothing.
fn rate(part: i64, whole: i64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)]
    let rate = part as f64 / whole as f64;
    (whole > 0).then(|| (rate * 1_000.0).round() / 1_000.0)
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, count, day, number, operation, text};

    let item = closed()
        .with("day", day())
        .with("kind", text())
        .with("channel", text())
        .with("attempted", number())
        .with("pending", count())
        .with("sent", number())
        .with("delivered", number())
        .with("failed", number())
        .with("sent_rate", number().or_null())
        .with("delivered_rate", number().or_null());
    operation("Counts how far the attempts to reach somebody came, by day, kind and channel")
        .by(&[Role::Admin])
        .may_ask(
            "from",
            day(),
            "The first day, in UTC; at most 30 days before `to`.",
        )
        .may_ask(
            "to",
            day(),
            "The last day, in UTC; today, if it is left out.",
        )
        .may_ask("kind", text(), "Only messages of this `type`.")
        .may_ask("channel", crate::api::channel(), "Only this channel.")
        .answers(
            200,
            "The counts, newest day first.",
            closed()
                .with("count", count())
                .with("deliveries", crate::api::list(item.named("Delivery"))),
            json!({"count": 1, "deliveries": [{
                "day": "2026-02-24", "kind": "new_request", "channel": "push", "attempted": 40,
                "pending": 0, "sent": 38, "delivered": 30, "failed": 2, "sent_rate": 0.95,
                "delivered_rate": 0.789,
            }]}),
        )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::notifications::Tally;
    use callout_domain::notice::Channel;
    use serde_json::json;
    use time::macros::date;

    use super::{channel, days, view};

    #[test]
    fn days_go_back_from_the_last_to_the_first() {
        let now = "2026-03-01T00:30:00Z".parse().unwrap();
        let of = |from, to| days(from, to, now).ok();
        assert_eq!(of(None, None), Some(vec![date!(2026 - 03 - 01)]));
        assert_eq!(
            of(Some("2026-02-27"), None),
            Some(vec![
                date!(2026 - 03 - 01),
                date!(2026 - 02 - 28),
                date!(2026 - 02 - 27)
            ])
        );
        assert_eq!(
            of(None, Some("2026-01-01")),
            Some(vec![date!(2026 - 01 - 01)])
        );
        assert_eq!(
            of(Some("2026-01-30"), None).map(|days| days.len()),
            Some(31)
        );
        for (from, to) in [
            (Some("2026-01-29"), None),
            (Some("2026-03-02"), None),
            (Some("yesterday"), None),
            (None, Some("2026-02-30")),
            (None, Some("")),
        ] {
            assert!(of(from, to).is_none(), "{from:?} to {to:?}");
        }
    }

    #[test]
    fn a_channel_is_one_of_three() {
        assert_eq!(channel(None).ok(), Some(None));
        assert_eq!(channel(Some("push")).ok(), Some(Some(Channel::Push)));
        assert!(channel(Some("pigeon")).is_err());
    }

    #[test]
    fn rates_are_of_what_was_tried_and_of_what_was_sent() {
        let tally = Tally {
            attempted: 10,
            sent: 6,
            delivered: 2,
            failed: 3,
        };
        let seen = view(date!(2026 - 02 - 24), "new_request", "push", tally);
        assert_eq!(seen["day"], "2026-02-24");
        assert_eq!(seen["pending"], 1);
        assert_eq!(seen["sent_rate"], 0.6);
        assert_eq!(seen["delivered_rate"], 0.333);
        let none = view(date!(2026 - 02 - 24), "x", "push", Tally::default());
        assert_eq!(none["sent_rate"], json!(null));
    }
}
