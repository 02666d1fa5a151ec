//! Secrets Manager: read once a process where it is of use, and kept in memory only.

use aws_sdk_secretsmanager::Client;
use tokio::sync::OnceCell;

use crate::Cloud;
use crate::failure::CloudError;
use crate::settings::{OTP_PEPPER_SECRET, Setting, TOKEN_SIGNING_SECRET};

/// The secrets that a process has read so far.
#[derive(Default)]
pub(crate) struct Secrets {
    client: OnceCell<Client>,
    otp_pepper: OnceCell<String>,
}

/// Never shows what it holds.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Cloud {
    /// The key of the hashes of one-time codes.
    ///
    /// # Errors
    /// When the function has no setting for it, or may not read it.
    pub(crate) async fn otp_pepper(&self) -> Result<&str, CloudError> {
        let kept = &self.secrets.otp_pepper;
        let pepper = kept.get_or_try_init(|| self.secret(OTP_PEPPER_SECRET));
        pepper.await.map(String::as_str)
    }

    /// The private key of access tokens: PKCS#8 in base64. Read at each call: whoever can use it keeps
    /// it, and one that nobody can use may be another by the next.
    pub(crate) async fn token_signing_key(&self) -> Result<String, CloudError> {
        self.secret(TOKEN_SIGNING_SECRET).await
    }

    async fn secret(&self, setting: Setting) -> Result<String, CloudError> {
        let client = self
            .secrets
            .client
            .get_or_init(|| async { Client::new(self.config().await) })
            .await;
        client
            .get_secret_value()
            .secret_id(setting.read()?)
            .send()
            .await
            .map_err(CloudError::call("GetSecretValue"))?
            .secret_string
            .ok_or(setting.missing())
    }
}
