//! How an address is proved to be somebody's, before an account is opened for it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{Api, ClientError, Mailbox};

/// As long as the product itself lets a proof hold.
const HOLDS: Duration = Duration::minutes(30);

/// How an address is proved.
#[derive(Debug, Clone)]
pub enum Proof {
    /// By the code in the mail, which a local cloud shows to everybody.
    Mail,
    /// By the mark that a right code leaves, set in the accounts table by somebody who may: nothing is
    /// mailed. For addresses that nobody can have.
    Mark {
        /// Writes into the table.
        client: Client,
        /// The accounts table's name.
        table: String,
    },
}

/// Why an operator could not prove an address.
#[derive(Debug, thiserror::Error)]
#[error("the accounts table {table} takes no proof: {why}")]
pub struct ProofError {
    table: String,
    why: String,
}

impl Proof {
    /// A mark in the table of that name, where `config` has it.
    pub fn mark(config: &aws_config::SdkConfig, table: impl Into<String>) -> Self {
        Self::Mark {
            client: Client::new(config),
            table: table.into(),
        }
    }

    /// Proves `email`, which is in the product's normal form.
    ///
    /// # Errors
    /// When no mail comes, or the table takes no mark.
    pub async fn prove(&self, api: &Api, email: &str) -> Result<(), ClientError> {
        match self {
            Self::Mail => {
                api.send_otp(email).await?;
                let code = Mailbox::new(api).otp_for(email).await?;
                api.verify_otp(email, &code).await?;
            }
            Self::Mark { client, table } => mark(client, table, email).await?,
        }
        Ok(())
    }
}

async fn mark(client: &Client, table: &str, email: &str) -> Result<(), ProofError> {
    let failed = |why: String| ProofError {
        table: table.to_owned(),
        why,
    };
    let until = OffsetDateTime::now_utc() + HOLDS;
    let text = until
        .format(&Rfc3339)
        .map_err(|error| failed(error.to_string()))?;
    let put = client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(format!("EMAIL#{email}")))
        .item("sk", AttributeValue::S("OTP".to_owned()))
        .item("verified_until", AttributeValue::S(text))
        .item(
            "revision",
            AttributeValue::S(ulid::Ulid::generate().to_string()),
        )
        .item(
            "expires_at",
            AttributeValue::N(until.unix_timestamp().to_string()),
        )
        .send()
        .await;
    put.map(drop)
        .map_err(|error| failed(error.into_service_error().to_string()))
}
