//! What somebody wants to say, as it came in: text, a recording or a picture, or one of these with text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_cloud::Cloud;
use callout_cloud::media::Claimed;
use callout_domain::conversation::{Attached, ChatText, Content, MessageKey, NotAText, Shape};
use callout_domain::ids::AccountId;
use sha2::{Digest as _, Sha256};

use crate::http::{Failure, Form, Given};
use crate::media::attached;

/// A message that was not said yet.
#[derive(Debug)]
pub(crate) struct Draft {
    /// What the client calls it, if it does.
    pub(super) key: Option<MessageKey>,
    text: Option<ChatText>,
    file: Option<attached::Attached>,
}

/// What is to be said, and the file that goes with it, which belongs to nothing yet.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) content: Content,
    pub(super) file: Option<Claimed>,
}

impl Draft {
    /// Reads either spelling of each field. 400 with every field that is wrong.
    pub(crate) fn read(form: &mut Form) -> Result<Self, Failure> {
        let key = form.optional("message_id", key);
        let written = form.either("text", "message");
        let has_file = ["media_id", "audio", "audio_id", "image", "image_id"]
            .iter()
            .any(|field| !is_nothing(form, field));
        let text = if has_file && is_nothing(form, written) {
            None
        } else {
            form.required(written, text)
        };
        let file = file(form);
        form.check()?;
        Ok(Self { key, text, file })
    }

    /// A hash of what it says, whichever way it came.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let text = self.text.as_ref().map_or("", ChatText::as_str);
        // Its length first, so that text and file cannot pass for each other.
        hash.update(text.len().to_be_bytes());
        hash.update(text);
        if let Some(file) = &self.file {
            hash.update(file.digest());
        }
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    /// What is to be said by this account; its file is recognized, cleaned and stored.
    pub(super) async fn settle(self, cloud: &Cloud, sender: AccountId) -> Result<Settled, Failure> {
        let file = match self.file {
            None => None,
            Some(file) => Some(file.store(cloud, sender).await?),
        };
        let attached = file.as_ref().map(|file| Attached {
            media: file.id,
            shape: if file.kind.is_image() {
                Shape::Image
            } else {
                Shape::Audio
            },
        });
        Ok(Settled {
            content: Content {
                text: self.text,
                attached,
            },
            file,
        })
    }
}

fn file(form: &mut Form) -> Option<attached::Attached> {
    let audio = attached::Attached::audio(form);
    let image = attached::Attached::image(form);
    let uploaded = attached::Attached::either(form);
    let mut files = audio.into_iter().chain(image).chain(uploaded);
    let first = files.next();
    if files.next().is_some() {
        form.problem("media_id", "a message has one file");
    }
    first
}

/// Whether nothing came under a name: forms write what is left out as an empty text.
fn is_nothing(form: &Form, name: &str) -> bool {
    !form.files.contains_key(name)
        && (form.is_absent(name) || form.fields.get(name).is_some_and(|field| field == ""))
}

fn key(given: Given<'_>) -> Result<MessageKey, String> {
    let text = given.text().map_err(str::to_owned)?;
    MessageKey::parse(text).map_err(|error| error.to_string())
}

fn text(given: Given<'_>) -> Result<ChatText, String> {
    let typed = given.text().map_err(str::to_owned)?;
    ChatText::parse(typed).map_err(|error: NotAText| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::Draft;
    use crate::http::{Failure, Form, Upload};

    const MEDIA: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0";

    fn form(fields: &Value, file: Option<(&str, &[u8])>) -> Form {
        let mut form = Form::of(fields.as_object().unwrap().clone());
        if let Some((name, bytes)) = file {
            let bytes = bytes.to_vec();
            form.files.insert(name.to_owned(), Upload { bytes });
        }
        form
    }

    fn draft(fields: &Value, file: Option<(&str, &[u8])>) -> Draft {
        Draft::read(&mut form(fields, file)).unwrap()
    }

    /// The fields that are wrong.
    fn wrong(fields: &Value, file: Option<(&str, &[u8])>) -> Vec<String> {
        match Draft::read(&mut form(fields, file)) {
            Err(Failure::Invalid(fields)) => fields.into_keys().collect(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_message_says_something() {
        for nothing in [json!({}), json!({"text": null}), json!({"text": " \n"})] {
            assert_eq!(wrong(&nothing, None), ["text"]);
        }
        assert_eq!(wrong(&json!({"message": ""}), None), ["message"]);
        assert_eq!(wrong(&json!({"text": 7}), None), ["text"]);
        assert_eq!(wrong(&json!({"text": "x".repeat(4_001)}), None), ["text"]);
        assert_eq!(wrong(&json!({"text": "", "media_id": ""}), None), ["text"]);
    }

    #[test]
    fn a_file_needs_no_text_and_there_is_one_of_it() {
        draft(&json!({"media_id": MEDIA}), None);
        draft(&json!({"text": "", "audio": ""}), Some(("image", PNG)));
        assert_eq!(
            wrong(&json!({"media_id": MEDIA}), Some(("image", PNG))),
            ["media_id"]
        );
        assert_eq!(wrong(&json!({"media_id": "../etc"}), None), ["media_id"]);
        assert_eq!(wrong(&json!({"audio": "a path"}), None), ["audio"]);
        assert_eq!(
            wrong(&json!({"image_id": MEDIA}), Some(("image", PNG))),
            ["image_id"]
        );
    }

    #[test]
    fn what_says_the_same_is_the_same_whichever_way_it_came() {
        let text = draft(&json!({"text": "yes", "message_id": "1"}), None);
        let twin = draft(&json!({"type": "chat_message", "message": "yes"}), None);
        assert_eq!(text.fingerprint(), twin.fingerprint());
        let more = [
            draft(&json!({"text": "yes", "media_id": MEDIA}), None),
            draft(&json!({"text": "yes"}), Some(("image", PNG))),
            draft(&json!({"text": format!("yes{MEDIA}")}), None),
        ];
        for other in more {
            assert_ne!(other.fingerprint(), text.fingerprint());
        }
    }

    #[test]
    fn a_clients_own_id_is_a_text_of_1_to_64_characters() {
        assert_eq!(
            wrong(&json!({"text": "a", "message_id": ""}), None),
            ["message_id"]
        );
        assert_eq!(
            wrong(&json!({"text": "a", "message_id": 7}), None),
            ["message_id"]
        );
        let key = draft(&json!({"text": "a", "message_id": "#1"}), None).key;
        assert_eq!(key.unwrap().as_str(), "#1");
    }
}
