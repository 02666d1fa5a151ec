//! The HTTP API.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ClientError;

/// Longer than API Gateway lets a call take.
const TIMEOUT: Duration = Duration::from_secs(35);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The call, for messages: `POST /login`.
    pub call: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body: JSON, a string where it is not JSON, null where it is empty.
    pub body: Value,
}

impl Answer {
    /// The body, if the status is that one.
    ///
    /// # Errors
    /// [`ClientError::Unexpected`] for any other status.
    pub fn expect(self, status: u16) -> Result<Value, ClientError> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(self.unexpected(status.to_string()))
    }

    /// The error that says what should have come instead of this.
    pub fn unexpected(self, expected: impl Into<String>) -> ClientError {
        ClientError::Unexpected {
            what: self.call,
            expected: expected.into(),
            status: self.status,
            body: self.body,
        }
    }
}

/// Who is signed in: what `POST /login` answers.
#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The role, upper case.
    pub role: String,
    /// The account's id.
    pub user_id: String,
    /// The account's name.
    pub name: String,
}

/// A client of one stack, with or without an access token. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    /// Where the WebSocket API is, if it is not behind the same host.
    sockets: Option<String>,
    http: reqwest::Client,
    token: Option<String>,
}

impl Api {
    /// A client of the stack at `base`, such as `http://127.0.0.1:8000`. No proxy of the environment
    /// is used, as it could not reach this machine's loopback address.
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into().trim_end_matches('/').to_owned(),
            sockets: None,
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .unwrap_or_default(),
            token: None,
        }
    }

    /// The same client, calling with that access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The same client, of a stack whose WebSocket API has that URL: without an edge in front of both
    /// APIs, each has a host of its own.
    #[must_use]
    pub fn with_sockets(&self, url: impl Into<String>) -> Self {
        Self {
            sockets: Some(url.into()),
            ..self.clone()
        }
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The URL of a socket path: `ws://127.0.0.1:8000/ws/customer/`. Where the WebSocket API has a host
    /// of its own, what the edge would make of it: `wss://…/dev?channel=customer`.
    pub fn socket_url(&self, path: &str) -> String {
        if let Some(url) = &self.sockets {
            let channel = path.trim_matches('/').rsplit('/').next();
            return format!("{url}?channel={}", channel.unwrap_or_default());
        }
        let base = self.base.strip_prefix("http").unwrap_or(&self.base);
        format!("ws{base}{path}")
    }

    /// The access token, if there is one.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// `POST /send-otp`.
    ///
    /// # Errors
    /// When the call does not get through or is not a 200.
    pub async fn send_otp(&self, email: &str) -> Result<Value, ClientError> {
        self.post_json("/send-otp", &json!({ "email": email }))
            .await?
            .expect(200)
    }

    /// `POST /verify-otp`.
    ///
    /// # Errors
    /// When the call does not get through or is not a 200.
    pub async fn verify_otp(&self, email: &str, otp: &str) -> Result<Value, ClientError> {
        let body = json!({ "email": email, "otp": otp });
        self.post_json("/verify-otp", &body).await?.expect(200)
    }

    /// `POST /{role}/register/`; gives the `user`.
    ///
    /// # Errors
    /// When the call does not get through or is not a 201.
    pub async fn register(&self, role: &str, profile: &Value) -> Result<Value, ClientError> {
        let path = format!("/{}/register/", role.to_lowercase());
        let mut body = self.post_json(&path, profile).await?.expect(201)?;
        Ok(body["user"].take())
    }

    /// `POST /login`.
    ///
    /// # Errors
    /// When the call does not get through, is not a 200, or lacks a field.
    pub async fn login(&self, email: &str, password: &str) -> Result<Session, ClientError> {
        let body = json!({ "email": email, "password": password });
        let answer = self.post_json("/login", &body).await?;
        let fields = answer.clone().expect(200)?;
        serde_json::from_value(fields)
            .map_err(|error| answer.unexpected(format!("a session ({error})")))
    }

    /// `GET`.
    ///
    /// # Errors
    /// When the call does not get through.
    pub async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(Method::GET, path, |request| request).await
    }

    /// `POST` of JSON.
    ///
    /// # Errors
    /// When the call does not get through.
    pub async fn post_json(&self, path: &str, body: &Value) -> Result<Answer, ClientError> {
        self.send(Method::POST, path, |request| request.json(body))
            .await
    }

    /// `PATCH` of JSON.
    ///
    /// # Errors
    /// When the call does not get through.
    pub async fn patch_json(&self, path: &str, body: &Value) -> Result<Answer, ClientError> {
        self.send(Method::PATCH, path, |request| request.json(body))
            .await
    }

    /// `DELETE`.
    ///
    /// # Errors
    /// When the call does not get through.
    pub async fn delete(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(Method::DELETE, path, |request| request).await
    }

    /// `POST` of `multipart/form-data`.
    ///
    /// # Errors
    /// When the call does not get through.
    pub async fn post_multipart(
        &self,
        path: &str,
        form: reqwest::multipart::Form,
    ) -> Result<Answer, ClientError> {
        self.send(Method::POST, path, |request| request.multipart(form))
            .await
    }

    /// Any call: `shape` adds headers, a query or a body. A `path` may be a whole URL; to another
    /// host, such as a presigned link, the token does not go along.
    ///
    /// # Errors
    /// When the call does not get through.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, ClientError> {
        let call = format!("{method} {path}");
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let is_ours = path.starts_with('/');
        let url = if is_ours {
            format!("{}{path}", self.base)
        } else {
            path.to_owned()
        };
        let mut request = self.http.request(method, url).timeout(TIMEOUT);
        if let Some(token) = self.token.as_ref().filter(|_| is_ours) {
            request = request.bearer_auth(token);
        }
        match receive(shape(request)).await {
            Ok((status, headers, body)) => Ok(Answer {
                call,
                status,
                headers,
                body,
            }),
            Err(source) => Err(ClientError::Http { what: call, source }),
        }
    }
}

async fn receive(request: RequestBuilder) -> reqwest::Result<(u16, http::HeaderMap, Value)> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let bytes = answer.bytes().await?;
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes).into_owned()))
    };
    Ok((status, headers, body))
}
