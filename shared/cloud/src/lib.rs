//! The outside world behind small types: tables, sockets, push, mail, media and keys.
//!
//! A [`Cloud`] makes each client of AWS when it is first needed, so that a function pays at its
//! start only for what it uses. No type of AWS leaves this crate.

pub mod accounts;
pub mod clock;
pub mod commit;
pub mod connections;
pub mod contacts;
pub mod contention;
pub mod devices;
pub mod failure;
pub mod idempotency;
pub mod live;
pub mod login_attempts;
pub mod mail;
pub mod media;
pub mod notifications;
pub mod otp;
pub mod outbox;
pub mod paging;
pub mod passwords;
pub mod preferences;
pub mod push;
pub mod requests;
pub mod secrets;
pub mod sessions;
pub mod sockets;
pub mod tickets;
pub mod tokens;
pub mod trace;

#[cfg(test)]
mod fixture;
mod opaque;
mod radius_search;
mod reads;
mod revised;
mod settings;
mod stored;

use aws_config::SdkConfig;
use tokio::sync::OnceCell;

use crate::commit::Commit;
use crate::failure::CloudError;
use crate::outbox::Outbox;
use crate::secrets::Secrets;
use crate::settings::Setting;
use crate::tokens::Tokens;

/// Everything a function may reach; one for a process, its clients made on first use.
#[derive(Debug, Default)]
pub struct Cloud {
    config: OnceCell<SdkConfig>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
    push: OnceCell<push::Clients>,
    s3: OnceCell<aws_sdk_s3::Client>,
    ses: OnceCell<aws_sdk_ses::Client>,
    secrets: Secrets,
    sockets: OnceCell<aws_sdk_apigatewaymanagement::Client>,
    tokens: Tokens,
}

/// A table of one name, and the client that speaks to it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) name: String,
}

impl Cloud {
    /// A cloud that nothing has been asked of yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) async fn config(&self) -> &SdkConfig {
        self.config
            .get_or_init(|| async {
                aws_config::defaults(aws_config::BehaviorVersion::latest())
                    .load()
                    .await
            })
            .await
    }

    pub(crate) async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb
            .get_or_init(|| async { aws_sdk_dynamodb::Client::new(self.config().await) })
            .await
    }

    pub(crate) async fn table(&self, setting: Setting) -> Result<Table, CloudError> {
        Ok(Table {
            name: setting.read()?,
            client: self.dynamodb().await.clone(),
        })
    }

    /// A transaction to fill: all of it happens, or nothing.
    pub async fn commit(&self) -> Commit {
        Commit::new(self.dynamodb().await.clone())
    }

    /// What must be carried to people after a commit.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn outbox(&self) -> Result<Outbox, CloudError> {
        Ok(Outbox::new(self.table(settings::OUTBOX_TABLE).await?))
    }

    /// Access tokens.
    pub fn tokens(&self) -> TokensOf<'_> {
        TokensOf { cloud: self }
    }
}

/// The tokens of a cloud: see [`tokens`].
#[derive(Debug, Clone, Copy)]
pub struct TokensOf<'a> {
    pub(crate) cloud: &'a Cloud,
}
