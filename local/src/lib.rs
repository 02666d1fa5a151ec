//! The cloud on one machine, driven by `template.yaml`.

pub mod artifact;
pub mod bench;
pub mod caller;
pub mod captured;
pub mod client;
pub mod cloud;
pub mod console;
pub mod dead_letters;
pub mod demo;
pub mod dynamodb;
pub mod faults;
pub mod gateway;
pub mod iam;
mod identifiers;
mod inspect;
pub mod lambda;
pub mod mail;
pub mod operator;
pub mod push;
pub(crate) mod query_api;
pub mod redrive;
pub mod s3;
pub mod schedules;
pub mod secrets;
pub mod state;
pub mod template;
