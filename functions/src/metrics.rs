//! What delivery counts, as EMF lines: CloudWatch makes metrics of them without a call on the way.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write as _;

use callout_cloud::notifications::Report;
use callout_domain::delivery::{Attempt, Reason};
use callout_domain::moment::Moment;
use callout_domain::notice::Channel;
use serde_json::{Value, json};

const NAMESPACE: &str = "Callout";

/// What came of telling one group of people.
pub(crate) fn told(reports: &[Report<'_>], committed_at: Moment, now: Moment) {
    let stage = std::env::var("STAGE").unwrap_or_default();
    let line = line(&stage, reports, committed_at, now);
    // A metric that cannot be written is no reason not to deliver.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn line(stage: &str, reports: &[Report<'_>], committed_at: Moment, now: Moment) -> Value {
    let attempts = || {
        let all = reports.iter().flat_map(|report| &report.attempts);
        all.map(|(route, attempt)| (route.channel(), attempt))
    };
    let count = |channel: Channel, which: fn(&Attempt) -> bool| {
        attempts()
            .filter(|(through, attempt)| *through == channel && which(attempt))
            .count()
    };
    let any = |_: &Attempt| true;
    let metric = |name: &str, unit: &str| json!({"Name": name, "Unit": unit});
    json!({
        "_aws": {
            "Timestamp": now.unix_seconds() * 1_000,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["stage"]],
                "Metrics": [
                    metric("SocketAttempts", "Count"), metric("SocketFailures", "Count"),
                    metric("PushAttempts", "Count"), metric("PushFailures", "Count"),
                    metric("MailAttempts", "Count"), metric("MailFailures", "Count"),
                    metric("DeliveryDelay", "Seconds"),
                ],
            }],
        },
        "stage": stage,
        "SocketAttempts": count(Channel::Socket, any),
        "SocketFailures": count(Channel::Socket, is_ours),
        "PushAttempts": count(Channel::Push, any),
        "PushFailures": count(Channel::Push, is_ours),
        "MailAttempts": count(Channel::Mail, any),
        "MailFailures": count(Channel::Mail, is_ours),
        "DeliveryDelay": (now.unix_seconds() - committed_at.unix_seconds()).max(0),
    })
}

/// Whether an attempt failed for a reason on which somebody should look: phones go away all day.
fn is_ours(attempt: &Attempt) -> bool {
    attempt.reason.is_some_and(|reason| match reason {
        Reason::Gone | Reason::TooSlow | Reason::Disabled => false,
        Reason::Throttled | Reason::Unavailable | Reason::Rejected | Reason::Unanswered => true,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_cloud::notifications::{Notification, Report, Route};
    use callout_domain::delivery::{Attempt, Reason};
    use callout_domain::event::Message;
    use callout_domain::moment::Moment;
    use serde_json::json;

    use super::line;

    #[test]
    fn what_failed_by_our_fault_is_counted_by_channel_and_every_metric_has_a_value() {
        let at: Moment = "2026-02-24T10:30:00Z".parse().unwrap();
        let now: Moment = "2026-02-24T10:30:02Z".parse().unwrap();
        let notification = Notification {
            event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            request: None,
            message: Message::new("new_request", json!({})),
            created_at: at,
            sequence: "1".to_owned(),
        };
        let report = |attempts| Report {
            recipient: "01ARZ3NDEKTSV4RRFFQ69G5FAA".parse().unwrap(),
            notification: &notification,
            attempts: BTreeMap::from_iter(attempts),
            heard: false,
        };
        let failed = |reason| Attempt::failed(at, now, reason);
        let push = |device: &str| Route::Push(device.to_owned());
        let reports = [
            report(vec![
                (Route::Socket, Attempt::sent(at, now)),
                (push("a"), failed(Reason::Disabled)),
                (push("b"), failed(Reason::Throttled)),
            ]),
            report(vec![(Route::Socket, failed(Reason::Gone))]),
        ];
        let line = line("dev", &reports, at, now);
        for (metric, value) in [
            ("SocketAttempts", 2),
            ("SocketFailures", 0),
            ("PushAttempts", 2),
            ("PushFailures", 1),
            ("MailAttempts", 0),
            ("DeliveryDelay", 2),
        ] {
            assert_eq!(line[metric], value, "{metric}");
        }
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in declared["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_number(), "{name}");
        }
        assert_eq!(line["stage"], "dev");
    }
}
