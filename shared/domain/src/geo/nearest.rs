//! What truly lies within a disc, of what the index gave.

use super::{DistanceKm, GeoPoint, RadiusKm};

/// The candidates within `radius` of `center`, its rim included, nearest first. Candidates at the
/// same distance keep the order they came in.
pub fn nearest<T>(
    center: GeoPoint,
    radius: RadiusKm,
    candidates: impl IntoIterator<Item = (T, GeoPoint)>,
) -> Vec<(T, DistanceKm)> {
    let mut within: Vec<_> = candidates
        .into_iter()
        .map(|(candidate, position)| (candidate, center.distance_to(position)))
        .filter(|(_, distance)| radius.reaches(*distance))
        .collect();
    within.sort_by_key(|(_, distance)| *distance);
    within
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{GeoPoint, RadiusKm, nearest};

    fn at(lat: f64, lng: f64) -> GeoPoint {
        GeoPoint::new(lat, lng).unwrap()
    }

    #[test]
    fn keeps_those_in_reach_nearest_first_and_ties_in_their_order() {
        let candidates = [
            ("far", at(1.0, 0.0)),
            ("second", at(0.05, 0.0)),
            ("first of a tie", at(0.0, 0.08)),
            ("second of a tie", at(0.0, -0.08)),
            ("nearest", at(0.0, 0.0)),
        ];
        let found = nearest(at(0.0, 0.0), RadiusKm::new(10.0).unwrap(), candidates);
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            ["nearest", "second", "first of a tie", "second of a tie"]
        );
        assert!((found[1].1.rounded() - 5.56).abs() < f64::EPSILON);
    }

    #[test]
    fn the_rim_is_kept_and_a_hair_beyond_it_is_not() {
        let (center, rim) = (at(10.0, 10.0), at(10.1, 10.1));
        let exactly = center.distance_to(rim).kilometres();
        let reach = |radius| nearest(center, RadiusKm::new(radius).unwrap(), [((), rim)]).len();
        assert_eq!(reach(exactly), 1);
        assert_eq!(reach(exactly.next_down()), 0);
    }
}
