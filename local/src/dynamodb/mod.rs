//! `DynamoDB`: an embedded engine, the door that functions call it through, and the streams that
//! start functions.
//!
//! The engine is `dynoxide-rs`, on one `SQLite` file in the state folder. It is called in process
//! and not over its own HTTP server: a put through this door takes as long as one through that
//! server (0.8 ms in an unoptimized build, most of it HTTP), so a proxy would cost twice that. The
//! price is that bodies which no SDK sends are refused in less than AWS's exact words.

mod calls;
mod door;
mod engine;
mod meter;
mod mishap;
pub mod streams;
mod tables;
mod upkeep;

pub use door::serve;
pub use engine::{DynamoError, Engine};
pub use meter::{Meter, Metered, Metering};

#[cfg(test)]
mod tests;
