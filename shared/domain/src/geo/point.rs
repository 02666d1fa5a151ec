//! A position that cannot be off the Earth.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a number is no position, radius or distance. Each message is fit for the `fields` of an
/// answer: it follows the name of the field and repeats nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GeoError {
    /// The latitude is not a number of degrees from -90 to 90.
    #[error("must be between -90 and 90")]
    Latitude,
    /// The longitude is not a number of degrees from -180 to 180.
    #[error("must be between -180 and 180")]
    Longitude,
    /// The radius is not a number of kilometres from 1 to 50.
    #[error("must be between 1 and 50")]
    Radius,
    /// The distance is negative or no number.
    #[error("must be a distance in kilometres")]
    Distance,
}

/// A position in WGS 84 degrees, on the wire `{"lat": 27.7172, "lng": 85.324}`.
///
/// Longitude 180 becomes -180, the same meridian, so that equal positions on it compare equal.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Degrees", into = "Degrees")]
pub struct GeoPoint {
    lat: f64,
    lng: f64,
}

impl GeoPoint {
    /// The position at a latitude of -90 to 90 and a longitude of -180 to 180 degrees.
    ///
    /// # Errors
    /// [`GeoError::Latitude`] or [`GeoError::Longitude`], the latitude being looked at first, for
    /// a number out of its range and for NaN.
    pub fn new(lat_degrees: f64, lng_degrees: f64) -> Result<Self, GeoError> {
        if !(-90.0..=90.0).contains(&lat_degrees) {
            return Err(GeoError::Latitude);
        }
        if !(-180.0..=180.0).contains(&lng_degrees) {
            return Err(GeoError::Longitude);
        }
        let lng = if lng_degrees >= 180.0 {
            -180.0
        } else {
            lng_degrees
        };
        Ok(Self {
            lat: storable(lat_degrees),
            lng: storable(lng),
        })
    }

    /// Latitude in degrees, -90..=90.
    pub const fn lat(self) -> f64 {
        self.lat
    }

    /// Longitude in degrees, -180..180.
    pub const fn lng(self) -> f64 {
        self.lng
    }
}

/// The degrees, but for what is closer to zero than a tenth of a millimetre on the ground: DynamoDB
/// refuses numbers below 1e-130, and clients may send them.
fn storable(degrees: f64) -> f64 {
    if degrees.abs() < 1e-9 { 0.0 } else { degrees }
}

/// Says nothing of where: a position is personal, and what is derived into a log stays there.
impl std::fmt::Debug for GeoPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GeoPoint(..)")
    }
}

/// [`GeoPoint`] as it travels, before it is checked.
#[derive(Serialize, Deserialize)]
struct Degrees {
    lat: f64,
    lng: f64,
}

impl TryFrom<Degrees> for GeoPoint {
    type Error = GeoError;

    fn try_from(Degrees { lat, lng }: Degrees) -> Result<Self, GeoError> {
        Self::new(lat, lng)
    }
}

impl From<GeoPoint> for Degrees {
    fn from(GeoPoint { lat, lng }: GeoPoint) -> Self {
        Self { lat, lng }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{GeoError, GeoPoint};

    #[test]
    fn the_ends_of_both_ranges_are_positions() {
        for lat in [-90.0, 0.0, 90.0] {
            for lng in [-180.0, 0.0, 180.0] {
                assert!(GeoPoint::new(lat, lng).is_ok(), "{lat} {lng}");
            }
        }
    }

    #[test]
    fn what_is_beyond_the_ranges_or_no_number_is_refused() {
        for wrong in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            90.000_001,
            -90.000_001,
        ] {
            assert_eq!(
                GeoPoint::new(wrong, 0.0),
                Err(GeoError::Latitude),
                "{wrong}"
            );
        }
        for wrong in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            180.000_001,
            -180.000_001,
        ] {
            assert_eq!(
                GeoPoint::new(0.0, wrong),
                Err(GeoError::Longitude),
                "{wrong}"
            );
        }
    }

    #[test]
    fn next_to_nothing_is_nothing() {
        for tiny in [f64::MIN_POSITIVE, 5e-324, -1e-200, 1e-10] {
            assert_eq!(
                GeoPoint::new(tiny, -tiny),
                GeoPoint::new(0.0, 0.0),
                "{tiny}"
            );
        }
        assert_ne!(GeoPoint::new(1e-9, 0.0), GeoPoint::new(0.0, 0.0));
    }

    #[test]
    fn the_antimeridian_is_one_meridian() {
        assert_eq!(GeoPoint::new(5.0, 180.0), GeoPoint::new(5.0, -180.0));
    }

    #[test]
    fn travels_as_lat_and_lng_and_is_checked_on_arrival() {
        let kathmandu = GeoPoint::new(27.7172, 85.324).unwrap();
        let json = serde_json::to_string(&kathmandu).unwrap();
        assert_eq!(json, r#"{"lat":27.7172,"lng":85.324}"#);
        assert_eq!(serde_json::from_str::<GeoPoint>(&json).unwrap(), kathmandu);

        let refusal = serde_json::from_str::<GeoPoint>(r#"{"lat":91,"lng":0}"#).unwrap_err();
        assert!(
            refusal.to_string().contains("must be between -90 and 90"),
            "{refusal}"
        );
    }

    #[test]
    fn a_position_is_not_written_by_debug() {
        let written = format!("{:?}", GeoPoint::new(27.7172, 85.324).unwrap());
        assert!(
            !written.contains("27") && !written.contains("85"),
            "{written}"
        );
    }
}
