//! The mail that the local cloud captured.

use std::time::Duration;

use serde::Deserialize;

use super::{Api, ClientError};

/// How long a mail may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail, as `GET /_local/mail` shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct ReceivedMail {
    /// Its place in the order of arrival.
    pub number: u64,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

impl ReceivedMail {
    /// The first run of exactly six digits in the text: the one-time code.
    pub fn code(&self) -> Option<&str> {
        self.text
            .split(|character: char| !character.is_ascii_digit())
            .find(|run| run.len() == 6)
    }
}

#[derive(Debug, Deserialize)]
struct Found {
    mail: Vec<ReceivedMail>,
}

/// Reads the captured mail of one local cloud.
#[derive(Debug, Clone)]
pub struct Mailbox {
    api: Api,
}

impl Mailbox {
    /// The mailbox of the local cloud behind `api`.
    pub fn new(api: &Api) -> Self {
        Self { api: api.clone() }
    }

    /// The newest mail to `email` after mail number `after` (0: any), awaited if there is none yet.
    ///
    /// # Errors
    /// [`ClientError::NoMail`] when none comes within 20 seconds.
    pub async fn newest_for(&self, email: &str, after: u64) -> Result<ReceivedMail, ClientError> {
        let after = after.to_string();
        let wait = PATIENCE.as_secs().to_string();
        let query = [("to", email), ("after", &after), ("wait", &wait)];
        let answer = self
            .api
            .send(reqwest::Method::GET, "/_local/mail", |request| {
                request.query(&query)
            })
            .await?;
        let found: Found = serde_json::from_value(answer.clone().expect(200)?)
            .map_err(|error| answer.unexpected(format!("mail ({error})")))?;
        let newest = found.mail.into_iter().next_back();
        newest.ok_or_else(|| ClientError::NoMail(email.to_owned()))
    }

    /// The newest one-time code sent to `email`, awaited if there is none yet.
    ///
    /// # Errors
    /// [`ClientError::NoMail`] when none comes within 20 seconds.
    pub async fn otp_for(&self, email: &str) -> Result<String, ClientError> {
        let mail = self.newest_for(email, 0).await?;
        let code = mail.code().map(str::to_owned);
        code.ok_or_else(|| ClientError::NoMail(email.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_code_among_other_numbers() {
        let mail = |text: &str| ReceivedMail {
            number: 1,
            subject: String::new(),
            text: text.to_owned(),
        };
        let text = "Callout 2026: your code is 012345. It is good for 10 minutes.";
        assert_eq!(mail(text).code(), Some("012345"));
        assert_eq!(mail("call 9841234567").code(), None);
    }
}
