//! One-time codes: when one may be sent, what a guess at one comes to, and how long an address
//! counts as proved by it.
//!
//! Six digits, ten minutes, single use, five wrong tries (OWASP ASVS 5.0, 6.5 and 6.6); at most one
//! mail a minute and five an hour to an address, whether or not it has an account. The rules decide
//! from what is stored and the moment; whoever stores the outcome must make sure that nothing
//! changed in between, so that every guess counts.

mod code;

use time::Duration;

pub use self::code::{CODES, NotACode, OtpCode};
use crate::moment::Moment;

/// How long a code may be used.
pub const CODE_LIFETIME: Duration = Duration::minutes(10);
/// The shortest time between two mails to one address.
pub const BETWEEN_SENDS: Duration = Duration::minutes(1);
/// The span in which at most [`MOST_SENDS`] mails go to one address.
pub const SEND_WINDOW: Duration = Duration::hours(1);
/// The most mails to one address in a [`SEND_WINDOW`].
pub const MOST_SENDS: usize = 5;
/// The wrong tries that end a code.
pub const MOST_WRONG_TRIES: u8 = 5;
/// How long a verified address counts as proved.
pub const PROOF_LIFETIME: Duration = Duration::minutes(30);

/// All that is known of an address's codes; the default is that of an address never heard of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtpState {
    /// The code that was mailed last, until it is used, guessed at too often or withdrawn.
    pub code: Option<SentCode>,
    /// When mails went out, oldest first; those older than a [`SEND_WINDOW`] may be missing.
    pub sends: Vec<Moment>,
    /// That somebody who reads the address's mail was here.
    pub proof: Option<Proof>,
}

/// A code that was mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCode {
    /// The keyed hash of the code.
    pub hash: String,
    /// When it ends.
    pub ends_at: Moment,
    /// The wrong tries against it so far.
    pub wrong_tries: u8,
}

/// A proved address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Until when it counts.
    pub until: Moment,
    /// The verified code, which may still be redeemed once; gone after too many wrong tries.
    pub code: Option<SentCode>,
}

/// Why no mail goes out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendRefused {
    /// The last one went out less than [`BETWEEN_SENDS`] ago.
    TooSoon {
        /// How long to wait.
        wait: Duration,
    },
    /// [`MOST_SENDS`] went out within a [`SEND_WINDOW`].
    TooMany {
        /// How long to wait.
        wait: Duration,
    },
}

/// What a guess comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// It is the code; the state to leave behind.
    Right(OtpState),
    /// It is not; the state to leave behind, in which it counts.
    Wrong(OtpState),
    /// There is nothing to guess at: never sent, used, expired or guessed at too often.
    Ended,
}

impl SentCode {
    fn is_live(&self, now: Moment) -> bool {
        now < self.ends_at && self.wrong_tries < MOST_WRONG_TRIES
    }

    fn after_a_wrong_try(&self) -> Self {
        Self {
            wrong_tries: self.wrong_tries.saturating_add(1),
            ..self.clone()
        }
    }
}

impl OtpState {
    /// The state after mailing a new code, given by its hash; the code before it ends.
    ///
    /// # Errors
    /// [`SendRefused`] when it is too soon, or too many went out.
    pub fn send(&self, hash: String, now: Moment) -> Result<Self, SendRefused> {
        let sends: Vec<Moment> = self
            .sends
            .iter()
            .copied()
            .filter(|sent| now.since(*sent) < SEND_WINDOW)
            .collect();
        if sends.len() >= MOST_SENDS
            && let Some(oldest) = sends.iter().min()
        {
            let wait = oldest.plus(SEND_WINDOW).since(now);
            return Err(SendRefused::TooMany { wait });
        }
        if let Some(last) = sends.iter().max()
            && now.since(*last) < BETWEEN_SENDS
        {
            let wait = last.plus(BETWEEN_SENDS).since(now);
            return Err(SendRefused::TooSoon { wait });
        }
        Ok(Self {
            code: Some(SentCode {
                hash,
                ends_at: now.plus(CODE_LIFETIME),
                wrong_tries: 0,
            }),
            sends: sends.into_iter().chain([now]).collect(),
            proof: self.proof.clone(),
        })
    }

    /// The state after the mail of `sent_at` with that code failed to go out: it counts as never
    /// sent, and its code is no code.
    #[must_use]
    pub fn withdraw(&self, hash: &str, sent_at: Moment) -> Self {
        let mut sends = self.sends.clone();
        if let Some(place) = sends.iter().position(|sent| *sent == sent_at) {
            sends.remove(place);
        }
        Self {
            code: self.code.clone().filter(|code| code.hash != hash),
            sends,
            proof: self.proof.clone(),
        }
    }

    /// What a guess comes to that shall prove the address. `is_of` says whether the guess has a
    /// hash.
    pub fn verify(&self, now: Moment, is_of: impl Fn(&str) -> bool) -> Guess {
        let Some(code) = self.code.as_ref().filter(|code| code.is_live(now)) else {
            return Guess::Ended;
        };
        if !is_of(&code.hash) {
            return Guess::Wrong(Self {
                code: Some(code.after_a_wrong_try()),
                ..self.clone()
            });
        }
        let until = now.plus(PROOF_LIFETIME);
        Guess::Right(Self {
            code: None,
            sends: self.sends.clone(),
            proof: Some(Proof {
                until,
                code: Some(SentCode {
                    hash: code.hash.clone(),
                    ends_at: until,
                    wrong_tries: 0,
                }),
            }),
        })
    }

    /// What a guess comes to that shall be redeemed for one deed, such as a new password: either a
    /// code that was never verified, or the one that was, while its proof holds. Right, it uses up
    /// everything there is; wrong, it counts against both.
    pub fn redeem(&self, now: Moment, is_of: impl Fn(&str) -> bool) -> Guess {
        let verified = self.proof.as_ref().and_then(|proof| proof.code.as_ref());
        let mut live = [self.code.as_ref(), verified]
            .into_iter()
            .flatten()
            .filter(|code| code.is_live(now))
            .peekable();
        if live.peek().is_none() {
            return Guess::Ended;
        }
        if live.any(|code| is_of(&code.hash)) {
            return Guess::Right(Self {
                code: None,
                sends: self.sends.clone(),
                proof: None,
            });
        }
        Guess::Wrong(Self {
            code: self.code.as_ref().map(SentCode::after_a_wrong_try),
            sends: self.sends.clone(),
            // The proof itself stays: someone else's wrong guesses must not undo a verification.
            proof: self.proof.as_ref().map(|proof| Proof {
                until: proof.until,
                code: proof.code.as_ref().map(SentCode::after_a_wrong_try),
            }),
        })
    }

    /// Whether the address counts as proved.
    pub fn is_proved(&self, now: Moment) -> bool {
        self.proof.as_ref().is_some_and(|proof| now < proof.until)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use time::Duration;

    use super::{BETWEEN_SENDS, CODE_LIFETIME, Guess, OtpState, PROOF_LIFETIME, SendRefused};
    use crate::moment::Moment;

    fn noon() -> Moment {
        "2026-02-24T12:00:00Z".parse().unwrap()
    }

    fn at(seconds: i64) -> Moment {
        noon().plus(Duration::seconds(seconds))
    }

    fn sent() -> OtpState {
        OtpState::default().send("hash".to_owned(), at(0)).unwrap()
    }

    fn is(guess: &'static str) -> impl Fn(&str) -> bool {
        move |hash| hash == guess
    }

    fn wrong(state: &OtpState, now: Moment) -> OtpState {
        match state.verify(now, is("other")) {
            Guess::Wrong(next) => next,
            other @ (Guess::Right(_) | Guess::Ended) => panic!("{other:?}"),
        }
    }

    fn verified() -> OtpState {
        match sent().verify(at(1), is("hash")) {
            Guess::Right(next) => next,
            other @ (Guess::Wrong(_) | Guess::Ended) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_second_mail_waits_a_minute_to_the_millisecond() {
        let almost = at(0).plus(BETWEEN_SENDS - Duration::milliseconds(1));
        assert_eq!(
            sent().send("second".to_owned(), almost),
            Err(SendRefused::TooSoon {
                wait: Duration::milliseconds(1)
            })
        );
        let next = sent().send("second".to_owned(), at(60)).unwrap();
        assert_eq!(
            next.verify(at(61), is("hash")),
            Guess::Wrong(wrong(&next, at(61)))
        );
    }

    #[test]
    fn a_sixth_mail_waits_until_the_first_is_an_hour_old() {
        let mut state = OtpState::default();
        for minute in 0..5 {
            state = state.send("hash".to_owned(), at(minute * 60)).unwrap();
        }
        assert_eq!(
            state.send("hash".to_owned(), at(300)),
            Err(SendRefused::TooMany {
                wait: Duration::minutes(55)
            })
        );
        assert!(state.send("hash".to_owned(), at(3_599)).is_err());
        let state = state.send("hash".to_owned(), at(3_600)).unwrap();
        assert_eq!(state.sends.len(), 5);
        assert!(state.send("hash".to_owned(), at(3_660)).is_ok());
    }

    #[test]
    fn a_mail_that_did_not_go_out_counts_as_never_sent() {
        let before = sent();
        let failed = before.send("second".to_owned(), at(60)).unwrap();
        let state = failed.withdraw("second", at(60));
        assert_eq!(state.sends, before.sends);
        assert_eq!(state.verify(at(61), is("second")), Guess::Ended);
        assert!(state.send("third".to_owned(), at(61)).is_ok());
    }

    #[test]
    fn withdrawing_leaves_a_later_code_alone() {
        let later = sent().send("second".to_owned(), at(60)).unwrap();
        let state = later.withdraw("hash", at(0));
        assert!(matches!(
            state.verify(at(61), is("second")),
            Guess::Right(_)
        ));
        assert_eq!(state.sends, [at(60)]);
    }

    #[test]
    fn the_fifth_wrong_try_ends_the_code_even_for_who_knows_it() {
        let mut state = sent();
        for _ in 0..4 {
            state = wrong(&state, at(1));
        }
        assert!(matches!(state.verify(at(1), is("hash")), Guess::Right(_)));
        state = wrong(&state, at(1));
        assert_eq!(state.verify(at(1), is("hash")), Guess::Ended);
        assert_eq!(state.redeem(at(1), is("hash")), Guess::Ended);
    }

    #[test]
    fn a_code_ends_after_ten_minutes() {
        let last = at(0).plus(CODE_LIFETIME - Duration::milliseconds(1));
        assert!(matches!(sent().verify(last, is("hash")), Guess::Right(_)));
        let end = at(0).plus(CODE_LIFETIME);
        assert_eq!(sent().verify(end, is("hash")), Guess::Ended);
        assert_eq!(sent().redeem(end, is("hash")), Guess::Ended);
    }

    #[test]
    fn a_code_verifies_once_and_proves_the_address_for_half_an_hour() {
        let state = verified();
        assert_eq!(state.verify(at(2), is("hash")), Guess::Ended);
        assert!(state.is_proved(at(1).plus(PROOF_LIFETIME - Duration::milliseconds(1))));
        assert!(!state.is_proved(at(1).plus(PROOF_LIFETIME)));
    }

    #[test]
    fn a_proof_outlives_the_next_mail_and_wrong_guesses() {
        let mut state = verified().send("second".to_owned(), at(60)).unwrap();
        for _ in 0..5 {
            state = wrong(&state, at(61));
        }
        for _ in 0..5 {
            match state.redeem(at(62), is("other")) {
                Guess::Wrong(next) => state = next,
                Guess::Ended | Guess::Right(_) => panic!("the verified code has five tries"),
            }
        }
        assert!(state.is_proved(at(63)));
        assert_eq!(state.redeem(at(63), is("hash")), Guess::Ended);
    }

    #[test]
    fn both_an_unverified_and_a_verified_code_are_redeemed_once() {
        for state in [sent(), verified()] {
            let Guess::Right(next) = state.redeem(at(2), is("hash")) else {
                panic!("not redeemed");
            };
            assert_eq!(next.redeem(at(3), is("hash")), Guess::Ended);
            assert_eq!(next.verify(at(3), is("hash")), Guess::Ended);
            assert!(!next.is_proved(at(3)));
            assert_eq!(next.sends, state.sends);
        }
    }

    #[test]
    fn a_verified_code_ends_with_its_proof() {
        let end = at(1).plus(PROOF_LIFETIME);
        assert_eq!(verified().redeem(end, is("hash")), Guess::Ended);
    }

    #[test]
    fn an_address_never_heard_of_has_nothing_to_guess_at() {
        assert_eq!(OtpState::default().verify(at(0), |_| true), Guess::Ended);
        assert_eq!(OtpState::default().redeem(at(0), |_| true), Guess::Ended);
    }
}
