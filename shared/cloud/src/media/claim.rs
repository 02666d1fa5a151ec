//! Claiming an upload: from what a client put somewhere to what others may be shown.
//!
//! It may be done again at any time, by whoever retries and by two at once: the first that writes
//! `media/<id>` decides what it is, and everybody after it finds it there. An upload that could not be
//! removed stays unreadable for everybody, and ends after its day.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::media::{Clean, MOST_BYTES, MediaKind, Unfit, Wanted};

use super::{Media, OWNER, key, upload_key};
use crate::contention;
use crate::failure::CloudError;

/// Meetings with another who claims the same are over after one or two.
const TRIES: u32 = 6;

/// A file that is stored for good, and belongs to nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub id: MediaId,
    /// Who uploaded it.
    pub owner: AccountId,
    /// What it is.
    pub kind: MediaKind,
    /// How large it is.
    pub bytes: u64,
}

/// Why an upload cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclaimable {
    /// This account has uploaded nothing under that name, or it has ended.
    Unknown,
    /// It is not what is wanted, or cannot be shown.
    Unfit(Unfit),
}

impl Media {
    /// Recognizes what an account uploaded, cleans it, and stores it for good; what was claimed before is
    /// found as it is.
    ///
    /// # Errors
    /// When the bucket cannot be read or written.
    pub async fn claim(
        &self,
        owner: AccountId,
        id: MediaId,
        wanted: Wanted,
    ) -> Result<Result<Claimed, Unclaimable>, CloudError> {
        for tries in 0..TRIES {
            if tries > 0 {
                contention::wait(tries).await;
            }
            match self.stored(id).await? {
                Stored::Whole(found) => return Ok(found.judge(owner, wanted)),
                Stored::BeingWritten => continue,
                Stored::Absent => {}
            }
            let Some(upload) = self.upload(owner, id).await? else {
                if tries > 0 {
                    return Ok(Err(Unclaimable::Unknown));
                }
                // Somebody may have claimed it between the two looks.
                continue;
            };
            let file = match Clean::of(upload, wanted) {
                Ok(file) => file,
                Err(unfit) => return Ok(Err(Unclaimable::Unfit(unfit))),
            };
            let claimed = Claimed::new(id, owner, &file);
            if self.write(&claimed, file.bytes).await? {
                if let Err(error) = self.delete(upload_key(owner, id)).await {
                    tracing::warn!(error = error.chain(), "an upload is left to its lifecycle");
                }
                return Ok(Ok(claimed));
            }
        }
        Err(CloudError::Contended)
    }

    async fn stored(&self, id: MediaId) -> Result<Stored, CloudError> {
        let outcome = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key(id))
            .send()
            .await;
        let object = match outcome {
            Ok(object) => object,
            Err(error) if is_absent(&error) => return Ok(Stored::Absent),
            Err(error) => return Err(CloudError::call("HeadObject")(error)),
        };
        let owner = object.metadata().and_then(|metadata| metadata.get(OWNER));
        let kind = object.content_type().and_then(MediaKind::of_content_type);
        let bytes = object.content_length().and_then(|n| u64::try_from(n).ok());
        let owner = owner.and_then(|owner| owner.parse().ok());
        Ok(match (owner, kind, bytes) {
            (Some(owner), Some(kind), Some(bytes)) => Stored::Whole(Claimed {
                id,
                owner,
                kind,
                bytes,
            }),
            // The local S3 writes an object and what it says of it one after the other.
            _ => Stored::BeingWritten,
        })
    }

    async fn upload(&self, owner: AccountId, id: MediaId) -> Result<Option<Vec<u8>>, CloudError> {
        let outcome = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(upload_key(owner, id))
            .send()
            .await;
        let object = match outcome {
            Ok(object) => object,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(CloudError::call("GetObject")(error)),
        };
        // The link bounds it already; what is larger is no upload of ours.
        let length = object.content_length().and_then(|n| u64::try_from(n).ok());
        if length.is_none_or(|length| length > MOST_BYTES) {
            return Ok(None);
        }
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(CloudError::call("GetObject"))?;
        Ok(Some(bytes.into_bytes().into()))
    }
}

/// What there is under `media/`.
enum Stored {
    Absent,
    BeingWritten,
    Whole(Claimed),
}

impl Claimed {
    fn judge(self, owner: AccountId, wanted: Wanted) -> Result<Self, Unclaimable> {
        if self.owner != owner {
            return Err(Unclaimable::Unknown);
        }
        if !wanted.admits(self.kind) {
            return Err(Unclaimable::Unfit(Unfit::Other(wanted)));
        }
        Ok(self)
    }
}

/// Whether there is no such object. To those who may not list the bucket, S3 says of what is not there
/// that they may not read it.
fn is_absent<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    matches!(status, Some(403 | 404))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::{AccountId, MediaId};
    use callout_domain::media::{MediaKind, Unfit, Wanted};
    use ulid::Ulid;

    use super::{Claimed, Unclaimable};

    #[test]
    fn what_was_claimed_is_its_owners_and_what_it_is() {
        let account = |number: u128| AccountId::new(Ulid::from(number));
        let claimed = Claimed {
            id: MediaId::new(Ulid::from(1)),
            owner: account(1),
            kind: MediaKind::Png,
            bytes: 9,
        };
        let judged = |owner, wanted| claimed.clone().judge(owner, wanted);
        assert_eq!(judged(account(1), Wanted::Image), Ok(claimed.clone()));
        assert_eq!(judged(account(2), Wanted::Image), Err(Unclaimable::Unknown));
        let unfit = Unclaimable::Unfit(Unfit::Other(Wanted::Audio));
        assert_eq!(judged(account(1), Wanted::Audio), Err(unfit));
    }
}
