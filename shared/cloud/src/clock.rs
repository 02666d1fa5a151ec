//! The clock, and the names that are drawn with it.

use callout_domain::moment::Moment;
use time::OffsetDateTime;
use ulid::Ulid;

/// What time it is.
pub fn now() -> Moment {
    Moment::new(OffsetDateTime::now_utc())
}

/// A fresh ULID of this moment; its random part comes from the operating system.
pub fn fresh_ulid() -> Ulid {
    Ulid::generate()
}
