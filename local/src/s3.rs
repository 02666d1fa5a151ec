//! S3: objects in folders below the state folder, behind signatures that are really verified.
//!
//! Buckets are addressed by path, `http://127.0.0.1:port/bucket/key`. No client has to be told:
//! the SDKs choose path-style by themselves when the host of their endpoint is an IP address, so
//! `AWS_ENDPOINT_URL_S3=http://127.0.0.1:port` is enough. (`localhost` would not do: there they put
//! the bucket before the host name.)

use std::future::Future;
use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use tokio::net::TcpListener;

use crate::state::State;
use crate::template::model::Stack;

/// What every access key id of the local cloud begins with; the function's logical id follows.
pub const ACCESS_KEY_PREFIX: &str = "LOCAL";

/// The secret that all functions of one local cloud sign with.
#[derive(Clone)]
pub struct Credentials {
    /// The secret access key that belongs to every `LOCAL<LogicalId>`.
    pub secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .finish_non_exhaustive()
    }
}

/// Why the door could not open.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// The folder of the objects cannot be used.
    #[error("the folder for S3 objects cannot be used: {0}")]
    Folder(String),
    /// The listener failed.
    #[error("the S3 door failed: {0}")]
    Serve(#[from] std::io::Error),
}

/// Serves the buckets of `stack` on `listener` until `shutdown` is ready.
///
/// # Errors
/// [`S3Error`], when the folder or the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: &State,
    stack: &Stack,
    credentials: Credentials,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), S3Error> {
    let root = state.path().join("s3");
    make_folders(&root, stack.buckets.values())
        .map_err(|error| S3Error::Folder(format!("{}: {error}", root.display())))?;
    let files = s3s_fs::FileSystem::new(&root)
        .map_err(|error| S3Error::Folder(format!("{}: {error:?}", root.display())))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SharedSecret(credentials));
    let service = tower::util::MapErr::new(builder.build(), |error| {
        // s3s answers errors of callers itself; what arrives here is a failure of its own.
        tracing::error!(?error, "the S3 door failed on a call");
        std::io::Error::other("S3 failed")
    });
    let router = Router::new()
        .fallback(axum::routing::any(move |request: Request| {
            let service = service.clone();
            async move {
                match tower::ServiceExt::oneshot(service, request).await {
                    Ok(answer) => answer.map(axum::body::Body::new).into_response(),
                    Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                }
            }
        }))
        .layer(axum::middleware::from_fn(cross_origin));
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await?;
    Ok(())
}

fn make_folders<'a>(root: &Path, buckets: impl Iterator<Item = &'a String>) -> std::io::Result<()> {
    std::fs::create_dir_all(root)?;
    for bucket in buckets {
        std::fs::create_dir_all(root.join(bucket))?;
    }
    Ok(())
}

/// One secret for every function, so that a signature proves a function of this cloud.
struct SharedSecret(Credentials);

#[async_trait::async_trait]
impl S3Auth for SharedSecret {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match access_key.strip_prefix(ACCESS_KEY_PREFIX) {
            Some(logical_id) if !logical_id.is_empty() => {
                Ok(SecretKey::from(self.0.secret.as_str()))
            }
            Some(_) | None => Err(s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            )),
        }
    }
}

/// Answers browsers as a bucket with an open CORS rule does; s3s knows no CORS.
async fn cross_origin(request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let asked = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .cloned();
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut answer = if is_preflight {
        StatusCode::OK.into_response()
    } else {
        next.run(request).await
    };
    allow_origin(answer.headers_mut(), origin);
    if is_preflight {
        allow_request(answer.headers_mut(), asked);
    }
    answer
}

fn allow_origin(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("ETag, Content-Length, Content-Type"),
    );
}

fn allow_request(headers: &mut HeaderMap, asked: Option<HeaderValue>) {
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, PUT, POST, DELETE"),
    );
    if let Some(asked) = asked {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_s3::Client;
    use aws_sdk_s3::error::ProvideErrorMetadata;
    use aws_sdk_s3::presigning::PresigningConfig;
    use aws_sdk_s3::primitives::ByteStream;

    use super::*;

    struct Door {
        url: String,
        state: State,
    }

    async fn open() -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State::temporary().unwrap();
        let held = state.clone();
        let stack = Stack {
            buckets: BTreeMap::from([("MediaBucket".to_owned(), "callout-media".to_owned())]),
            ..Stack::default()
        };
        tokio::spawn(async move {
            let credentials = Credentials {
                secret: "right".to_owned(),
            };
            serve(listener, &held, &stack, credentials, std::future::pending()).await
        });
        Door { url, state }
    }

    impl Door {
        /// A client as a function makes it: the endpoint's URL and nothing else.
        fn client(&self, key: &str, secret: &str) -> Client {
            let config = aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("us-east-1"))
                .endpoint_url(&self.url)
                .credentials_provider(aws_sdk_s3::config::Credentials::new(
                    key, secret, None, None, "test",
                ))
                .build();
            Client::from_conf(config)
        }
    }

    fn for_a_minute() -> PresigningConfig {
        PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
    }

    #[tokio::test]
    async fn keeps_objects_for_the_sdk_without_being_told_path_style() {
        let door = open().await;
        let client = door.client("LOCALUploads", "right");
        client
            .put_object()
            .bucket("callout-media")
            .key("images/one")
            .content_type("image/png")
            .body(ByteStream::from_static(b"pixels"))
            .send()
            .await
            .unwrap();
        let found = client
            .get_object()
            .bucket("callout-media")
            .key("images/one")
            .send()
            .await
            .unwrap();
        assert_eq!(found.content_type(), Some("image/png"));
        assert_eq!(
            found.body.collect().await.unwrap().into_bytes().as_ref(),
            b"pixels"
        );
        assert!(
            door.state
                .path()
                .join("s3/callout-media/images/one")
                .exists()
        );

        client
            .delete_object()
            .bucket("callout-media")
            .key("images/one")
            .send()
            .await
            .unwrap();
        let gone = client
            .head_object()
            .bucket("callout-media")
            .key("images/one")
            .send()
            .await
            .unwrap_err();
        assert!(gone.into_service_error().is_not_found());
    }

    #[tokio::test]
    async fn refuses_wrong_secrets_and_strange_keys() {
        let door = open().await;
        for (key, secret, code) in [
            ("LOCALUploads", "wrong", "SignatureDoesNotMatch"),
            ("AKIASTRANGER", "right", "InvalidAccessKeyId"),
            ("LOCAL", "right", "InvalidAccessKeyId"),
        ] {
            let refused = door
                .client(key, secret)
                .get_object()
                .bucket("callout-media")
                .key("x")
                .send()
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Some(code), "{key} {secret}");
        }
        let unsigned = reqwest::get(format!("{}/callout-media/x", door.url))
            .await
            .unwrap();
        assert_eq!(unsigned.status(), 403);
    }

    #[tokio::test]
    async fn a_presigned_upload_and_download_work_and_a_tampered_one_does_not() {
        let door = open().await;
        let client = door.client("LOCALUploads", "right");
        let put = client
            .put_object()
            .bucket("callout-media")
            .key("up/a b+c")
            .content_type("image/jpeg")
            .presigned(for_a_minute())
            .await
            .unwrap();
        let http = reqwest::Client::new();
        let upload = |url: String, body: &'static str| {
            http.put(url)
                .header("content-type", "image/jpeg")
                .body(body)
                .send()
        };
        assert_eq!(
            upload(put.uri().to_owned(), "photo")
                .await
                .unwrap()
                .status(),
            200
        );
        let elsewhere = put.uri().replace("/up/", "/down/");
        assert_eq!(upload(elsewhere, "photo").await.unwrap().status(), 403);

        let get = client
            .get_object()
            .bucket("callout-media")
            .key("up/a b+c")
            .presigned(for_a_minute())
            .await
            .unwrap();
        let found = http.get(get.uri()).send().await.unwrap();
        assert_eq!(found.status(), 200);
        assert_eq!(found.headers()["content-type"], "image/jpeg");
        assert_eq!(found.text().await.unwrap(), "photo");
        let longer = get.uri().replace("X-Amz-Expires=60", "X-Amz-Expires=600");
        assert_ne!(longer, get.uri());
        assert_eq!(http.get(longer).send().await.unwrap().status(), 403);
    }

    #[tokio::test]
    async fn an_expired_link_is_refused() {
        let door = open().await;
        let client = door.client("LOCALUploads", "right");
        let earlier = std::time::SystemTime::now() - Duration::from_mins(2);
        let config = PresigningConfig::builder()
            .start_time(earlier)
            .expires_in(Duration::from_mins(1))
            .build()
            .unwrap();
        let get = client
            .get_object()
            .bucket("callout-media")
            .key("x")
            .presigned(config)
            .await
            .unwrap();
        let late = reqwest::get(get.uri()).await.unwrap();
        assert_eq!(late.status(), 403);
        assert!(late.text().await.unwrap().contains("expired"));
    }

    #[tokio::test]
    async fn browsers_may_come_from_anywhere() {
        let door = open().await;
        let http = reqwest::Client::new();
        let preflight = http
            .request(
                reqwest::Method::OPTIONS,
                format!("{}/callout-media/x", door.url),
            )
            .header("origin", "https://app.example")
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "content-type")
            .send()
            .await
            .unwrap();
        assert_eq!(preflight.status(), 200);
        assert_eq!(
            preflight.headers()["access-control-allow-origin"],
            "https://app.example"
        );
        assert_eq!(
            preflight.headers()["access-control-allow-headers"],
            "content-type"
        );
        let refused = http
            .get(format!("{}/callout-media/x", door.url))
            .header("origin", "https://app.example")
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 403);
        assert_eq!(
            refused.headers()["access-control-allow-origin"],
            "https://app.example"
        );
    }
}
