//! The description of the API, for those who call it: what each function takes and answers, said
//! beside its handler, and made into `docs/openapi.yaml`; what goes over sockets, and
//! `docs/asyncapi.yaml`. Test code alone: nothing of it is in the artifact.
//!
//! Paths and methods are the template's, bounds the domain's. The end-to-end tests hold every answer and
//! every message that they get against the two files, so that these cannot lie.

#![allow(
    clippy::needless_pass_by_value,
    reason = "what is described is given once and for good; `json!` only borrows it"
)]

mod asyncapi;
mod errors;
mod examples;
mod frames;
mod openapi;
mod operation;
mod routes;
mod schema;
mod types;
mod written;
mod yaml;

pub(crate) use examples::id;
pub(crate) use frames::{blood_donor, chat_draft, chat_example, chat_fields, presence_fields};
pub(crate) use operation::{Operation, operation};
pub(crate) use schema::{Object, Schema, any_of, closed, constant, list, null, one_of_texts, open};
pub(crate) use types::*;
