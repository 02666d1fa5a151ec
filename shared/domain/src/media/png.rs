//! PNG: chunks, each with its length, its name and a checksum. <https://www.w3.org/TR/png-3/>

use super::reader::Reader;
use super::{Unfit, exif, pixels};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What draws the picture, its colours and its animation.
const KEPT: [&[u8; 4]; 18] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP",
    b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The picture without texts, times, Exif, chunks that nobody knows, and whatever follows its end.
pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut reader = Reader::new(bytes);
    let mut kept = reader.take(SIGNATURE.len())?.to_vec();
    kept.reserve(bytes.len());
    let (mut has_size, mut has_picture, mut has_orientation) = (false, false, false);
    loop {
        let from = reader.position();
        let length = Reader::length(reader.be32()?)?;
        let name: [u8; 4] = reader.array()?;
        let content = reader.take(length)?;
        let _checksum: [u8; 4] = reader.array()?;
        if has_size == (&name == b"IHDR") {
            return Err(Unfit::Damaged);
        }
        match &name {
            b"IHDR" => {
                let mut header = Reader::new(content);
                pixels::check(header.be32()?, header.be32()?)?;
                has_size = true;
            }
            b"IDAT" => has_picture = true,
            b"eXIf" if !has_orientation => {
                if let Some(side) = exif::orientation(content) {
                    has_orientation = true;
                    chunk(&mut kept, name, &exif::of_orientation(side));
                }
            }
            _ => {}
        }
        if KEPT.contains(&&name) {
            kept.extend_from_slice(bytes.get(from..reader.position()).unwrap_or_default());
        } else if name[0].is_ascii_uppercase() {
            // Without it the picture cannot be drawn.
            return Err(Unfit::Damaged);
        }
        if &name == b"IEND" {
            return if has_picture {
                Ok(kept)
            } else {
                Err(Unfit::Damaged)
            };
        }
    }
}

fn chunk(kept: &mut Vec<u8>, name: [u8; 4], content: &[u8; 26]) {
    kept.extend([0, 0, 0, 26]);
    kept.extend(name);
    kept.extend(content);
    kept.extend(checksum(name.iter().chain(content)).to_be_bytes());
}

/// CRC-32, as the standard's annex D writes it, for the few bytes that are written anew.
fn checksum<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let sum = bytes.fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                0xEDB8_8320 ^ (sum >> 1)
            } else {
                sum >> 1
            }
        })
    });
    sum ^ u32::MAX
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(checksum(b"IEND".iter()), 0xAE42_6082);
        assert_eq!(checksum(b"123456789".iter()), 0xCBF4_3926);
    }
}
