//! The cloud on one machine, driven by `template.yaml`.

pub mod template;
