//! POST /requests/{id}/messages/ by a party of its conversation: `text` (or `message`), `media_id`, or a file
//! `audio` or `image` of a form; `message_id`, the client's own, and `with` where several have accepted. The
//! socket's `chat_message` goes by the same rule, [`sending`].
//!
//! Leaves behind what [`sending`] does. What came as a file is stored before; if the commit does not happen
//! it is an orphan that the bucket's lifecycle ends.

use crate::conversations::draft::Draft;
use crate::conversations::scene::{self, Named};
use crate::conversations::sending;
use crate::http::{Answer, Call, Failure, Once, Scope, Turn};
use crate::requests;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let request = requests::named_by_path(&call)?;

    let mut form = call.form().await?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let with = scene::with(&mut form);
    let draft = Draft::read(&mut form)?;
    let named = Named { request, with };

    let said = Box::pin(sending::send(
        call.cloud, &caller, named, draft, &once, call.now,
    ));
    let reply = match said.await {
        // What stands in the way may be this very message, sent twice and said meanwhile.
        Err(Failure::Refused(refused)) => once.answered_or(call.cloud, refused).await?,
        outcome => outcome?,
    };
    Ok(reply.sign(call.cloud).await?)
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{file, no_file, operation, ulid};

    operation("Says something to whoever accepted a request, or made it")
        .at("id", ulid(), "The request's id.")
        .takes_form(
            crate::api::chat_draft()
                .may("audio", no_file())
                .may("image", no_file()),
            crate::api::chat_draft()
                .may("audio", file("WebM, MP3, M4A, OGG or WAV audio."))
                .may("image", file("A JPEG, PNG, WebP or HEIC image.")),
            serde_json::json!({"text": "I am on my way", "message_id": "m-1"}),
        )
        .once()
        .answers(
            201,
            "What was said.",
            crate::conversations::view::message_seen().named("ChatMessage"),
            crate::conversations::view::message_example(),
        )
        .refuses_any(crate::conversations::scene::refusals())
        .refuses(crate::conversations::scene::closed())
        .refuses(crate::conversations::sending::reused())
        .refuses_any(crate::media::attached::refusals())
}
