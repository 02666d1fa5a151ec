//! Someone with an account, signed in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_local::client::{Account, Api, ClientError, Socket};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::Answer;
use crate::socket::{Heard, Refusal};
use crate::stage::{answer, took};

/// Someone with an account, signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account's id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Their phone number.
    pub phone_number: String,
    /// Their access token.
    pub access: String,
    /// Their refresh token.
    pub refresh: String,
    api: Api,
    socket_url: String,
}

/// A file of a form: the field's name, the file's name, its content.
pub(crate) type File<'a> = (&'a str, &'a str, Vec<u8>);

impl Person {
    pub(crate) fn new(account: Account, socket_url: String) -> Self {
        Self {
            id: account.session.user_id,
            email: account.person.email,
            password: account.person.password,
            phone_number: account.person.phone_number,
            access: account.session.access,
            refresh: account.session.refresh,
            api: account.api,
            socket_url,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.api.get(path).await)
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        took(self.api.post_json(path, &body).await, &body)
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let sent = self
            .api
            .send(Method::PUT, path, |request| request.json(&body))
            .await;
        took(sent, &body)
    }

    /// `PATCH` of JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        took(self.api.patch_json(path, &body).await, &body)
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.api.delete(path).await)
    }

    /// `DELETE` with JSON.
    pub async fn delete_with(&self, path: &str, body: Value) -> Answer {
        let sent = self
            .api
            .send(Method::DELETE, path, |request| request.json(&body))
            .await;
        took(sent, &body)
    }

    /// `POST` of JSON under an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        let sent = self
            .api
            .send(Method::POST, path, |request| {
                request.header("idempotency-key", key).json(&body)
            })
            .await;
        took(sent, &body)
    }

    /// `POST` of any bytes under any media type.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        answer(
            self.api
                .send(Method::POST, path, |request| {
                    request.header("content-type", content_type).body(body)
                })
                .await,
        )
    }

    /// `POST` of a form.
    pub async fn post_form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<File<'_>>,
    ) -> Answer {
        answer(self.api.post_multipart(path, form(fields, file)).await)
    }

    /// `POST` of a form under an idempotency key.
    pub async fn post_form_once(
        &self,
        path: &str,
        key: &str,
        fields: &[(&str, &str)],
        file: Option<File<'_>>,
    ) -> Answer {
        answer(
            self.api
                .send(Method::POST, path, |request| {
                    request
                        .header("idempotency-key", key)
                        .multipart(form(fields, file))
                })
                .await,
        )
    }

    /// Asks the pharmacies around for medicine; the request's id.
    pub async fn requests_medicine(&self, lat: f64, lng: f64, radius_km: f64) -> String {
        let created = self
            .post(
                "/medicine/request/",
                json!({"patient_lat": lat, "patient_lng": lng, "radius_km": radius_km, "quantity": 1}),
            )
            .await;
        assert_eq!(created.status, 201, "{}", created.body);
        created.text("request_id")
    }

    /// Answers a medicine request.
    pub async fn answers(&self, request: &str, choice: &str) -> Answer {
        self.post(
            "/medicine/response/",
            json!({"request_id": request, "response_type": choice}),
        )
        .await
    }

    /// Opens a socket and hears the greeting.
    pub async fn socket(&self) -> Heard {
        self.handshake("").await.unwrap()
    }

    /// Opens a socket with more in its query, such as `&channel=pharmacy`.
    ///
    /// # Errors
    /// The refusal.
    pub async fn handshake(&self, more: &str) -> Result<Heard, Refusal> {
        Heard::open(format!("{}?token={}{more}", self.socket_url, self.access)).await
    }

    /// Opens a socket and awaits nothing of it.
    ///
    /// # Errors
    /// As [`Socket::open`].
    pub async fn opens(&self) -> Result<Socket, ClientError> {
        Socket::connect(&self.socket_url, &self.access).await
    }

    /// Opens a socket at a path of the HTTP port.
    ///
    /// # Errors
    /// The refusal.
    pub async fn socket_at(&self, path: &str) -> Result<Heard, Refusal> {
        let separator = if path.contains('?') { '&' } else { '?' };
        Heard::open(format!(
            "{}{separator}token={}",
            self.api.socket_url(path),
            self.access
        ))
        .await
    }

    /// Signs in again with the first password.
    pub async fn login(&self) -> Answer {
        answer(
            self.api
                .post_json(
                    "/login",
                    &json!({"email": self.email, "password": self.password}),
                )
                .await,
        )
    }

    /// The same person on another device.
    pub async fn signed_in_again(&self) -> Self {
        let login = self.login().await;
        assert_eq!(login.status, 200, "{}", login.body);
        let access = login.text("access");
        Self {
            api: self.api.with_token(&access),
            access,
            refresh: login.text("refresh"),
            ..self.clone()
        }
    }

    /// What their access token says.
    pub fn claims(&self) -> Value {
        let payload = self.access.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }
}

fn form(fields: &[(&str, &str)], file: Option<File<'_>>) -> Form {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    if let Some((name, file_name, bytes)) = file {
        form = form.part(
            name.to_owned(),
            Part::bytes(bytes).file_name(file_name.to_owned()),
        );
    }
    form
}
