//! Who may do what to which object. A presigned link is its signer's call, judged when it is used.

use std::path::PathBuf;
use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::caller::Caller;
use crate::iam::{Decision, Iam, Refused, resource};

/// The policies of the functions, as S3 asks for them.
pub(super) struct ByPolicy {
    pub(super) iam: Arc<Iam>,
    /// Where the objects are, in a folder for each bucket.
    pub(super) root: PathBuf,
}

impl ByPolicy {
    /// That an object is not there is told to those who may list its bucket; others may not read it.
    fn tells(&self, caller: &Caller, operation: &str, path: &S3Path) -> bool {
        let S3Path::Object { bucket, key } = path else {
            return true;
        };
        if !matches!(operation, "GetObject" | "HeadObject") {
            return true;
        }
        let place = self.root.join(&**bucket).join(&**key);
        place.exists() || {
            let bucket = resource::bucket(bucket);
            let decision = self.iam.decide(
                caller.function().unwrap_or_default(),
                "s3:ListBucket",
                &bucket,
            );
            decision == Decision::Allowed
        }
    }
}

#[async_trait::async_trait]
impl S3Access for ByPolicy {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        };
        let caller = Caller {
            access_key: credentials.access_key.clone(),
        };
        let operation = context.s3_op().name();
        let Some(action) = action(operation) else {
            let what = format!("the policies for {operation} are not judged locally");
            return Err(S3Error::with_message(S3ErrorCode::NotImplemented, what));
        };
        let resource = match context.s3_path() {
            S3Path::Root => "*".to_owned(),
            S3Path::Bucket { bucket } => resource::bucket(bucket),
            S3Path::Object { bucket, key } => resource::object(bucket, key),
        };
        match self.iam.admit(&caller, [(action, resource)]) {
            Ok(()) if self.tells(&caller, operation, context.s3_path()) => Ok(()),
            Ok(()) => Err(s3_error!(AccessDenied, "Access Denied")),
            Err(Refused::Unknown) => Err(unknown_key()),
            Err(refused @ Refused::Denied(_)) => Err(S3Error::with_message(
                S3ErrorCode::AccessDenied,
                refused.message(),
            )),
        }
    }
}

/// What S3 says to an access key that it does not know.
pub(super) fn unknown_key() -> S3Error {
    s3_error!(
        InvalidAccessKeyId,
        "The AWS Access Key Id you provided does not exist in our records."
    )
}

/// The action that an operation needs. `None` for those that need several, or on more than their path
/// names.
fn action(operation: &str) -> Option<&'static str> {
    match operation {
        "GetObject" | "HeadObject" => Some("s3:GetObject"),
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => {
            Some("s3:PutObject")
        }
        "DeleteObject" => Some("s3:DeleteObject"),
        "AbortMultipartUpload" => Some("s3:AbortMultipartUpload"),
        "ListParts" => Some("s3:ListMultipartUploadParts"),
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => Some("s3:ListBucket"),
        "ListMultipartUploads" => Some("s3:ListBucketMultipartUploads"),
        "GetBucketLocation" => Some("s3:GetBucketLocation"),
        "ListBuckets" => Some("s3:ListAllMyBuckets"),
        _ => None,
    }
}
