//! Boxes: a length, a name, and what the box holds.

use std::ops::Range;

use crate::media::Unfit;
use crate::media::reader::Reader;

/// More boxes, or parts of items, than any picture has in one place: a large one has some hundreds of tiles.
pub(super) const MOST: usize = 8_192;

/// A box, by its places in the file.
pub(super) struct Found {
    pub(super) name: [u8; 4],
    pub(super) name_at: usize,
    pub(super) content: Range<usize>,
}

impl Found {
    /// What it holds.
    pub(super) fn of<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], Unfit> {
        bytes.get(self.content.clone()).ok_or(Unfit::Damaged)
    }

    /// What it holds behind its version and flags.
    pub(super) fn after_flags(&self) -> Result<Range<usize>, Unfit> {
        let from = self.content.start + 4;
        if from > self.content.end {
            return Err(Unfit::Damaged);
        }
        Ok(from..self.content.end)
    }
}

/// The boxes that fill a part of the file, one after the other, to its end.
pub(super) fn walk(bytes: &[u8], part: Range<usize>) -> Result<Vec<Found>, Unfit> {
    let from = part.start;
    let mut reader = Reader::new(bytes.get(part).ok_or(Unfit::Damaged)?);
    let mut found = Vec::new();
    while !reader.is_at_end() {
        if found.len() == MOST {
            return Err(Unfit::Damaged);
        }
        let length = reader.be32()?;
        let name_at = from + reader.position();
        let name = reader.array()?;
        let content = match length {
            // To the end.
            0 => reader.rest().len(),
            1 => beyond(reader.be64()?, 16)?,
            length => beyond(length.into(), 8)?,
        };
        let begins = reader.position();
        reader.take(content)?;
        found.push(Found {
            name,
            name_at,
            content: from + begins..from + reader.position(),
        });
    }
    Ok(found)
}

/// How much a box of that length holds behind its header.
fn beyond(length: u64, header: u64) -> Result<usize, Unfit> {
    let content = length.checked_sub(header).ok_or(Unfit::Damaged)?;
    usize::try_from(content).map_err(|_| Unfit::Damaged)
}
