//! A call: who makes it, and what they sent.

use std::str::FromStr;

use callout_cloud::{Cloud, clock};
use callout_domain::ids::{AccountId, SessionId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use lambda_http::http::header::AUTHORIZATION;
use lambda_http::{Body, Request, RequestExt as _};

use crate::door::CLOUD;
use crate::http::{Failure, Form};

/// One HTTP request to a function.
pub(crate) struct Call {
    request: Request,
    request_id: String,
    /// When it came in; the one "now" of the function's rules.
    pub(crate) now: Moment,
    /// The outside world.
    pub(crate) cloud: &'static Cloud,
}

/// Who calls, as their token says; never as the body says.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Whose account.
    pub(crate) account: AccountId,
    /// What they are.
    pub(crate) role: Role,
    /// What they are called.
    pub(crate) name: String,
    /// The session of their token.
    pub(crate) session: SessionId,
}

impl Call {
    pub(crate) fn new(request: Request) -> Self {
        let request_id = request
            .lambda_context_ref()
            .map(|context| context.request_id.clone())
            .unwrap_or_default();
        Self {
            request,
            request_id,
            now: clock::now(),
            cloud: &CLOUD,
        }
    }

    /// The name of this invocation in the logs.
    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Whether something follows the trailing slash that every path may have: the routes catch it
    /// with a greedy variable, and no endpoint is there.
    pub(crate) fn is_below_a_slash(&self) -> bool {
        self.request
            .path_parameters_ref()
            .and_then(|parameters| parameters.first("slash"))
            .is_some_and(|rest| !rest.is_empty())
    }

    /// Who calls.
    ///
    /// 401 without a valid access token.
    pub(crate) fn caller(&self) -> Result<Caller, Failure> {
        let token = self
            .header(AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(Failure::unauthenticated)?;
        let claims = self
            .cloud
            .tokens()
            .verify(token, self.now)?
            .map_err(|_| Failure::unauthenticated())?;
        Ok(Caller {
            account: claims.sub,
            role: claims.role,
            name: claims.name,
            session: claims.sid,
        })
    }

    /// A header's value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// A header's value as it came, where one that is no text must not pass for none.
    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        Some(self.request.headers().get(name)?.as_bytes())
    }

    /// A variable of the path.
    pub(crate) fn path(&self, name: &str) -> Option<&str> {
        self.request.path_parameters_ref()?.first(name)
    }

    /// A variable of the path that names something; what is no id names nothing.
    pub(crate) fn path_id<T: FromStr>(&self, name: &str, sentence: &str) -> Result<T, Failure> {
        self.path(name)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Failure::unknown(sentence))
    }

    /// A variable of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.request.query_string_parameters_ref()?.first(name)
    }

    /// Method and path, as the client wrote it but for a trailing slash.
    pub(crate) fn endpoint(&self) -> String {
        let path = self.request.raw_http_path().trim_end_matches('/');
        format!("{} {path}", self.request.method())
    }

    /// The body's bytes.
    pub(crate) fn body(&self) -> &[u8] {
        match self.request.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        }
    }

    /// The body's fields, where only JSON is read.
    pub(crate) fn json(&self) -> Result<Form, Failure> {
        Form::read_json(self.header("content-type"), self.body())
    }

    /// The body's fields, where a file may travel: JSON or `multipart/form-data`.
    pub(crate) async fn form(&self) -> Result<Form, Failure> {
        Form::read(self.header("content-type"), self.body()).await
    }
}

impl Caller {
    /// 403 unless the caller has one of these roles.
    pub(crate) fn must_be(&self, roles: &[Role]) -> Result<(), Failure> {
        if roles.contains(&self.role) {
            return Ok(());
        }
        let names: Vec<&str> = roles.iter().map(|role| role.path_segment()).collect();
        Err(Failure::forbidden(format!(
            "Only a {} account may do this",
            names.join(" or ")
        )))
    }
}
