//! WebP: chunks in a RIFF. <https://www.rfc-editor.org/rfc/rfc9649>

use super::reader::Reader;
use super::{Unfit, exif, pixels};

const HAS_EXIF: u8 = 0b0000_1000;
const HAS_XMP: u8 = 0b0000_0100;

/// The picture without Exif, XMP, chunks that nobody knows, and whatever follows its end.
pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut outer = Reader::new(bytes);
    let _riff: [u8; 4] = outer.array()?;
    let length = Reader::length(outer.le32()?)?;
    let mut inner = Reader::new(outer.take(length)?);
    let name: [u8; 4] = inner.array()?;

    let mut kept = Kept {
        bytes: Vec::with_capacity(bytes.len()),
        has_picture: false,
        flags: None,
    };
    kept.bytes.extend(b"RIFF\0\0\0\0");
    kept.bytes.extend(name);
    while !inner.is_at_end() {
        let (name, content) = chunk(&mut inner)?;
        kept.take(name, content)?;
    }
    kept.finish()
}

/// A chunk, and the byte that makes its length even.
fn chunk<'a>(reader: &mut Reader<'a>) -> Result<([u8; 4], &'a [u8]), Unfit> {
    let name = reader.array()?;
    let length = Reader::length(reader.le32()?)?;
    let content = reader.take(length)?;
    if length % 2 == 1 && !reader.is_at_end() {
        reader.byte()?;
    }
    Ok((name, content))
}

/// What was kept so far.
struct Kept {
    bytes: Vec<u8>,
    has_picture: bool,
    /// Where the flags of an extended file stand, which say what else it has.
    flags: Option<usize>,
}

impl Kept {
    fn take(&mut self, name: [u8; 4], content: &[u8]) -> Result<(), Unfit> {
        match &name {
            b"VP8X" if self.bytes.len() == 12 => {
                let (width, height) = canvas(content)?;
                pixels::check(width, height)?;
                push(&mut self.bytes, name, content);
                self.flags = Some(20);
                self.clear(HAS_EXIF | HAS_XMP);
            }
            b"VP8X" => return Err(Unfit::Damaged),
            b"VP8 " | b"VP8L" => {
                check(name, content)?;
                self.has_picture = true;
                push(&mut self.bytes, name, content);
            }
            b"ANMF" => {
                self.has_picture = true;
                push(&mut self.bytes, name, &frame(content)?);
            }
            b"ALPH" | b"ANIM" | b"ICCP" => push(&mut self.bytes, name, content),
            b"EXIF" => self.orientation(content),
            _ => {}
        }
        Ok(())
    }

    fn orientation(&mut self, content: &[u8]) {
        let Some(flags) = self.flags.and_then(|place| self.bytes.get_mut(place)) else {
            return;
        };
        if *flags & HAS_EXIF != 0 {
            return;
        }
        if let Some(side) = exif::orientation(content) {
            *flags |= HAS_EXIF;
            push(&mut self.bytes, *b"EXIF", &exif::of_orientation(side));
        }
    }

    fn clear(&mut self, what: u8) {
        if let Some(flags) = self.flags.and_then(|place| self.bytes.get_mut(place)) {
            *flags &= !what;
        }
    }

    fn finish(mut self) -> Result<Vec<u8>, Unfit> {
        let length = u32::try_from(self.bytes.len() - 8).map_err(|_| Unfit::Damaged)?;
        self.bytes[4..8].copy_from_slice(&length.to_le_bytes());
        if self.has_picture {
            Ok(self.bytes)
        } else {
            Err(Unfit::Damaged)
        }
    }
}

/// Width and height of the canvas of an extended file.
fn canvas(content: &[u8]) -> Result<(u32, u32), Unfit> {
    let mut reader = Reader::new(content);
    let _flags: [u8; 4] = reader.array()?;
    let mut side = || {
        let [low, middle, high] = reader.array()?;
        Ok::<u32, Unfit>(u32::from_le_bytes([low, middle, high, 0]) + 1)
    };
    Ok((side()?, side()?))
}

/// Refuses a coded picture of too many pixels, by its own header.
fn check(name: [u8; 4], content: &[u8]) -> Result<(), Unfit> {
    let mut reader = Reader::new(content);
    if &name == b"VP8L" {
        if reader.byte()? != 0x2F {
            return Err(Unfit::Damaged);
        }
        let sides = reader.le32()?;
        return pixels::check((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1);
    }
    let _frame: [u8; 3] = reader.array()?;
    let [start_0, start_1, start_2, width_low, width_high] = reader.array()?;
    if [start_0, start_1, start_2] != [0x9D, 0x01, 0x2A] {
        return Err(Unfit::Damaged);
    }
    let [height_low, height_high] = reader.array()?;
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    pixels::check(side(width_low, width_high), side(height_low, height_high))
}

/// A frame of an animation: where and how long it stands, and the chunks that draw it.
fn frame(content: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut reader = Reader::new(content);
    let mut kept = reader.take(16)?.to_vec();
    while !reader.is_at_end() {
        let (name, content) = chunk(&mut reader)?;
        match &name {
            b"VP8 " | b"VP8L" => {
                check(name, content)?;
                push(&mut kept, name, content);
            }
            b"ALPH" => push(&mut kept, name, content),
            _ => {}
        }
    }
    Ok(kept)
}

fn push(kept: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    // No file that is taken is as long as four bytes can say.
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    kept.extend(name);
    kept.extend(length.to_le_bytes());
    kept.extend_from_slice(content);
    if content.len() % 2 == 1 {
        kept.push(0);
    }
}
