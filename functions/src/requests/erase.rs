//! What somebody who deleted their account left in requests and answers, step by step as every kind
//! takes it. Each step is done again harmlessly if it was interrupted.

use callout_cloud::Cloud;
use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_domain::ids::MediaId;

/// The outcome of withdrawing an open request: that it is open no more is as good.
pub(crate) fn unless_ended(outcome: Result<(), CommitError>) -> Result<(), CloudError> {
    match outcome {
        Ok(()) => Ok(()),
        // Somebody was faster, or it is withdrawn already.
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => Ok(()),
        Err(CommitError::Refused(_)) => Err(CloudError::Contended),
        Err(CommitError::Cloud(error)) => Err(error),
    }
}

/// Removes what was uploaded, if anything was, and what is on record of it.
pub(crate) async fn remove(cloud: &Cloud, media: Option<MediaId>) -> Result<(), CloudError> {
    match media {
        Some(media) => {
            cloud.media().await?.remove(media).await?;
            cloud.media_records().await?.remove(media).await
        }
        None => Ok(()),
    }
}
