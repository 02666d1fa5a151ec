//! The geohash of a position, and geohashes as stretches of the Z-order curve.

use std::fmt;

use super::point::GeoPoint;

/// The 32 characters of a geohash, in the order of the curve, which is their order in ASCII too.
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Characters of a full geohash: a cell of 19 by 37 millimetres at the equator.
const LENGTH: usize = 12;

/// Characters of the geohash that name its partition of an index: a cell of 1.40625 by 1.40625
/// degrees, 156 km at the equator.
const PARTITION_LENGTH: usize = 3;

/// Bits of a full geohash, longitude's and latitude's by turns: a place on the Z-order curve.
pub(super) const CURVE_BITS: u32 = 60;

/// Bits of a geohash that name its partition.
pub(super) const PARTITION_BITS: u32 = 15;

/// The geohash of a position, 12 characters of base 32.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Geohash(String);

impl Geohash {
    /// All 12 characters: the sort key of a position in its partition.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 3 characters: the partition that holds the position.
    pub fn partition(&self) -> &str {
        self.0.get(..PARTITION_LENGTH).unwrap_or(&self.0)
    }
}

impl fmt::Display for Geohash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl GeoPoint {
    /// The geohash of this position, in 12 characters.
    pub fn geohash(self) -> Geohash {
        // The crate computes the cell modulo the globe: at latitude 90 it names a cell at the
        // south pole, and just below longitude 180 one beyond the antimeridian. So what lies
        // beyond the middle of the last row or column is taken to that middle.
        let cell = geohash::Coord {
            x: self.lng().min(180.0 - 180.0 / f64::from(1 << 30)),
            y: self.lat().min(90.0 - 90.0 / f64::from(1 << 30)),
        };
        match geohash::encode(cell, LENGTH) {
            Ok(text) => Geohash(text),
            Err(_) => unreachable!("a GeoPoint is on the globe, and 12 is a length of a geohash"),
        }
    }
}

/// The characters of the place `code` on the curve.
fn characters(code: u64) -> String {
    (0..LENGTH)
        .map(|place| {
            let shift = CURVE_BITS as usize - 5 * (place + 1);
            let [low, ..] = (code >> shift).to_le_bytes();
            char::from(ALPHABET[usize::from(low & 31)])
        })
        .collect()
}

/// The partition that holds the place `code` on the curve.
pub(super) fn partition_of(code: u64) -> String {
    let mut text = characters(code);
    text.truncate(PARTITION_LENGTH);
    text
}

/// The least key that is not below any sort key `<geohash>#<id>` from the place `first` on.
pub(super) fn lower_bound(first: u64) -> String {
    // "9q6" sorts below "9q60", so zeros at the end say nothing.
    without_last(characters(first), '0')
}

/// A key above each sort key `<geohash>#<id>` up to and including the place `last`, and below all
/// beyond it.
pub(super) fn upper_bound(last: u64) -> String {
    // '~' sorts above the whole alphabet, so "9q6~" says what "9q6zzzzzzzzz~" says.
    without_last(characters(last), 'z') + "~"
}

/// The text without the characters `repeated` at its end, down to its partition: a key may not be
/// empty.
fn without_last(mut text: String, repeated: char) -> String {
    let kept = text.trim_end_matches(repeated).len().max(PARTITION_LENGTH);
    text.truncate(kept);
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{GeoPoint, characters, lower_bound, partition_of, upper_bound};

    fn geohash(lat: f64, lng: f64) -> String {
        GeoPoint::new(lat, lng).unwrap().geohash().to_string()
    }

    #[test]
    fn known_geohashes() {
        // The examples of geohash.org and of Wikipedia's article.
        assert!(geohash(57.64911, 10.40744).starts_with("u4pruydqqvj"));
        assert!(geohash(-25.382_708, -49.265_506).starts_with("6gkzwgjzn820"));
        assert_eq!(
            GeoPoint::new(57.64911, 10.40744)
                .unwrap()
                .geohash()
                .partition(),
            "u4p"
        );
    }

    #[test]
    fn the_poles_keep_their_ends_of_the_globe() {
        let just_below_90 = 90.0_f64.next_down();
        for lat in [90.0, just_below_90, 89.999_999_999] {
            assert_eq!(geohash(lat, -180.0), "bpbpbpbpbpbp", "{lat}");
            assert_eq!(geohash(lat, 0.0), "upbpbpbpbpbp", "{lat}");
        }
        for lat in [-90.0, (-90.0_f64).next_up()] {
            assert_eq!(geohash(lat, 0.0), "h00000000000", "{lat}");
        }
    }

    #[test]
    fn the_antimeridian_is_the_first_column_and_what_is_west_of_it_the_last() {
        assert_eq!(geohash(-90.0, 180.0), "000000000000");
        assert_eq!(geohash(-90.0, -180.0), "000000000000");
        assert_eq!(geohash(-90.0, 180.0_f64.next_down()), "pbpbpbpbpbpb");
    }

    #[test]
    fn the_crate_itself_still_wraps_at_the_north_pole() {
        // When this fails the mending above can go.
        let pole = geohash::Coord { x: 0.0, y: 90.0 };
        assert_eq!(geohash::encode(pole, 12).unwrap(), "h00000000000");
    }

    #[test]
    fn places_on_the_curve_are_written_as_the_crate_writes_them() {
        for (lat, lng) in [
            (57.64911, 10.40744),
            (-25.38, -49.26),
            (0.0, 0.0),
            (-89.9, 179.9),
        ] {
            let text = geohash(lat, lng);
            let (mut code, mut place) = (0_u64, 0);
            // Read back by the crate: the cell's south-west corner, bit by bit.
            let corner = geohash::decode_bbox(&text).unwrap().min();
            let (mut west, mut south, mut width, mut height) = (-180.0, -90.0, 360.0, 180.0);
            while place < super::CURVE_BITS {
                let (low, size, at) = if place % 2 == 0 {
                    (&mut west, &mut width, corner.x)
                } else {
                    (&mut south, &mut height, corner.y)
                };
                *size /= 2.0;
                let upper = at >= *low + *size;
                if upper {
                    *low += *size;
                }
                code = code << 1 | u64::from(upper);
                place += 1;
            }
            assert_eq!(characters(code), text);
            assert_eq!(partition_of(code), text[..3]);
        }
    }

    #[test]
    fn bounds_hold_the_keys_of_their_cells_and_no_others() {
        // Two neighbouring cells of 4 characters, "9q60" and "9q61".
        let first = 0b01001_10110_00110_00000_u64 << 40;
        let last = (0b01001_10110_00110_00001_u64 << 40) | ((1 << 40) - 1);
        let (from, to) = (lower_bound(first), upper_bound(last));
        assert_eq!((from.as_str(), to.as_str()), ("9q6", "9q61~"));
        for held in [
            "9q6000000000#01",
            "9q60zzzzzzzz#01",
            "9q61zzzzzzzz#7Z",
            "9q6123456789#01",
        ] {
            assert!(from.as_str() <= held && held <= to.as_str(), "{held}");
        }
        for other in ["9q5zzzzzzzzz#01", "9q6200000000#01"] {
            assert!(!(from.as_str() <= other && other <= to.as_str()), "{other}");
        }
    }

    #[test]
    fn bounds_are_never_empty() {
        assert_eq!(lower_bound(0), "000");
        assert_eq!(upper_bound((1 << super::CURVE_BITS) - 1), "zzz~");
    }
}
