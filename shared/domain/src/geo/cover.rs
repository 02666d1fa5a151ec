//! Which stretches of the index hold a disc.

mod cell;
#[cfg(test)]
mod tests;

use self::cell::{Cell, Disc};
use super::geohash::{CURVE_BITS, PARTITION_BITS, lower_bound, partition_of, upper_bound};
use super::{GeoPoint, RadiusKm};

/// The most ranges a cover has, unless more partitions than this touch its disc, which they do
/// only beyond 80 degrees of latitude: there the meridians are so close that each further
/// partition costs a range.
pub const MAX_RANGES: usize = 12;

/// How much smaller than its disc the smallest cells are. Cells four times finer take twice the
/// time and read 0.6 % less, because it is the number of ranges that limits a cover.
const GRAINS_IN_A_DISC: f64 = 512.0;

/// The least area in square kilometres worth a range of its own to leave out. A Query costs half a
/// read unit at least, the price of 8 KB: some 16 items of 512 bytes, which is what a city of four
/// pharmacies to the square kilometre has in this area.
const WORTH_A_RANGE_KM2: f64 = 4.0;

/// A contiguous stretch of one partition of an index whose sort keys are `<geohash>#<id>`, the
/// geohash in 12 characters.
///
/// Its items are those with `partition` at the end of their partition key and
/// `sort key BETWEEN from AND to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellRange {
    /// The 3 characters of geohash that name the partition.
    pub partition: String,
    /// Not above the first sort key of the stretch.
    pub from: String,
    /// Above the last sort key of the stretch.
    pub to: String,
}

/// The ranges that hold a disc: disjoint, in the order of the curve, and never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    ranges: Vec<CellRange>,
}

impl Cover {
    /// The ranges, in the order of the curve.
    pub fn ranges(&self) -> &[CellRange] {
        &self.ranges
    }

    /// The ranges themselves, in the order of the curve.
    pub fn into_ranges(self) -> Vec<CellRange> {
        self.ranges
    }
}

/// The ranges of the index that hold every position within `radius` of `center`, its rim included:
/// at most [`MAX_RANGES`] between 80 S and 80 N.
///
/// They hold more than the disc, as squares on a curve must. Measured between 80 S and 80 N, the
/// worst in some 10,000 places chosen for it (on lines and corners of the grid, at 80 degrees):
///
/// | radius | ranges, mean | area read for each of the disc, mean | worst |
/// |---|---|---|---|
/// | 1 km | 2.4 | 2.9 | 6.8 (21 km²) |
/// | 2 km | 3.8 | 2.0 | 3.2 |
/// | 5 km | 8.2 | 1.40 | 1.7 |
/// | 10 to 50 km | 11.9 | 1.28 | 1.92 |
///
/// The tests hold the means, and 2.2 times the disc and 20 km² as the bound. A small disc reads
/// more than it must because to leave that out would take more Queries than it saves; the worst of
/// the wide ones are at 80 degrees, where ten partitions meet in one disc.
pub fn cover(center: GeoPoint, radius: RadiusKm) -> Cover {
    let mut trace = Trace::default();
    trace.enter(&Cell::GLOBE, &Disc::new(center, radius));
    let ranges = bridge(&trace.stretches)
        .into_iter()
        .map(CellRange::from)
        .collect();
    Cover { ranges }
}

/// A stretch of the curve within one partition, all of whose cells touch the disc.
#[derive(Clone, Copy)]
struct Stretch {
    first: u64,
    last: u64,
    /// The area between the stretch before and this one; none where this is the first of its
    /// partition.
    gap_km2: Option<f64>,
}

impl From<Stretch> for CellRange {
    fn from(Stretch { first, last, .. }: Stretch) -> Self {
        Self {
            partition: partition_of(first),
            from: lower_bound(first),
            to: upper_bound(last),
        }
    }
}

/// A walk along the curve which notes where it runs through the disc.
#[derive(Default)]
struct Trace {
    stretches: Vec<Stretch>,
    /// What the walk passed by since the last stretch, or since it came into this partition.
    gap_km2: f64,
}

impl Trace {
    /// Walks through a cell, entering only those of its halves that the disc touches. Begun with
    /// the globe, it needs to know nothing of poles and antimeridian.
    fn enter(&mut self, cell: &Cell, disc: &Disc) {
        if !disc.touches(cell) {
            self.gap_km2 += cell.area_km2();
        } else if cell.bits() < PARTITION_BITS || disc.cuts_through(cell, GRAINS_IN_A_DISC) {
            let [first, second] = cell.halves();
            self.enter(&first, disc);
            self.enter(&second, disc);
        } else {
            self.take(cell);
        }
    }

    fn take(&mut self, cell: &Cell) {
        let (first, last) = (cell.first(), cell.last());
        let gap_km2 = std::mem::take(&mut self.gap_km2);
        let before = self
            .stretches
            .last_mut()
            .filter(|before| same_partition(before.last, first));
        let gap_km2 = match before {
            Some(before) if before.last + 1 == first => return before.last = last,
            Some(_) => Some(gap_km2),
            None => None,
        };
        self.stretches.push(Stretch {
            first,
            last,
            gap_km2,
        });
    }
}

fn same_partition(a: u64, b: u64) -> bool {
    a >> (CURVE_BITS - PARTITION_BITS) == b >> (CURVE_BITS - PARTITION_BITS)
}

/// Leaves out as many of the gaps between stretches as there are ranges for, the widest first, and
/// reads through the others. Of all covers with that many ranges this one reads the least.
fn bridge(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut gaps: Vec<f64> = stretches
        .iter()
        .filter_map(|stretch| stretch.gap_km2)
        .collect();
    let partitions = stretches.len() - gaps.len();
    gaps.sort_by(|a, b| b.total_cmp(a));
    // The widest gap there is no range for. A gap as wide as it is read through too, so that equal
    // gaps cannot bring the ranges over their number.
    let too_many = gaps
        .get(MAX_RANGES.saturating_sub(partitions))
        .copied()
        .unwrap_or(0.0);
    let bridged = too_many.max(WORTH_A_RANGE_KM2);

    let mut ranges: Vec<Stretch> = Vec::with_capacity(MAX_RANGES);
    for stretch in stretches {
        match (ranges.last_mut(), stretch.gap_km2) {
            (Some(before), Some(gap)) if gap <= bridged => before.last = stretch.last,
            (_, _) => ranges.push(*stretch),
        }
    }
    ranges
}
