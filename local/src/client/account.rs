//! Opening an account the way an app does: code by mail, registration, sign-in.

use serde_json::{Value, json};

use super::{Api, ClientError, Proof, Session, Socket};

/// Who is to be registered.
#[derive(Debug, Clone)]
pub struct Person {
    /// The role, in any letter case.
    pub role: String,
    /// The address that the code is sent to.
    pub email: String,
    /// The password to register with.
    pub password: String,
    /// Their name.
    pub name: String,
    /// Their phone number.
    pub phone_number: String,
    /// The profile fields of their role, such as `{"lat": …, "lng": …, "address": …}`.
    pub profile: Value,
}

/// A registered account, signed in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who it is.
    pub person: Person,
    /// Their session.
    pub session: Session,
    /// A client that calls with their token.
    pub api: Api,
}

impl Account {
    /// Registers `person` through the code in the mail, and signs in.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn open(api: &Api, person: Person) -> Result<Self, ClientError> {
        Box::pin(Self::open_by(&Proof::Mail, api, person)).await
    }

    /// Registers `person`, whose address `proof` proves, and signs in.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn open_by(proof: &Proof, api: &Api, person: Person) -> Result<Self, ClientError> {
        Box::pin(proof.prove(api, &person.email)).await?;
        let mut body = json!({
            "email": person.email,
            "password": person.password,
            "name": person.name,
            "phone_number": person.phone_number,
        });
        if let (Some(body), Some(profile)) = (body.as_object_mut(), person.profile.as_object()) {
            body.extend(profile.clone());
        }
        api.register(&person.role, &body).await?;
        let session = api.login(&person.email, &person.password).await?;
        Ok(Self {
            api: api.with_token(&session.access),
            person,
            session,
        })
    }

    /// Opens their socket at one of the seeds' paths, such as `/ws/pharmacy/`.
    ///
    /// # Errors
    /// When the handshake fails or is refused.
    pub async fn listen(&self, path: &str) -> Result<Socket, ClientError> {
        Socket::connect(&self.api.socket_url(path), &self.session.access).await
    }
}
