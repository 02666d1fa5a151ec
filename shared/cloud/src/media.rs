//! Media: images and sound that people upload, in a private bucket.
//!
//! | key | what |
//! |---|---|
//! | `uploads/<account>/<media id>` | what a client put there by itself, unread; a day |
//! | `media/<media id>` | what was recognized and cleaned, with its owner in its metadata; 90 days |
//!
//! An object is stored before the commit that speaks of it; if that commit does not happen the
//! object is an orphan, which the bucket's lifecycle ends. Nothing under `media/` is ever written twice:
//! what somebody has seen under an id stays what it is. What leaves Callout is never the object
//! but a link to it that ends soon. What an object belongs to is in [`record`].

mod claim;
pub mod record;

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use callout_domain::ids::{AccountId, MediaId};
use callout_domain::media::Clean;

pub use self::claim::{Claimed, Unclaimable};
use crate::failure::CloudError;
use crate::settings::MEDIA_BUCKET;
use crate::{Cloud, clock};

/// How long a link holds: long enough to be looked at, too short to be passed on.
pub const LINK_LIFETIME: Duration = Duration::from_mins(15);

/// How long something can be uploaded by a link, from its making to the upload's beginning.
pub const UPLOAD_LIFETIME: Duration = Duration::from_mins(15);

/// The name under which an object has its owner.
const OWNER: &str = "owner";

/// The bucket of media.
#[derive(Debug, Clone)]
pub struct Media {
    client: Client,
    bucket: String,
}

impl Cloud {
    /// Images and sound.
    ///
    /// # Errors
    /// When the function has no setting for the bucket.
    pub async fn media(&self) -> Result<Media, CloudError> {
        let client = self
            .s3
            .get_or_init(|| async { Client::new(self.config().await) })
            .await;
        Ok(Media {
            client: client.clone(),
            bucket: MEDIA_BUCKET.read()?,
        })
    }
}

impl Media {
    /// Stores a file that came with a request; it is served as what it is and nothing else.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn store(&self, owner: AccountId, file: Clean) -> Result<Claimed, CloudError> {
        let id = MediaId::new(clock::fresh_ulid());
        let claimed = Claimed::new(id, owner, &file);
        // Nobody else knows the id: it is there only if an answer was lost, and then it is this.
        self.write(&claimed, file.bytes).await?;
        Ok(claimed)
    }

    /// A link by which anybody can upload one file of that media type and exactly that many bytes, in the
    /// name of an account, until [`UPLOAD_LIFETIME`] is over.
    ///
    /// # Errors
    /// When there are no credentials to sign with.
    pub async fn upload_link(
        &self,
        owner: AccountId,
        id: MediaId,
        content_type: &str,
        bytes: i64,
    ) -> Result<String, CloudError> {
        let lifetime =
            PresigningConfig::expires_in(UPLOAD_LIFETIME).map_err(CloudError::call("a link"))?;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(upload_key(owner, id))
            .content_type(content_type)
            .content_length(bytes)
            .presigned(lifetime)
            .await
            .map_err(CloudError::call("signing a link"))?;
        Ok(request.uri().to_owned())
    }

    /// A link by which anybody can read it for [`LINK_LIFETIME`]. Signing asks nobody: whether the
    /// object is still there shows when the link is followed.
    ///
    /// # Errors
    /// When there are no credentials to sign with.
    pub async fn link(&self, id: MediaId) -> Result<String, CloudError> {
        let lifetime =
            PresigningConfig::expires_in(LINK_LIFETIME).map_err(CloudError::call("a link"))?;
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key(id))
            .presigned(lifetime)
            .await
            .map_err(CloudError::call("signing a link"))?;
        Ok(request.uri().to_owned())
    }

    /// Removes it; that it is gone already is as good.
    ///
    /// # Errors
    /// When the bucket cannot say that it is gone.
    pub async fn remove(&self, id: MediaId) -> Result<(), CloudError> {
        self.delete(key(id)).await
    }

    async fn delete(&self, key: String) -> Result<(), CloudError> {
        self.client
            .delete_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
            .map_err(CloudError::call("DeleteObject"))?;
        Ok(())
    }

    /// Writes an object unless it is there; whether it was written. What two write at once is written by
    /// one of them.
    async fn write(&self, claimed: &Claimed, bytes: Vec<u8>) -> Result<bool, CloudError> {
        let outcome = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key(claimed.id))
            .if_none_match("*")
            .content_type(claimed.kind.content_type())
            .metadata(OWNER, claimed.owner.to_string())
            .body(ByteStream::from(bytes))
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(true);
        };
        match error.code() {
            Some("PreconditionFailed" | "ConditionalRequestConflict") => Ok(false),
            _ => Err(CloudError::call("PutObject")(error)),
        }
    }
}

impl Claimed {
    fn new(id: MediaId, owner: AccountId, file: &Clean) -> Self {
        Self {
            id,
            owner,
            kind: file.kind,
            bytes: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

fn key(id: MediaId) -> String {
    format!("media/{id}")
}

fn upload_key(owner: AccountId, id: MediaId) -> String {
    format!("uploads/{owner}/{id}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use callout_domain::ids::{AccountId, MediaId};
    use ulid::Ulid;

    use super::Media;

    fn media() -> Media {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .build();
        Media {
            client: Client::from_conf(config),
            bucket: "somewhere".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_link_to_upload_holds_for_one_type_one_size_and_15_minutes() {
        let (owner, id) = (AccountId::new(Ulid::from(2)), MediaId::new(Ulid::from(1)));
        let link = media()
            .upload_link(owner, id, "audio/webm", 7)
            .await
            .unwrap();
        let key = "/uploads/00000000000000000000000002/00000000000000000000000001?";
        assert!(link.contains(key), "{link}");
        assert!(link.contains("X-Amz-Expires=900"), "{link}");
        let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost";
        assert!(link.contains(signed), "{link}");
    }

    #[tokio::test]
    async fn a_link_names_the_object_and_ends_after_15_minutes() {
        let link = media().link(MediaId::new(Ulid::from(1))).await.unwrap();
        assert!(
            link.contains("/media/00000000000000000000000001?"),
            "{link}"
        );
        assert!(link.contains("X-Amz-Expires=900"), "{link}");
        assert!(link.contains("X-Amz-Signature="), "{link}");
    }
}
