//! Makes tokens: with the stack's own key, to prove what else is checked, and with another.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use crate::Stage;

/// Signs whatever it is given.
pub struct Forger {
    key: EncodingKey,
    kid: String,
    public: Vec<u8>,
}

impl Forger {
    /// One who has stolen the private key.
    pub fn with_the_stacks_key(stage: &Stage) -> Self {
        Self::new(&stage.signing_key(), stage.key_id())
    }

    /// One who has not, and uses a key of their own under the same name.
    pub fn with_a_key_of_its_own(stage: &Stage) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self::new(pair.to_pkcs8().unwrap().as_ref(), stage.key_id())
    }

    fn new(pkcs8: &[u8], kid: String) -> Self {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).unwrap();
        Self {
            key: EncodingKey::from_ed_der(pkcs8),
            kid,
            public: pair.public_key().as_ref().to_vec(),
        }
    }

    /// A token that says this.
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    /// A token that says this, signed by HMAC with the public key as its secret.
    pub fn sign_with_hmac(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&self.public)).unwrap()
    }
}
