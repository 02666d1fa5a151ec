//! JPEG: segments, each with a marker, and between them the coded picture.
//! <https://www.w3.org/Graphics/JPEG/itu-t81.pdf>, annex B.

use super::reader::{CutShort, Reader};
use super::{Unfit, exif, pixels};

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const JFIF: u8 = 0xE0;
const EXIF: u8 = 0xE1;
const ICC: u8 = 0xE2;
const ADOBE: u8 = 0xEE;

/// More scans than any encoder makes: each may have a decoder go over the whole picture.
const MOST_SCANS: usize = 256;

/// The picture without its metadata, and without whatever follows its end: previews, other pictures
/// with metadata of their own, films.
pub(super) fn clean(bytes: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut reader = Reader::new(bytes);
    let mut kept = Kept {
        bytes: Vec::with_capacity(bytes.len()),
        has_size: false,
        scans: 0,
        has_orientation: false,
    };
    if marker(&mut reader)? != START {
        return Err(Unfit::Damaged);
    }
    kept.bytes.extend([0xFF, START]);
    loop {
        let marker = marker(&mut reader)?;
        if marker == END {
            break;
        }
        let length = usize::from(reader.be16()?);
        let content = reader.take(length.checked_sub(2).ok_or(Unfit::Damaged)?)?;
        kept.take(marker, content)?;
        if marker == SCAN {
            kept.bytes.extend_from_slice(coded(&mut reader)?);
        }
    }
    if kept.scans == 0 {
        return Err(Unfit::Damaged);
    }
    kept.bytes.extend([0xFF, END]);
    Ok(kept.bytes)
}

/// The next marker; before it may stand any number of fill bytes.
fn marker(reader: &mut Reader<'_>) -> Result<u8, Unfit> {
    if reader.byte()? != 0xFF {
        return Err(Unfit::Damaged);
    }
    loop {
        match reader.byte()? {
            0xFF => {}
            marker => return Ok(marker),
        }
    }
}

/// The coded picture up to the next marker that is not part of it.
fn coded<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], CutShort> {
    let rest = reader.rest();
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    let length = rest.windows(2).position(is_marker).ok_or(CutShort)?;
    reader.take(length)
}

/// What was kept so far.
struct Kept {
    bytes: Vec<u8>,
    has_size: bool,
    scans: usize,
    has_orientation: bool,
}

impl Kept {
    fn take(&mut self, marker: u8, content: &[u8]) -> Result<(), Unfit> {
        match marker {
            // Tables of Huffman codes, of quantization, of arithmetic coding; restart intervals.
            0xC4 | 0xDB | 0xCC | 0xDD => self.segment(marker, content),
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let (height, width) = size(content)?;
                pixels::check(width, height)?;
                self.has_size = true;
                self.segment(marker, content);
            }
            SCAN if self.has_size && self.scans < MOST_SCANS => {
                self.scans += 1;
                self.segment(marker, content);
            }
            JFIF => self.jfif(content),
            EXIF => self.orientation(content),
            ICC if content.starts_with(b"ICC_PROFILE\0") => self.segment(marker, content),
            ADOBE if content.starts_with(b"Adobe") && content.len() >= 12 => {
                self.segment(marker, &content[..12]);
            }
            // What applications and people wrote, and the lines of a picture that says its height.
            0xE0..=0xEF | 0xFE | 0xDC => {}
            _ => return Err(Unfit::Damaged),
        }
        Ok(())
    }

    /// How dense the pixels are, without the thumbnail.
    fn jfif(&mut self, content: &[u8]) {
        if content.starts_with(b"JFIF\0") && content.len() >= 14 {
            let mut content = content[..14].to_vec();
            content[12..].fill(0);
            self.segment(JFIF, &content);
        }
    }

    fn orientation(&mut self, content: &[u8]) {
        if !content.starts_with(exif::PREFIX) || self.has_orientation {
            return;
        }
        if let Some(side) = exif::orientation(content) {
            self.has_orientation = true;
            let content = [exif::PREFIX, &exif::of_orientation(side)].concat();
            self.segment(EXIF, &content);
        }
    }

    fn segment(&mut self, marker: u8, content: &[u8]) {
        // Its length was read from two bytes, and none is kept longer than it came.
        let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
        self.bytes.extend([0xFF, marker]);
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend_from_slice(content);
    }
}

/// Height and width in the header of a frame.
fn size(frame: &[u8]) -> Result<(u32, u32), CutShort> {
    let mut reader = Reader::new(frame);
    let _bits = reader.byte()?;
    Ok((reader.be16()?.into(), reader.be16()?.into()))
}
