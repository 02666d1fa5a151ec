//! End-to-end tests over the local cloud.
