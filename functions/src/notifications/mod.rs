//! What everybody was told, what they did with it, and how they want to be told.

pub(crate) mod count_unread;
pub(crate) mod list;
pub(crate) mod list_deliveries;
pub(crate) mod mark_read;
