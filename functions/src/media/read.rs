//! GET /media/{id}/ by whoever uploaded a file, and by the parties of what it belongs to: a redirection to a
//! link that ends soon, or with `Accept: application/json` the link itself, `{url, expires_in}`, for who
//! cannot send a token along, such as the `src` of a player. For anybody else, and of what belongs to
//! nothing yet, there is no such file; nor of a conversation that they cannot read any more.
//!
//! Leaves nothing behind.

use callout_cloud::media::LINK_LIFETIME;
use callout_cloud::media::record::MediaRecord;
use callout_domain::ids::MediaId;
use callout_domain::media::BelongsTo;
use lambda_http::http::StatusCode;
use lambda_http::http::header::{HeaderValue, LOCATION};
use serde_json::json;

use crate::conversations::scene::{Named, Scene};
use crate::http::{Answer, Call, Caller, Failure};
use crate::medicine;

const UNKNOWN: &str = "There is no such file";

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let id: MediaId = call.path_id("id", UNKNOWN)?;

    let records = call.cloud.media_records().await?;
    let record = records.read(id, call.now).await?;
    let record = record.ok_or_else(|| Failure::unknown(UNKNOWN))?;
    if !may_see(&call, &caller, &record).await? {
        return Err(Failure::unknown(UNKNOWN));
    }

    let url = call.cloud.media().await?.link(id).await?;
    let body = json!({"url": url, "expires_in": LINK_LIFETIME.as_secs()});
    match HeaderValue::from_str(&url) {
        Ok(url) if !prefers_json(call.header("accept")) => {
            Ok(Answer::new(StatusCode::FOUND, json!({})).with_header(LOCATION, url))
        }
        Ok(_) | Err(_) => Ok(Answer::ok(body)),
    }
}

async fn may_see(call: &Call, caller: &Caller, record: &MediaRecord) -> Result<bool, Failure> {
    if record.owner == caller.account {
        return Ok(true);
    }
    match &record.belongs_to {
        // Of all kinds of requests, those for medicine have files.
        BelongsTo::Request { request } => {
            let seen = medicine::parties::of(call.cloud, caller, *request, call.now).await?;
            Ok(seen.is_some())
        }
        BelongsTo::Conversation { request, parties } => {
            let mut others = parties.iter().copied();
            let named = Named {
                request: *request,
                with: others.find(|party| *party != caller.account),
            };
            let reads = Scene::is_read_by(call.cloud, caller.account, named, call.now);
            Ok(parties.contains(&caller.account) && Box::pin(reads).await?)
        }
    }
}

/// Whether the first media type that is accepted is JSON.
fn prefers_json(accept: Option<&str>) -> bool {
    let first = accept.and_then(|accept| accept.split([',', ';']).next());
    first.is_some_and(|first| first.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::prefers_json;

    #[test]
    fn json_is_for_who_asks_for_it_first() {
        for (accept, expected) in [
            (None, false),
            (Some("*/*"), false),
            (Some("image/avif,image/webp,*/*;q=0.8"), false),
            (Some("application/json"), true),
            (Some("Application/JSON;q=0.9"), true),
            (Some("application/json, text/plain, */*"), true),
            (Some("text/html, application/json"), false),
        ] {
            assert_eq!(prefers_json(accept), expected, "{accept:?}");
        }
    }
}
