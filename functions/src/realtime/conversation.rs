//! What parties of a conversation say over their sockets, by the rules of [`crate::conversations`].
//!
//! - `chat_message {request_id, with?, message_id?, text | media_id}` gets `message_sent`, with what the REST twin
//!   answers;
//! - `message_delivered`, `message_read {request_id, with?, sequence | message_id}` and
//!   `typing_indicator {request_id, with?, is_typing}` get no answer;
//! - `request_chat_history {request_id, with?, limit?, cursor? | before? | after?}` gets `chat_history`.

use callout_cloud::connections::Owner;
use callout_domain::conversation::Mark;
use serde_json::{Map, Value};

use crate::conversations::draft::Draft;
use crate::conversations::history::{self, Wanted};
use crate::conversations::marking::{self, Place};
use crate::conversations::scene::Named;
use crate::conversations::{sending, typing};
use crate::http::{Failure, Form, Once};
use crate::realtime::caller;
use crate::socket::{SocketCall, frame};

/// API Gateway takes frames of up to 128 KB for a client.
const MOST_BYTES: usize = 120 * 1024;
const DEFAULT_LIMIT: i64 = 20;
const LARGEST_LIMIT: i64 = 100;

pub(super) async fn say(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<Value, Failure> {
    let mut form = Form::of(fields);
    let named = Named::read(&mut form)?;
    let draft = Draft::read(&mut form)?;
    let once = Once::without_key(call.now);
    let caller = caller(owner);
    let reply = Box::pin(sending::send(
        call.cloud, &caller, named, draft, &once, call.now,
    ))
    .await?;
    let said = history::signed(call.cloud, reply.body).await?;
    Ok(frame::reply("message_sent", said))
}

pub(super) async fn mark(
    call: &SocketCall,
    owner: &Owner,
    mark: Mark,
    fields: Map<String, Value>,
) -> Result<(), Failure> {
    let mut form = Form::of(fields);
    let named = Named::read(&mut form)?;
    let place = Place::read(&mut form)?;
    Box::pin(marking::mark(
        call.cloud,
        owner.account,
        named,
        (mark, place),
        call.now,
    ))
    .await
}

pub(super) async fn typing(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<(), Failure> {
    let mut form = Form::of(fields);
    let named = Named::read(&mut form)?;
    let is_typing = form.required("is_typing", |given| {
        given.value().as_bool().ok_or("must be true or false")
    });
    form.check()?;
    let is_typing = is_typing.ok_or_else(|| form.reject())?;
    Box::pin(typing::tell(
        call.cloud,
        owner.account,
        named,
        is_typing,
        call.now,
    ))
    .await
}

pub(super) async fn history(
    call: &SocketCall,
    owner: &Owner,
    fields: Map<String, Value>,
) -> Result<Value, Failure> {
    let mut form = Form::of(fields);
    let named = Named::read(&mut form)?;
    let wanted = wanted(&mut form)?;
    let body = Box::pin(history::read(
        call.cloud,
        owner.account,
        named,
        wanted,
        call.now,
    ))
    .await?;
    let body = history::signed(call.cloud, body).await?;
    Ok(frame::reply("chat_history", body))
}

fn wanted(form: &mut Form) -> Result<Wanted, Failure> {
    let limit = form.optional("limit", |given| {
        let limit = given.whole_number()?;
        let allowed = (1..=LARGEST_LIMIT).contains(&limit);
        allowed.then_some(limit).ok_or("must be between 1 and 100")
    });
    let cursor = form.optional("cursor", |given| given.text().map(str::to_owned));
    let mut number = |name| {
        form.optional(name, |given| {
            let number = given.whole_number()?;
            u64::try_from(number)
                .map(|number| number.to_string())
                .map_err(|_| "must be the number of a message")
        })
    };
    let (before, after) = (number("before"), number("after"));
    form.check()?;
    Ok(Wanted {
        part: history::part(cursor.as_deref(), before.as_deref(), after.as_deref())?,
        limit: usize::try_from(limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or_default(),
        most_bytes: MOST_BYTES,
    })
}
