//! Access tokens: JWT (RFC 7519) signed with Ed25519 (RFC 8037), 15 minutes long.
//!
//! Any function verifies with the public keys of its environment; only those that sign read the
//! private key. The header's `kid` chooses among the public keys. Which of them a function signs with is
//! said by the private key that it has read, so that a new key can be put in place of an old one while
//! processes that hold the old one go on: both verify for as long as both are listed.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use callout_domain::ids::{AccountId, SessionId};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::failure::CloudError;
use crate::settings::TOKEN_PUBLIC_KEYS;
use crate::{TokensOf, clock};

/// Who issues Callout's tokens.
pub const ISSUER: &str = "callout";
/// How long an access token holds.
pub const ACCESS_LIFETIME: Duration = Duration::minutes(15);
/// `typ` of an access token.
const ACCESS: &str = "access";

/// Keys that a process has read so far.
#[derive(Default)]
pub(crate) struct Tokens {
    public: std::sync::OnceLock<Vec<Public>>,
    private: tokio::sync::OnceCell<Private>,
}

/// A key that verifies.
struct Public {
    kid: String,
    /// In base64, as the environment has it.
    text: String,
    key: DecodingKey,
}

/// The key that signs, and the name of its public half.
struct Private {
    kid: String,
    key: EncodingKey,
}

/// Never shows what it holds.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// What an access token says; all of it was true when it was signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who issued it.
    iss: String,
    /// Whose it is.
    pub sub: AccountId,
    /// What they are.
    pub role: Role,
    /// What they are called.
    pub name: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// Its own id.
    jti: String,
    /// What kind of token it is.
    typ: String,
    /// The session that it belongs to.
    pub sid: SessionId,
}

/// A text that is not a valid access token; why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid access token")]
pub struct NotAToken;

impl TokensOf<'_> {
    /// The claims of a token, if it is genuine, an access token, and holds at `now`.
    ///
    /// # Errors
    /// `Ok(Err(NotAToken))` when it is not; `Err` when the environment lacks the keys.
    pub fn verify(
        &self,
        token: &str,
        now: Moment,
    ) -> Result<Result<AccessClaims, NotAToken>, CloudError> {
        let keys = self.public_keys()?;
        Ok(verify_with(keys, token, now))
    }

    /// Signs an access token for a session.
    ///
    /// # Errors
    /// When the function may not read the private key, it is none, or its public half is not listed.
    pub async fn sign(
        &self,
        account: AccountId,
        role: Role,
        name: &str,
        session: SessionId,
        now: Moment,
    ) -> Result<String, CloudError> {
        let private = &self.cloud.tokens.private;
        let Private { kid, key } = private.get_or_try_init(|| self.private_key()).await?;
        let claims = AccessClaims {
            iss: ISSUER.to_owned(),
            sub: account,
            role,
            name: name.to_owned(),
            iat: now.unix_seconds(),
            exp: now.plus(ACCESS_LIFETIME).unix_seconds(),
            jti: clock::fresh_ulid().to_string(),
            typ: ACCESS.to_owned(),
            sid: session,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid.clone());
        jsonwebtoken::encode(&header, &claims, key).map_err(CloudError::call("signing a token"))
    }

    async fn private_key(&self) -> Result<Private, CloudError> {
        let text = self.cloud.token_signing_key().await?;
        let der = STANDARD
            .decode(text.trim())
            .map_err(CloudError::malformed("the token signing key"))?;
        let pair = Ed25519KeyPair::from_pkcs8(&der)
            .map_err(CloudError::malformed("the token signing key"))?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        let listed = self.public_keys()?.iter().find(|key| key.text == public);
        Ok(Private {
            // Nobody would accept what it signs.
            kid: listed.ok_or(TOKEN_PUBLIC_KEYS.missing())?.kid.clone(),
            key: EncodingKey::from_ed_der(&der),
        })
    }

    fn public_keys(&self) -> Result<&[Public], CloudError> {
        let kept = &self.cloud.tokens.public;
        if let Some(keys) = kept.get() {
            return Ok(keys);
        }
        let keys = TOKEN_PUBLIC_KEYS
            .read()?
            .split(',')
            .map(|entry| {
                let (kid, text) = entry.trim().split_once(':')?;
                Some(Public {
                    kid: kid.to_owned(),
                    text: text.to_owned(),
                    key: DecodingKey::from_ed_components(text).ok()?,
                })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(TOKEN_PUBLIC_KEYS.missing())?;
        Ok(kept.get_or_init(|| keys))
    }
}

fn verify_with(keys: &[Public], token: &str, now: Moment) -> Result<AccessClaims, NotAToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| NotAToken)?;
    let kid = header.kid.ok_or(NotAToken)?;
    let Public { key, .. } = keys
        .iter()
        .find(|known| known.kid == kid)
        .ok_or(NotAToken)?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    validation.validate_aud = false;
    // Expiry is judged below, against the caller's clock.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<AccessClaims>(token, key, &validation)
        .map_err(|_| NotAToken)?
        .claims;
    let in_time = claims.exp > now.unix_seconds();
    if claims.typ == ACCESS && in_time {
        Ok(claims)
    } else {
        Err(NotAToken)
    }
}
