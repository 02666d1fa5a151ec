//! E-mail addresses: the name by which an account is found.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::visible::is_hidden;

/// The longest address that a mail server must take (RFC 5321, 4.5.3.1.3, less its brackets).
const LONGEST: usize = 254;
/// The longest part before the `@` (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;
/// The longest name between two dots (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;

/// An e-mail address in the one form that stands for all its spellings: trimmed, NFC, lower case.
///
/// Whether mail arrives there only a one-time code can tell; this refuses what cannot be an
/// address. `Debug` does not show it, and there is no `Display`: an address belongs in no log.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// What is wrong with a text that should have been an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// It is not `name@host.domain`.
    #[error("must be an e-mail address")]
    NotAnAddress,
    /// It is longer than a mail server takes.
    #[error("must be at most {LONGEST} bytes long")]
    TooLong,
}

impl Email {
    /// The most bytes.
    pub const LONGEST_BYTES: usize = LONGEST;

    /// Reads an address in any of its spellings.
    ///
    /// # Errors
    /// [`EmailError`] for what cannot be an address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        // Composing shortens to a third at most: what is longer needs no work.
        if text.len() > LONGEST * 3 {
            return Err(EmailError::TooLong);
        }
        let normalized: String = text.nfc().flat_map(char::to_lowercase).nfc().collect();
        if normalized.len() > LONGEST {
            return Err(EmailError::TooLong);
        }
        let (local_part, domain) = normalized
            .rsplit_once('@')
            .ok_or(EmailError::NotAnAddress)?;
        if is_local_part(local_part) && is_domain(domain) {
            Ok(Self(normalized))
        } else {
            Err(EmailError::NotAnAddress)
        }
    }

    /// The normalized address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Words joined by dots, without the characters that only a quoted local part may have.
fn is_local_part(text: &str) -> bool {
    text.len() <= LONGEST_LOCAL_PART
        && text.split('.').all(|word| !word.is_empty())
        && !text
            .chars()
            .any(|c| is_unseen(c) || r#""(),:;<>@[\]"#.contains(c))
}

/// At least two labels of letters, digits and inner hyphens, the last not a number: an address
/// literal is nobody's mailbox.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LONGEST_LABEL
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| {
                c == '-'
                    || if c.is_ascii() {
                        c.is_ascii_alphanumeric()
                    } else {
                        !is_unseen(c)
                    }
            })
    };
    let has_a_top_level = text
        .rsplit_once('.')
        .is_some_and(|(_, top)| !top.bytes().all(|byte| byte.is_ascii_digit()));
    has_a_top_level && text.split('.').all(is_label)
}

fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || is_hidden(c)
        || matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Email, EmailError};

    #[test]
    fn one_mailbox_has_one_form() {
        for (spelling, form) in [
            ("  User@Example.COM\n", "user@example.com"),
            ("jose\u{301}@example.com", "josé@example.com"),
            ("JOSÉ@EXAMPLE.COM", "josé@example.com"),
            ("\u{212A}im@example.com", "kim@example.com"),
            (
                "a.b+c_d-e!#$%&'*/=?^`{|}~@x-y.example",
                "a.b+c_d-e!#$%&'*/=?^`{|}~@x-y.example",
            ),
            ("राम@उदाहरण.नेपाल", "राम@उदाहरण.नेपाल"),
        ] {
            let email = Email::parse(spelling).unwrap();
            assert_eq!(email.as_str(), form);
            assert_eq!(
                Email::parse(email.as_str()),
                Ok(email),
                "normalizing again changes nothing"
            );
        }
        assert_ne!(
            Email::parse("a.b@example.com"),
            Email::parse("ab@example.com")
        );
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in [
            "",
            "@",
            "a",
            "a@",
            "@example.com",
            "a@example",
            "a@@example.com",
            "a@b@example.com",
            "a b@example.com",
            "a@exam ple.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@.example.com",
            "a@example.com.",
            "a@example..com",
            "a@-example.com",
            "a@example-.com",
            "a@exam_ple.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "\"a\"@example.com",
            "A <a@example.com>",
            "a@example.com,b@example.com",
            "a\r\nBcc: b@example.com",
            "a@example.com\r\nBcc:b@example.com",
            "a\u{0}@example.com",
            "a\u{200B}@example.com",
            "a@exam\u{200D}ple.com",
            "a\u{202E}@example.com",
            "a＠example.com",
        ] {
            assert_eq!(
                Email::parse(text),
                Err(EmailError::NotAnAddress),
                "{text:?}"
            );
        }
    }

    #[test]
    fn length_has_its_limits() {
        let labels = format!("{0}.{0}.{0}", "d".repeat(61));
        let longest = format!("{}@{labels}.com", "a".repeat(64));
        assert_eq!(longest.len(), 254);
        assert!(Email::parse(&longest).is_ok());
        assert_eq!(
            Email::parse(&format!("{longest}m")),
            Err(EmailError::TooLong)
        );
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.com", "d".repeat(64))).is_err());
        assert_eq!(
            Email::parse(&"a@".repeat(5_000_000)),
            Err(EmailError::TooLong)
        );
    }

    #[test]
    fn it_is_not_shown_by_accident() {
        let email = Email::parse("secret@example.com").unwrap();
        assert!(!format!("{email:?}").contains("secret"));
    }
}
