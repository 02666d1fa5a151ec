//! Why a function did not do what it was asked, and the one place where that becomes the contract's
//! JSON: `{"error", "code"}`, `fields` for rejected fields, `request_id` for what is our fault.

use std::collections::BTreeMap;

use callout_cloud::commit::CommitError;
use callout_cloud::failure::CloudError;
use lambda_http::http::header::RETRY_AFTER;
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::tracing;
use serde_json::json;

use crate::http::Answer;

/// Why there is no good answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was sent breaks the rules: 400, field by field.
    Invalid(BTreeMap<String, String>),
    /// What was asked is not allowed, or makes no sense as things stand.
    Refused(Refused),
    /// Our fault: 500, and nobody is told why.
    Broken(CloudError),
}

/// A refusal that a person can read and a program can tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// Stable, in snake case.
    pub(crate) code: &'static str,
    /// One sentence for a person.
    pub(crate) sentence: String,
    /// When to come back, in seconds.
    pub(crate) retry_after_seconds: Option<u64>,
}

impl Refused {
    /// A refusal with no time to come back.
    pub(crate) fn new(status: StatusCode, code: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            status,
            code,
            sentence: sentence.into(),
            retry_after_seconds: None,
        }
    }
}

impl Failure {
    /// 400: a state or a rule forbids it.
    pub(crate) fn bad(code: &'static str, sentence: impl Into<String>) -> Self {
        Refused::new(StatusCode::BAD_REQUEST, code, sentence).into()
    }

    /// 401: no valid token. Which half of it is wrong is not said.
    pub(crate) fn unauthenticated() -> Self {
        Refused::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "A valid access token is required",
        )
        .into()
    }

    /// 403: not yours, or the wrong role.
    pub(crate) fn forbidden(sentence: impl Into<String>) -> Self {
        Refused::new(StatusCode::FORBIDDEN, "forbidden", sentence).into()
    }

    /// 404: there is no such thing, or none that the caller may know of.
    pub(crate) fn unknown(sentence: impl Into<String>) -> Self {
        Refused::new(StatusCode::NOT_FOUND, "not_found", sentence).into()
    }

    /// 404 for a path that no endpoint has.
    pub(crate) fn unknown_path() -> Self {
        Self::unknown("There is nothing here")
    }

    /// 413: more than a body may hold.
    pub(crate) fn too_large() -> Self {
        Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than 4.5 MB; upload large files first",
        )
        .into()
    }

    /// 415: a body that is neither of the media types that this endpoint reads.
    pub(crate) fn unsupported_media_type() -> Self {
        Refused::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/json or, where a file travels, multipart/form-data",
        )
        .into()
    }

    /// 429: too many; come back later.
    pub(crate) fn too_many(
        code: &'static str,
        sentence: impl Into<String>,
        retry_after_seconds: u64,
    ) -> Self {
        Self::Refused(Refused {
            retry_after_seconds: Some(retry_after_seconds),
            ..Refused::new(StatusCode::TOO_MANY_REQUESTS, code, sentence)
        })
    }

    /// 400 for one field.
    pub(crate) fn field(name: &str, problem: impl Into<String>) -> Self {
        Self::Invalid(BTreeMap::from([(name.to_owned(), problem.into())]))
    }

    /// The answer that carries it; what is our fault is logged here, once.
    pub(crate) fn answer(self, request_id: &str) -> Answer {
        match self {
            Self::Invalid(fields) => Answer::new(
                StatusCode::BAD_REQUEST,
                json!({
                    "error": "Some fields are not valid",
                    "code": "invalid_input",
                    "fields": fields,
                }),
            ),
            Self::Refused(refused) => {
                let answer = Answer::new(
                    refused.status,
                    json!({"error": refused.sentence, "code": refused.code}),
                );
                match refused.retry_after_seconds {
                    Some(seconds) => answer.with_header(RETRY_AFTER, HeaderValue::from(seconds)),
                    None => answer,
                }
            }
            Self::Broken(error) => {
                tracing::error!(request_id, error = error.chain(), "failed");
                Answer::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    json!({
                        "error": "Something went wrong on our side; please try again",
                        "code": "internal",
                        "request_id": request_id,
                    }),
                )
            }
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        Self::Broken(error)
    }
}

/// A refused commit that its handler has no sentence for is our fault.
impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Cloud(error) => Self::Broken(error),
            CommitError::Refused(_) => Self::Broken(CloudError::Contended),
        }
    }
}
