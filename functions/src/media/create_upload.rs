//! POST /media/uploads/ by any account `{content_type, size_bytes}`: a link by which a client uploads one
//! picture or recording of up to 25 MB by itself. What it put there means nothing, and is seen by nobody,
//! until something refers to its `media_id`; what nothing refers to within a day is removed.
//!
//! Leaves behind a count of the account's uploads in this hour.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::media::UPLOAD_LIFETIME;
use callout_cloud::media::record::Turn as Upload;
use callout_cloud::{Cloud, clock};
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::media::{MOST_BYTES, MediaKind};
use serde_json::{Value, json};

use crate::http::{Answer, Call, Failure, Form, Linked, Once, Reply, Scope, Turn};
use crate::media::attached::{other_than, too_large};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let mut form = call.json()?;
    let asked = Asked::read(&mut form)?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return signed(call.cloud, caller.account, &asked, answer).await,
    };

    let records = call.cloud.media_records().await?;
    if let Upload::TooMany { seconds } = records.count_upload(caller.account, call.now).await? {
        return Err(too_many(seconds));
    }

    let reply = Reply::created(body(&asked));
    let commit = once.commit(call.cloud, &reply).await?;
    // Without a key there is nothing to keep.
    let outcome = if commit.is_empty() {
        Ok(())
    } else {
        commit.run().await
    };
    let answer = match outcome {
        Ok(()) => reply.sign(call.cloud).await?,
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::KeyUnused => {
            once.answer_again(call.cloud).await?
        }
        Err(error) => return Err(error.into()),
    };
    signed(call.cloud, caller.account, &asked, answer).await
}

fn too_many(seconds: u64) -> Failure {
    let sentence = "You have uploaded a lot; please wait a little";
    Failure::too_many("too_many_uploads", sentence, seconds)
}

/// What is to be uploaded.
struct Asked {
    kind: MediaKind,
    bytes: i64,
}

impl Asked {
    /// 400 with every field that is wrong, 413 for too large a file, 415 for a type that is not taken.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let content_type = form.required("content_type", |given| given.text().map(str::to_owned));
        let bytes = form.required("size_bytes", |given| match given.whole_number()? {
            size @ 1.. => Ok(size),
            _ => Err("must be at least 1"),
        });
        form.check()?;
        let (Some(content_type), Some(bytes)) = (content_type, bytes) else {
            return Err(form.reject());
        };
        if u64::try_from(bytes).is_ok_and(|bytes| bytes > MOST_BYTES) {
            return Err(too_large());
        }
        let kind = MediaKind::announced(&content_type).ok_or_else(|| {
            other_than("a JPEG, PNG, WebP or HEIC image, or WebM, MP3, M4A, OGG or WAV audio")
        })?;
        Ok(Self { kind, bytes })
    }
}

/// The answer but for its link, which ends and is not kept.
fn body(asked: &Asked) -> Linked {
    Linked::new(json!({
        "media_id": MediaId::new(clock::fresh_ulid()),
        "upload_url": null,
        "method": "PUT",
        "headers": {"Content-Type": asked.kind.content_type()},
        "expires_in": UPLOAD_LIFETIME.as_secs(),
    }))
}

async fn signed(
    cloud: &Cloud,
    owner: AccountId,
    asked: &Asked,
    answer: Answer,
) -> Result<Answer, Failure> {
    let id = answer.body()["media_id"].as_str();
    let Some(id) = id.and_then(|id| id.parse().ok()) else {
        return Ok(answer);
    };
    let media = cloud.media().await?;
    let content_type = asked.kind.content_type();
    let link = media.upload_link(owner, id, content_type, asked.bytes);
    let link = Value::from(link.await?);
    Ok(answer.map_body(|mut body| {
        body["upload_url"] = link;
        body
    }))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        closed, constant, count, given_bytes, given_content_type, id, open, operation, text, ulid,
    };

    operation("Gives a link by which a picture or recording of up to 25 MB is uploaded")
        .that("What was uploaded is seen by nobody until something is sent with its `media_id`.")
        .takes(
            open()
                .with("content_type", given_content_type())
                .with("size_bytes", given_bytes()),
            json!({"content_type": "image/jpeg", "size_bytes": 204_800}),
        )
        .once()
        .answers(
            201,
            "Where to put it, and with which headers.",
            closed()
                .with("media_id", ulid())
                .with("upload_url", text())
                .with("method", constant("PUT"))
                .with("headers", closed().with("Content-Type", text()))
                .with("expires_in", count()),
            json!({
                "media_id": id('V'), "upload_url": "https://media.example/upload?signature",
                "method": "PUT", "headers": {"Content-Type": "image/jpeg"},
                "expires_in": UPLOAD_LIFETIME.as_secs(),
            }),
        )
        .refuses(too_large())
        .refuses(other_than("an image or audio"))
        .refuses(too_many(60))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::media::MediaKind;
    use serde_json::{Value, json};

    use super::Asked;
    use crate::http::{Failure, Form};

    fn read(content_type: &Value, size: &Value) -> Result<Asked, Failure> {
        let fields = json!({"content_type": content_type, "size_bytes": size});
        Asked::read(&mut Form::of(fields.as_object().unwrap().clone()))
    }

    #[test]
    fn files_of_known_types_and_up_to_25_mb_are_asked_for() {
        for size in [json!(1), json!(25_000_000), json!("7")] {
            let asked = read(&json!("audio/webm; codecs=opus"), &size).ok().unwrap();
            assert_eq!(asked.kind, MediaKind::WebM);
        }
        for (content_type, size, status) in [
            (json!("image/png"), json!(25_000_001), 413),
            (json!("image/png"), json!(i64::MAX), 413),
            (json!("image/png"), json!(0), 400),
            (json!("image/png"), json!(-1), 400),
            (json!("image/png"), json!(1.5), 400),
            (json!("image/png"), json!(null), 400),
            (json!(null), json!(1), 400),
            (json!(["image/png"]), json!(1), 400),
            (json!("text/html"), json!(1), 415),
            (json!("image/svg+xml"), json!(1), 415),
        ] {
            let refused = read(&content_type, &size).err().unwrap();
            assert_eq!(refused.answer("").status(), status, "{content_type} {size}");
        }
    }
}
