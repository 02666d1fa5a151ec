//! What a file is, by its bytes: its name and its declared type are the client's word.

/// A kind of file that Callout takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// <https://www.w3.org/Graphics/JPEG/itu-t81.pdf>
    Jpeg,
    /// <https://www.w3.org/TR/png/>
    Png,
    /// <https://developers.google.com/speed/webp/docs/riff_container>
    WebP,
    /// ISO/IEC 23008-12, as phones take pictures.
    Heic,
    /// <https://www.webmproject.org/docs/container/>, as browsers record sound.
    WebM,
    /// MPEG-1, 2 or 2.5, layer III.
    Mp3,
    /// AAC in ISO/IEC 14496-12, as phones record sound.
    M4a,
    /// RFC 3533.
    Ogg,
    /// RIFF/WAVE.
    Wav,
}

impl MediaKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Heic,
        Self::WebM,
        Self::Mp3,
        Self::M4a,
        Self::Ogg,
        Self::Wav,
    ];

    /// What these bytes are, if they are of a kind that Callout takes.
    pub fn recognize(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && at(bytes, 12, b"IHDR") {
            return Some(Self::Png);
        }
        if bytes.starts_with(b"RIFF") {
            return riff(bytes);
        }
        if at(bytes, 4, b"ftyp") {
            return iso_media(bytes);
        }
        if bytes.starts_with(b"OggS\0") {
            return Some(Self::Ogg);
        }
        if is_webm(bytes) {
            return Some(Self::WebM);
        }
        is_mp3(bytes).then_some(Self::Mp3)
    }

    /// Whether it is to be looked at.
    pub const fn is_image(self) -> bool {
        match self {
            Self::Jpeg | Self::Png | Self::WebP | Self::Heic => true,
            Self::WebM | Self::Mp3 | Self::M4a | Self::Ogg | Self::Wav => false,
        }
    }

    /// Whether it is to be listened to.
    pub const fn is_audio(self) -> bool {
        !self.is_image()
    }

    /// Its media type, with which it is stored and served.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Heic => "image/heic",
            Self::WebM => "audio/webm",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
            Self::Ogg => "audio/ogg",
            Self::Wav => "audio/wav",
        }
    }

    /// What a media type announces, as programs write it: with parameters, and under names that were
    /// never registered.
    pub fn announced(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default();
        match essence.trim().to_ascii_lowercase().as_str() {
            "image/jpg" | "image/pjpeg" => Some(Self::Jpeg),
            "image/heif" => Some(Self::Heic),
            "audio/mp3" => Some(Self::Mp3),
            "audio/m4a" | "audio/x-m4a" => Some(Self::M4a),
            "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => Some(Self::Wav),
            registered => Self::of_content_type(registered),
        }
    }

    /// The kind that is stored with that media type.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.content_type() == content_type)
    }
}

/// Whether `part` stands at `place`.
fn at(bytes: &[u8], place: usize, part: &[u8]) -> bool {
    bytes
        .get(place..)
        .is_some_and(|rest| rest.starts_with(part))
}

fn riff(bytes: &[u8]) -> Option<MediaKind> {
    if at(bytes, 8, b"WAVE") {
        Some(MediaKind::Wav)
    } else if at(bytes, 8, b"WEBPVP8") {
        Some(MediaKind::WebP)
    } else {
        None
    }
}

/// Files of the ISO base media format begin with a box that names their brand, then the brands
/// that they are compatible with, four characters each.
fn iso_media(bytes: &[u8]) -> Option<MediaKind> {
    let length = bytes.first_chunk().map(|size| u32::from_be_bytes(*size))?;
    let end = usize::try_from(length).ok()?.clamp(12, 256);
    let major = bytes.get(8..12)?;
    let compatible = bytes.get(16..end.min(bytes.len())).unwrap_or_default();
    let is_compatible_with = |brand: &[u8]| compatible.chunks_exact(4).any(|one| one == brand);
    match major {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some(MediaKind::Heic),
        // The brands of any still image: AVIF has them too.
        b"mif1" | b"msf1" if is_compatible_with(b"heic") || is_compatible_with(b"heix") => {
            Some(MediaKind::Heic)
        }
        b"M4A " | b"M4B " => Some(MediaKind::M4a),
        // The brands of any MPEG-4: what has a video track is a film.
        b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"dash"
            if !has_video_track(bytes) =>
        {
            Some(MediaKind::M4a)
        }
        _ => None,
    }
}

/// Whether a handler box (`hdlr`, flags, 4 bytes, handler type) names video.
fn has_video_track(bytes: &[u8]) -> bool {
    bytes
        .windows(16)
        .any(|window| window.starts_with(b"hdlr") && window.ends_with(b"vide"))
}

/// An EBML header (RFC 8794) whose `DocType` is `webm`.
fn is_webm(bytes: &[u8]) -> bool {
    const HEADER: &[u8] = &[0x1A, 0x45, 0xDF, 0xA3];
    const DOC_TYPE_WEBM: &[u8] = &[0x42, 0x82, 0x84, b'w', b'e', b'b', b'm'];
    bytes.starts_with(HEADER)
        && bytes.get(..64.min(bytes.len())).is_some_and(|start| {
            start
                .windows(DOC_TYPE_WEBM.len())
                .any(|part| part == DOC_TYPE_WEBM)
        })
}

/// An `ID3v2` tag, or a frame of layer III where the next one stands where it says.
fn is_mp3(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"ID3") {
        // Its length is written in seven bits a byte.
        return bytes
            .get(6..10)
            .is_some_and(|length| length.iter().all(|byte| byte & 0x80 == 0));
    }
    match mp3_frame_bytes(bytes) {
        Some(length) => match bytes.get(length..) {
            None | Some([]) => true,
            Some(next) if next.len() < 4 => true,
            Some(next) => mp3_frame_bytes(next).is_some(),
        },
        None => false,
    }
}

/// The length of the frame of layer III that begins here, if one does.
fn mp3_frame_bytes(bytes: &[u8]) -> Option<usize> {
    const MPEG_1_KBITS: [usize; 14] = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const MPEG_2_KBITS: [usize; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    const MPEG_1_HERTZ: [usize; 3] = [44_100, 48_000, 32_000];

    let [sync, version_layer, rates, _] = *bytes.first_chunk()?;
    let is_layer_3_frame = sync == 0xFF && version_layer & 0xE6 == 0xE2;
    if !is_layer_3_frame {
        return None;
    }
    // Halved for MPEG-2, and once more for MPEG-2.5; the value between is reserved.
    let (halvings, kbits, samples) = match version_layer >> 3 & 0b11 {
        0b11 => (0, MPEG_1_KBITS, 144_000),
        0b10 => (1, MPEG_2_KBITS, 72_000),
        0b00 => (2, MPEG_2_KBITS, 72_000),
        _ => return None,
    };
    let kbit = kbits.get(usize::from(rates >> 4).checked_sub(1)?)?;
    let hertz = MPEG_1_HERTZ.get(usize::from(rates >> 2 & 0b11))? >> halvings;
    let padding = usize::from(rates >> 1 & 1);
    Some(samples * kbit / hertz + padding)
}

#[cfg(test)]
mod tests {
    use super::MediaKind;

    /// The beginning of a file of each kind, as real programs write them.
    fn beginnings() -> Vec<(MediaKind, Vec<u8>)> {
        let mpeg_1_frame = |count: usize| {
            // 128 kbit/s at 44.1 kHz: 417 bytes a frame.
            let mut frame = vec![0xFF, 0xFB, 0x90, 0x64];
            frame.resize(417, 0);
            frame.repeat(count)
        };
        let mpeg_2_frame = {
            // 48 kbit/s at 24 kHz: 144 bytes.
            let mut frame = vec![0xFF, 0xF3, 0x64, 0xC4];
            frame.resize(144, 0);
            frame.repeat(2)
        };
        let mut film_of_sound = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42".to_vec();
        film_of_sound.extend_from_slice(b"\0\0\0\x21hdlr\0\0\0\0\0\0\0\0soun");
        vec![
            (MediaKind::Jpeg, b"\xFF\xD8\xFF\xE0\0\x10JFIF\0".to_vec()),
            (MediaKind::Jpeg, b"\xFF\xD8\xFF\xE1\0\x10Exif\0".to_vec()),
            (MediaKind::Png, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec()),
            (MediaKind::WebP, b"RIFF\x24\0\0\0WEBPVP8 ".to_vec()),
            (MediaKind::WebP, b"RIFF\x24\0\0\0WEBPVP8X".to_vec()),
            (MediaKind::Heic, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
            (MediaKind::Heic, b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic".to_vec()),
            (
                MediaKind::WebM,
                b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04".to_vec(),
            ),
            (MediaKind::Mp3, b"ID3\x04\0\0\0\0\0\x22TSSE".to_vec()),
            (MediaKind::Mp3, mpeg_1_frame(3)),
            (MediaKind::Mp3, mpeg_1_frame(1)),
            (MediaKind::Mp3, mpeg_2_frame),
            (MediaKind::M4a, b"\0\0\0\x1Cftypdash\0\0\0\0iso6mp41".to_vec()),
            (MediaKind::M4a, b"\0\0\0\x1CftypM4A \0\0\0\0M4A isom".to_vec()),
            (MediaKind::M4a, film_of_sound),
            (MediaKind::Ogg, b"OggS\0\x02\0\0\0\0".to_vec()),
            (MediaKind::Wav, b"RIFF\x24\0\0\0WAVEfmt ".to_vec()),
        ]
    }

    #[test]
    fn every_kind_is_known_by_its_bytes() {
        let beginnings = beginnings();
        for (kind, bytes) in &beginnings {
            assert_eq!(MediaKind::recognize(bytes), Some(*kind), "{bytes:?}");
        }
        for kind in MediaKind::ALL {
            assert!(beginnings.iter().any(|(one, _)| *one == kind), "{kind:?}");
            let type_of = kind.content_type().split('/').next();
            let expected = if kind.is_image() { "image" } else { "audio" };
            assert_eq!(type_of, Some(expected));
            assert_ne!(kind.is_image(), kind.is_audio());
            assert_eq!(MediaKind::of_content_type(kind.content_type()), Some(kind));
        }
    }

    #[test]
    fn a_media_type_announces_a_kind_however_it_is_written() {
        for (content_type, kind) in [
            ("audio/webm;codecs=opus", Some(MediaKind::WebM)),
            (" Image/JPEG ", Some(MediaKind::Jpeg)),
            ("audio/x-m4a", Some(MediaKind::M4a)),
            ("image/svg+xml", None),
            ("video/webm", None),
            ("text/html", None),
            (";", None),
            ("", None),
        ] {
            assert_eq!(MediaKind::announced(content_type), kind, "{content_type}");
        }
    }

    #[test]
    fn no_beginning_is_known_by_less_than_it_needs() {
        for (kind, bytes) in beginnings() {
            assert_eq!(MediaKind::recognize(&bytes[..2]), None, "{kind:?}");
        }
    }

    #[test]
    fn other_files_are_not_taken() {
        let mut film = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42".to_vec();
        film.extend_from_slice(b"\0\0\0\x21hdlr\0\0\0\0\0\0\0\0vide");
        let others: [&[u8]; 18] = [
            b"",
            b"\0",
            b"hello, I am a prescription.jpg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<!doctype html><script>alert(1)</script>",
            b"GIF89a",
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"MZ\x90\0",
            b"\x89PNG\r\n\x1a\n<html>",
            b"RIFF\x24\0\0\0AVI LIST",
            b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
            b"\x1A\x45\xDF\xA3\x9F\x42\x82\x88matroska",
            // UTF-16 text, and ADTS: both begin as a frame of MPEG audio does.
            b"\xFF\xFEh\0e\0l\0l\0o\0",
            b"\xFF\xF1\x50\x80\x02\x1F\xFC",
            // A frame's header with nothing of a frame after it.
            &[&[0xFF, 0xFB, 0x90, 0x64][..], &[b'x'; 500]].concat(),
            &film,
        ];
        for bytes in others {
            assert_eq!(
                MediaKind::recognize(bytes),
                None,
                "{:?}",
                bytes.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn lengths_that_lie_are_read_without_harm() {
        for bytes in [
            b"\xFF\xFF\xFF\xFFftypmif1".as_slice(),
            b"\0\0\0\0ftypmif1\0\0\0\0",
            b"\0\0\0\x18ftyp",
            b"\0\0\0\x01ftypmif1\0\0\0\0heic",
        ] {
            let _ = MediaKind::recognize(bytes);
        }
        assert_eq!(
            MediaKind::recognize(b"\xFF\xFF\xFF\xFFftypmif1\0\0\0\0heic"),
            Some(MediaKind::Heic)
        );
    }
}
