//! The cloud on one machine, driven by `template.yaml`.

pub mod lambda;
pub mod state;
pub mod template;
