//! `Idempotency-Key`: the same key and body does the work once and is answered the same.
//!
//! The answer is kept in the transaction that does the work. A call that finds its key used is
//! answered from there; two at once both try, one is refused by the key, and is answered from there
//! too. What failed changed nothing, so its key is unused and may be sent again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_cloud::Cloud;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_cloud::idempotency::{KeptAnswer, Key};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use lambda_http::http::StatusCode;
use sha2::{Digest as _, Sha256};

use crate::http::{Answer, Call, Failure, Form, Linked, Refused};

const HEADER: &str = "idempotency-key";
const MOST_CHARACTERS: usize = 255;

/// Whose keys: two senders may choose the same one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// The caller's.
    Account(AccountId),
    /// Those of somebody who has an address, and no account yet.
    Address(&'a str),
}

/// Whether the work is still to be done.
pub(crate) enum Turn {
    /// It is.
    First(Once),
    /// It was done; this was answered.
    Again(Answer),
}

/// Work that is to be done once, if its sender gave a key.
pub(crate) struct Once {
    key: Option<Key>,
    fingerprint: String,
    now: Moment,
}

/// An answer that can be kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The body.
    pub(crate) body: Linked,
}

impl Reply {
    /// 201 with a body.
    pub(crate) fn created(body: Linked) -> Self {
        Self {
            status: StatusCode::CREATED,
            body,
        }
    }

    /// 200 with a body.
    pub(crate) fn ok(body: Linked) -> Self {
        Self {
            status: StatusCode::OK,
            body,
        }
    }

    /// The answer, with its links.
    pub(crate) async fn sign(self, cloud: &Cloud) -> Result<Answer, CloudError> {
        Ok(Answer::new(self.status, self.body.sign(cloud).await?))
    }
}

impl Once {
    /// Looks whether the caller has sent this key before.
    ///
    /// 400 for a key that is none, 422 for one that came with something else.
    pub(crate) async fn begin(call: &Call, scope: Scope<'_>, form: &Form) -> Result<Turn, Failure> {
        let Some(header) = call.header_bytes(HEADER) else {
            return Ok(Turn::First(Self::without_key(call.now)));
        };
        let key = read_key(header)?;
        let key = match scope {
            Scope::Account(account) => Key::of_account(account, key),
            Scope::Address(address) => Key::of_address(address, key),
        };
        let once = Self {
            key: Some(key),
            fingerprint: fingerprint(&call.endpoint(), &form.fingerprint()),
            now: call.now,
        };
        match once.kept(call.cloud).await? {
            Some(kept) => Ok(Turn::Again(once.same(kept)?.sign(call.cloud).await?)),
            None => Ok(Turn::First(once)),
        }
    }

    /// Whether the caller gave a key, so that a fingerprint of what they sent will be kept.
    pub(crate) fn has_key(call: &Call) -> bool {
        call.header_bytes(HEADER).is_some()
    }

    /// Work whose sender cannot give a key, over a socket.
    pub(crate) const fn without_key(now: Moment) -> Self {
        Self {
            key: None,
            fingerprint: String::new(),
            now,
        }
    }

    /// A commit that keeps this answer under the key, and is refused by `Guard::KeyUnused` if the
    /// key was used meanwhile; the work is to be added.
    pub(crate) async fn commit(&self, cloud: &Cloud, reply: &Reply) -> Result<Commit, CloudError> {
        let mut commit = cloud.commit().await;
        // First, because of all that refuse at once the first is the one that is reported: whoever
        // did the work already is to hear of it, not why it cannot be done twice.
        if let Some(key) = &self.key {
            let (body, links) = reply.body.to_keep();
            let answer = KeptAnswer {
                fingerprint: self.fingerprint.clone(),
                status: reply.status.as_u16(),
                body,
                links,
            };
            let kept = cloud.idempotency().await?;
            kept.keep(&mut commit, key, &answer, self.now)?;
        }
        Ok(commit)
    }

    /// What was answered to whoever used the key meanwhile, after a commit was refused by
    /// `Guard::KeyUnused`.
    pub(crate) async fn answered(&self, cloud: &Cloud) -> Result<Reply, Failure> {
        match self.kept(cloud).await? {
            Some(kept) => self.same(kept),
            // It ended between the refusal and now.
            None => Err(CloudError::Contended.into()),
        }
    }

    /// What was answered to whoever used the key meanwhile, or else this refusal.
    pub(crate) async fn answered_or(
        &self,
        cloud: &Cloud,
        refused: Refused,
    ) -> Result<Reply, Failure> {
        match self.kept(cloud).await? {
            Some(kept) => self.same(kept),
            None => Err(refused.into()),
        }
    }

    /// The answer to whoever lost a race for the key, with its links.
    pub(crate) async fn answer_again(&self, cloud: &Cloud) -> Result<Answer, Failure> {
        let reply = self.answered(cloud).await?;
        Ok(reply.sign(cloud).await?)
    }

    async fn kept(&self, cloud: &Cloud) -> Result<Option<KeptAnswer>, CloudError> {
        match &self.key {
            Some(key) => cloud.idempotency().await?.read(key, self.now).await,
            None => Ok(None),
        }
    }

    fn same(&self, kept: KeptAnswer) -> Result<Reply, Failure> {
        if kept.fingerprint != self.fingerprint {
            return Err(Refused::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This Idempotency-Key was sent before, with something else",
            )
            .into());
        }
        let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| CloudError::Malformed {
            what: "a kept answer",
            source,
        };
        Ok(Reply {
            status: StatusCode::from_u16(kept.status).map_err(|error| unreadable(error.into()))?,
            body: Linked::kept(
                serde_json::from_str(&kept.body).map_err(|error| unreadable(error.into()))?,
                kept.links,
            ),
        })
    }
}

fn read_key(header: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(header)
        .ok()
        .filter(|key| (1..=MOST_CHARACTERS).contains(&key.chars().count()))
        .ok_or_else(|| {
            Failure::bad(
                "invalid_idempotency_key",
                "Idempotency-Key must be 1 to 255 characters",
            )
        })
}

/// What was sent, and where to.
fn fingerprint(endpoint: &str, form: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(endpoint);
    hash.update([0]);
    hash.update(form);
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use callout_cloud::idempotency::KeptAnswer;
    use serde_json::json;

    use super::{Once, Reply, fingerprint, read_key};
    use crate::http::{Failure, Linked};

    fn once(fingerprint: &str) -> Once {
        Once {
            key: None,
            fingerprint: fingerprint.to_owned(),
            now: "2026-02-24T10:30:00Z".parse().unwrap(),
        }
    }

    fn kept(reply: &Reply) -> KeptAnswer {
        let (body, links) = reply.body.to_keep();
        KeptAnswer {
            fingerprint: "this".to_owned(),
            status: reply.status.as_u16(),
            body,
            links,
        }
    }

    #[test]
    fn a_key_has_1_to_255_characters() {
        for wrong in [b"".as_slice(), &[b'k'; 256], b"\xFF\xFE"] {
            assert!(read_key(wrong).is_err());
        }
        assert!(read_key(b"k").is_ok());
        let longest = "क".repeat(255);
        assert_eq!(read_key(longest.as_bytes()).ok(), Some(longest.as_str()));
    }

    #[test]
    fn the_same_is_answered_the_same() {
        let media = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().ok();
        let reply =
            Reply::created(Linked::new(json!({"request_id": "1"})).with_link("image", media));
        assert_eq!(once("this").same(kept(&reply)).ok(), Some(reply));
    }

    #[test]
    fn something_else_under_a_used_key_is_refused() {
        let reply = Reply::created(Linked::new(json!({})));
        let Err(Failure::Refused(refused)) = once("that").same(kept(&reply)) else {
            unreachable!("it must be refused");
        };
        assert_eq!(refused.status.as_u16(), 422);
        assert_eq!(refused.code, "idempotency_key_reused");
    }

    #[test]
    fn where_something_was_sent_to_is_part_of_what_was_sent() {
        assert_ne!(
            fingerprint("POST /medicine/request", "x"),
            fingerprint("POST /medicine/response", "x")
        );
        assert_ne!(fingerprint("POST /a", "x"), fingerprint("POST /a", "y"));
    }
}
