//! The cloud on one machine, driven by `template.yaml`.

pub mod gateway;
mod identifiers;
pub mod lambda;
pub mod state;
pub mod template;
