//! Files: uploading one, attaching it to something, and looking at it.

pub(crate) mod attached;
pub(crate) mod create_upload;
pub(crate) mod read;
