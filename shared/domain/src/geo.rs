//! Positions on the Earth, how far apart they are, and how to find those within a radius.
//!
//! The Earth is a sphere of [`EARTH_RADIUS_KM`]; against the ellipsoid that is wrong by at most
//! 0.6 %, which is less than a postal address is.
//!
//! An index holds each item under the first 3 characters of its position's [`Geohash`] and sorts
//! it there by all 12. [`cover()`] names the few contiguous stretches of that index which hold a
//! disc; [`nearest()`] keeps of what they hold what truly lies within it.

mod cover;
mod distance;
mod geohash;
mod nearest;
mod point;

pub use cover::{CellRange, Cover, MAX_RANGES, cover};
pub use distance::{DistanceKm, EARTH_RADIUS_KM, RadiusKm};
pub use geohash::Geohash;
pub use nearest::nearest;
pub use point::{GeoError, GeoPoint};
