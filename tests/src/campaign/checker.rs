//! Judges a campaign's evidence. Each finding is a sentence; none is what a campaign hopes for.

mod codes;
mod pushes;
mod register;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Ask, Call, Committed, Evidence, Holder, News, Said};

/// Everything that is wrong with the evidence, but for the order in which things were heard:
/// that is [`order`].
pub fn check(evidence: &Evidence) -> Vec<String> {
    let mut findings = Vec::new();
    answers(evidence, &mut findings);
    for (request, calls) in evidence.by_request() {
        if request.is_empty() {
            continue;
        }
        if let Err(finding) = register::check(&calls) {
            findings.push(format!("request {request}: {finding}"));
        }
        commits(evidence, request, &calls, &mut findings);
    }
    inboxes(evidence, &mut findings);
    hearings(evidence, &mut findings);
    codes::check(evidence, &mut findings);
    pushes::check(evidence, &mut findings);
    findings
}

/// Every call came to an answer that it may have, whatever befell its first tries.
fn answers(evidence: &Evidence, findings: &mut Vec<String>) {
    for call in &evidence.calls {
        let allowed = match (&call.ask, &call.said) {
            (Ask::Create | Ask::Complete, Said::Done)
            | (Ask::Accept | Ask::Reject | Ask::Cancel, Said::Done | Said::TooLate)
            | (Ask::Read, Said::Standing(_)) => true,
            (
                Ask::Create | Ask::Complete | Ask::Accept | Ask::Reject | Ask::Cancel | Ask::Read,
                Said::Done | Said::TooLate | Said::Standing(_) | Said::Other(_),
            ) => false,
        };
        if !allowed {
            findings.push(format!("no good answer came to {call:?}"));
        }
    }
}

/// What was committed about a request is what was answered to be done, each of it once.
fn commits(evidence: &Evidence, request: &str, calls: &[&Call], findings: &mut Vec<String>) {
    let mut expected: Vec<News> = Vec::new();
    for call in calls.iter().filter(|call| call.said == Said::Done) {
        match call.ask {
            Ask::Create => expected.push(News::New),
            Ask::Accept => expected.extend([News::Accepted(call.who.clone()), News::Taken]),
            Ask::Reject => expected.push(News::Rejected(call.who.clone())),
            Ask::Cancel => expected.push(News::Cancelled),
            Ask::Complete => expected.push(News::Completed),
            Ask::Read => {}
        }
    }
    let of_request = |event: &&Committed| event.request == request;
    let committed = evidence.committed.iter().filter(of_request);
    let mut committed: Vec<News> = committed.map(|event| event.news.clone()).collect();
    expected.sort();
    committed.sort();
    if expected != committed {
        findings.push(format!(
            "request {request}: {expected:?} were done, and {committed:?} committed to be told"
        ));
    }
}

/// Every event is in each recipient's inbox, once, and nothing else is.
fn inboxes(evidence: &Evidence, findings: &mut Vec<String>) {
    let mut there: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (who, event) in &evidence.inboxes {
        *there.entry((who, event)).or_default() += 1;
    }
    for event in &evidence.committed {
        for who in &event.recipients {
            match there.remove(&(who.as_str(), event.event.as_str())) {
                Some(1) => {}
                Some(times) => findings.push(format!("{event:?} is {times} times with {who}")),
                None => findings.push(format!("{event:?} is not in the inbox of {who}")),
            }
        }
    }
    for (who, event) in there.into_keys() {
        findings.push(format!(
            "{who} has {event}, which was not committed for them"
        ));
    }
}

/// Every client was greeted first, heard all that was for it, and nothing else.
fn hearings(evidence: &Evidence, findings: &mut Vec<String>) {
    let mut meant: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for event in &evidence.committed {
        for who in &event.recipients {
            meant.entry(who).or_default().insert(&event.event);
        }
    }
    let mut heard: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for hearing in &evidence.hearings {
        let account = heard.entry(&hearing.who).or_default();
        account.extend(hearing.events.iter().map(|(event, _)| event.as_str()));
        if let Some(first) = hearing.kinds.first().filter(|kind| *kind != "connection") {
            findings.push(format!("{} heard {first} before the greeting", hearing.who));
        }
    }
    let nothing = BTreeSet::new();
    for (who, heard) in heard {
        let meant = meant.get(who).unwrap_or(&nothing);
        for event in meant.difference(&heard) {
            findings.push(format!("{who} was connected and never heard {event}"));
        }
        for event in heard.difference(meant) {
            findings.push(format!(
                "{who} heard {event}, which was not committed for them"
            ));
        }
    }
}

/// Each account heard the events of one request in the order of their commits, as far as that can
/// be known from outside: one that was answered before another was asked for came before it.
/// What comes again later, as at-least-once may, does not count.
pub fn order(evidence: &Evidence) -> Vec<String> {
    let mut findings = Vec::new();
    let moments = moments(evidence);
    let committed: BTreeMap<&str, &Committed> = evidence
        .committed
        .iter()
        .map(|event| (event.event.as_str(), event))
        .collect();
    let mut heard: BTreeMap<(&str, &str), Vec<&Committed>> = BTreeMap::new();
    for hearing in &evidence.hearings {
        for (id, request) in &hearing.events {
            let so_far = heard.entry((&hearing.who, request)).or_default();
            let event = committed.get(id.as_str()).copied();
            if let Some(event) = event.filter(|event| !so_far.contains(event)) {
                so_far.push(event);
            }
        }
    }
    for ((who, request), events) in heard {
        for (place, later) in events.iter().enumerate() {
            for earlier in &events[..place] {
                if precedes(later, earlier, &moments) {
                    findings.push(format!(
                        "{who} heard {:?} of {request} only after {:?}",
                        later.news, earlier.news
                    ));
                }
            }
        }
    }
    findings
}

type Moments<'a> = BTreeMap<(&'a str, News), (u64, u64)>;

/// When each event was asked for, and when it was answered to be done.
fn moments(evidence: &Evidence) -> Moments<'_> {
    let mut moments = BTreeMap::new();
    for call in evidence.calls.iter().filter(|call| call.said == Said::Done) {
        let news = match call.ask {
            Ask::Create => vec![News::New],
            Ask::Accept => vec![News::Accepted(call.who.clone()), News::Taken],
            Ask::Reject => vec![News::Rejected(call.who.clone())],
            Ask::Cancel => vec![News::Cancelled],
            Ask::Complete => vec![News::Completed],
            Ask::Read => Vec::new(),
        };
        for news in news {
            moments.insert((call.request.as_str(), news), (call.began, call.ended));
        }
    }
    moments
}

/// Whether `one` was committed before `other`, by what they are or by the calls that made them.
fn precedes<'a>(one: &'a Committed, other: &'a Committed, moments: &Moments<'a>) -> bool {
    let (first, second) = (stage(&one.news), stage(&other.news));
    if first != second {
        return first < second;
    }
    let moment = |event: &'a Committed| moments.get(&(event.request.as_str(), event.news.clone()));
    match (moment(one), moment(other)) {
        (Some((_, ended)), Some((began, _))) => ended < began,
        (None, _) | (_, None) => false,
    }
}

/// Where in a request's life an event stands; a rejection is never taken after the end.
fn stage(news: &News) -> u8 {
    match news {
        News::New => 0,
        News::Rejected(_) => 1,
        News::Accepted(_) | News::Taken | News::Cancelled => 2,
        News::Completed => 3,
        News::Unknown(_) => 4,
    }
}

impl Holder {
    /// What a call tried to make of the request.
    fn wanted(call: &Call) -> Option<Self> {
        match call.ask {
            Ask::Accept => Some(Self::Pharmacy(call.who.clone())),
            Ask::Cancel => Some(Self::Cancelled),
            Ask::Create | Ask::Reject | Ask::Complete | Ask::Read => None,
        }
    }
}
