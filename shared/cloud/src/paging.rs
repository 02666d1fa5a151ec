//! Lists that are read part by part, newest first.

/// Which part of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging<Id> {
    /// How many at most.
    pub limit: usize,
    /// Only what is older than this one.
    pub before: Option<Id>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T, Id> {
    /// Newest first.
    pub items: Vec<T>,
    /// The last one of this part, if there is more after it.
    pub next: Option<Id>,
}
