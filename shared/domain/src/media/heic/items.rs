//! Which items there are, and where they lie.

use std::collections::BTreeSet;
use std::ops::Range;

use super::boxes::{Found, MOST, walk};
use crate::media::Unfit;
use crate::media::reader::{CutShort, Reader};

/// What a picture is made of: coded pictures, those made of others, and how bright they are. Anything
/// else that an item may be describes the picture, or is another file.
const PICTURES: [&[u8; 4]; 6] = [b"hvc1", b"hev1", b"lhv1", b"grid", b"iden", b"tmap"];

/// The items of a file.
pub(super) struct Items {
    /// Those that the picture is made of.
    pub(super) pictures: BTreeSet<u32>,
    /// Where the kinds of the others stand.
    pub(super) renamed: Vec<usize>,
    /// Where what they are called stands.
    pub(super) zeroed: Vec<Range<usize>>,
}

impl Items {
    /// Reads the box `iinf`.
    pub(super) fn of(bytes: &[u8], list: &Found) -> Result<Self, Unfit> {
        let mut items = Self {
            pictures: BTreeSet::new(),
            renamed: Vec::new(),
            zeroed: Vec::new(),
        };
        let entries = list.after_flags()?;
        let version = Reader::new(list.of(bytes)?).byte()?;
        let count = if version == 0 { 2 } else { 4 };
        let from = (entries.start + count).min(entries.end);
        for entry in walk(bytes, from..entries.end)? {
            items.take(bytes, &entry)?;
        }
        if items.pictures.is_empty() {
            return Err(Unfit::Damaged);
        }
        Ok(items)
    }

    fn take(&mut self, bytes: &[u8], entry: &Found) -> Result<(), Unfit> {
        let mut reader = Reader::new(entry.of(bytes)?);
        let [version, _, _, _] = reader.array()?;
        let id = match version {
            2 => u32::from(reader.be16()?),
            3 => reader.be32()?,
            // Older ones are named by media types, and draw nothing.
            _ => return Err(Unfit::Damaged),
        };
        let _protection = reader.be16()?;
        let kind_at = entry.content.start + reader.position();
        let kind: [u8; 4] = reader.array()?;
        if PICTURES.contains(&&kind) {
            self.pictures.insert(id);
        } else {
            self.renamed.push(kind_at);
        }
        let name = entry.content.start + reader.position();
        self.zeroed.push(name..entry.content.end);
        Ok(())
    }
}

/// Where an item lies.
struct Place {
    id: u32,
    /// In `idat`, and not in the file.
    in_data: bool,
    start: u64,
    length: u64,
}

/// Where all items lie.
pub(super) struct Places(Vec<Place>);

/// How many bytes the numbers of the box `iloc` have.
struct Widths {
    offset: u8,
    length: u8,
    base: u8,
    index: u8,
}

impl Places {
    /// Reads the box `iloc`.
    pub(super) fn of(content: &[u8]) -> Result<Self, Unfit> {
        let mut reader = Reader::new(content);
        let [version, _, _, _] = reader.array()?;
        let [first, second] = reader.array()?;
        let widths = Widths {
            offset: first >> 4,
            length: first & 0xF,
            base: second >> 4,
            index: if version == 0 { 0 } else { second & 0xF },
        };
        let count = match version {
            0 | 1 => u32::from(reader.be16()?),
            2 => reader.be32()?,
            _ => return Err(Unfit::Damaged),
        };
        let mut places = Vec::new();
        for _ in 0..count {
            item(&mut reader, version, &widths, &mut places)?;
        }
        Ok(Self(places))
    }

    /// The parts of the file in which these items lie; `data` is where `idat` lies.
    pub(super) fn of_items(
        &self,
        items: &BTreeSet<u32>,
        data: Option<&Range<usize>>,
    ) -> Result<Vec<Range<usize>>, Unfit> {
        let wanted = self.0.iter().filter(|place| items.contains(&place.id));
        wanted.map(|place| place.part(data)).collect()
    }
}

impl Place {
    fn part(&self, data: Option<&Range<usize>>) -> Result<Range<usize>, Unfit> {
        let start = usize::try_from(self.start).map_err(|_| Unfit::Damaged)?;
        let length = usize::try_from(self.length).map_err(|_| Unfit::Damaged)?;
        // None is "all of it", which no camera writes.
        if length == 0 {
            return Err(Unfit::Damaged);
        }
        let base = match (self.in_data, data) {
            (false, _) => 0,
            (true, Some(data)) => data.start,
            (true, None) => return Err(Unfit::Damaged),
        };
        let start = base.checked_add(start).ok_or(Unfit::Damaged)?;
        let end = start.checked_add(length).ok_or(Unfit::Damaged)?;
        Ok(start..end)
    }
}

fn item(
    reader: &mut Reader<'_>,
    version: u8,
    widths: &Widths,
    places: &mut Vec<Place>,
) -> Result<(), Unfit> {
    let id = match version {
        2 => reader.be32()?,
        _ => reader.be16()?.into(),
    };
    let construction = match version {
        0 => 0,
        _ => reader.be16()? & 0xF,
    };
    let file = reader.be16()?;
    if construction > 1 || file != 0 {
        // Made of other items' bytes, or lying in another file.
        return Err(Unfit::Damaged);
    }
    let base = number(reader, widths.base)?;
    for _ in 0..reader.be16()? {
        let _index = number(reader, widths.index)?;
        let offset = number(reader, widths.offset)?;
        let length = number(reader, widths.length)?;
        if places.len() == MOST {
            return Err(Unfit::Damaged);
        }
        places.push(Place {
            id,
            in_data: construction == 1,
            start: base.checked_add(offset).ok_or(Unfit::Damaged)?,
            length,
        });
    }
    Ok(())
}

fn number(reader: &mut Reader<'_>, width: u8) -> Result<u64, Unfit> {
    match width {
        0 => Ok(0),
        4 => Ok(reader.be32()?.into()),
        8 => Ok(reader.be64()?),
        _ => Err(CutShort.into()),
    }
}
