//! `*` and `?` as policies mean them.

/// Text in which `*` stands for any characters, none included, and `?` for any one.
///
/// As in IAM a `*` reaches over the colons and slashes of an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    /// A pattern that tells letter case apart: a resource.
    pub(super) fn of_resource(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A pattern that does not: an action.
    pub(super) fn of_action(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }

    /// Whether it stands for that resource.
    pub(super) fn has_resource(&self, resource: &str) -> bool {
        matches(self.0.as_bytes(), resource.as_bytes())
    }

    /// Whether it stands for that action.
    pub(super) fn has_action(&self, action: &str) -> bool {
        matches(self.0.as_bytes(), action.to_ascii_lowercase().as_bytes())
    }
}

/// Walks both once and comes back only to the last `*`: no pattern takes longer than the product of
/// the two lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[read] => {
                at += 1;
                read += 1;
            }
            Some(_) | None => {
                let Some((after, from)) = star else {
                    return false;
                };
                star = Some((after, from + 1));
                at = after;
                read = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_star_is_any_characters_and_a_question_mark_is_one() {
        for (pattern, text, expected) in [
            ("arn:aws:s3:::b/media/*", "arn:aws:s3:::b/media/x/y", true),
            ("arn:aws:s3:::b/media/*", "arn:aws:s3:::b/media/", true),
            ("arn:aws:s3:::b/media/*", "arn:aws:s3:::b/medias", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*/POST/*", "api/dev/POST/@connections/1", true),
            ("*/POST/*", "api/dev/GET/@connections/1", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("table/*", "table/a/index/b", true),
            ("table/a", "table/a/index/b", false),
        ] {
            assert_eq!(
                Pattern::of_resource(pattern).has_resource(text),
                expected,
                "{pattern} on {text}"
            );
        }
    }

    #[test]
    fn letter_case_matters_in_resources_alone() {
        assert!(Pattern::of_action("DynamoDB:get*").has_action("dynamodb:GetItem"));
        assert!(!Pattern::of_resource("table/A").has_resource("table/a"));
    }

    #[test]
    fn many_stars_end_in_reasonable_time() {
        let pattern = Pattern::of_resource(&"*a".repeat(200));
        assert!(!pattern.has_resource(&"a".repeat(199)));
        assert!(pattern.has_resource(&"a".repeat(200)));
    }
}
