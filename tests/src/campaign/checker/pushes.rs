//! What devices were pushed, against what is on record, and the badges against what they count.

use std::collections::BTreeMap;

use super::super::history::{Evidence, Handed};

/// Everything that is wrong with pushes and badges.
pub(super) fn check(evidence: &Evidence, findings: &mut Vec<String>) {
    let mut pushed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (who, event) in &evidence.pushes {
        *pushed.entry((who, event)).or_default() += 1;
    }
    for ((who, event), times) in &pushed {
        if *times > 1 {
            findings.push(format!("{who} was pushed {event} {times} times"));
        }
        let is_told = |entry: &&(String, String)| entry.0 == *who && entry.1 == *event;
        if !evidence.inboxes.iter().any(|entry| is_told(&entry)) {
            findings.push(format!(
                "{who} was pushed {event}, which is not in their inbox"
            ));
        }
    }
    for (who, event, handed) in &evidence.handed {
        let is_pushed = pushed.contains_key(&(who.as_str(), event.as_str()));
        let agrees = match handed {
            Handed::Sent => is_pushed,
            Handed::Refused => !is_pushed,
            // It was interrupted: nobody can know.
            Handed::Unanswered => true,
            Handed::Pending | Handed::Missing => false,
        };
        if !agrees {
            findings.push(format!(
                "the push of {event} to {who} is on record as {handed:?}, and was pushed: {is_pushed}"
            ));
        }
    }
    for (who, unread, badge) in &evidence.badges {
        if unread != badge {
            findings.push(format!("{who} has {unread} unread, and a badge of {badge}"));
        }
    }
}
