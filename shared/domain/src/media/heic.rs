//! HEIC: boxes (ISO/IEC 14496-12), of which one, `meta`, lists items (ISO/IEC 23008-12) and where in the
//! file each of them lies.
//!
//! Places are counted from the start of the file, so nothing is taken out: what is not known to draw the
//! picture is overwritten with zeros where it stands. What stands in the room for data is kept where an
//! item of the picture lies, and nowhere else: no list has to be believed that names the metadata.

mod boxes;
mod items;

use std::ops::Range;

use self::boxes::{Found, walk};
use self::items::{Items, Places};
use super::reader::Reader;
use super::{Unfit, pixels};

/// A box that means nothing.
const FREE: &[u8; 4] = b"free";

/// The properties that say how an item is decoded and shown; others describe it in words.
const PROPERTIES: [&[u8; 4]; 14] = [
    b"ispe", b"hvcC", b"lhvC", b"colr", b"pixi", b"irot", b"imir", b"clap", b"pasp", b"auxC",
    b"clli", b"mdcv", b"cclv", b"amve",
];

/// The picture with zeros in place of its metadata.
pub(super) fn clean(mut bytes: Vec<u8>) -> Result<Vec<u8>, Unfit> {
    let plan = Plan::of(&bytes)?;
    for name in plan.renamed {
        if let Some(name) = bytes.get_mut(name..name + FREE.len()) {
            name.copy_from_slice(FREE);
        }
    }
    for part in plan.zeroed {
        if let Some(part) = bytes.get_mut(part) {
            part.fill(0);
        }
    }
    Ok(bytes)
}

/// What is to be overwritten.
#[derive(Default)]
struct Plan {
    /// Where names of boxes, and kinds of items, stand that shall mean nothing.
    renamed: Vec<usize>,
    zeroed: Vec<Range<usize>>,
}

/// What was found in `meta`.
#[derive(Default)]
struct Meta {
    items: Option<Items>,
    places: Option<Places>,
    data: Option<Range<usize>>,
    has_size: bool,
}

impl Plan {
    fn of(bytes: &[u8]) -> Result<Self, Unfit> {
        let mut plan = Self::default();
        let mut meta = None;
        let mut rooms = Vec::new();
        for found in walk(bytes, 0..bytes.len())? {
            match &found.name {
                b"ftyp" => {}
                b"meta" if meta.is_none() => meta = Some(plan.meta(bytes, &found)?),
                b"mdat" => rooms.push(found.content),
                _ => plan.discard(&found),
            }
        }
        let meta = meta.ok_or(Unfit::Damaged)?;
        let (Some(items), Some(places), true) = (meta.items, meta.places, meta.has_size) else {
            return Err(Unfit::Damaged);
        };
        plan.renamed.extend(items.renamed);
        plan.zeroed.extend(items.zeroed);
        let kept = places.of_items(&items.pictures, meta.data.as_ref())?;
        rooms.extend(meta.data);
        plan.zero_but(rooms, kept)?;
        Ok(plan)
    }

    fn meta(&mut self, bytes: &[u8], meta: &Found) -> Result<Meta, Unfit> {
        let mut found = Meta::default();
        for part in walk(bytes, meta.after_flags()?)? {
            let content = part.content.clone();
            match &part.name {
                b"pitm" | b"iref" | b"dinf" | b"grpl" => {}
                // Behind what it handles it may have a name.
                b"hdlr" => self
                    .zeroed
                    .push(content.start.saturating_add(24)..content.end),
                b"iinf" if found.items.is_none() => found.items = Some(Items::of(bytes, &part)?),
                b"iloc" if found.places.is_none() => {
                    found.places = Some(Places::of(part.of(bytes)?)?);
                }
                b"idat" if found.data.is_none() => found.data = Some(content),
                b"iprp" => found.has_size |= self.properties(bytes, content)?,
                _ => self.discard(&part),
            }
        }
        Ok(found)
    }

    /// Whether one of them says how large something is; then it is not too large.
    fn properties(&mut self, bytes: &[u8], content: Range<usize>) -> Result<bool, Unfit> {
        let mut has_size = false;
        for part in walk(bytes, content)? {
            match &part.name {
                b"ipma" => {}
                b"ipco" => {
                    for property in walk(bytes, part.content)? {
                        if !PROPERTIES.contains(&&property.name) {
                            self.discard(&property);
                        } else if &property.name == b"ispe" {
                            let mut reader = Reader::new(property.of(bytes)?);
                            let _flags: [u8; 4] = reader.array()?;
                            pixels::check(reader.be32()?, reader.be32()?)?;
                            has_size = true;
                        }
                    }
                }
                _ => self.discard(&part),
            }
        }
        Ok(has_size)
    }

    /// Has a box mean nothing; boxes are found by their number, so it stays one.
    fn discard(&mut self, found: &Found) {
        self.renamed.push(found.name_at);
        self.zeroed.push(found.content.clone());
    }

    /// Zeros the rooms for data but for what is kept, all of which must lie in them.
    fn zero_but(
        &mut self,
        mut rooms: Vec<Range<usize>>,
        mut kept: Vec<Range<usize>>,
    ) -> Result<(), Unfit> {
        kept.sort_unstable_by_key(|part| part.start);
        rooms.sort_unstable_by_key(|room| room.start);
        let mut kept = kept.into_iter().peekable();
        for room in rooms {
            let mut from = room.start;
            while let Some(part) = kept.next_if(|part| part.start < room.end) {
                if part.start < room.start || part.end > room.end {
                    return Err(Unfit::Damaged);
                }
                if part.start > from {
                    self.zeroed.push(from..part.start);
                }
                from = from.max(part.end);
            }
            self.zeroed.push(from..room.end);
        }
        if kept.next().is_some() {
            return Err(Unfit::Damaged);
        }
        Ok(())
    }
}
