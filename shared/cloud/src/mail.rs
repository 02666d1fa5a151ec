//! Mail, through SES.

use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata as _;
use aws_sdk_ses::types::{Body, Content, Destination, Message};
use callout_domain::account::Email;

use crate::Cloud;
use crate::failure::CloudError;
use crate::settings::MAIL_FROM;

/// A letter in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What the mailbox lists, and a locked screen shows: nothing secret.
    pub subject: String,
    /// What it says.
    pub text: String,
}

/// The post office.
#[derive(Debug)]
pub struct Mail {
    client: Client,
    sender: String,
}

impl Cloud {
    /// Mail.
    ///
    /// # Errors
    /// When the function has no setting for the sender.
    pub async fn mail(&self) -> Result<Mail, CloudError> {
        let sender = MAIL_FROM.read()?;
        let client = self
            .ses
            .get_or_init(|| async { Client::new(self.config().await) })
            .await
            .clone();
        Ok(Mail { client, sender })
    }
}

impl Mail {
    /// Hands a letter to SES. It goes to the address in its one normalized form: never to another
    /// spelling, which might be somebody else's mailbox.
    ///
    /// # Errors
    /// When SES does not take it, or the letter cannot be written as a message.
    pub async fn send(&self, to: &Email, letter: &Letter) -> Result<(), CloudError> {
        let message = Message::builder()
            .subject(content(&letter.subject)?)
            .body(Body::builder().text(content(&letter.text)?).build())
            .build();
        self.client
            .send_email()
            .source(&self.sender)
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .message(message)
            .send()
            .await
            .map_err(|error| match error.code() {
                // What SES says of a refusal quotes the address, which belongs in no log.
                Some(code) => CloudError::call("SendEmail")(code),
                None => CloudError::call("SendEmail")(error),
            })?;
        Ok(())
    }
}

fn content(text: &str) -> Result<Content, CloudError> {
    Content::builder()
        .charset("UTF-8")
        .data(text)
        .build()
        .map_err(CloudError::call("a letter"))
}
