//! What every HTTP function shares: reading the call, naming the caller, answering, and the one
//! place where a failure becomes the contract's JSON.

mod answer;
mod call;
mod cut;
mod envelope;
mod failure;
mod form;
mod linked;
mod multipart;
mod once;
mod page;

use std::convert::Infallible;
use std::future::Future;
use std::time::Instant;

use callout_cloud::trace;
use lambda_http::{Body, Request, Response, tracing};

pub(crate) use answer::Answer;
pub(crate) use call::{Call, Caller};
pub(crate) use cut::Cut;
pub(crate) use envelope::Envelope;
pub(crate) use failure::{Failure, Refused};
pub(crate) use form::{Form, Given, Upload, flag};
pub(crate) use linked::Linked;
#[cfg(test)]
pub(crate) use once::refusals_of_keys;
pub(crate) use once::{Once, Reply, Scope, Turn};

/// Runs a handler on a request and turns whatever comes of it into a response, a failure in the form
/// of that endpoint.
pub(crate) async fn serve<F>(
    handler: impl FnOnce(Call) -> F,
    envelope: Envelope,
    request: Request,
) -> Result<Response<Body>, Infallible>
where
    F: Future<Output = Result<Answer, Failure>>,
{
    let started = Instant::now();
    let call = Call::new(request);
    let request_id = call.request_id().to_owned();
    let outcome = if call.is_below_a_slash() {
        Err(Failure::unknown_path())
    } else {
        trace::within(&request_id, handler(call)).await
    };
    let answer = outcome.unwrap_or_else(|failure| envelope.failed(failure.answer(&request_id)));
    tracing::info!(
        request_id,
        status = answer.status(),
        milliseconds = started.elapsed().as_secs_f64() * 1_000.0,
        "answered"
    );
    Ok(answer.into_response(&request_id))
}
