//! ARNs of what the doors are asked for, as policies name them.

use crate::template::{ACCOUNT, REGION};

/// A table, or one of its indexes.
pub(crate) fn table(name: &str, index: Option<&str>) -> String {
    match index {
        Some(index) => {
            format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/index/{index}")
        }
        None => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"),
    }
}

/// A bucket.
pub(crate) fn bucket(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// An object in a bucket.
pub(crate) fn object(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

/// An identity of SES: an address or a domain.
pub(crate) fn mail_identity(name: &str) -> String {
    format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/{name}")
}

/// A queue.
pub(crate) fn queue(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// A call of `method` on a connection of a WebSocket API.
pub(crate) fn connection(api: &str, stage: &str, method: &str, id: &str) -> String {
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{stage}/{method}/@connections/{id}")
}
