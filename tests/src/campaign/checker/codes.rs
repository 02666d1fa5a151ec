//! What people who asked for a code were answered, mailed and believed.

use std::collections::BTreeMap;

use super::super::history::{Asked, Code, Evidence, Proof};

/// Everything that is wrong with how codes were sent and taken.
pub(super) fn check(evidence: &Evidence, findings: &mut Vec<String>) {
    let mut mails: BTreeMap<&str, usize> = BTreeMap::new();
    for address in &evidence.mails {
        *mails.entry(address).or_default() += 1;
    }
    for code in &evidence.codes {
        let mailed = mails.remove(code.email.as_str()).unwrap_or_default();
        let mut find = |what: &str| findings.push(format!("{what}: {mailed} mails, {code:?}"));
        if mailed > 1 {
            find("more than one code within a minute");
        }
        sent(code, mailed, &mut find);
        proved(code, mailed, evidence, &mut find);
    }
    for address in mails.into_keys() {
        findings.push(format!("{address} was mailed a code that nobody asked for"));
    }
}

/// Who is told that a code was sent has one. Who is told to wait has failed before: that try may have
/// sent one, or have ended between counting it and sending it.
fn sent(code: &Code, mailed: usize, find: &mut impl FnMut(&str)) {
    match code.asked {
        Asked::Sent if mailed == 0 => find("a code was said to be sent"),
        Asked::TooSoon if code.refusals == 0 => find("told to wait at the first try"),
        Asked::Other(_) => find("no good answer came to asking for a code"),
        Asked::Sent | Asked::TooSoon => {}
    }
}

/// A code that was mailed is right, and proves the address once; whose answer was lost finds it used.
fn proved(code: &Code, mailed: usize, evidence: &Evidence, find: &mut impl FnMut(&str)) {
    match code.proof {
        Proof::NothingToOffer if mailed > 0 => find("a code was mailed and not offered"),
        Proof::Ended if code.failures == 0 => find("a code was used up before it was offered"),
        Proof::Other(_) => find("no good answer came to a right code"),
        Proof::NothingToOffer | Proof::Right | Proof::Ended => {}
    }
    let is_proved = evidence.proved.contains(&code.email);
    let should_be = matches!(code.proof, Proof::Right | Proof::Ended);
    if is_proved != should_be {
        find(if is_proved {
            "an address is proved that offered no right code"
        } else {
            "an address is not proved that offered the right code"
        });
    }
}
