//! Texts that open something for whoever holds them: drawn at random, stored only by their hash.
//!
//! With 256 random bits there is nothing to guess, so a plain SHA-256 hides them well enough.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_domain::session::SECRET_BYTES;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

/// 32 bytes from a cryptographic generator, in base64url without padding.
pub(crate) fn draw() -> String {
    let mut secret = [0; SECRET_BYTES];
    rand::rng().fill(&mut secret);
    URL_SAFE_NO_PAD.encode(secret)
}

/// What is stored of such a text.
pub(crate) fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::{draw, hash};

    #[test]
    fn each_draw_is_another_of_32_bytes() {
        assert_eq!(draw().len(), 43);
        assert_ne!(draw(), draw());
    }

    #[test]
    fn the_hash_is_sha_256() {
        // The first example of FIPS 180-4, "abc", in base64url.
        assert_eq!(hash("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
}
