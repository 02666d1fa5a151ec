//! `message` and `$default`: takes what a client says over its socket, whoever it is.
//!
//! Nothing that a client says ends its socket: what makes no sense gets an `error` message and
//! changes nothing. Only who is no longer signed in is told so and disconnected.

use callout_cloud::connections::{Hearing, Owner};
use lambda_http::http::StatusCode;
use serde_json::Value;

use crate::conversations::presence;
use crate::http::{Failure, Refused};
use crate::realtime::saying::{self, Saying};
use crate::realtime::{ack, conversation, location, ping, response, work_response};
use crate::socket::{SocketAnswer, SocketCall, frame};

pub(crate) async fn handle(call: SocketCall) -> Result<SocketAnswer, Failure> {
    let connections = call.cloud.connections().await?;
    let reply = match connections.hear(&call.connection, call.now).await {
        Ok(Hearing::Granted(owner, before)) => {
            let reply = answer(&call, &owner).await;
            presence::tell_if_back(call.cloud, owner.account, before, call.now).await;
            reply
        }
        Ok(Hearing::TooMany) => Err(too_many()),
        Ok(Hearing::Unknown) => return turn_away(&call).await,
        Err(error) => Err(error.into()),
    };
    let frame = match reply {
        Ok(None) => return Ok(SocketAnswer::ok()),
        Ok(Some(frame)) => frame,
        Err(failure) => frame::failure(failure, call.request_id()),
    };
    // A client that has gone, or does not read, does not wait for this answer either.
    call.cloud
        .sockets()
        .await?
        .post(&call.connection, &frame)
        .await?;
    Ok(SocketAnswer::ok())
}

/// What the client gets for what it says, if anything.
async fn answer(call: &SocketCall, owner: &Owner) -> Result<Option<Value>, Failure> {
    match saying::read(call.text())? {
        Saying::Ping => Ok(Some(ping::answer())),
        Saying::Ack(fields) => ack::take(call, owner, fields).await.map(|()| None),
        Saying::Chat(fields) => conversation::say(call, owner, fields).await.map(Some),
        Saying::Typing(fields) => conversation::typing(call, owner, fields)
            .await
            .map(|()| None),
        Saying::Mark(mark, fields) => conversation::mark(call, owner, mark, fields)
            .await
            .map(|()| None),
        Saying::History(fields) => conversation::history(call, owner, fields).await.map(Some),
        Saying::Response(fields) => response::take(call, owner, fields).await.map(Some),
        Saying::WorkResponse(fields) => work_response::take(call, owner, fields).await.map(Some),
        Saying::Location(fields) => location::take(call, owner, fields).await.map(|()| None),
    }
}

/// The socket of nobody, or of somebody whose sockets were closed.
async fn turn_away(call: &SocketCall) -> Result<SocketAnswer, Failure> {
    let sockets = call.cloud.sockets().await?;
    sockets.post(&call.connection, &frame::unwelcome()).await?;
    sockets.close(&call.connection).await?;
    Ok(SocketAnswer::ok())
}

fn too_many() -> Failure {
    Refused::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_messages",
        "At most 20 messages in 10 seconds are heard",
    )
    .into()
}
