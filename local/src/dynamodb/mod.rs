//! `DynamoDB`: an embedded engine, the door that functions call it through, and the streams that
//! start functions.
//!
//! The engine is `dynoxide-rs`, on one `SQLite` file in the state folder. It is called in process
//! and not over its own HTTP server: one hop less for every call that a function makes, and the
//! door already reads what it must know of a request (who asks, for what, of which table).

mod calls;
mod door;
mod engine;
pub mod streams;
mod tables;
mod upkeep;

pub use door::serve;
pub use engine::{DynamoError, Engine};

#[cfg(test)]
mod tests;
