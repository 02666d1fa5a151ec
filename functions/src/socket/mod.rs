//! What every function behind the WebSocket API shares: reading the call, answering, and the one
//! place where it is logged.

mod answer;
mod call;
pub(crate) mod frame;

use std::convert::Infallible;
use std::future::Future;
use std::time::Instant;

use callout_cloud::trace;
use lambda_http::tracing;
use lambda_runtime::LambdaEvent;

use crate::http::Failure;

pub(crate) use answer::{Response, SocketAnswer};
#[cfg(test)]
pub(crate) use call::tests;
pub(crate) use call::{SocketCall, SocketEvent};

/// Runs a handler on an event and turns whatever comes of it into a response.
pub(crate) async fn serve<F>(
    handler: impl FnOnce(SocketCall) -> F,
    event: LambdaEvent<SocketEvent>,
) -> Result<Response, Infallible>
where
    F: Future<Output = Result<SocketAnswer, Failure>>,
{
    let started = Instant::now();
    let request_id = event.context.request_id;
    let call = SocketCall::new(event.payload, request_id.clone());
    let answer = trace::within(&request_id, handler(call))
        .await
        .unwrap_or_else(|failure| SocketAnswer::failed(failure.answer(&request_id)));
    tracing::info!(
        request_id,
        status = answer.status(),
        milliseconds = started.elapsed().as_secs_f64() * 1_000.0,
        "answered"
    );
    Ok(answer.into_response())
}
