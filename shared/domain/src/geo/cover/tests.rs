#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::f64::consts::PI;
use std::ops::RangeInclusive;

use proptest::prelude::*;

use super::cell::Cell;
use super::{CellRange, MAX_RANGES, cover};
use crate::geo::geohash::{lower_bound, upper_bound};
use crate::geo::{EARTH_RADIUS_KM, GeoPoint, RadiusKm};

// --- Where to look -------------------------------------------------------------------------

/// A hair, in degrees: nothing, less than the rounding of a geohash, less than its last cell, and
/// more.
fn hair() -> impl Strategy<Value = f64> {
    (
        prop::sample::select(vec![0.0, 1e-14, 1e-9, 1e-5, 1e-2, 0.5]),
        -1.0..=1.0,
    )
        .prop_map(|(size, part)| size * part)
}

/// Latitudes as areas are: uniform on the sphere.
fn latitude() -> impl Strategy<Value = f64> {
    (-1.0..=1.0_f64).prop_map(|sine| sine.asin().to_degrees())
}

fn longitude() -> RangeInclusive<f64> {
    -180.0..=180.0
}

/// The next line of the grid to the west or south, `bits` deep.
fn on_the_grid(degrees: f64, whole: f64, bits: i32) -> f64 {
    let step = whole / 2_f64.powi(bits);
    (degrees / step).floor() * step
}

/// The position nearest to these degrees, over poles and antimeridian.
fn wrapped(lat: f64, lng: f64) -> GeoPoint {
    let lat = lat.clamp(-90.0, 90.0);
    let lng = if (-180.0..=180.0).contains(&lng) {
        lng
    } else {
        (lng + 180.0).rem_euclid(360.0) - 180.0
    };
    GeoPoint::new(lat, lng).unwrap()
}

/// Positions from everywhere, and from where a cover could go wrong.
fn place() -> impl Strategy<Value = GeoPoint> {
    let anywhere = (latitude(), longitude());
    let pole = (prop::sample::select(vec![-90.0, 90.0]), longitude());
    let antimeridian = (latitude(), prop::sample::select(vec![-180.0, 180.0]));
    let corner = (latitude(), longitude(), 0..=30).prop_map(|(lat, lng, bits)| {
        (on_the_grid(lat, 180.0, bits), on_the_grid(lng, 360.0, bits))
    });
    let edge =
        (latitude(), longitude(), 0..=30, any::<bool>()).prop_map(|(lat, lng, bits, along)| {
            if along {
                (on_the_grid(lat, 180.0, bits), lng)
            } else {
                (lat, on_the_grid(lng, 360.0, bits))
            }
        });
    let far_north_or_south = (
        79.0..=90.0,
        longitude(),
        prop::sample::select(vec![-1.0, 1.0]),
    )
        .prop_map(|(lat, lng, sign)| (lat * sign, lng));
    let any_of_them = prop_oneof![3 => anywhere, 2 => pole, 2 => antimeridian, 3 => corner, 2 => edge, 1 => far_north_or_south];
    (any_of_them, hair(), hair())
        .prop_map(|((lat, lng), north, east)| wrapped(lat + north, lng + east))
}

/// Places between 80 S and 80 N, both included.
fn inhabited_place() -> impl Strategy<Value = GeoPoint> {
    let bounds = (prop::sample::select(vec![-80.0, 80.0]), longitude())
        .prop_map(|(lat, lng)| wrapped(lat, lng));
    prop_oneof![9 => place(), 1 => bounds]
        .prop_map(|place| wrapped(place.lat().clamp(-80.0, 80.0), place.lng()))
}

fn radius() -> impl Strategy<Value = RadiusKm> {
    let kilometres = prop_oneof![
        Just(1.0),
        Just(50.0),
        1.0..=50.0,
        (0.0..=50.0_f64.ln()).prop_map(f64::exp)
    ];
    kilometres.prop_map(|kilometres| RadiusKm::new(kilometres.clamp(1.0, 50.0)).unwrap())
}

/// From a centre: which way, how many radii, and whether to step on to a line of the grid.
type Step = (f64, f64, Option<i32>);

fn step() -> impl Strategy<Value = Step> {
    let radii = prop_oneof![
        3 => (0.0..=1.0_f64).prop_map(f64::sqrt),
        2 => (-1e-6..=1e-6).prop_map(|hair| 1.0 + hair),
        1 => 1.0..=1.5,
    ];
    (0.0..=2.0 * PI, radii, prop::option::weighted(0.3, 12..=30))
}

/// Where a step leads: the direct problem of the sphere.
fn take(center: GeoPoint, radius: RadiusKm, (bearing, radii, grid): Step) -> GeoPoint {
    let angle = radius.kilometres() * radii / EARTH_RADIUS_KM;
    let lat = center.lat().to_radians();
    let there = (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos())
        .clamp(-1.0, 1.0)
        .asin();
    let east =
        (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * there.sin());
    let (lat, lng) = (there.to_degrees(), center.lng() + east.to_degrees());
    match grid {
        Some(bits) => wrapped(on_the_grid(lat, 180.0, bits), on_the_grid(lng, 360.0, bits)),
        None => wrapped(lat, lng),
    }
}

// --- What a cover is measured by ------------------------------------------------------------

/// What the table answers to one range: the comparison of strings that a Query makes.
fn holds(range: &CellRange, position: GeoPoint) -> bool {
    let geohash = position.geohash();
    let sort_key = format!("{geohash}#01JABCDEFGHJKMNPQRSTVWXYZ0");
    range.partition == geohash.partition() && range.from <= sort_key && sort_key <= range.to
}

/// The area a range reads, in square kilometres, found from its strings alone.
fn area_km2(range: &CellRange) -> f64 {
    fn within(cell: &Cell, range: &CellRange) -> f64 {
        let (from, to) = (lower_bound(cell.first()), upper_bound(cell.last()));
        if to < range.from || from > range.to {
            0.0
        } else if range.from <= from && to <= range.to {
            cell.area_km2()
        } else {
            cell.halves().iter().map(|half| within(half, range)).sum()
        }
    }
    within(&Cell::GLOBE, range)
}

fn read_km2(center: GeoPoint, radius: RadiusKm) -> f64 {
    cover(center, radius).ranges().iter().map(area_km2).sum()
}

fn disc_km2(radius: RadiusKm) -> f64 {
    2.0 * PI * EARTH_RADIUS_KM.powi(2) * (1.0 - (radius.kilometres() / EARTH_RADIUS_KM).cos())
}

/// Places spread evenly between 80 S and 80 N, the same in every run.
fn spread(count: u32) -> impl Iterator<Item = GeoPoint> {
    (0..count).map(|i| {
        // The R2 sequence: the plastic number's powers.
        let (u, v) = (
            f64::from(i) * 0.754_877_666 % 1.0,
            f64::from(i) * 0.569_840_291 % 1.0,
        );
        let sine = (2.0 * u - 1.0) * 80.0_f64.to_radians().sin();
        GeoPoint::new(sine.asin().to_degrees(), v * 360.0 - 180.0).unwrap()
    })
}

// --- What must hold -----------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_in_reach_is_in_exactly_one_range(
        center in place(),
        radius in radius(),
        steps in prop::collection::vec(step(), 32),
    ) {
        let cover = cover(center, radius);
        let positions = steps.into_iter().map(|step| take(center, radius, step));
        for position in positions.chain([center]) {
            let holding = cover.ranges().iter().filter(|range| holds(range, position)).count();
            let distance = center.distance_to(position);
            prop_assert!(holding <= 1, "{holding} ranges hold {} {}", position.lat(), position.lng());
            prop_assert!(
                holding == 1 || !radius.reaches(distance),
                "{} {} is missed at {distance:?} of {radius:?} from {} {}",
                position.lat(), position.lng(), center.lat(), center.lng(),
            );
        }
    }

    #[test]
    fn ranges_are_disjoint_and_each_within_its_partition(center in place(), radius in radius()) {
        let cover = cover(center, radius);
        prop_assert!(!cover.ranges().is_empty());
        for range in cover.ranges() {
            prop_assert!(range.from.starts_with(&range.partition) && range.to.starts_with(&range.partition));
            prop_assert!(range.from < range.to);
        }
        for pair in cover.ranges().windows(2) {
            prop_assert!(pair[0].to < pair[1].from, "{:?} then {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn beyond_80_degrees_more_ranges_are_more_partitions(
        (lat, lng) in (80.0..=90.0_f64, longitude()),
        south in any::<bool>(),
        radius in radius(),
    ) {
        let cover = cover(wrapped(if south { -lat } else { lat }, lng), radius);
        let partitions: BTreeSet<_> = cover.ranges().iter().map(|range| &range.partition).collect();
        prop_assert!(cover.ranges().len() <= partitions.len().max(MAX_RANGES));
    }

    #[test]
    fn ranges_are_few_and_read_little_between_80_south_and_80_north(
        center in inhabited_place(),
        radius in radius(),
    ) {
        let ranges = cover(center, radius).ranges().len();
        prop_assert!(ranges <= MAX_RANGES, "{ranges} ranges, {} {}, {radius:?}", center.lat(), center.lng());
        let (read, disc) = (read_km2(center, radius), disc_km2(radius));
        prop_assert!(
            read <= 2.2 * disc + 20.0,
            "{read} km2 for a disc of {disc}, {} {}, {radius:?}", center.lat(), center.lng(),
        );
    }
}

/// The mean number of ranges, and the mean of the area read by that of the disc.
fn means(kilometres: f64) -> (f64, f64) {
    const PLACES: u32 = 400;
    let radius = RadiusKm::new(kilometres).unwrap();
    let (ranges, read) = spread(PLACES).fold((0, 0.0), |(ranges, read), center| {
        (
            ranges + cover(center, radius).ranges().len(),
            read + read_km2(center, radius),
        )
    });
    let ranges = f64::from(u32::try_from(ranges).unwrap());
    (
        ranges / f64::from(PLACES),
        read / f64::from(PLACES) / disc_km2(radius),
    )
}

#[test]
fn wide_discs_spend_their_ranges_and_read_three_tenths_too_much_on_average() {
    for kilometres in [10.0, 25.0, 50.0] {
        let (ranges, read) = means(kilometres);
        assert!(
            (1.24..1.32).contains(&read),
            "{read} times the disc of {kilometres} km"
        );
        assert!(ranges > 11.5, "{ranges} ranges for {kilometres} km");
    }
}

#[test]
fn small_discs_save_queries() {
    for (kilometres, few, little) in [(1.0, 2.6, 3.1), (2.0, 4.0, 2.1), (5.0, 8.5, 1.5)] {
        let (ranges, read) = means(kilometres);
        assert!(ranges < few, "{ranges} ranges for {kilometres} km");
        assert!(read < little, "{read} times the disc of {kilometres} km");
    }
}

#[test]
fn at_a_pole_each_partition_that_meets_there_is_read_once() {
    for lat in [-90.0, 90.0] {
        for kilometres in [1.0, 50.0] {
            let pole = GeoPoint::new(lat, 12.0).unwrap();
            let cover = cover(pole, RadiusKm::new(kilometres).unwrap());
            let partitions: BTreeSet<_> = cover
                .ranges()
                .iter()
                .map(|range| &range.partition)
                .collect();
            assert_eq!((cover.ranges().len(), partitions.len()), (256, 256));
        }
    }
}

#[test]
fn a_search_at_the_antimeridian_reads_both_sides_of_it() {
    let taveuni = GeoPoint::new(-16.8, 180.0).unwrap();
    let cover = cover(taveuni, RadiusKm::new(20.0).unwrap());
    for lng in [179.9, -179.9] {
        let neighbour = GeoPoint::new(-16.8, lng).unwrap();
        assert!(
            cover.ranges().iter().any(|range| holds(range, neighbour)),
            "{lng}"
        );
    }
}
