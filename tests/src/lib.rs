//! What the end-to-end tests share: a stage (a fresh local cloud), people who act on it through real
//! HTTP and sockets, and a forger.

#![allow(clippy::panic, clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod campaign;
pub mod clinic;
pub mod described;
pub mod donor;
mod forger;
pub mod media;
mod permissions;
mod person;
mod record;
mod socket;
mod stage;
pub mod talk;
pub mod work;

use std::path::{Path, PathBuf};

pub use forger::Forger;
pub use person::Person;
pub use record::Outcome;
pub use socket::{Heard, Refusal};
pub use stage::Stage;

use serde_json::Value;

/// What an HTTP call was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null if there is none, a string if it is no JSON.
    pub body: Value,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// `X-Request-Id`: by this name the logs know the call.
    pub request_id: Option<String>,
}

impl Answer {
    /// A field of the body that must be text.
    pub fn text(&self, field: &str) -> String {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {}", self.body))
            .to_owned()
    }
}

/// The folder of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// An image of one pixel: a whole and valid PNG.
pub fn tiny_png() -> Vec<u8> {
    const PNG: &[u8] = &[
        0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0,
        0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A',
        b'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, b'I',
        b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
    ];
    PNG.to_vec()
}
