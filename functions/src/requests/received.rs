//! A file that came with a form, once its bytes say what it is.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::ids::MediaId;
use callout_domain::media::MediaKind;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::http::{Form, Upload};

/// A file of a kind that its field takes; not stored yet.
#[derive(Debug)]
pub(crate) struct Received {
    bytes: Vec<u8>,
    kind: MediaKind,
}

impl Received {
    /// The picture of a field, if one came; anything else that came is a problem of the form.
    pub(crate) fn image(form: &mut Form, field: &str) -> Option<Self> {
        let wanted = "must be a JPEG, PNG, WebP or HEIC image";
        Self::take(form, field, MediaKind::is_image, wanted)
    }

    /// The sound of a field, if some came; anything else that came is a problem of the form.
    pub(crate) fn audio(form: &mut Form, field: &str) -> Option<Self> {
        let wanted = "must be WebM, MP3, M4A, OGG or WAV audio";
        Self::take(form, field, MediaKind::is_audio, wanted)
    }

    /// A hash of its bytes.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// Stores it.
    pub(crate) async fn store(self, cloud: &Cloud) -> Result<MediaId, CloudError> {
        cloud.media().await?.store(self.bytes, self.kind).await
    }

    fn take(
        form: &mut Form,
        field: &str,
        is_wanted: fn(MediaKind) -> bool,
        wanted: &str,
    ) -> Option<Self> {
        let Some(Upload { bytes }) = form.file(field) else {
            let is_nothing = match form.fields.get(field) {
                None | Some(Value::Null) => true,
                Some(other) => other == "",
            };
            if !is_nothing {
                form.problem(field, "must be a file of a multipart form");
            }
            return None;
        };
        let kind = MediaKind::recognize(&bytes).filter(|kind| is_wanted(*kind));
        if kind.is_none() {
            form.problem(field, wanted);
        }
        kind.map(|kind| Self { bytes, kind })
    }
}

#[cfg(test)]
mod tests {
    use callout_domain::media::MediaKind;
    use serde_json::json;

    use super::Received;
    use crate::http::{Form, Upload};

    fn form(field: &str, bytes: &[u8]) -> Form {
        let mut form = Form::default();
        let bytes = bytes.to_vec();
        form.files.insert(field.to_owned(), Upload { bytes });
        form
    }

    #[test]
    fn a_picture_is_taken_for_what_its_bytes_are() {
        let mut form = form("image", b"\xFF\xD8\xFF\xE0\0\x10JFIF");
        let kind = Received::image(&mut form, "image").map(|image| image.kind);
        assert_eq!(kind, Some(MediaKind::Jpeg));
        assert!(form.check().is_ok());
    }

    #[test]
    fn what_is_no_picture_is_a_problem_of_its_field() {
        for bytes in [b"".as_slice(), b"I am a picture", b"OggS\0\x02"] {
            let mut form = form("image", bytes);
            assert!(Received::image(&mut form, "image").is_none());
            assert!(form.check().is_err(), "{bytes:?}");
        }
        let mut song = form("audio", b"\xFF\xD8\xFF\xE0");
        assert!(Received::audio(&mut song, "audio").is_none());
        assert!(song.check().is_err());
    }

    #[test]
    fn nothing_is_nothing_and_text_is_no_file() {
        for (value, is_fine) in [
            (json!(null), true),
            (json!(""), true),
            (json!("http://example.org/a.jpg"), false),
            (json!(1), false),
        ] {
            let mut form = Form::default();
            form.fields.insert("audio".to_owned(), value.clone());
            assert!(Received::audio(&mut form, "audio").is_none());
            assert_eq!(form.check().is_ok(), is_fine, "{value}");
        }
    }
}
