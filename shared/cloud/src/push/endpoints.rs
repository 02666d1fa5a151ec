//! Registering devices with SNS, and removing them.

use aws_sdk_sns::operation::create_platform_endpoint::CreatePlatformEndpointError;
use aws_sdk_sns::operation::get_endpoint_attributes::GetEndpointAttributesError;
use aws_sdk_sns::operation::set_endpoint_attributes::SetEndpointAttributesError;
use callout_domain::device::DeviceToken;

use super::{EndpointArn, Push, failed};
use crate::failure::CloudError;
use crate::settings::PUSH_APPLICATION_ARN;

/// How often an endpoint is looked at that others keep changing.
const LOOKS: usize = 3;

/// What came of registering a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// It is reached there.
    At(EndpointArn),
    /// SNS says that this is no token.
    NotAToken,
}

/// An endpoint as SNS has it.
struct State {
    token: Option<String>,
    enabled: bool,
}

/// What came of giving an endpoint a token.
enum Repair {
    Done,
    /// That token has another endpoint.
    Elsewhere(EndpointArn),
    Gone,
}

impl Push {
    /// Makes sure that a token is reached: by the endpoint that is known for it, or else by a new one.
    /// Doing so again changes nothing.
    ///
    /// # Errors
    /// When SNS does not do it, or no application is set.
    pub async fn register(
        &self,
        token: &DeviceToken,
        known: Option<EndpointArn>,
    ) -> Result<Registration, CloudError> {
        let mut known = known;
        for _ in 0..LOOKS {
            let endpoint = match known.take() {
                Some(endpoint) => endpoint,
                None => match self.create(token).await? {
                    Registration::At(endpoint) => endpoint,
                    Registration::NotAToken => return Ok(Registration::NotAToken),
                },
            };
            match self.state(&endpoint).await? {
                // Deleted meanwhile: created again.
                None => {}
                Some(state) if state.enabled && state.token.as_deref() == Some(token.reveal()) => {
                    return Ok(Registration::At(endpoint));
                }
                Some(_) => match self.repair(&endpoint, token).await? {
                    Repair::Done => return Ok(Registration::At(endpoint)),
                    Repair::Elsewhere(other) => known = Some(other),
                    Repair::Gone => {}
                },
            }
        }
        Err(CloudError::Contended)
    }

    /// Deletes an endpoint; that it is gone already is as good.
    ///
    /// # Errors
    /// When SNS does not do it.
    pub async fn remove(&self, endpoint: &EndpointArn) -> Result<(), CloudError> {
        self.clients
            .managing
            .delete_endpoint()
            .endpoint_arn(endpoint.as_str())
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("DeleteEndpoint", error))
    }

    async fn create(&self, token: &DeviceToken) -> Result<Registration, CloudError> {
        let application = self
            .application
            .as_ref()
            .ok_or(PUSH_APPLICATION_ARN.missing())?;
        // Without data of ours, for then the same token of another account would not be the same.
        let outcome = self
            .clients
            .managing
            .create_platform_endpoint()
            .platform_application_arn(application)
            .token(token.reveal())
            .send()
            .await;
        let error = match outcome {
            Ok(made) => {
                return match made.endpoint_arn {
                    Some(arn) => Ok(Registration::At(EndpointArn(arn))),
                    None => Err(CloudError::malformed("an endpoint")("it has no ARN")),
                };
            }
            Err(error) => error,
        };
        if let Some(CreatePlatformEndpointError::InvalidParameterException(invalid)) =
            error.as_service_error()
        {
            let sentence = invalid.message().unwrap_or_default();
            if let Some(endpoint) = existing(sentence) {
                return Ok(Registration::At(endpoint));
            }
            if sentence.starts_with("Invalid parameter: Token") {
                return Ok(Registration::NotAToken);
            }
        }
        Err(failed("CreatePlatformEndpoint", error))
    }

    /// An endpoint as it is, if it is there.
    async fn state(&self, endpoint: &EndpointArn) -> Result<Option<State>, CloudError> {
        let outcome = self
            .clients
            .managing
            .get_endpoint_attributes()
            .endpoint_arn(endpoint.as_str())
            .send()
            .await;
        match outcome {
            Ok(found) => {
                let mut attributes = found.attributes.unwrap_or_default();
                Ok(Some(State {
                    token: attributes.remove("Token"),
                    enabled: attributes
                        .get("Enabled")
                        .is_some_and(|enabled| enabled.eq_ignore_ascii_case("true")),
                }))
            }
            Err(error) => match error.as_service_error() {
                Some(GetEndpointAttributesError::NotFoundException(_)) => Ok(None),
                _ => Err(failed("GetEndpointAttributes", error)),
            },
        }
    }

    /// Gives an endpoint its token and enables it.
    async fn repair(
        &self,
        endpoint: &EndpointArn,
        token: &DeviceToken,
    ) -> Result<Repair, CloudError> {
        let outcome = self
            .clients
            .managing
            .set_endpoint_attributes()
            .endpoint_arn(endpoint.as_str())
            .attributes("Token", token.reveal())
            .attributes("Enabled", "true")
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Repair::Done);
        };
        match error.as_service_error() {
            Some(SetEndpointAttributesError::NotFoundException(_)) => Ok(Repair::Gone),
            Some(SetEndpointAttributesError::InvalidParameterException(invalid)) => {
                match existing(invalid.message().unwrap_or_default()) {
                    Some(other) => Ok(Repair::Elsewhere(other)),
                    None => Err(failed("SetEndpointAttributes", error)),
                }
            }
            _ => Err(failed("SetEndpointAttributes", error)),
        }
    }
}

/// The endpoint that a token has already, as the refusal to give it another names it: "Endpoint
/// arn:aws:sns:… already exists with the same Token, but different attributes."
fn existing(sentence: &str) -> Option<EndpointArn> {
    let (_, rest) = sentence.split_once("Endpoint arn:")?;
    let (rest, _) = rest.split_once(" already exists")?;
    Some(EndpointArn(format!("arn:{rest}")))
}
