//! Sessions: a sign-in and the family of refresh tokens that follows from it.
//!
//! A refresh token works once: each use spends it for its successor. Whoever shows one that was
//! spent (or never existed, though its session does) has it from somewhere it should not be, and
//! the whole family ends (OWASP ASVS 5.0, 10.4.5). The family ends 30 days after its sign-in,
//! however often it was refreshed (10.4.8), and with every other one when the password is reset.

use std::fmt;

use time::Duration;

use crate::ids::{AccountId, Generation, SessionId};
use crate::moment::Moment;

/// How long a session lasts at most.
pub const SESSION_LIFETIME: Duration = Duration::days(30);
/// The random part of a refresh token, in bytes.
pub const SECRET_BYTES: usize = 32;
/// The same in base64url without padding.
const SECRET_CHARACTERS: usize = (SECRET_BYTES * 4).div_ceil(3);

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub account: AccountId,
    /// Its name, `sid` in access tokens.
    pub id: SessionId,
    /// The hash of the one refresh token that is unspent.
    pub token_hash: String,
    /// The account's generation when it began; `None` if there was none.
    pub generation: Option<Generation>,
    /// When it ends, whatever happens.
    pub ends_at: Moment,
}

/// What showing a refresh token comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// It is the unspent one: it may be spent for the next.
    Unspent,
    /// It was spent before, or made up: the family must end.
    Spent,
    /// The session is over.
    Over,
}

impl Session {
    /// Whether it still holds, given the account's generation now. An account without one has not
    /// ended its sessions for as long as any session lasts.
    pub fn is_alive(&self, current: Option<Generation>, now: Moment) -> bool {
        now < self.ends_at && current.is_none_or(|current| self.generation == Some(current))
    }

    /// What showing a refresh token comes to; `is_of` says whether it has a hash.
    pub fn refresh(
        &self,
        current: Option<Generation>,
        now: Moment,
        is_of: impl Fn(&str) -> bool,
    ) -> Refresh {
        if !self.is_alive(current, now) {
            Refresh::Over
        } else if is_of(&self.token_hash) {
            Refresh::Unspent
        } else {
            Refresh::Spent
        }
    }
}

/// A refresh token: `<account>.<session>.<secret>`, opaque to whoever holds it. Only a hash of it is
/// ever stored, and its `Debug` does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    account: AccountId,
    session: SessionId,
    secret: String,
}

/// A text that has not the form of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a refresh token")]
pub struct NotARefreshToken;

impl RefreshToken {
    /// A token with a secret that the caller drew: [`SECRET_BYTES`] at random, in base64url without
    /// padding.
    pub const fn new(account: AccountId, session: SessionId, secret: String) -> Self {
        Self {
            account,
            session,
            secret,
        }
    }

    /// Takes apart what a client sent.
    ///
    /// # Errors
    /// [`NotARefreshToken`] for anything that [`Self::reveal`] would not have written.
    pub fn parse(text: &str) -> Result<Self, NotARefreshToken> {
        let mut parts = text.split('.');
        let (Some(account), Some(session), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotARefreshToken);
        };
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if secret.len() != SECRET_CHARACTERS || !secret.bytes().all(is_base64url) {
            return Err(NotARefreshToken);
        }
        let token = Self {
            account: account.parse().map_err(|_| NotARefreshToken)?,
            session: session.parse().map_err(|_| NotARefreshToken)?,
            secret: secret.to_owned(),
        };
        // ULIDs read in either case, but a token is written in one way only.
        if token.reveal() == text {
            Ok(token)
        } else {
            Err(NotARefreshToken)
        }
    }

    /// Whose it is, if it is genuine.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Of which session, if it is genuine.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The token itself, for its holder and for hashing.
    pub fn reveal(&self) -> String {
        format!("{}.{}.{}", self.account, self.session, self.secret)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}.{}.…)", self.account, self.session)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;
    use ulid::Ulid;

    use super::{NotARefreshToken, Refresh, RefreshToken, SESSION_LIFETIME, Session};
    use crate::ids::{AccountId, Generation, SessionId};
    use crate::moment::Moment;

    fn noon() -> Moment {
        "2026-02-24T12:00:00Z".parse().unwrap()
    }

    fn session(generation: Option<Generation>) -> Session {
        Session {
            account: AccountId::new(Ulid::from_parts(1, 31)),
            id: SessionId::new(Ulid::from_parts(1, 30)),
            token_hash: "unspent".to_owned(),
            generation,
            ends_at: noon().plus(SESSION_LIFETIME),
        }
    }

    fn generation(number: u128) -> Generation {
        Generation::new(Ulid::from_parts(1, number))
    }

    fn show(session: &Session, current: Option<Generation>, hash: &'static str) -> Refresh {
        session.refresh(current, noon(), move |known| known == hash)
    }

    #[test]
    fn the_unspent_token_refreshes_and_any_other_ends_the_family() {
        assert_eq!(show(&session(None), None, "unspent"), Refresh::Unspent);
        assert_eq!(show(&session(None), None, "spent"), Refresh::Spent);
    }

    #[test]
    fn nothing_lasts_longer_than_thirty_days() {
        let session = session(None);
        let end = noon().plus(SESSION_LIFETIME);
        assert!(session.is_alive(None, end.plus(Duration::milliseconds(-1))));
        assert!(!session.is_alive(None, end));
        assert_eq!(session.refresh(None, end, |_| true), Refresh::Over);
        assert_eq!(session.refresh(None, end, |_| false), Refresh::Over);
    }

    #[test]
    fn a_new_generation_ends_the_sessions_of_those_before() {
        assert_eq!(
            show(&session(None), Some(generation(1)), "unspent"),
            Refresh::Over
        );
        let second = session(Some(generation(1)));
        assert_eq!(show(&second, Some(generation(2)), "unspent"), Refresh::Over);
        assert_eq!(
            show(&second, Some(generation(1)), "unspent"),
            Refresh::Unspent
        );
    }

    #[test]
    fn a_forgotten_generation_ends_nothing() {
        let session = session(Some(generation(1)));
        assert_eq!(show(&session, None, "unspent"), Refresh::Unspent);
    }

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        let secret = "A".repeat(43);
        let Session { account, id, .. } = session(None);
        let token = RefreshToken::new(account, id, secret.clone());
        let text = token.reveal();
        assert_eq!(RefreshToken::parse(&text), Ok(token));
        for wrong in [
            String::new(),
            ".".to_owned(),
            format!("{text}."),
            format!("{text}A"),
            format!(" {text}"),
            format!("{account}.{id}"),
            format!("{account}.{id}.{}", "A".repeat(42)),
            format!("{account}.{id}.{}=", "A".repeat(42)),
            format!("{account}.{id}.{}", "é".repeat(21) + "A"),
            format!("{account}..{secret}"),
            text.to_lowercase(),
        ] {
            assert_eq!(
                RefreshToken::parse(&wrong),
                Err(NotARefreshToken),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_token_does_not_print_its_secret() {
        let Session { account, id, .. } = session(None);
        let token = RefreshToken::new(account, id, "S".repeat(43));
        assert!(!format!("{token:?}").contains("SSS"));
    }
}
