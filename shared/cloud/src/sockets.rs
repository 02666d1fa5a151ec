//! What can be done to an open socket from outside: send it a message, or close it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>
//!
//! The endpoint is the deployment's own, so the template gives it in the variable that the SDK
//! reads for this service; nothing here knows where it runs.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::operation::delete_connection::DeleteConnectionError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use callout_domain::ids::ConnectionId;
use serde_json::Value;

use crate::Cloud;
use crate::failure::CloudError;
use crate::settings::{ALLOWED_ORIGINS, SOCKETS_ENDPOINT};

/// A gateway that takes longer than this for one try is not going to answer.
const LONGEST_TRY: Duration = Duration::from_secs(3);
/// With its retries, a call must end well within the function's own time.
const LONGEST_CALL: Duration = Duration::from_secs(10);

/// The gateway's side of all open sockets.
#[derive(Debug, Clone)]
pub struct Sockets {
    client: Client,
}

/// What became of a message for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The gateway took it for the socket.
    Taken,
    /// There is no such socket: it has gone, or its upgrade is still pending.
    Gone,
    /// The socket takes nothing more: its client reads too slowly.
    Full,
}

impl Cloud {
    /// Open sockets, from the gateway's side.
    ///
    /// # Errors
    /// When the function has no setting for the gateway's endpoint.
    pub async fn sockets(&self) -> Result<Sockets, CloudError> {
        let client = self
            .sockets
            .get_or_try_init(|| async {
                // Without it the SDK would call a host that serves no deployment.
                SOCKETS_ENDPOINT.read()?;
                let patience = TimeoutConfig::builder()
                    .operation_attempt_timeout(LONGEST_TRY)
                    .operation_timeout(LONGEST_CALL)
                    .build();
                let config =
                    aws_sdk_apigatewaymanagement::config::Builder::from(self.config().await)
                        .timeout_config(patience)
                        .build();
                Ok::<_, CloudError>(Client::from_conf(config))
            })
            .await?;
        Ok(Sockets {
            client: client.clone(),
        })
    }

    /// The origins from which browsers may open sockets; `*` stands for any.
    ///
    /// # Errors
    /// When the function has no setting for them.
    pub fn allowed_origins(&self) -> Result<Vec<String>, CloudError> {
        let origins = ALLOWED_ORIGINS.read()?;
        Ok(origins
            .split(',')
            .map(|origin| origin.trim().to_owned())
            .collect())
    }
}

impl Sockets {
    /// Sends a message; throttled and failed tries are repeated by the client.
    ///
    /// # Errors
    /// When the gateway does not say what became of it.
    pub async fn post(&self, id: &ConnectionId, frame: &Value) -> Result<Posted, CloudError> {
        let outcome = self
            .client
            .post_to_connection()
            .connection_id(id.as_str())
            .data(Blob::new(frame.to_string()))
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Posted::Taken);
        };
        match error.as_service_error() {
            Some(PostToConnectionError::GoneException(_)) => Ok(Posted::Gone),
            Some(PostToConnectionError::LimitExceededException(_)) => Ok(Posted::Full),
            _ => Err(CloudError::call("PostToConnection")(error)),
        }
    }

    /// Closes a socket. False if there is no such socket: it has gone, or its upgrade is still
    /// pending.
    ///
    /// # Errors
    /// When the gateway does not say what became of it.
    pub async fn close(&self, id: &ConnectionId) -> Result<bool, CloudError> {
        let outcome = self
            .client
            .delete_connection()
            .connection_id(id.as_str())
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(true);
        };
        match error.as_service_error() {
            Some(DeleteConnectionError::GoneException(_)) => Ok(false),
            _ => Err(CloudError::call("DeleteConnection")(error)),
        }
    }
}
