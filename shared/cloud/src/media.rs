//! Media: images and sound that people upload, in a private bucket under `media/<media id>`.
//!
//! An object is stored before the commit that speaks of it; if that commit does not happen the
//! object is an orphan, which the bucket's lifecycle ends. What leaves Callout is never the object
//! but a link to it that ends soon.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use callout_domain::ids::MediaId;
use callout_domain::media::MediaKind;

use crate::failure::CloudError;
use crate::settings::MEDIA_BUCKET;
use crate::{Cloud, clock};

/// How long a link holds: long enough to be looked at, too short to be passed on.
pub const LINK_LIFETIME: Duration = Duration::from_mins(15);

/// As much of an object as says what it is.
const FIRST_BYTES: &str = "bytes=0-4095";

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
    /// Stores a file of a recognized kind; it is served as that kind and no other.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn store(&self, bytes: Vec<u8>, kind: MediaKind) -> Result<MediaId, CloudError> {
        let id = MediaId::new(clock::fresh_ulid());
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key(id))
            .content_type(kind.content_type())
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(CloudError::call("PutObject"))?;
        Ok(id)
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

    /// What it is, by its first bytes; none if there is no such object.
    ///
    /// # Errors
    /// When the bucket cannot be read.
    pub async fn kind(&self, id: MediaId) -> Result<Option<MediaKind>, CloudError> {
        let found = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key(id))
            .range(FIRST_BYTES)
            .send()
            .await;
        let object = match found {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(is_absent) => return Ok(None),
            Err(error) => return Err(CloudError::call("GetObject")(error)),
        };
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(CloudError::call("GetObject"))?.into_bytes();
        Ok(MediaKind::recognize(&bytes))
    }

    /// Removes it; that it is gone already is as good.
    ///
    /// # Errors
    /// When the bucket cannot say that it is gone.
    pub async fn remove(&self, id: MediaId) -> Result<(), CloudError> {
        self.client
            .delete_object()
            .bucket(&self.bucket)
            .key(key(id))
            .send()
            .await
            .map_err(CloudError::call("DeleteObject"))?;
        Ok(())
    }
}

/// Without `s3:ListBucket` what is not there is answered as what may not be read.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
fn is_absent(error: &GetObjectError) -> bool {
    error.is_no_such_key() || error.meta().code() == Some("AccessDenied")
}

fn key(id: MediaId) -> String {
    format!("media/{id}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use callout_domain::ids::MediaId;
    use ulid::Ulid;

    use super::Media;

    #[tokio::test]
    async fn a_link_names_the_object_and_ends_after_15_minutes() {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .build();
        let media = Media {
            client: Client::from_conf(config),
            bucket: "somewhere".to_owned(),
        };
        let link = media.link(MediaId::new(Ulid::from(1))).await.unwrap();
        assert!(
            link.contains("/media/00000000000000000000000001?"),
            "{link}"
        );
        assert!(link.contains("X-Amz-Expires=900"), "{link}");
        assert!(link.contains("X-Amz-Signature="), "{link}");
    }
}
