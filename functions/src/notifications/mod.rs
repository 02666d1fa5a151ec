//! What people are told, and how they want to be told it.

pub(crate) mod change_preferences;
pub(crate) mod read_preferences;

mod own_preferences;
