//! Push, through SNS: devices are platform endpoints of an application that speaks FCM v1.
//!
//! Registering follows what AWS recommends
//! (<https://docs.aws.amazon.com/sns/latest/dg/mobile-platform-endpoint.html>): create, read back, and
//! repair what is disabled or has another token. All of that can be done twice, and the SDK repeats it.
//!
//! Publishing must not be done twice, so its client repeats nothing by itself: here only what SNS has
//! answered with a refusal is tried again. What was not answered may have gone.
//!
//! An endpoint addresses a device, as its token does: neither is ever logged, and of what SNS says only
//! the code, because its sentences quote both.

mod endpoints;
mod message;

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use callout_domain::ids::{EventId, RequestId};
use callout_domain::notice::Urgency;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

pub use self::endpoints::Registration;
use crate::failure::CloudError;
use crate::{Cloud, settings};

/// How long a message may take: slow is not failed, and one that is given up may have gone.
const LONGEST_PUBLISH: Duration = Duration::from_secs(20);
/// How long refusals of a message are met with another try.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first wait's upper bound; it doubles with every try.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_millis(1_600);
/// One try of anything else, and all of its tries.
const LONGEST_TRY: Duration = Duration::from_secs(3);
const LONGEST_CALL: Duration = Duration::from_secs(6);

/// Where SNS takes messages for one device.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointArn(String);

/// Push through SNS.
#[derive(Debug, Clone)]
pub struct Push {
    clients: Clients,
    application: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Clients {
    publishing: Client,
    managing: Client,
}

/// What a device shows and hands to its app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushMessage {
    /// Its first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// `type` of the message on the socket.
    pub kind: String,
    /// What it is about, if it is about a request.
    pub request: Option<RequestId>,
    /// The event that it tells of.
    pub event: EventId,
    /// How much it may disturb.
    pub urgency: Urgency,
}

/// What became of a message for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// SNS took it.
    Sent,
    /// The endpoint is disabled or gone: the app was removed, or its token replaced.
    Disabled,
    /// Too many at once, for as long as we tried.
    Throttled,
    /// SNS failed, for as long as we tried.
    Unavailable,
    /// SNS does not take it, now or later.
    Rejected,
    /// There was no answer: whether it went is not known. It is never tried again.
    Unknown,
}

impl EndpointArn {
    /// Takes the ARN that SNS gave.
    pub fn new(arn: impl Into<String>) -> Self {
        Self(arn.into())
    }

    /// The ARN, for SNS and for the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EndpointArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointArn(…)")
    }
}

impl Cloud {
    /// Push. Where the deployment names no application nobody can be registered; see
    /// [`Push::is_on`].
    pub async fn push(&self) -> Push {
        let clients = self
            .push
            .get_or_init(|| async {
                let config = self.config().await;
                Clients::new(&Builder::from(config), LONGEST_PUBLISH)
            })
            .await;
        Push {
            clients: clients.clone(),
            application: settings::PUSH_APPLICATION_ARN.read_if_given(),
        }
    }
}

impl Clients {
    fn new(config: &Builder, longest_publish: Duration) -> Self {
        let publishing = config
            .clone()
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(longest_publish)
                    .build(),
            )
            .build();
        let managing = config
            .clone()
            .retry_config(RetryConfig::standard())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(LONGEST_TRY)
                    .operation_timeout(LONGEST_CALL)
                    .build(),
            )
            .build();
        Self {
            publishing: Client::from_conf(publishing),
            managing: Client::from_conf(managing),
        }
    }
}

impl Push {
    /// Whether the deployment names the application that devices are registered with.
    pub const fn is_on(&self) -> bool {
        self.application.is_some()
    }

    /// Hands a message to SNS for one device.
    ///
    /// # Errors
    /// When the message could not even be written as a request.
    pub async fn publish(
        &self,
        endpoint: &EndpointArn,
        message: &PushMessage,
    ) -> Result<Pushed, CloudError> {
        let body = message.body();
        let started = Instant::now();
        let mut tries = 0;
        loop {
            let pushed = self.attempt(endpoint, &body).await?;
            let wait = wait(tries);
            if !pushed.may_be_tried_again() || started.elapsed() + wait > PATIENCE {
                return Ok(pushed);
            }
            tokio::time::sleep(wait).await;
            tries += 1;
        }
    }

    async fn attempt(&self, endpoint: &EndpointArn, body: &str) -> Result<Pushed, CloudError> {
        let outcome = self
            .clients
            .publishing
            .publish()
            .target_arn(endpoint.as_str())
            .message_structure("json")
            .message(body)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Pushed::Sent),
            Err(error @ SdkError::ConstructionFailure(_)) => Err(failed("Publish", error)),
            Err(SdkError::ServiceError(refusal)) => {
                let status = refusal.raw().status().as_u16();
                Ok(Pushed::refused(status, refusal.err()))
            }
            Err(error) => {
                let error = failed("Publish", error).chain();
                tracing::warn!(error, "whether a push went is not known");
                Ok(Pushed::Unknown)
            }
        }
    }
}

impl Pushed {
    /// What a refusal that SNS answered comes to.
    /// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>
    fn refused(status: u16, error: &PublishError) -> Self {
        let code = error.code().unwrap_or_default();
        let pushed = match code {
            "EndpointDisabled" | "NotFound" => Self::Disabled,
            // What SNS says of an endpoint that was deleted.
            "InvalidParameter" if is_of_no_endpoint(error) => Self::Disabled,
            "Throttled"
            | "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException" => Self::Throttled,
            _ => match status {
                429 => Self::Throttled,
                // Somebody in between did not hear from SNS.
                504 => Self::Unknown,
                500.. => Self::Unavailable,
                _ => Self::Rejected,
            },
        };
        if pushed == Self::Rejected {
            tracing::error!(status, code, "SNS does not take a push");
        }
        pushed
    }

    /// Whether SNS said that it did not take it, and may take it later.
    const fn may_be_tried_again(self) -> bool {
        match self {
            Self::Throttled | Self::Unavailable => true,
            Self::Sent | Self::Disabled | Self::Rejected | Self::Unknown => false,
        }
    }
}

fn is_of_no_endpoint(error: &PublishError) -> bool {
    error
        .message()
        .is_some_and(|sentence| sentence.contains("No endpoint found"))
}

/// Half of the bound at least, so that waits grow.
fn wait(tries: u32) -> Duration {
    let bound = FIRST_WAIT
        .saturating_mul(2_u32.saturating_pow(tries))
        .min(LONGEST_WAIT);
    rand::rng().random_range(bound / 2..=bound)
}

/// What SNS says of a refusal quotes tokens and endpoints, which belong in no log.
fn failed<E, R>(operation: &'static str, error: SdkError<E, R>) -> CloudError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(refusal) => {
            let code = refusal.err().code().unwrap_or("a refusal without a code");
            CloudError::call(operation)(code)
        }
        other => CloudError::call(operation)(other),
    }
}

#[cfg(test)]
mod tests;
