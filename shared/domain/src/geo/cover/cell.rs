//! Cells of the geohash grid, and how they lie to a disc.

use crate::geo::distance::{EARTH_RADIUS_KM, haversine};
use crate::geo::geohash::CURVE_BITS;
use crate::geo::{GeoPoint, RadiusKm};

/// Added to the radius of every disc, so that what the rounding of sines and of geohashes moves, at
/// most a few micrometres, never falls out: a millimetre.
const SLACK_KM: f64 = 1e-6;

/// A cell of the grid: the places on the curve that share their first bits, and the rectangle of
/// degrees they fill. Its sides are dyadic parts of 45 degrees, so they carry no rounding.
pub(super) struct Cell {
    bits: u32,
    code: u64,
    south: f64,
    west: f64,
    height: f64,
    width: f64,
}

impl Cell {
    /// The cell that all others are parts of.
    pub(super) const GLOBE: Self = Self {
        bits: 0,
        code: 0,
        south: -90.0,
        west: -180.0,
        height: 180.0,
        width: 360.0,
    };

    /// How many bits the places in this cell share.
    pub(super) const fn bits(&self) -> u32 {
        self.bits
    }

    /// The first place on the curve in this cell.
    pub(super) const fn first(&self) -> u64 {
        self.code << (CURVE_BITS - self.bits)
    }

    /// The last place on the curve in this cell.
    pub(super) const fn last(&self) -> u64 {
        self.first() | ((1 << (CURVE_BITS - self.bits)) - 1)
    }

    /// The two cells of one bit more, in the order of the curve: west and east, or south and
    /// north, by turns.
    pub(super) fn halves(&self) -> [Self; 2] {
        let (bits, code) = (self.bits + 1, self.code << 1);
        let Self {
            south,
            west,
            mut height,
            mut width,
            ..
        } = *self;
        let (mut north_half, mut east_half) = (south, west);
        if self.bits.is_multiple_of(2) {
            width /= 2.0;
            east_half += width;
        } else {
            height /= 2.0;
            north_half += height;
        }
        [
            Self {
                bits,
                code,
                south,
                west,
                height,
                width,
            },
            Self {
                bits,
                code: code | 1,
                south: north_half,
                west: east_half,
                height,
                width,
            },
        ]
    }

    /// The area on the sphere, in square kilometres.
    pub(super) fn area_km2(&self) -> f64 {
        let (middle, half) = (self.south + self.height / 2.0, self.height / 2.0);
        // The difference of the sines of both parallels, in a form exact at the poles too.
        let zone = 2.0 * middle.to_radians().cos() * half.to_radians().sin();
        EARTH_RADIUS_KM * EARTH_RADIUS_KM * self.width.to_radians() * zone
    }

    /// Whether the meridian at `lng` degrees runs through the cell or along a side of it.
    fn spans(&self, lng: f64) -> bool {
        (self.west..=self.west + self.width).contains(&lng)
    }
}

/// A disc on the sphere. Angles in radians, distances as haversines.
pub(super) struct Disc {
    center: GeoPoint,
    lat: f64,
    sin_lat: f64,
    cos_lat: f64,
    reach: f64,
    area_km2: f64,
}

impl Disc {
    /// The disc of all positions within `radius` of `center`, and a little more.
    pub(super) fn new(center: GeoPoint, radius: RadiusKm) -> Self {
        let lat = center.lat().to_radians();
        let reach = ((radius.kilometres() + SLACK_KM) / EARTH_RADIUS_KM / 2.0)
            .sin()
            .powi(2);
        Self {
            center,
            lat,
            sin_lat: lat.sin(),
            cos_lat: lat.cos(),
            reach,
            area_km2: 4.0 * std::f64::consts::PI * EARTH_RADIUS_KM * EARTH_RADIUS_KM * reach,
        }
    }

    /// Whether any position in the cell, its sides included, is in the disc.
    pub(super) fn touches(&self, cell: &Cell) -> bool {
        let (south, north) = (
            cell.south.to_radians(),
            (cell.south + cell.height).to_radians(),
        );
        // Positions at one latitude are nearer the less their longitude differs, so the nearest is
        // on the centre's own meridian, or else on the side whose meridian is nearer.
        let [to_west, to_east] = self.lng_to_sides(cell);
        let lng_apart = to_west.abs().min(to_east.abs()).to_radians();
        let beside = !cell.spans(self.center.lng());
        let lng_apart = if beside { lng_apart } else { 0.0 };
        // Along that meridian, the foot of the perpendicular if the cell has it: the distance
        // grows to both sides of it, and so is least at an end if the cell has it not.
        let foot = self.sin_lat.atan2(self.cos_lat * lng_apart.cos());
        let at = |lat| self.haversine_to(lat, lng_apart) <= self.reach;
        at(south) || at(north) || ((south..=north).contains(&foot) && at(foot))
    }

    /// Whether the cell is worth halving: larger than a grain, the given part of the disc, and not
    /// all in the disc. To take a cell for less than all in it costs time, and the other way
    /// round reads a sliver more; neither loses a position.
    pub(super) fn cuts_through(&self, cell: &Cell, grains: f64) -> bool {
        if cell.bits() >= CURVE_BITS || cell.area_km2() * grains <= self.area_km2 {
            return false;
        }
        let (south, north) = (
            cell.south.to_radians(),
            (cell.south + cell.height).to_radians(),
        );
        let [to_west, to_east] = self.lng_to_sides(cell);
        let lng_apart = to_west.abs().max(to_east.abs()).to_radians();
        [south, north]
            .into_iter()
            .any(|lat| self.haversine_to(lat, lng_apart) > self.reach)
    }

    fn haversine_to(&self, lat: f64, lng_apart: f64) -> f64 {
        haversine(self.cos_lat * lat.cos(), lat - self.lat, lng_apart)
    }

    /// Degrees of longitude from the centre to the west and east side of a cell, the short way
    /// round, -180..=180.
    fn lng_to_sides(&self, cell: &Cell) -> [f64; 2] {
        [cell.west, cell.west + cell.width].map(|side| {
            let apart = side - self.center.lng();
            if apart > 180.0 {
                apart - 360.0
            } else if apart < -180.0 {
                apart + 360.0
            } else {
                apart
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::f64::consts::PI;

    use super::{Cell, Disc, EARTH_RADIUS_KM};
    use crate::geo::geohash::partition_of;
    use crate::geo::{GeoPoint, RadiusKm};

    fn partitions() -> Vec<Cell> {
        let mut cells = vec![Cell::GLOBE];
        while cells[0].bits() < crate::geo::geohash::PARTITION_BITS {
            cells = cells.iter().flat_map(Cell::halves).collect();
        }
        cells
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "the sides of cells carry no rounding")]
    fn cells_fill_the_rectangles_of_the_crate_in_the_order_of_the_curve() {
        let cells = partitions();
        assert!(cells.is_sorted_by_key(|cell| partition_of(cell.first())));
        for cell in cells {
            let whole = geohash::decode_bbox(&partition_of(cell.first())).unwrap();
            assert_eq!((cell.west, cell.south), (whole.min().x, whole.min().y));
            assert_eq!((cell.width, cell.height), (whole.width(), whole.height()));
            assert_eq!(partition_of(cell.first()), partition_of(cell.last()));
        }
    }

    #[test]
    fn areas_add_up_to_that_of_the_globe() {
        let total: f64 = partitions().iter().map(Cell::area_km2).sum();
        assert!((total / (4.0 * PI * EARTH_RADIUS_KM.powi(2)) - 1.0).abs() < 1e-12);
    }

    /// The disc's widest longitude is where its rim touches a meridian, nearer to the pole than
    /// its centre: asin(sin r / cos lat) from it, and not r / cos lat.
    #[test]
    fn a_disc_is_wider_than_its_own_parallel_shows() {
        let (lat, radius): (f64, f64) = (80.0, 50.0);
        let r = radius / EARTH_RADIUS_KM;
        let half_width = (r.sin() / lat.to_radians().cos()).asin().to_degrees();
        let naive = (r / lat.to_radians().cos()).to_degrees();
        let disc = Disc::new(
            GeoPoint::new(lat, -half_width).unwrap(),
            RadiusKm::new(radius).unwrap(),
        );
        let from = |west| Cell {
            bits: 15,
            code: 0,
            south: 79.0,
            west,
            height: 3.0,
            width: 1.0,
        };
        assert!(naive < half_width);
        assert!(disc.touches(&from(-1e-9)));
        assert!(!disc.touches(&from(1e-6)));
    }
}
