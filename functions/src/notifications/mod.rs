//! What everybody was told, what they did with it, and how they want to be told.

pub(crate) mod change_preferences;
pub(crate) mod count_unread;
pub(crate) mod list;
pub(crate) mod list_deliveries;
pub(crate) mod mark_read;
pub(crate) mod read_preferences;

mod own_preferences;
