//! What is true of Callout whatever the cloud: values that cannot be wrong, and the rules that
//! decide. Nothing here reads a clock, draws a random number or waits.

pub mod event;
pub mod ids;
pub mod moment;
pub mod role;
