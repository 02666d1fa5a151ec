//! Passwords: hashed with argon2id at the parameters of OWASP's Password Storage Cheat Sheet
//! (m = 19 MiB, t = 2, p = 1) and kept as PHC strings.
//!
//! Hashing takes tens of milliseconds of a whole core, so it runs beside the other work.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use callout_domain::account::{OfferedPassword, Password};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

use crate::failure::CloudError;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// The hash of no password, with the same parameters as every other: what is offered for an unknown
/// address is held against it, and takes as long as a wrong password takes.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mtc2FsdC0wMQ$\
     rJ0mUvX2k9WcQ4tZ7hYbN1sLfGd6aEoIxKp3HwVuT8A";

/// The PHC string of a new password.
///
/// # Errors
/// When the machine cannot hash, for lack of memory above all.
pub async fn hash(password: Password) -> Result<String, CloudError> {
    beside(move || {
        let mut salt = [0; SALT_BYTES];
        rand::rng().fill(&mut salt);
        let hash = argon2()?.hash_password_with_salt(password.as_str().as_bytes(), &salt)?;
        Ok(hash.to_string())
    })
    .await
}

/// A mark by which the same password is known again in one place, named by `place`: as slow to guess
/// from as a stored hash, but the same each time.
///
/// # Errors
/// When the machine cannot hash.
pub async fn mark(password: Password, place: &str) -> Result<String, CloudError> {
    let salt = Sha256::digest(place);
    beside(move || {
        let hash = argon2()?.hash_password_with_salt(password.as_str().as_bytes(), &salt)?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether what was offered is the password of a stored hash. Without a hash (an unknown address)
/// or an offer (longer than any password) the answer is no, after the same work.
///
/// # Errors
/// When the stored hash does not read, or the machine cannot hash.
pub async fn verify(
    offered: Option<OfferedPassword>,
    stored: Option<&str>,
) -> Result<bool, CloudError> {
    let may_match = offered.is_some() && stored.is_some();
    let stored = stored.unwrap_or(NOBODYS_HASH).to_owned();
    let matches = beside(move || {
        let hash = PasswordHash::new(&stored)?;
        let text = offered.as_ref().map_or("", OfferedPassword::as_str);
        match argon2()?.verify_password(text.as_bytes(), &hash) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    })
    .await?;
    Ok(matches && may_match)
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, CloudError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(CloudError::call("hashing a password"))?
        .map_err(CloudError::call("hashing a password"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use argon2::password_hash::phc::PasswordHash;
    use callout_domain::account::{OfferedPassword, Password};

    use super::{NOBODYS_HASH, hash, mark, verify};

    const CHOSEN: &str = "पासवर्ड काठमाडौं";

    fn offer(text: &str) -> Option<OfferedPassword> {
        OfferedPassword::new(text)
    }

    #[tokio::test]
    async fn only_the_password_opens_its_hash() {
        let stored = hash(Password::parse(CHOSEN).unwrap()).await.unwrap();
        assert!(verify(offer(CHOSEN), Some(&stored)).await.unwrap());
        assert!(
            !verify(offer("something else"), Some(&stored))
                .await
                .unwrap()
        );
        assert!(!verify(offer(""), Some(&stored)).await.unwrap());
        assert!(!verify(None, Some(&stored)).await.unwrap());
    }

    #[tokio::test]
    async fn one_password_hashes_differently_each_time() {
        let password = Password::parse(CHOSEN).unwrap();
        let first = hash(password.clone()).await.unwrap();
        assert_ne!(first, hash(password).await.unwrap());
    }

    #[tokio::test]
    async fn a_mark_is_the_same_for_one_password_in_one_place() {
        let password = || Password::parse(CHOSEN).unwrap();
        let first = mark(password(), "a@example.com").await.unwrap();
        assert_eq!(first, mark(password(), "a@example.com").await.unwrap());
        assert_ne!(first, mark(password(), "b@example.com").await.unwrap());
        let other = Password::parse("something else").unwrap();
        assert_ne!(first, mark(other, "a@example.com").await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_hash_costs_what_every_hash_costs_and_opens_for_nobody() {
        let stored = hash(Password::parse(CHOSEN).unwrap()).await.unwrap();
        let real = PasswordHash::new(&stored).unwrap();
        let nobodys = PasswordHash::new(NOBODYS_HASH).unwrap();
        assert_eq!(nobodys.algorithm, real.algorithm);
        assert_eq!(nobodys.version, real.version);
        assert_eq!(nobodys.params, real.params);
        assert_eq!(
            nobodys.salt.unwrap().as_ref().len(),
            real.salt.unwrap().as_ref().len()
        );
        assert_eq!(nobodys.hash.unwrap().len(), real.hash.unwrap().len());
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!verify(offer(CHOSEN), None).await.unwrap());
        assert!(!verify(offer(""), None).await.unwrap());
        assert!(!verify(None, None).await.unwrap());
    }

    #[tokio::test]
    async fn a_stored_hash_that_does_not_read_is_our_fault() {
        assert!(verify(offer(CHOSEN), Some("plain text")).await.is_err());
        assert!(verify(offer(CHOSEN), Some("")).await.is_err());
    }
}
