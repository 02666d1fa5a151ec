//! What a person can see of a text. Names reach other people's screens, so they may not hide
//! anything: no control characters, no turned writing direction, nothing that is only invisible.
//!
//! The standard library knows control characters and white space; the other characters without a
//! glyph are listed here from Unicode 17 (general categories Cf, Zl, Zp, Co, and
//! `Default_Ignorable_Code_Point`).

use unicode_normalization::UnicodeNormalization as _;

/// Why a text is not fit to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotVisible {
    /// Nothing of it can be seen.
    Empty,
    /// More characters than may be.
    TooLong,
    /// It has characters that change what others see, and cannot be seen themselves.
    Hidden,
}

/// The text in NFC without the white space around it, if it has 1 to `longest` characters and can
/// be seen. Joiners within a word stay, for Persian, Nepali and emoji need them.
pub(super) fn visible(text: &str, longest: usize) -> Result<String, NotVisible> {
    let text = text.trim();
    // A canonical composition is at least a third as long as what it came of; what is longer is
    // refused before any work is done on it.
    if text.len() > longest.saturating_mul(4 * 3) {
        return Err(NotVisible::TooLong);
    }
    let text: String = text.nfc().collect();
    if text.chars().any(is_hidden) {
        return Err(NotVisible::Hidden);
    }
    if text.chars().all(|c| c.is_whitespace() || is_joiner(c)) {
        return Err(NotVisible::Empty);
    }
    if text.chars().count() > longest {
        return Err(NotVisible::TooLong);
    }
    Ok(text)
}

/// Whether a character has no place in a text that others see: it has no glyph, or hides others.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{70F}' | '\u{8E2}' | '\u{6DD}'
            | '\u{600}'..='\u{605}' | '\u{890}'..='\u{891}'
            | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}'
            | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
        || is_noncharacter(c)
}

/// Zero-width joiner and non-joiner, and the selectors between a text's and an emoji's glyph.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// The form in which two texts are the same if a person would say so: NFKC, case folded, inner
/// white space collapsed to one space.
pub(super) fn folded(text: &str) -> String {
    // Upper case first joins letters that only upper case makes equal: ß and ss, ς and σ.
    let folded: String = text
        .nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{NotVisible, folded, visible};

    #[test]
    fn what_hides_is_refused_and_what_writing_needs_is_kept() {
        for hidden in [
            "a\0b",
            "a\nb",
            "a\tb",
            "a\u{85}b",
            "a\u{AD}b",
            "a\u{200B}b",
            "a\u{202E}b",
            "a\u{2066}b",
            "a\u{2028}b",
            "\u{FEFF}a",
            "a\u{3164}",
            "a\u{E0041}",
            "a\u{E000}",
            "a\u{FFFF}",
            "a\u{1FFFE}",
            "a\u{2800}b",
        ] {
            assert_eq!(visible(hidden, 10), Err(NotVisible::Hidden), "{hidden:?}");
        }
        for seen in [
            "می\u{200C}روم",
            "श\u{94D}\u{200D}र",
            "❤\u{FE0F}",
            "O'Neil-Łódź",
            "李小龍",
        ] {
            assert!(visible(seen, 12).is_ok(), "{seen:?}");
        }
        for empty in ["", " ", "\u{3000}\u{A0}", "\u{200D}", " \u{200C} \u{FE0F}"] {
            assert_eq!(visible(empty, 10), Err(NotVisible::Empty), "{empty:?}");
        }
    }

    #[test]
    fn length_is_counted_in_composed_characters() {
        assert_eq!(visible(" e\u{301} ", 1).as_deref(), Ok("é"));
        assert_eq!(
            visible(&"e\u{301}".repeat(10), 10).map(|t| t.chars().count()),
            Ok(10)
        );
        assert!(visible(&"𝒳".repeat(10), 10).is_ok());
        assert_eq!(visible(&"x".repeat(11), 10), Err(NotVisible::TooLong));
        assert_eq!(
            visible(&"é".repeat(50_000_000), 10),
            Err(NotVisible::TooLong)
        );
    }

    #[test]
    fn folding_joins_what_a_person_reads_alike() {
        for (one, other) in [
            ("Kathmandu", "KATHMANDU"),
            ("New  Delhi", "new\u{A0}delhi"),
            ("Straße", "STRASSE"),
            ("Αθήνας", "ΑΘΉΝΑΣ"),
            ("Ｔｏｋｙｏ", "tokyo"),
            ("Cafe\u{301}", "CAFÉ"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("Lima"), folded("Limas"));
    }
}
