//! Secrets Manager: the stack's secrets, made once and kept.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::caller::Caller;
use crate::iam::{Iam, Refused};
use crate::state::State;
use crate::template::model::{Secret, Stack};
use crate::template::secret_arn;

/// Name of the file in the state folder.
const FILE: &str = "secrets.json";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const TARGET: &str = "secretsmanager.";
const CURRENT: &str = "AWSCURRENT";

/// The secrets of a stack. Clones are handles to the same secrets.
#[derive(Clone)]
pub struct Secrets {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    secrets: BTreeMap<String, Secret>,
    values: Mutex<BTreeMap<String, Kept>>,
    /// Keeps a temporary folder for as long as it is written to.
    _state: State,
}

/// A value as it is kept. No `Debug`: it must not end in a log.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    value: String,
    version: String,
    created_at: i64,
}

impl Secrets {
    /// Opens the secrets of `stack`, and makes those that the template has generated and that have
    /// no value yet. A secret without `GenerateSecretString` has none until [`Secrets::set`].
    ///
    /// # Errors
    /// When the state folder cannot be read or written, or does not hold what was kept there.
    pub fn open(state: &State, stack: &Stack) -> io::Result<Self> {
        std::fs::create_dir_all(state.path())?;
        let path = state.path().join(FILE);
        let values = match std::fs::read(&path) {
            Ok(kept) => serde_json::from_slice(&kept)
                .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let secrets = Self {
            inner: Arc::new(Inner {
                path,
                secrets: stack.secrets.clone(),
                values: Mutex::new(values),
                _state: state.clone(),
            }),
        };
        for secret in stack.secrets.values() {
            if let Some(length) = secret.generated_length
                && secrets.value(&secret.logical_id).is_none()
            {
                secrets.set(&secret.logical_id, &generate(length))?;
            }
        }
        Ok(secrets)
    }

    /// The value of the secret of that logical id, if it has one.
    pub fn value(&self, logical_id: &str) -> Option<String> {
        self.kept(logical_id).map(|kept| kept.value)
    }

    /// Gives the secret of that logical id a value, and keeps it.
    ///
    /// # Errors
    /// When the template has no such secret, or the state folder cannot be written.
    pub fn set(&self, logical_id: &str, value: &str) -> io::Result<()> {
        if !self.inner.secrets.contains_key(logical_id) {
            let what = format!("the template has no secret {logical_id}");
            return Err(io::Error::new(io::ErrorKind::NotFound, what));
        }
        let mut values = self
            .inner
            .values
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = Kept {
            value: value.to_owned(),
            version: generate(32).to_lowercase(),
            created_at: OffsetDateTime::now_utc().unix_timestamp(),
        };
        values.insert(logical_id.to_owned(), kept);
        write_private(&self.inner.path, &serde_json::to_vec_pretty(&*values)?)
    }

    fn kept(&self, logical_id: &str) -> Option<Kept> {
        let values = self
            .inner
            .values
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        values.get(logical_id).cloned()
    }

    /// The secret that a `SecretId` names: its name, or its ARN with or without AWS's suffix.
    fn find(&self, id: &str) -> Option<&Secret> {
        self.inner.secrets.values().find(|secret| {
            let arn = secret_arn(&secret.name);
            let short = arn
                .rsplit_once('-')
                .map_or(arn.as_str(), |(short, _)| short);
            id == secret.name || id == arn || id == short
        })
    }
}

/// Serves `secrets` on `listener`, as the SDK of Secrets Manager asks, until `shutdown` resolves.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    secrets: Secrets,
    iam: Arc<Iam>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/", post(answer))
        .with_state((secrets, iam));
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn answer(
    Shared((secrets, iam)): Shared<(Secrets, Arc<Iam>)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(caller) = Caller::of(&headers) else {
        return refusal(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        );
    };
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix(TARGET));
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(id) = body["SecretId"].as_str() else {
        return refusal("ValidationException", "SecretId is missing");
    };
    let found = secrets.find(id);
    let arn = secret_arn(found.map_or(id, |secret| secret.name.as_str()));
    let action = format!("secretsmanager:{}", operation.unwrap_or_default());
    if let Err(refused) = iam.admit(&caller, [(action, arn)]) {
        let kind = match refused {
            Refused::Unknown => "UnrecognizedClientException",
            Refused::Denied(_) => "AccessDeniedException",
        };
        return refusal(kind, &refused.message());
    }
    let Some(secret) = found else {
        let what = "Secrets Manager can't find the specified secret.";
        return refusal("ResourceNotFoundException", what);
    };
    let kept = secrets.kept(&secret.logical_id);
    match (operation, kept) {
        (Some("GetSecretValue"), Some(kept)) => respond(
            StatusCode::OK,
            &json!({
                "ARN": secret_arn(&secret.name),
                "Name": secret.name,
                "VersionId": kept.version,
                "SecretString": kept.value,
                "VersionStages": [CURRENT],
                "CreatedDate": kept.created_at,
            }),
        ),
        (Some("GetSecretValue"), None) => refusal(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        ),
        (Some("DescribeSecret"), kept) => {
            let versions = kept
                .iter()
                .map(|kept| (kept.version.clone(), json!([CURRENT])));
            respond(
                StatusCode::OK,
                &json!({
                    "ARN": secret_arn(&secret.name),
                    "Name": secret.name,
                    "VersionIdsToStages": Value::Object(versions.collect()),
                }),
            )
        }
        (Some(_) | None, _) => refusal("UnknownOperationException", "not served locally"),
    }
}

fn refusal(kind: &str, message: &str) -> Response {
    respond(
        StatusCode::BAD_REQUEST,
        &json!({ "__type": kind, "Message": message }),
    )
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response
}

/// Letters and digits, from a generator that the operating system seeds.
fn generate(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}

/// Writes a file that its owner alone may read, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&beside)?.write_all(content)?;
    std::fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::iam::fixture;

    fn stack() -> Stack {
        let secret = |logical_id: &str, generated_length| Secret {
            logical_id: logical_id.to_owned(),
            name: format!("callout-local-{logical_id}"),
            generated_length,
        };
        let secrets = [secret("Pepper", Some(64)), secret("Key", None)];
        Stack {
            secrets: secrets
                .into_iter()
                .map(|secret| (secret.logical_id.clone(), secret))
                .collect(),
            ..Stack::default()
        }
    }

    async fn ask(secrets: &Secrets, operation: &str, id: &str) -> (StatusCode, Value) {
        let iam = fixture::allowing("Login", &["secretsmanager:*"]);
        ask_under(iam, secrets, operation, id).await
    }

    async fn ask_under(
        iam: Arc<Iam>,
        secrets: &Secrets,
        operation: &str,
        id: &str,
    ) -> (StatusCode, Value) {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-amz-target",
            format!("secretsmanager.{operation}").parse().unwrap(),
        );
        let signed =
            "AWS4-HMAC-SHA256 Credential=LOCALLogin/20260101/us-east-1/s/aws4_request, Signature=a";
        headers.insert(header::AUTHORIZATION, signed.parse().unwrap());
        let body = Bytes::from(json!({ "SecretId": id }).to_string());
        let response = answer(Shared((secrets.clone(), iam)), headers, body).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_generated_secret_is_found_by_name_and_arn() {
        let secrets = Secrets::open(&State::temporary().unwrap(), &stack()).unwrap();
        let arn = secret_arn("callout-local-Pepper");
        for id in [
            "callout-local-Pepper",
            &arn,
            arn.strip_suffix("-local0").unwrap(),
        ] {
            let (status, body) = ask(&secrets, "GetSecretValue", id).await;
            assert_eq!(status, StatusCode::OK, "{body}");
            assert_eq!(body["ARN"], json!(arn));
            assert_eq!(body["SecretString"].as_str().map(str::len), Some(64));
        }
    }

    #[tokio::test]
    async fn a_secret_without_a_value_is_not_found_until_it_is_set() {
        let secrets = Secrets::open(&State::temporary().unwrap(), &stack()).unwrap();
        for id in ["callout-local-Key", "another"] {
            let (status, body) = ask(&secrets, "GetSecretValue", id).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert_eq!(body["__type"], "ResourceNotFoundException");
        }
        secrets.set("Key", "private").unwrap();
        let (_, body) = ask(&secrets, "GetSecretValue", "callout-local-Key").await;
        assert_eq!(body["SecretString"], "private");
        assert!(secrets.set("Another", "x").is_err());
    }

    #[tokio::test]
    async fn a_secret_is_for_those_who_may_read_it() {
        let secrets = Secrets::open(&State::temporary().unwrap(), &stack()).unwrap();
        for (function, kind) in [
            ("Login", "AccessDeniedException"),
            ("Logout", "UnrecognizedClientException"),
        ] {
            let iam = fixture::allowing(function, &["secretsmanager:DescribeSecret"]);
            let (status, body) =
                ask_under(iam, &secrets, "GetSecretValue", "callout-local-Pepper").await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert_eq!(body["__type"], kind, "{body}");
        }
        let iam = fixture::allowing("Login", &["secretsmanager:DescribeSecret"]);
        let (status, _) = ask_under(iam, &secrets, "DescribeSecret", "callout-local-Pepper").await;
        assert_eq!(status, StatusCode::OK);
    }

    #[test]
    fn values_are_kept_for_their_owner_alone() {
        let state = State::temporary().unwrap();
        let first = Secrets::open(&state, &stack()).unwrap().value("Pepper");
        assert_eq!(
            Secrets::open(&state, &stack()).unwrap().value("Pepper"),
            first
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(state.path().join(FILE))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
