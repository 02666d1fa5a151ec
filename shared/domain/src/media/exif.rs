//! Of all that Exif says, the one thing that changes how a picture looks: which side is up.
//! <https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E>

use super::reader::{CutShort, Reader};

/// What Exif is introduced by in JPEG, and by some programs elsewhere.
pub(super) const PREFIX: &[u8] = b"Exif\0\0";

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// Whether TIFF writes the low byte first.
#[derive(Clone, Copy)]
enum Order {
    Low,
    High,
}

impl Order {
    fn short(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Low => u16::from_le_bytes(bytes),
            Self::High => u16::from_be_bytes(bytes),
        }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Low => u32::from_le_bytes(bytes),
            Self::High => u32::from_be_bytes(bytes),
        }
    }
}

/// The orientation that Exif gives, 2 to 8; none where it is upright or does not read.
pub(super) fn orientation(exif: &[u8]) -> Option<u8> {
    let tiff = exif.strip_prefix(PREFIX).unwrap_or(exif);
    find(tiff).ok().flatten()
}

fn find(tiff: &[u8]) -> Result<Option<u8>, CutShort> {
    let mut header = Reader::new(tiff);
    let order = match &header.array()? {
        b"II" => Order::Low,
        b"MM" => Order::High,
        _ => return Ok(None),
    };
    if order.short(header.array()?) != 42 {
        return Ok(None);
    }
    let start = Reader::length(order.long(header.array()?))?;
    let mut directory = Reader::new(tiff.get(start..).ok_or(CutShort)?);
    for _ in 0..order.short(directory.array()?) {
        let mut entry = Reader::new(directory.take(12)?);
        let (tag, shape) = (order.short(entry.array()?), order.short(entry.array()?));
        let count = order.long(entry.array()?);
        if (tag, shape, count) == (ORIENTATION, SHORT, 1) {
            let value = order.short(entry.array()?);
            return Ok(u8::try_from(value)
                .ok()
                .filter(|side| (2..=8).contains(side)));
        }
    }
    Ok(None)
}

/// Exif, as TIFF, that says which side is up and nothing else.
pub(super) fn of_orientation(side: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = side;
    tiff
}

#[cfg(test)]
mod tests {
    use super::{of_orientation, orientation};

    #[test]
    fn which_side_is_up_is_read_in_either_order_of_bytes() {
        let low = b"II*\0\x08\0\0\0\x02\0\x0F\x01\x02\0\x01\0\0\0a\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(orientation(low), Some(6));
        let prefixed = [b"Exif\0\0".as_slice(), low].concat();
        assert_eq!(orientation(&prefixed), Some(6));
        for side in 2..=8 {
            assert_eq!(orientation(&of_orientation(side)), Some(side));
        }
    }

    #[test]
    fn what_is_upright_or_makes_no_sense_has_none() {
        for side in [0, 1, 9, 255] {
            assert_eq!(orientation(&of_orientation(side)), None);
        }
        let whole = of_orientation(6);
        for length in 0..20 {
            assert_eq!(orientation(&whole[..length]), None, "{length}");
        }
        for wrong in [
            b"".as_slice(),
            b"MM\0*\xFF\xFF\xFF\xFF",
            b"MM\0\x2B\0\0\0\x08\0\x01",
            b"XX\0*\0\0\0\x08\0\x01",
            b"MM\0*\0\0\0\x08\xFF\xFF",
        ] {
            assert_eq!(orientation(wrong), None);
        }
    }
}
