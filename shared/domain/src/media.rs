//! What an uploaded file is, by its bytes, and what of it is kept: a picture without what its camera
//! wrote about place, time and owner.
//!
//! Whatever is read here was written by a client. Each format is walked once, by its own lengths and
//! never beyond the file's, and only parts that are known to draw the picture are kept: what nobody
//! knows may say anything. `docs/decisions/0024` says why no library does it.

mod exif;
mod heic;
mod jpeg;
mod kind;
mod pixels;
mod png;
mod reader;
#[cfg(test)]
mod tests;
mod webp;

use serde::{Deserialize, Serialize};

pub use kind::MediaKind;
pub use pixels::{MOST_PIXELS, MOST_PIXELS_A_SIDE};

use crate::ids::{AccountId, RequestId};
use reader::CutShort;

/// The largest file that is taken, in bytes.
pub const MOST_BYTES: u64 = 25_000_000;

/// What a place for a file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A picture.
    Image,
    /// A recording.
    Audio,
    /// One or the other.
    Either,
}

/// A file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// What it is.
    pub kind: MediaKind,
    /// Its content; of a picture, without what says more than the picture.
    pub bytes: Vec<u8>,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is something else than its place takes.
    #[error("must be {}", .0.in_words())]
    Other(Wanted),
    /// It would fill the memory of whoever looks at it.
    #[error(
        "must have at most {} megapixels and {MOST_PIXELS_A_SIDE} pixels a side",
        MOST_PIXELS / 1_000_000
    )]
    TooManyPixels,
    /// It ends early, or its parts contradict each other.
    #[error("is damaged or incomplete")]
    Damaged,
}

/// What a file was sent with, which says who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BelongsTo {
    /// A request, or an answer to it.
    Request {
        /// Which.
        request: RequestId,
    },
    /// A message of a conversation.
    Conversation {
        /// About which request.
        request: RequestId,
        /// Who takes part.
        parties: Vec<AccountId>,
    },
}

impl Wanted {
    /// Whether a file of that kind is what is wanted.
    pub const fn admits(self, kind: MediaKind) -> bool {
        match self {
            Self::Image => kind.is_image(),
            Self::Audio => kind.is_audio(),
            Self::Either => kind.is_image() || kind.is_audio(),
        }
    }

    /// What is wanted, for a person.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Image => "a JPEG, PNG, WebP or HEIC image",
            Self::Audio => "WebM, MP3, M4A, OGG or WAV audio",
            Self::Either => "an image or audio that is taken here",
        }
    }
}

impl Clean {
    /// Recognizes a file by its bytes and takes from a picture what says more than the picture: Exif
    /// with its position, XMP, IPTC, comments, thumbnails, times, and whatever stands behind its end.
    /// Its colours (ICC) and which side is up stay. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Unfit`], when it is not what is wanted, or cannot be shown.
    pub fn of(bytes: Vec<u8>, wanted: Wanted) -> Result<Self, Unfit> {
        let kind = MediaKind::recognize(&bytes)
            .filter(|kind| wanted.admits(*kind))
            .ok_or(Unfit::Other(wanted))?;
        let bytes = match kind {
            MediaKind::Jpeg => jpeg::clean(&bytes)?,
            MediaKind::Png => png::clean(&bytes)?,
            MediaKind::WebP => webp::clean(&bytes)?,
            MediaKind::Heic => heic::clean(bytes)?,
            MediaKind::WebM | MediaKind::Mp3 | MediaKind::M4a | MediaKind::Ogg | MediaKind::Wav => {
                bytes
            }
        };
        Ok(Self { kind, bytes })
    }
}

impl From<CutShort> for Unfit {
    fn from(CutShort: CutShort) -> Self {
        Self::Damaged
    }
}
