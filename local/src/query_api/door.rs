//! The one door of this protocol: a call is read once, may meet a fault, is let in or not, and is done by the
//! service that stands behind it.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpListener;

use super::{Call, Fault, answer};
use crate::faults::{Faults, Occasion, ServiceFault};
use crate::iam::{Decision, Iam};

/// A service that is called by this protocol.
pub(crate) trait Service: Clone + Send + Sync + 'static {
    /// The namespace of its answers.
    const NAMESPACE: &'static str;
    /// What its actions begin with in policies.
    const PREFIX: &'static str;
    /// Its code for what policies forbid.
    const DENIED: &'static str;
    /// The largest call that it takes, in bytes.
    const LARGEST_CALL: usize;
    /// What it has understood of a call before it asks who may do it.
    type Wish: Send;

    /// What befalls a call on purpose.
    fn mishap(
        faults: &Faults,
        occasion: Occasion<'_>,
    ) -> impl Future<Output = Option<ServiceFault>> + Send;

    /// What the call wants.
    ///
    /// # Errors
    /// What is wrong with it, where the service says so before it asks for permission.
    fn understand(&self, call: &Call) -> Result<Self::Wish, Fault>;

    /// The resources that it may be allowed on: any of them will do. A refusal names the last.
    fn resources(call: &Call, wish: &Self::Wish) -> Vec<String>;

    /// Does it; gives what stands inside `<ActionResult>`.
    ///
    /// # Errors
    /// As the service answers.
    fn perform(&self, call: &Call, wish: Self::Wish) -> Result<String, Fault>;
}

/// What a door needs to answer.
#[derive(Clone)]
struct Door<S> {
    service: S,
    iam: Arc<Iam>,
    faults: Faults,
}

/// Answers calls of `service` on `listener` until `shutdown` is ready.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve<S: Service>(
    listener: TcpListener,
    service: S,
    iam: Arc<Iam>,
    faults: Faults,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let door = Door {
        service,
        iam,
        faults,
    };
    let router = Router::new()
        .route("/", axum::routing::post(call::<S>))
        .layer(DefaultBodyLimit::max(S::LARGEST_CALL))
        .with_state(door);
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn call<S: Service>(
    Shared(door): Shared<Door<S>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match door.answer(&headers, &body).await {
        Ok(answer) => answer,
        Err(fault) => fault.into_response(S::NAMESPACE),
    }
}

impl<S: Service> Door<S> {
    async fn answer(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response, Fault> {
        let call = Call::read(headers, body)?;
        if let Some(fault) = S::mishap(&self.faults, call.occasion()).await {
            return Err(Fault::on_purpose(fault));
        }
        let wish = self.service.understand(&call)?;
        self.admit(&call, S::resources(&call, &wish))?;
        let result = self.service.perform(&call, wish)?;
        Ok(answer(S::NAMESPACE, &call.action, &result))
    }

    /// Whether the caller may do this to any of the resources.
    fn admit(&self, call: &Call, mut resources: Vec<String>) -> Result<(), Fault> {
        let action = format!("{}:{}", S::PREFIX, call.action);
        let allowed = call.caller.function().and_then(|function| {
            resources.iter().position(|resource| {
                self.iam.decide(function, &action, resource) == Decision::Allowed
            })
        });
        resources.truncate(allowed.map_or(resources.len(), |place| place + 1));
        let wanted = resources.pop().map(|resource| (action, resource));
        self.iam
            .admit(&call.caller, wanted)
            .map_err(|refused| Fault::refused(&refused, S::DENIED))
    }
}

#[cfg(test)]
mod tests;
