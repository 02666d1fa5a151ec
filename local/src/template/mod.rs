//! `template.yaml`, read and not copied.

pub mod model;
