//! The key that access tokens are signed with: made once for a state folder, and kept there, so that
//! tokens outlive a restart.

use std::io::{Error, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::identifiers::hex;
use crate::state::State;

/// The file in the state folder: the private key, PKCS#8 in base64, readable by its owner alone.
const FILE: &str = "token-signing-key";

/// An Ed25519 key pair. Has no `Debug`: it must not be shown.
pub struct TokenKey {
    pkcs8: Vec<u8>,
    public: Vec<u8>,
}

impl TokenKey {
    /// The key of a state folder, made if there is none yet.
    ///
    /// # Errors
    /// When it cannot be read, written or made, or is no key.
    pub(super) fn open(state: &State) -> std::io::Result<Self> {
        let path = state.path().join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let pkcs8 = STANDARD.decode(text.trim()).map_err(|_| damaged(&path))?;
                Self::of(pkcs8).ok_or_else(|| damaged(&path))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Self::make(&path),
            Err(error) => Err(error),
        }
    }

    fn make(path: &Path) -> std::io::Result<Self> {
        let key = Self::generate()?;
        let mut file = std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(key.private_base64().as_bytes())?;
        Ok(key)
    }

    /// A new key, kept nowhere.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> std::io::Result<Self> {
        let refused = || Error::other("a key could not be made");
        let document =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| refused())?;
        Self::of(document.as_ref().to_vec()).ok_or_else(refused)
    }

    fn of(pkcs8: Vec<u8>) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).ok()?;
        let public = pair.public_key().as_ref().to_vec();
        Some(Self { pkcs8, public })
    }

    /// The private key, PKCS#8 in base64: the value of the secret.
    pub fn private_base64(&self) -> String {
        STANDARD.encode(&self.pkcs8)
    }

    /// The private key, PKCS#8.
    pub fn private_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// Its name in the header of a token: the start of the public key's SHA-256.
    pub fn kid(&self) -> String {
        let fingerprint = digest::digest(&digest::SHA256, &self.public);
        hex(&fingerprint.as_ref()[..4])
    }

    /// `<kid>:<public key in base64url>`.
    pub fn public_entry(&self) -> String {
        format!("{}:{}", self.kid(), URL_SAFE_NO_PAD.encode(&self.public))
    }
}

fn damaged(path: &Path) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("{} holds no Ed25519 key", path.display()),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_made_once_and_for_its_owner_alone() {
        let state = State::temporary().unwrap();
        let made = TokenKey::open(&state).unwrap();
        let kept = TokenKey::open(&state).unwrap();
        assert_eq!(made.private_base64(), kept.private_base64());
        let permissions = std::fs::metadata(state.path().join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(permissions & 0o777, 0o600);
        let other = TokenKey::open(&State::temporary().unwrap()).unwrap();
        assert_ne!(made.private_base64(), other.private_base64());
    }

    #[test]
    fn the_public_entry_names_the_key_and_holds_its_32_bytes() {
        let key = TokenKey::open(&State::temporary().unwrap()).unwrap();
        let entry = key.public_entry();
        let (kid, public) = entry.split_once(':').unwrap();
        assert_eq!(kid.len(), 8);
        assert_eq!(URL_SAFE_NO_PAD.decode(public).unwrap(), key.public);
        assert_eq!(key.public.len(), 32);
    }

    #[test]
    fn a_damaged_key_is_named() {
        let state = State::temporary().unwrap();
        std::fs::write(state.path().join(FILE), "no key").unwrap();
        let Err(error) = TokenKey::open(&state) else {
            unreachable!("it is no key");
        };
        assert!(error.to_string().contains(FILE));
    }
}
