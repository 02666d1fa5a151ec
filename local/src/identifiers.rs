//! The ids that AWS makes up for a call, in AWS's shapes: code that would trip over one of them in
//! the cloud (a `=` in a path, say) trips over it here.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::fmt::Write as _;
use time::OffsetDateTime;

/// A request id as Lambda makes them: a UUID, version 4.
pub(crate) fn request_id() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// A request id as API Gateway makes them, such as `JKJaXmPLvHcESHA=`.
pub(crate) fn gateway_request_id() -> String {
    STANDARD.encode(rand::random::<[u8; 11]>())
}

/// A WebSocket connection id, such as `L0SM9cOFvHcCIhw=`.
pub(crate) fn connection_id() -> String {
    URL_SAFE.encode(rand::random::<[u8; 11]>())
}

/// The root of an X-Ray trace, `Root=1-<epoch seconds>-<96 random bits>`.
pub(crate) fn trace_root() -> String {
    let seconds = OffsetDateTime::now_utc().unix_timestamp();
    format!("Root=1-{seconds:08x}-{}", hex(&rand::random::<[u8; 12]>()))
}

/// A new secret access key, of the length AWS gives them.
pub(crate) fn secret_access_key() -> String {
    STANDARD.encode(rand::random::<[u8; 30]>())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_id_keeps_the_padding_that_must_be_escaped_in_a_path() {
        let id = connection_id();
        assert_eq!(id.len(), 16);
        assert!(id.ends_with('='));
    }

    #[test]
    fn a_request_id_is_a_version_4_uuid() {
        let id = request_id();
        let parts: Vec<&str> = id.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert!(parts[2].starts_with('4'));
    }
}
