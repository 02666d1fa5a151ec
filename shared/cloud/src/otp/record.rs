//! The item of an address's codes, as it is written and read.

use callout_domain::moment::Moment;
use callout_domain::otp::{OtpState, Proof, SEND_WINDOW, SentCode};
use serde::{Deserialize, Serialize};

/// The `OTP` item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_ends_at: Option<Moment>,
    #[serde(default)]
    wrong_tries: u8,
    #[serde(default)]
    sends: Vec<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_until: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_hash: Option<String>,
    #[serde(default)]
    verified_wrong_tries: u8,
    expires_at: i64,
}

impl Stored {
    /// The item of a state that was decided at `now`.
    pub(super) fn new(state: OtpState, now: Moment) -> Self {
        let last_use = state
            .sends
            .iter()
            .map(|sent| sent.plus(SEND_WINDOW))
            .chain(state.proof.iter().map(|proof| proof.until))
            .max();
        let (verified_until, verified) = match state.proof {
            Some(Proof { until, code }) => (Some(until), code),
            None => (None, None),
        };
        let (code_hash, code_ends_at, wrong_tries) = match state.code {
            Some(code) => (Some(code.hash), Some(code.ends_at), code.wrong_tries),
            None => (None, None, 0),
        };
        Self {
            code_hash,
            code_ends_at,
            wrong_tries,
            sends: state.sends,
            verified_until,
            verified_wrong_tries: verified.as_ref().map_or(0, |code| code.wrong_tries),
            verified_hash: verified.map(|code| code.hash),
            expires_at: last_use.unwrap_or(now).unix_seconds(),
        }
    }
}

/// What is known of an address's codes; nothing is stored of one never heard of.
pub(super) fn state(stored: Option<&Stored>) -> OtpState {
    let Some(stored) = stored.cloned() else {
        return OtpState::default();
    };
    OtpState {
        code: stored
            .code_hash
            .zip(stored.code_ends_at)
            .map(|(hash, ends_at)| SentCode {
                hash,
                ends_at,
                wrong_tries: stored.wrong_tries,
            }),
        sends: stored.sends,
        proof: stored.verified_until.map(|until| Proof {
            until,
            code: stored.verified_hash.map(|hash| SentCode {
                hash,
                ends_at: until,
                wrong_tries: stored.verified_wrong_tries,
            }),
        }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::moment::Moment;
    use callout_domain::otp::{Guess, OtpState};
    use time::Duration;

    use super::{Stored, state};

    fn noon() -> Moment {
        "2026-02-24T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn every_state_reads_back_as_it_was_stored() {
        let sent = OtpState::default().send("one".to_owned(), noon()).unwrap();
        let Guess::Wrong(guessed) = sent.verify(noon(), |hash| hash == "two") else {
            unreachable!()
        };
        let Guess::Right(proved) = guessed.verify(noon(), |hash| hash == "one") else {
            unreachable!()
        };
        let later = noon().plus(Duration::minutes(2));
        let both = proved.send("three".to_owned(), later).unwrap();
        let Guess::Wrong(both) = both.redeem(later, |hash| hash == "two") else {
            unreachable!()
        };
        for told in [OtpState::default(), sent, guessed, proved, both] {
            let written = Stored::new(told.clone(), noon());
            let item: crate::stored::Item = serde_dynamo::to_item(&written).unwrap();
            let read: Stored = serde_dynamo::from_item(item).unwrap();
            assert_eq!(state(Some(&read)), told);
        }
    }

    #[test]
    fn nothing_is_forgotten_while_it_still_limits_or_proves() {
        let sent = OtpState::default().send("one".to_owned(), noon()).unwrap();
        let hour = noon().plus(Duration::hours(1));
        assert_eq!(
            Stored::new(sent.clone(), noon()).expires_at,
            hour.unix_seconds()
        );
        let Guess::Right(proved) =
            sent.verify(noon().plus(Duration::minutes(9)), |hash| hash == "one")
        else {
            unreachable!()
        };
        let written = Stored::new(proved.withdraw("one", noon()), noon());
        let proof_ends = noon().plus(Duration::minutes(39));
        assert_eq!(written.expires_at, proof_ends.unix_seconds());
        assert_eq!(
            Stored::new(OtpState::default(), noon()).expires_at,
            noon().unix_seconds()
        );
    }

    #[test]
    fn a_used_proof_takes_its_code_along() {
        let mut written = Stored::new(OtpState::default(), noon());
        written.verified_hash = Some("left behind".to_owned());
        assert_eq!(state(Some(&written)).proof, None);
    }
}
