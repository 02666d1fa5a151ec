//! A file that is sent with something: in the form itself, or uploaded before and named by its id. Both
//! are recognized by their bytes, cleaned, and belong to one thing.

use callout_cloud::Cloud;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_cloud::media::{Claimed, Unclaimable};
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::media::{BelongsTo, Clean, MOST_BYTES, Unfit, Wanted};
use callout_domain::moment::Moment;
use lambda_http::http::StatusCode;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::http::{Failure, Form, Given, Refused, Upload};

/// A file as it was sent; not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attached {
    wanted: Wanted,
    sent: Sent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    /// In the form.
    Here(Vec<u8>),
    /// Before.
    Before(MediaId),
}

impl Attached {
    /// The picture of a form, as the file `image` or the upload `image_id`.
    pub(crate) fn image(form: &mut Form) -> Option<Self> {
        Self::read(form, "image", "image_id", Wanted::Image)
    }

    /// The recording of a form, as the file `audio` or the upload `audio_id`.
    pub(crate) fn audio(form: &mut Form) -> Option<Self> {
        Self::read(form, "audio", "audio_id", Wanted::Audio)
    }

    /// The picture or recording of a form, as the upload `media_id`.
    pub(crate) fn either(form: &mut Form) -> Option<Self> {
        let id = match form.fields.get("media_id") {
            Some(Value::String(text)) if text.is_empty() => None,
            _ => form.optional("media_id", media_id),
        };
        id.map(|id| Self::uploaded(id, Wanted::Either))
    }

    /// A hash of what was sent: its bytes, or the name under which they were.
    pub(crate) fn digest(&self) -> [u8; 32] {
        match &self.sent {
            Sent::Here(bytes) => Sha256::digest(bytes).into(),
            Sent::Before(id) => Sha256::digest(id.to_string()).into(),
        }
    }

    /// What was uploaded under that id.
    pub(crate) const fn uploaded(id: MediaId, wanted: Wanted) -> Self {
        Self {
            wanted,
            sent: Sent::Before(id),
        }
    }

    fn read(form: &mut Form, file: &str, id: &str, wanted: Wanted) -> Option<Self> {
        let here = in_form(form, file);
        // Forms send a field that was left empty as empty text.
        let before = match form.fields.get(id) {
            Some(Value::String(text)) if text.is_empty() => None,
            _ => form.optional(id, media_id),
        };
        match (here, before) {
            (Some(_), Some(_)) => {
                form.problem(id, format!("must not come together with {file}"));
                None
            }
            (Some(bytes), None) => Some(Self {
                wanted,
                sent: Sent::Here(bytes),
            }),
            (None, Some(id)) => Some(Self::uploaded(id, wanted)),
            (None, None) => None,
        }
    }

    /// Recognizes, cleans and stores it, in the name of whoever sent it; doing it again is harmless.
    ///
    /// 404 for an upload that is not theirs, 415 for something else than is wanted, 413 for too many pixels,
    /// 400 for a damaged file.
    pub(crate) async fn store(self, cloud: &Cloud, owner: AccountId) -> Result<Claimed, Failure> {
        let media = cloud.media().await?;
        match self.sent {
            Sent::Here(bytes) => {
                let file = Clean::of(bytes, self.wanted).map_err(unfit)?;
                Ok(media.store(owner, file).await?)
            }
            Sent::Before(id) => {
                // Boxed: it holds the file while it waits.
                let claimed = Box::pin(media.claim(owner, id, self.wanted)).await?;
                claimed.map_err(|error| match error {
                    Unclaimable::Unknown => Failure::unknown("There is no such upload of yours"),
                    Unclaimable::Unfit(error) => unfit(error),
                })
            }
        }
    }
}

/// Adds to the commit of what refers to a file that the file belongs to it. A refusal by
/// `Guard::MediaFree` is [`used`].
pub(crate) async fn keep(
    cloud: &Cloud,
    commit: &mut Commit,
    file: Option<&Claimed>,
    belongs_to: BelongsTo,
    now: Moment,
) -> Result<(), CloudError> {
    match file {
        Some(file) => {
            let records = cloud.media_records().await?;
            records.keep(commit, file, belongs_to, now)
        }
        None => Ok(()),
    }
}

/// 400: the file belongs to something else already, or to the same, sent once before.
pub(crate) fn used() -> Failure {
    Failure::bad(
        "media_used",
        "This file was sent before; to send it again, upload it again",
    )
}

/// 413: a file that is larger than any.
pub(crate) fn too_large() -> Failure {
    Refused::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("A file may have at most {} MB", MOST_BYTES / 1_000_000),
    )
    .into()
}

/// 415: a file of a kind that is not taken here.
pub(crate) fn other_than(wanted: &str) -> Failure {
    Refused::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "wrong_media_type",
        format!("The file must be {wanted}"),
    )
    .into()
}

fn unfit(unfit: Unfit) -> Failure {
    let sentence = format!("The file {unfit}");
    match unfit {
        Unfit::Other(wanted) => other_than(wanted.in_words()),
        Unfit::TooManyPixels => {
            Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_pixels", sentence).into()
        }
        Unfit::Damaged => Failure::bad("damaged_file", sentence),
    }
}

fn in_form(form: &mut Form, field: &str) -> Option<Vec<u8>> {
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
    if bytes.is_empty() {
        form.problem(field, "is empty");
        return None;
    }
    Some(bytes)
}

fn media_id(given: Given<'_>) -> Result<MediaId, &'static str> {
    let wrong = "must be the id of an upload";
    given.text().map_err(|_| wrong)?.parse().map_err(|_| wrong)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::media::{Unfit, Wanted};
    use serde_json::{Value, json};

    use super::{Attached, unfit};
    use crate::http::{Failure, Form, Upload};

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn form(fields: &Value, file: Option<&[u8]>) -> Form {
        let mut form = Form::of(fields.as_object().unwrap().clone());
        if let Some(bytes) = file {
            let bytes = bytes.to_vec();
            form.files.insert("audio".to_owned(), Upload { bytes });
        }
        form
    }

    #[test]
    fn a_file_comes_in_the_form_or_came_before() {
        let mut here = form(&json!({"audio_id": ""}), Some(b"OggS"));
        assert!(Attached::audio(&mut here).is_some());
        assert!(here.check().is_ok());
        let mut before = form(&json!({"audio_id": ID, "audio": null}), None);
        let expected = Attached::uploaded(ID.parse().unwrap(), Wanted::Audio);
        assert_eq!(Attached::audio(&mut before), Some(expected));
        assert!(before.check().is_ok());
        let mut both = form(&json!({"audio_id": ID}), Some(b"OggS"));
        assert_eq!(Attached::audio(&mut both), None);
        assert!(both.check().is_err());
    }

    #[test]
    fn nothing_is_nothing_and_text_is_no_file() {
        for (fields, file, is_fine) in [
            (json!({"audio": null, "audio_id": null}), None, true),
            (json!({"audio": "", "audio_id": ""}), None, true),
            (json!({"audio": "http://example.org/a.mp3"}), None, false),
            (json!({"audio": 1}), None, false),
            (json!({"audio_id": "../media"}), None, false),
            (json!({"audio_id": 1}), None, false),
            (json!({}), Some(b"".as_slice()), false),
        ] {
            let mut form = form(&fields, file);
            assert_eq!(Attached::audio(&mut form), None);
            assert_eq!(form.check().is_ok(), is_fine, "{fields}");
        }
    }

    #[test]
    fn each_reason_has_its_code() {
        for (reason, status, code) in [
            (Unfit::Other(Wanted::Audio), 415, "wrong_media_type"),
            (Unfit::TooManyPixels, 413, "too_many_pixels"),
            (Unfit::Damaged, 400, "damaged_file"),
        ] {
            let Failure::Refused(refused) = unfit(reason) else {
                unreachable!("it is refused");
            };
            assert_eq!((refused.status.as_u16(), refused.code), (status, code));
        }
    }
}
