//! The console: the page at `/console`, plain files that are part of the binary.
//!
//! Its policy lets it speak to this host alone, and show media from the local S3. Where its address names
//! the two URLs of a deployed stack (`/console?api=https://…&socket=wss://…`), exactly these are added,
//! and the media of AWS. A debug build reads the files anew each time, so that an edit needs but a reload.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderName, StatusCode, Uri, header};
use serde::Deserialize;

/// Where it is, on the local cloud's host.
pub const PATH: &str = "/console";

/// The page itself.
const PAGE: &str = "index.html";

/// The page is never right with another version's modules.
const CACHING: &str = "no-cache";

/// Voice and pictures are recorded by the page itself and by nothing in it.
const PERMISSIONS: &str = "microphone=(self), camera=(self), geolocation=()";

struct File {
    name: &'static str,
    text: &'static str,
    /// Where it was when this was built.
    source: &'static str,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(File {
            name: $name,
            text: include_str!(concat!("../console/", $name)),
            source: concat!(env!("CARGO_MANIFEST_DIR"), "/console/", $name),
        }),*]
    };
}

const FILES: &[File] = files![
    "index.html",
    "console.css",
    "icon.svg",
    "actions/account.js",
    "actions/blood.js",
    "actions/consultation.js",
    "actions/conversation.js",
    "actions/index.js",
    "actions/medicine.js",
    "actions/work.js",
    "app.js",
    "captured.js",
    "card.js",
    "cast.js",
    "dom.js",
    "entrance.js",
    "facts.js",
    "fields.js",
    "forms.js",
    "functions.js",
    "geo.js",
    "link.js",
    "map.js",
    "panel.js",
    "people.js",
    "person.js",
    "recorder.js",
    "requests.js",
    "stack.js",
    "tabs.js",
    "theme.js",
    "timeline.js",
];

/// The two URLs of a deployed stack, as the page's address names them.
#[derive(Debug, Default, Deserialize)]
struct Deployed {
    api: Option<String>,
    socket: Option<String>,
}

/// The routes of the console; pictures and voice are shown from `media_origin`.
pub fn router(media_origin: &str) -> Router {
    Router::new()
        .route(PATH, get(page))
        .route("/console/", get(page))
        .route("/console/{*name}", get(file))
        .with_state(Arc::from(media_origin))
}

async fn page(State(media): State<Arc<str>>, Query(deployed): Query<Deployed>) -> Response {
    answer(PAGE, &policy(&media, &deployed))
}

async fn file(State(media): State<Arc<str>>, Path(name): Path<String>) -> Response {
    answer(&name, &policy(&media, &Deployed::default()))
}

fn answer(name: &str, policy: &str) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers: [(HeaderName, &str); 7] = [
        (header::CONTENT_TYPE, content_type(file.name)),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, CACHING),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    (headers, content(file).into_owned()).into_response()
}

fn content(file: &File) -> Cow<'static, str> {
    if cfg!(debug_assertions)
        && let Ok(text) = std::fs::read_to_string(file.source)
    {
        return Cow::Owned(text);
    }
    Cow::Borrowed(file.text)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    }
}

/// `Content-Security-Policy`. That nothing becomes markup or script from text is the browser's to enforce.
fn policy(media: &str, deployed: &Deployed) -> String {
    let mut connect = String::new();
    for url in [&deployed.api, &deployed.socket].into_iter().flatten() {
        if let Some(origin) = origin(url) {
            connect.push(' ');
            connect.push_str(&origin);
        }
    }
    let media = if connect.is_empty() {
        media.to_owned()
    } else {
        format!("{media} https://*.amazonaws.com")
    };
    format!(
        "default-src 'self'; connect-src 'self'{connect}; img-src 'self' blob: {media}; \
         media-src 'self' blob: {media}; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
}

/// The origin of a URL that somebody typed; none of what could say more in a policy than one origin.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?;
    let authority = uri.authority()?.as_str();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:".contains(letter);
    let is_known = ["http", "https", "ws", "wss"].contains(&scheme);
    (is_known && authority.chars().all(is_plain)).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
