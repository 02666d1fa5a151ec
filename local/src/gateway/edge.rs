//! The edge in front of both APIs: one host, where the seeds' own paths work.
//!
//! What `CloudFront` does in AWS, the local cloud's HTTP port does here. The socket paths of the five
//! seeds are rewritten to the WebSocket API, with what the path says in `channel` and `id` of the
//! query; the stage's own path leads to it too; `/_local/` and `/console` belong to the local cloud itself;
//! and everything else is the HTTP API's. `edge/rewrite.js` does the same in `CloudFront`, held to the same
//! cases.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::serve::ListenerExt as _;
use http::uri::PathAndQuery;
use http::{Response, Uri};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;

use super::http::HttpGateway;
use super::websocket::SocketGateway;

/// Both APIs behind one host.
pub struct Edge {
    http: HttpGateway,
    sockets: Option<Arc<SocketGateway>>,
}

/// What a socket path says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Channel {
    /// `channel` of the query; none on the stage's own path, where the client gives it itself.
    name: Option<String>,
    /// `id` of the query.
    id: Option<String>,
}

impl Edge {
    /// Puts the two APIs behind one host.
    pub fn new(http: HttpGateway, sockets: Option<Arc<SocketGateway>>) -> Self {
        Self { http, sockets }
    }

    /// Serves on `listener` until `shutdown`; `local` are the local cloud's own routes: `/_local/`
    /// and the console.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        local: Router,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let edge = Arc::new(self);
        let router = local.fallback(
            move |ConnectInfo(source): ConnectInfo<SocketAddr>, request: Request| {
                let edge = Arc::clone(&edge);
                async move { edge.answer(request, source).await }
            },
        );
        let listener = listener.tap_io(|stream| {
            // Answers are small and awaited: gathering them would only delay them.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(
            listener,
            router.into_make_service_with_connect_info::<SocketAddr>(),
        )
        .with_graceful_shutdown(shutdown)
        .await
    }

    async fn answer(&self, mut request: Request, source: SocketAddr) -> Response<Body> {
        if let Some(sockets) = &self.sockets
            && let Some(channel) = channel(request.uri().path(), sockets.stage())
        {
            if let Some(uri) = rewrite(request.uri(), sockets.stage(), &channel) {
                *request.uri_mut() = uri;
            }
            return sockets.upgrade(request, source).await;
        }
        self.http.handle(request, source).await
    }
}

/// What a path says, if it is one of the sockets'.
fn channel(path: &str, stage: &str) -> Option<Channel> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.split('/').collect();
    let named = |name: &str, id: Option<&str>| {
        Some(Channel {
            name: Some(decode(name)),
            id: id.map(decode),
        })
    };
    match segments.as_slice() {
        [only] if *only == stage => Some(Channel::default()),
        ["ws", name @ ("user" | "pharmacy"), id] if !id.is_empty() => named(name, Some(id)),
        ["ws", name @ ("customer" | "pharmacy")]
        | ["ws", "work", name @ ("provider" | "seeker")] => named(name, None),
        ["ws", "notifications", name, id] if !name.is_empty() && !id.is_empty() => {
            named(name, Some(id))
        }
        _ => None,
    }
}

/// The WebSocket API's own address: what the path says goes before what the client says.
fn rewrite(uri: &Uri, stage: &str, channel: &Channel) -> Option<Uri> {
    let said = [
        ("channel", channel.name.as_ref()),
        ("id", channel.id.as_ref()),
    ];
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let overridden = channel.name.is_some() && said.iter().any(|(own, _)| *own == name);
        if !overridden {
            query.append_pair(&name, &value);
        }
    }
    for (name, value) in said {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    let address = if query.is_empty() {
        format!("/{stage}")
    } else {
        format!("/{stage}?{query}")
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(address).ok()?);
    Uri::from_parts(parts).ok()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rewritten(address: &str) -> Option<String> {
        let uri: Uri = address.parse().unwrap();
        let channel = channel(uri.path(), "dev")?;
        Some(rewrite(&uri, "dev", &channel).unwrap().to_string())
    }

    /// What the edge in `CloudFront` is held to by `edge/check.mjs`.
    fn cases() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../edge/cases.json")).unwrap()
    }

    #[test]
    fn every_socket_path_of_the_seeds_leads_to_the_stage_and_no_client_says_otherwise() {
        let cases = cases();
        assert_eq!(cases["stage"], "dev");
        let sockets = cases["sockets"].as_object().unwrap();
        assert!(!sockets.is_empty());
        for (from, to) in sockets {
            assert_eq!(rewritten(from).as_deref(), to.as_str(), "{from}");
        }
    }

    #[test]
    fn the_stages_own_path_is_the_clients() {
        for (from, to) in [
            (
                "/dev?token=t&channel=pharmacy",
                "/dev?token=t&channel=pharmacy",
            ),
            ("/dev/", "/dev"),
        ] {
            assert_eq!(rewritten(from).as_deref(), Some(to), "{from}");
        }
    }

    #[test]
    fn everything_else_is_the_http_apis() {
        let cases = cases();
        let none = cases["none"].as_array().unwrap();
        let none = none.iter().map(|path| path.as_str().unwrap());
        for path in none.chain(["/", "/ws/ticket/", "/devs", "/dev/x"]) {
            assert_eq!(rewritten(path), None, "{path}");
        }
    }
}
