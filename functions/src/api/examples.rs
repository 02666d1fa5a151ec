//! Names for the things of examples.

/// The id of a thing of the examples: always the same for one letter.
pub(crate) fn id(of: char) -> String {
    format!("01KJ7Y9B8M3XKQ0V5T2W4Z6R8{of}")
}
