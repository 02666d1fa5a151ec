//! The checker against forged evidence: one that cannot fail is worthless.

use super::*;
use crate::campaign::history::{Asked, Code, Handed, Hearing, Proof};

const REQUEST: &str = "r";

fn call(who: &str, ask: Ask, span: (u64, u64), said: Said) -> Call {
    Call {
        who: who.to_owned(),
        ask,
        request: REQUEST.to_owned(),
        began: span.0,
        ended: span.1,
        failures: 0,
        said,
    }
}

fn committed(event: &str, news: News, recipients: &[&str]) -> Committed {
    Committed {
        event: event.to_owned(),
        request: REQUEST.to_owned(),
        news,
        recipients: recipients.iter().map(|who| (*who).to_owned()).collect(),
    }
}

fn hearing(who: &str, events: &[&str]) -> Hearing {
    let mut kinds = vec!["connection".to_owned()];
    kinds.extend(events.iter().map(|_| "news".to_owned()));
    let pair = |event: &&str| ((*event).to_owned(), REQUEST.to_owned());
    Hearing {
        who: who.to_owned(),
        kinds,
        events: events.iter().map(pair).collect(),
    }
}

fn code(email: &str, asked: Asked, proof: Proof, failures: u32) -> Code {
    Code {
        email: email.to_owned(),
        refusals: failures,
        asked,
        failures,
        proof,
    }
}

fn pharmacy(name: &str) -> Holder {
    Holder::Pharmacy(name.to_owned())
}

/// A customer `c`, pharmacies `a` (which wins), `b` (too late) and `d` (rejects); `x`, who gets a code,
/// `y`, whose answers are lost, and `z`, whose code is counted and never sent. All is well.
fn good() -> Evidence {
    let a = Some(pharmacy("a"));
    let entry = |who: &str, event: &str| (who.to_owned(), event.to_owned());
    Evidence {
        calls: vec![
            call("c", Ask::Create, (0, 1), Said::Done),
            call("c", Ask::Read, (2, 3), Said::Standing(None)),
            call("d", Ask::Reject, (4, 5), Said::Done),
            call("a", Ask::Accept, (6, 10), Said::Done),
            call("b", Ask::Accept, (7, 9), Said::TooLate),
            call("c", Ask::Read, (8, 11), Said::Standing(None)),
            call("c", Ask::Cancel, (12, 13), Said::TooLate),
            call("b", Ask::Read, (14, 15), Said::Standing(a)),
            call("c", Ask::Complete, (16, 17), Said::Done),
        ],
        committed: vec![
            committed("1", News::New, &["a", "b"]),
            committed("2", News::Rejected("d".to_owned()), &["c"]),
            committed("3", News::Accepted("a".to_owned()), &["c"]),
            committed("4", News::Taken, &["b"]),
            committed("5", News::Completed, &["a", "b"]),
        ],
        inboxes: vec![
            entry("a", "1"),
            entry("b", "1"),
            entry("c", "2"),
            entry("c", "3"),
            entry("b", "4"),
            entry("a", "5"),
            entry("b", "5"),
        ],
        hearings: vec![
            hearing("a", &["1", "1"]),
            hearing("a", &["1", "5"]),
            hearing("b", &["1", "4", "5", "4"]),
            hearing("c", &["2", "3", "2"]),
        ],
        pushes: vec![entry("a", "1")],
        handed: vec![
            ("a".to_owned(), "1".to_owned(), Handed::Sent),
            ("b".to_owned(), "1".to_owned(), Handed::Refused),
            ("d".to_owned(), "1".to_owned(), Handed::Unanswered),
        ],
        badges: vec![("a".to_owned(), 2, 2)],
        codes: vec![
            code("x", Asked::Sent, Proof::Right, 0),
            code("y", Asked::TooSoon, Proof::Ended, 1),
            code("z", Asked::TooSoon, Proof::NothingToOffer, 1),
        ],
        mails: vec!["x".to_owned(), "y".to_owned()],
        proved: ["x".to_owned(), "y".to_owned()].into(),
    }
}

/// The findings of a forgery; one of them must say `why`.
fn finds(why: &str, forge: impl FnOnce(&mut Evidence)) {
    let mut evidence = good();
    forge(&mut evidence);
    let mut findings = check(&evidence);
    findings.extend(order(&evidence));
    assert!(
        findings.iter().any(|finding| finding.contains(why)),
        "{why:?} is not among {findings:?}"
    );
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(check(&good()), Vec::<String>::new());
    assert_eq!(order(&good()), Vec::<String>::new());
}

#[test]
fn two_winners_are_found() {
    finds("2 have it", |forged| forged.calls[4].said = Said::Done);
    finds("2 have it", |forged| forged.calls[6].said = Said::Done);
}

#[test]
fn a_reader_that_disagrees_is_found() {
    finds("a reader says", |forged| {
        forged.calls[7].said = Said::Standing(Some(pharmacy("b")));
    });
    finds("a reader says", |forged| {
        forged.calls[7].said = Said::Standing(Some(Holder::Cancelled));
    });
}

#[test]
fn a_reader_that_is_behind_is_found() {
    finds("not yet so", |forged| {
        forged.calls[7].said = Said::Standing(None);
    });
    finds("not yet so", |forged| {
        let early = call("b", Ask::Accept, (2, 3), Said::TooLate);
        forged.calls.push(early);
    });
}

#[test]
fn a_refusal_without_a_winner_is_found() {
    finds("nobody has it", |forged| {
        forged.calls.retain(|call| call.who != "a");
        forged.calls.retain(|call| call.ask != Ask::Read);
    });
}

#[test]
fn the_library_judges_as_we_do() {
    let judged = |calls: &[Call]| register::check(&calls.iter().collect::<Vec<_>>()).is_ok();
    let read = |span, holder| call("r", Ask::Read, span, Said::Standing(holder));
    let a = || Some(pharmacy("a"));
    let write = |span| call("a", Ask::Accept, span, Said::Done);
    for first in [(1, 4), (3, 9), (6, 8)] {
        for second in [(1, 4), (2, 9), (6, 8)] {
            for (one, other) in [(None, None), (None, a()), (a(), None), (a(), a())] {
                let calls = [write((2, 7)), read(first, one), read(second, other)];
                assert_eq!(
                    judged(&calls),
                    register::by_library(&calls.iter().collect::<Vec<_>>()),
                    "{calls:?}"
                );
            }
        }
    }
}

#[test]
fn a_lost_event_is_found() {
    finds("committed to be told", |forged| {
        forged.committed.remove(3);
        forged.inboxes.remove(4);
        forged.hearings[2] = hearing("b", &["1", "5"]);
    });
    finds("is not in the inbox of b", |forged| {
        forged.inboxes.remove(4);
    });
    finds("never heard 4", |forged| {
        forged.hearings[2] = hearing("b", &["1", "5"]);
    });
    finds("never heard 1", |forged| {
        forged.hearings = vec![hearing("a", &[])];
    });
}

#[test]
fn a_doubled_entry_is_found() {
    finds("is 2 times with a", |forged| {
        forged.inboxes.push(("a".to_owned(), "1".to_owned()));
    });
}

#[test]
fn work_that_was_done_twice_is_found() {
    finds("committed to be told", |forged| {
        forged.committed.push(committed("6", News::New, &[]));
    });
}

#[test]
fn what_was_not_committed_is_found() {
    finds("a heard 9, which was not committed", |forged| {
        forged.hearings[0] = hearing("a", &["1", "9"]);
    });
    finds("a heard 2, which was not committed", |forged| {
        forged.hearings[0] = hearing("a", &["1", "2"]);
    });
    finds("c has 5, which was not committed", |forged| {
        forged.inboxes.push(("c".to_owned(), "5".to_owned()));
    });
}

#[test]
fn a_wrong_order_is_found() {
    finds("b heard New of r only after Taken", |forged| {
        forged.hearings[2] = hearing("b", &["4", "1", "5"]);
    });
    finds("only after Completed", |forged| {
        forged.hearings[2] = hearing("b", &["1", "5", "4"]);
    });
    // Two of one kind, by the calls that made them.
    finds(
        "heard Rejected(\"d\") of r only after Rejected(\"e\")",
        |forged| {
            let later = call("e", Ask::Reject, (6, 7), Said::Done);
            forged.calls.push(later);
            let event = committed("6", News::Rejected("e".to_owned()), &["c"]);
            forged.committed.push(event);
            forged.inboxes.push(("c".to_owned(), "6".to_owned()));
            forged.hearings[3] = hearing("c", &["6", "2", "3"]);
        },
    );
}

#[test]
fn a_greeting_that_is_late_is_found() {
    finds("before the greeting", |forged| {
        forged.hearings[0].kinds[0] = "new_request".to_owned();
    });
}

#[test]
fn a_retry_that_is_not_completed_is_found() {
    for (place, said) in [
        (0, Said::TooLate),
        (3, Said::Other("500".to_owned())),
        (3, Said::Other("400 already_responded".to_owned())),
        (8, Said::TooLate),
    ] {
        finds("no good answer", |forged| forged.calls[place].said = said);
    }
}

#[test]
fn a_code_that_is_not_sent_or_sent_twice_is_found() {
    finds("a code was said to be sent", |forged| {
        forged.mails.remove(0);
    });
    finds("more than one code", |forged| {
        forged.mails.push("x".to_owned());
    });
    finds("nobody asked for", |forged| {
        forged.mails.push("w".to_owned());
    });
    finds("told to wait at the first try", |forged| {
        forged.codes[1].refusals = 0;
    });
    finds("asking for a code", |forged| {
        forged.codes[0].asked = Asked::Other("500".to_owned());
    });
}

#[test]
fn a_right_code_that_is_refused_or_forgotten_is_found() {
    finds("used up before", |forged| forged.codes[1].failures = 0);
    finds("to a right code", |forged| {
        forged.codes[0].proof = Proof::Other("400 wrong_otp".to_owned());
    });
    finds("mailed and not offered", |forged| {
        forged.codes[0].proof = Proof::NothingToOffer;
    });
    finds("is not proved that", |forged| {
        forged.proved.remove("y");
    });
    finds("is proved that offered no", |forged| {
        forged.proved.insert("z".to_owned());
    });
}

#[test]
fn a_push_that_comes_twice_or_to_whom_it_is_not_for_is_found() {
    finds("was pushed 1 2 times", |evidence| {
        evidence.pushes.push(evidence.pushes[0].clone());
    });
    finds("a was pushed 7, which is not in their inbox", |evidence| {
        evidence.pushes.push(("a".to_owned(), "7".to_owned()));
    });
}

#[test]
fn a_record_that_disagrees_with_the_device_is_found() {
    for (nth, wrong) in [
        (0, Handed::Refused),
        (0, Handed::Pending),
        (1, Handed::Sent),
        (2, Handed::Missing),
    ] {
        finds(&format!("on record as {wrong:?}"), |evidence| {
            evidence.handed[nth].2 = wrong;
        });
    }
}

#[test]
fn a_badge_that_miscounts_is_found() {
    finds("a has 2 unread, and a badge of 3", |evidence| {
        evidence.badges[0].2 = 3;
    });
}
