//! A phone or browser that can be pushed to, by what Firebase Cloud Messaging calls it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with a text that should have been a device's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceTokenError {
    /// It is empty, or longer than any token.
    #[error("must be 1 to {} characters long", DeviceToken::LONGEST)]
    Length,
    /// It has spaces, or characters that no token has.
    #[error("must be a token as Firebase gives it, without spaces")]
    Characters,
}

/// What FCM gives an app on a device: whoever has it can address that device, so it is never stored
/// and `Debug` does not show it.
///
/// FCM promises nothing of its form but that it is opaque; what is held here is that it can be one.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

impl DeviceToken {
    /// The most characters it may have.
    pub const LONGEST: usize = 4096;

    /// Reads it from what a client sent.
    ///
    /// # Errors
    /// [`DeviceTokenError`] when it is empty, too long, or not of visible ASCII alone.
    pub fn parse(text: &str) -> Result<Self, DeviceTokenError> {
        if !(1..=Self::LONGEST).contains(&text.chars().count()) {
            return Err(DeviceTokenError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(DeviceTokenError::Characters);
        }
        Ok(Self(text.to_owned()))
    }

    /// The token, for whoever pushes to it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

impl TryFrom<String> for DeviceToken {
    type Error = DeviceTokenError;

    fn try_from(text: String) -> Result<Self, DeviceTokenError> {
        Self::parse(&text)
    }
}

/// One device, by a name that its token gives it and that does not give the token; opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceId(String);

impl DeviceId {
    /// Takes a device's name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{DeviceToken, DeviceTokenError};

    #[test]
    fn a_token_is_1_to_4096_visible_ascii_characters() {
        for token in ["x", "fGhJ:APA91b-_9.~", &"x".repeat(4096)] {
            assert_eq!(DeviceToken::parse(token).unwrap().reveal(), token);
        }
        for text in ["", &"x".repeat(4097), &"x".repeat(9_000_000)] {
            assert_eq!(DeviceToken::parse(text), Err(DeviceTokenError::Length));
        }
        for text in [
            "a b",
            " a",
            "a\n",
            "a\u{0}",
            "\u{7f}",
            "é",
            "टोकन",
            "a\u{200B}",
        ] {
            let refused = DeviceToken::parse(text);
            assert_eq!(refused, Err(DeviceTokenError::Characters), "{text:?}");
        }
        assert!(DeviceToken::try_from("x".to_owned()).is_ok());
    }

    #[test]
    fn what_is_wrong_is_a_sentence_and_the_token_is_not_shown() {
        assert_eq!(
            DeviceTokenError::Length.to_string(),
            "must be 1 to 4096 characters long"
        );
        let token = DeviceToken::parse("secret").unwrap();
        assert!(!format!("{token:?}").contains("secret"));
    }
}
