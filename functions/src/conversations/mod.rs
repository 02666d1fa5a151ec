//! The conversation that follows a yes: one rule behind the HTTP door and the socket's.
//!
//! `scene` finds the conversation that somebody means, and is the one place that knows the kinds.

pub(crate) mod list_messages;
pub(crate) mod send_message;

pub(crate) mod draft;
pub(crate) mod erase;
pub(crate) mod history;
pub(crate) mod marking;
pub(crate) mod presence;
pub(crate) mod scene;
pub(crate) mod sending;
pub(crate) mod typing;

mod view;
