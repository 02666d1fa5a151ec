//! How far apart two positions are, and how far a search reaches.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::point::{GeoError, GeoPoint};

/// Mean radius of the Earth in kilometres (IUGG, R1).
pub const EARTH_RADIUS_KM: f64 = 6371.0088;

/// How far a search reaches, 1 to 50 kilometres; on the wire a number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct RadiusKm(f64);

impl RadiusKm {
    /// The widest there is.
    pub const WIDEST: Self = Self(50.0);
    /// The narrowest there is.
    pub const NARROWEST: Self = Self(1.0);

    /// A radius of 1 to 50 kilometres, both included.
    ///
    /// # Errors
    /// [`GeoError::Radius`] for any other number and for NaN.
    pub fn new(kilometres: f64) -> Result<Self, GeoError> {
        if (Self::NARROWEST.0..=Self::WIDEST.0).contains(&kilometres) {
            Ok(Self(kilometres))
        } else {
            Err(GeoError::Radius)
        }
    }

    /// The radius in kilometres.
    pub const fn kilometres(self) -> f64 {
        self.0
    }

    /// Whether something this far away is within reach; the rim is.
    pub fn reaches(self, distance: DistanceKm) -> bool {
        distance.0 <= self.0
    }
}

impl TryFrom<f64> for RadiusKm {
    type Error = GeoError;

    fn try_from(kilometres: f64) -> Result<Self, GeoError> {
        Self::new(kilometres)
    }
}

impl From<RadiusKm> for f64 {
    fn from(radius: RadiusKm) -> Self {
        radius.0
    }
}

/// A distance in kilometres, finite and not negative; on the wire a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct DistanceKm(f64);

impl DistanceKm {
    /// The distance in kilometres, in full precision.
    pub const fn kilometres(self) -> f64 {
        self.0
    }

    /// The distance in kilometres to two decimals, as people are shown it.
    pub fn rounded(self) -> f64 {
        (self.0 * 100.0).round() / 100.0
    }
}

impl Eq for DistanceKm {}

impl Ord for DistanceKm {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for DistanceKm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<f64> for DistanceKm {
    type Error = GeoError;

    /// Reads a distance that was written before.
    fn try_from(kilometres: f64) -> Result<Self, GeoError> {
        // `abs` because a negative zero would not sort with the other one.
        if kilometres.is_finite() && kilometres >= 0.0 {
            Ok(Self(kilometres.abs()))
        } else {
            Err(GeoError::Distance)
        }
    }
}

impl From<DistanceKm> for f64 {
    fn from(distance: DistanceKm) -> Self {
        distance.0
    }
}

impl GeoPoint {
    /// The great-circle distance to another position, by the haversine formula.
    ///
    /// Good to a millimetre within the reach of any search; near the antipode, where the formula
    /// is at its worst, to a metre.
    pub fn distance_to(self, other: Self) -> DistanceKm {
        let (lat_a, lat_b) = (self.lat().to_radians(), other.lat().to_radians());
        let h = haversine(
            lat_a.cos() * lat_b.cos(),
            lat_b - lat_a,
            (other.lng() - self.lng()).to_radians(),
        );
        DistanceKm(2.0 * EARTH_RADIUS_KM * h.sqrt().atan2((1.0 - h).sqrt()))
    }
}

/// The haversine (sine squared of half the angle) between two positions, 0..=1: grows with the
/// distance, and costs neither a root nor an arc. Angles in radians.
pub(super) fn haversine(product_of_lat_cosines: f64, lat_apart: f64, lng_apart: f64) -> f64 {
    let (sin_lat, sin_lng) = ((lat_apart / 2.0).sin(), (lng_apart / 2.0).sin());
    // Rounding can carry antipodes a hair over 1, whose root of the rest would be NaN.
    (sin_lat * sin_lat + product_of_lat_cosines * sin_lng * sin_lng).clamp(0.0, 1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::f64::consts::PI;

    use super::{DistanceKm, EARTH_RADIUS_KM, GeoError, GeoPoint, RadiusKm};

    fn between(a: (f64, f64), b: (f64, f64)) -> f64 {
        let point = |(lat, lng)| GeoPoint::new(lat, lng).unwrap();
        point(a).distance_to(point(b)).kilometres()
    }

    #[test]
    fn known_distances() {
        // 27.7172 N 85.3240 E to 27.7100 N 85.3300 E, worked out by the spherical law of cosines
        // in 60 decimal digits (the seed has 0.82 there, which is wrong).
        assert!((between((27.7172, 85.324), (27.71, 85.33)) - 0.994_895_586).abs() < 1e-6);
        // A degree of any meridian and of the equator.
        let degree = PI * EARTH_RADIUS_KM / 180.0;
        assert!((between((41.0, 7.0), (42.0, 7.0)) - degree).abs() < 1e-9);
        assert!((between((0.0, -0.5), (0.0, 0.5)) - degree).abs() < 1e-9);
        // Across the antimeridian, and over a pole.
        assert!((between((0.0, 179.5), (0.0, -179.5)) - degree).abs() < 1e-9);
        assert!((between((89.5, 20.0), (89.5, -160.0)) - degree).abs() < 1e-6);
    }

    #[test]
    fn the_same_place_is_nowhere_away() {
        assert!(between((12.5, -70.0), (12.5, -70.0)).abs() < f64::EPSILON);
        assert!(between((90.0, 10.0), (90.0, -130.0)) < 1e-9);
    }

    #[test]
    fn antipodes_are_half_the_girth_apart() {
        let half = PI * EARTH_RADIUS_KM;
        for lat in -90..=90 {
            for lng in -180..0 {
                let (lat, lng) = (f64::from(lat), f64::from(lng));
                let away = between((lat, lng), (-lat, lng + 180.0));
                assert!((away - half).abs() < 1e-3, "{lat} {lng}: {away}");
            }
        }
    }

    #[test]
    fn radii_outside_1_to_50_are_refused_in_the_words_of_the_contract() {
        for wrong in [
            f64::NAN,
            f64::INFINITY,
            0.0,
            -5.0,
            0.999_999,
            50.000_001,
            50_000.0,
        ] {
            assert_eq!(RadiusKm::new(wrong), Err(GeoError::Radius), "{wrong}");
        }
        assert_eq!(GeoError::Radius.to_string(), "must be between 1 and 50");
        for right in [1.0, 12.5, 50.0] {
            assert!((RadiusKm::new(right).unwrap().kilometres() - right).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn the_rim_is_within_reach() {
        let radius = RadiusKm::new(10.0).unwrap();
        assert!(radius.reaches(DistanceKm::try_from(10.0).unwrap()));
        assert!(!radius.reaches(DistanceKm::try_from(10.0_f64.next_up()).unwrap()));
    }

    #[test]
    fn people_are_shown_two_decimals() {
        for (exact, shown) in [
            (2.5, "2.5"),
            (0.994_895_586, "0.99"),
            (12.346, "12.35"),
            (3.0, "3.0"),
        ] {
            let rounded = DistanceKm::try_from(exact).unwrap().rounded();
            assert_eq!(serde_json::to_string(&rounded).unwrap(), shown);
        }
    }

    #[test]
    fn a_distance_read_back_is_a_distance() {
        assert_eq!(
            serde_json::from_str::<DistanceKm>("2.5")
                .unwrap()
                .rounded()
                .to_string(),
            "2.5"
        );
        assert!(serde_json::from_str::<DistanceKm>("-1").is_err());
        assert_eq!(DistanceKm::try_from(f64::NAN), Err(GeoError::Distance));
    }
}
