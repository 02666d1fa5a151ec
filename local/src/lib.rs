//! The cloud on one machine, driven by `template.yaml`.

pub mod artifact;
pub mod captured;
pub mod client;
pub mod demo;
pub mod lambda;
pub mod mail;
pub mod push;
pub(crate) mod query_api;
pub mod s3;
pub mod state;
pub mod template;
