//! S3: objects in folders below the state folder, behind signatures that are really verified.
//!
//! Buckets are addressed by path, `http://127.0.0.1:port/bucket/key`. No client has to be told:
//! the SDKs choose path-style by themselves when the host of their endpoint is an IP address, so
//! `AWS_ENDPOINT_URL_S3=http://127.0.0.1:port` is enough. (`localhost` would not do: there they put
//! the bucket before the host name.)

mod access;
mod cors;
mod lifecycle;

use std::future::{Future, IntoFuture as _};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use http::StatusCode;
use s3s::S3Result;
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

use self::access::{ByPolicy, unknown_key};
use crate::caller::KEY_PREFIX;
use crate::iam::Iam;
use crate::state::State;
use crate::template::model::Stack;

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
    iam: Arc<Iam>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), S3Error> {
    let root = state.path().join("s3");
    make_folders(&root, stack.buckets.values().map(|bucket| &bucket.name))
        .map_err(|error| S3Error::Folder(format!("{}: {error}", root.display())))?;
    let files = s3s_fs::FileSystem::new(&root)
        .map_err(|error| S3Error::Folder(format!("{}: {error:?}", root.display())))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SharedSecret(credentials));
    builder.set_access(ByPolicy {
        iam,
        root: root.clone(),
    });
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
        .layer(axum::middleware::from_fn_with_state(
            Arc::new(cors::Rules::of(stack)),
            cors::answer,
        ));
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown);
    let buckets = stack.buckets.values().cloned().collect();
    tokio::select! {
        served = serving.into_future() => Ok(served?),
        never = lifecycle::keep(root, buckets) => match never {},
    }
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
        match access_key.strip_prefix(KEY_PREFIX) {
            Some(logical_id) if !logical_id.is_empty() => {
                Ok(SecretKey::from(self.0.secret.as_str()))
            }
            Some(_) | None => Err(unknown_key()),
        }
    }
}

#[cfg(test)]
mod tests;
