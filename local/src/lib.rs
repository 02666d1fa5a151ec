//! The cloud on one machine, driven by `template.yaml`.

pub mod caller;
pub mod dead_letters;
pub mod dynamodb;
pub mod lambda;
pub mod secrets;
pub mod state;
pub mod template;
