//! Pictures as programs write them, with all that they say besides (`fixtures/`: each turned by a quarter,
//! with a position, a camera and a name in Exif, XMP and comments, and more behind its end).

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Clean, MediaKind, Unfit, Wanted};

const JPEG: &[u8] = include_bytes!("../../fixtures/gps.jpg");
const PNG: &[u8] = include_bytes!("../../fixtures/gps.png");
const WEBP: &[u8] = include_bytes!("../../fixtures/gps.webp");
const HEIC: &[u8] = include_bytes!("../../fixtures/gps.heic");

const ALL: [(MediaKind, &[u8]); 4] = [
    (MediaKind::Jpeg, JPEG),
    (MediaKind::Png, PNG),
    (MediaKind::WebP, WEBP),
    (MediaKind::Heic, HEIC),
];

fn clean(bytes: &[u8]) -> Result<Vec<u8>, Unfit> {
    Clean::of(bytes.to_vec(), Wanted::Image).map(|clean| clean.bytes)
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A box of HEIC.
fn boxed(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap();
    [&length.to_be_bytes(), name.as_slice(), content].concat()
}

#[test]
fn nothing_is_left_of_who_where_and_when() {
    for (kind, bytes) in ALL {
        let cleaned = Clean::of(bytes.to_vec(), Wanted::Image).unwrap();
        assert_eq!(cleaned.kind, kind);
        for secret in [
            b"SECRET".as_slice(),
            b"GPSLat",
            b"2026:02:24",
            b"xmpmeta",
            b"tIME",
        ] {
            assert!(!has(&cleaned.bytes, secret), "{kind:?}: {secret:?}");
        }
        assert!(has(bytes, b"SECRET") && has(bytes, b"GPSLat"), "{kind:?}");
    }
}

/// What lies between two marks of a file, the first included.
fn between<'a>(bytes: &'a [u8], from: &[u8], to: &[u8]) -> &'a [u8] {
    let place = |mark: &[u8]| bytes.windows(mark.len()).position(|part| part == mark);
    &bytes[place(from).unwrap()..place(to).unwrap()]
}

#[test]
fn the_coded_picture_is_what_it_was() {
    for (bytes, coded) in [
        (JPEG, between(JPEG, b"\xFF\xC2", b"\xFF\xD9")),
        (PNG, between(PNG, b"IDAT", b"IEND")),
        (WEBP, between(WEBP, b"VP8 ", b"EXIF")),
        // Where the fixture's list of items says that its one picture lies.
        (HEIC, &HEIC[0x454..][..0xC3]),
    ] {
        assert!(coded.len() > 100);
        assert!(has(&clean(bytes).unwrap(), coded));
    }
}

#[test]
fn what_is_clean_stays_as_it_is() {
    for (kind, bytes) in ALL {
        let once = clean(bytes).unwrap();
        assert_eq!(clean(&once).as_ref(), Ok(&once), "{kind:?}");
    }
}

#[test]
fn colours_and_which_side_is_up_stay() {
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    for (kind, bytes) in &ALL[..3] {
        assert!(has(&clean(bytes).unwrap(), exif), "{kind:?}");
    }
    // HEIC turns its items itself.
    let heic = clean(HEIC).unwrap();
    for (bytes, profile) in [
        (clean(JPEG).unwrap(), b"ICC_PROFILE\0".as_slice()),
        (clean(PNG).unwrap(), b"iCCP"),
        (clean(WEBP).unwrap(), b"ICCP"),
        (heic.clone(), b"colrprof"),
        (heic, b"irot"),
    ] {
        assert!(has(&bytes, profile), "{profile:?}");
    }
}

#[test]
fn a_heic_keeps_its_length_and_nothing_that_nobody_knows() {
    assert_eq!(clean(HEIC).unwrap().len(), HEIC.len());
    let more = [
        HEIC,
        &boxed(*b"uuid", b"SECRET"),
        &boxed(*b"mdat", b"SECRET"),
    ]
    .concat();
    let cleaned = clean(&more).unwrap();
    assert_eq!(cleaned.len(), more.len());
    assert!(!has(&cleaned, b"SECRET"));
    let again = [HEIC, HEIC].concat();
    assert!(!has(&clean(&again).unwrap(), b"SECRET"));
}

#[test]
fn a_frame_of_an_animation_hides_nothing() {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap();
        [name.as_slice(), &length.to_le_bytes(), content].concat()
    };
    let picture = chunk(b"VP8L", &[0x2F, 0, 0, 0, 0, 0]);
    let frame = [&[0; 16], picture.as_slice(), &chunk(b"EXIF", b"SECRET")].concat();
    let inner = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[0x0E, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        chunk(b"ANIM", &[0; 6]),
        chunk(b"ANMF", &frame),
    ]
    .concat();
    let cleaned = clean(&chunk(b"RIFF", &inner)).unwrap();
    assert!(has(&cleaned, &picture) && !has(&cleaned, b"SECRET"));
    assert_eq!(cleaned[20], 0x02);
}

#[test]
fn a_file_that_ends_early_is_refused_wherever_it_ends() {
    for (kind, bytes) in ALL {
        // The fixtures have something behind their ends, but for HEIC.
        let end = if kind == MediaKind::Heic {
            bytes.len()
        } else {
            clean(bytes).unwrap().len().min(bytes.len() - 400)
        };
        for length in 16..end {
            let cut = clean(&bytes[..length]);
            assert!(
                matches!(cut, Err(Unfit::Damaged | Unfit::Other(_))),
                "{kind:?} {length}"
            );
        }
    }
}

/// A fixture whose header says another size.
fn bomb(bytes: &[u8], header: &[u8], at: usize, size: &[u8]) -> Vec<u8> {
    let place = bytes.windows(header.len()).position(|part| part == header);
    let place = place.unwrap() + at;
    let mut bomb = bytes.to_vec();
    bomb[place..place + size.len()].copy_from_slice(size);
    bomb
}

#[test]
fn a_few_bytes_that_declare_a_huge_picture_are_refused() {
    for bomb in [
        bomb(JPEG, b"\xFF\xC2\0\x11\x08", 5, &[0xFF, 0xFF, 0xFF, 0xFF]),
        bomb(PNG, b"IHDR", 4, &[0, 0, 0x40, 1]),
        bomb(PNG, b"IHDR", 4, &[0, 0, 0x40, 0, 0, 0, 0x40, 0]),
        bomb(WEBP, b"VP8X", 12, &[0xFF, 0xFF, 0xFF]),
        bomb(WEBP, b"\x9D\x01\x2A", 3, &[0xFF, 0x3F, 0xFF, 0x3F]),
        bomb(HEIC, b"ispe", 8, &[0x7F, 0xFF, 0xFF, 0xFF]),
    ] {
        assert_eq!(clean(&bomb), Err(Unfit::TooManyPixels));
    }
}

#[test]
fn a_small_file_that_costs_much_to_read_is_refused() {
    let boxes = [HEIC.to_vec(), boxed(*b"free", b"").repeat(10_000)].concat();
    assert_eq!(clean(&boxes), Err(Unfit::Damaged));
    let first = JPEG
        .windows(2)
        .position(|mark| mark == b"\xFF\xDA")
        .unwrap();
    let scan = b"\xFF\xDA\0\x08\x01\x01\0\0\x3F\0\x00";
    for (scans, expected) in [(200, true), (257, false)] {
        let many = [&JPEG[..first], &scan.repeat(scans), b"\xFF\xD9"].concat();
        assert_eq!(clean(&many).is_ok(), expected, "{scans}");
    }
}

#[test]
fn a_picture_is_no_sound_and_sound_is_no_picture() {
    let ogg = b"OggS\0\x02\0\0".to_vec();
    let clean = Clean::of(ogg.clone(), Wanted::Audio).unwrap();
    assert_eq!((clean.kind, clean.bytes), (MediaKind::Ogg, ogg.clone()));
    assert_eq!(
        Clean::of(ogg, Wanted::Image),
        Err(Unfit::Other(Wanted::Image))
    );
    let png = Clean::of(PNG.to_vec(), Wanted::Audio);
    assert_eq!(png, Err(Unfit::Other(Wanted::Audio)));
    for wanted in [Wanted::Image, Wanted::Audio] {
        assert_eq!(Clean::of(Vec::new(), wanted), Err(Unfit::Other(wanted)));
    }
}

#[test]
fn a_refusal_says_what_is_wanted() {
    for (unfit, sentence) in [
        (
            Unfit::Other(Wanted::Image),
            "must be a JPEG, PNG, WebP or HEIC image",
        ),
        (
            Unfit::TooManyPixels,
            "must have at most 50 megapixels and 16384 pixels a side",
        ),
    ] {
        assert_eq!(unfit.to_string(), sentence);
    }
}

proptest! {
    #[test]
    fn whatever_a_client_sends_is_read_without_harm(
        (_, fixture) in prop::sample::select(&ALL[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        length in any::<prop::sample::Index>(),
        is_cut in prop::bool::weighted(0.2),
    ) {
        let mut bytes = fixture.to_vec();
        for (place, byte) in changes {
            // Most of what can go wrong stands in the first bytes.
            let place = place.index(bytes.len()).min(place.index(400) * 2);
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        if let Ok(once) = clean(&bytes) {
            prop_assert!(once.len() <= bytes.len() + 64);
            prop_assert_eq!(clean(&once), Ok(once));
        }
    }
}
