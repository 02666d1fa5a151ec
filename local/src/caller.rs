//! Who calls a door: functions sign with the access key that they were started with.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};

/// What the access key of a function begins with; its logical id follows.
pub const KEY_PREFIX: &str = "LOCAL";

/// The caller, by the credential scope of its signature. The signature is not verified: every door
/// listens on loopback alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The access key id.
    pub access_key: String,
}

impl Caller {
    /// Reads the caller of a request signed with AWS Signature Version 4 in its header; `None`
    /// when it carries no such signature.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (_, credential) = authorization
            .strip_prefix("AWS4-")?
            .split_once("Credential=")?;
        let (access_key, _scope) = credential.split_once('/')?;
        (!access_key.is_empty()).then(|| Self {
            access_key: access_key.to_owned(),
        })
    }

    /// Logical id of the function that calls, if it is one.
    pub fn function(&self) -> Option<&str> {
        self.access_key
            .strip_prefix(KEY_PREFIX)
            .filter(|logical_id| !logical_id.is_empty())
    }
}

/// What the application name of an instance begins with; its number follows. The SDK sends it in
/// its user agent.
pub(crate) const INSTANCE_PREFIX: &str = "instance-";

/// Number of the instance that calls, if it says so.
pub(crate) fn instance(headers: &HeaderMap) -> Option<u64> {
    ["x-amz-user-agent", USER_AGENT.as_str()]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .flat_map(str::split_whitespace)
        .find_map(|word| {
            let name = word.strip_prefix("app/")?;
            name.strip_prefix(INSTANCE_PREFIX)?.parse().ok()
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn signed(authorization: &str) -> Option<Caller> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        Caller::of(&headers)
    }

    #[test]
    fn the_access_key_names_the_function() {
        let caller = signed(
            "AWS4-HMAC-SHA256 Credential=LOCALLogin/20260101/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=abc",
        )
        .unwrap();
        assert_eq!(caller.function(), Some("Login"));
    }

    #[test]
    fn what_is_not_signed_has_no_caller() {
        assert_eq!(signed("Bearer abc"), None);
        assert_eq!(signed("AWS4-HMAC-SHA256 Credential=/2026/x"), None);
        assert_eq!(Caller::of(&HeaderMap::new()), None);
    }

    #[test]
    fn the_user_agent_names_the_instance() {
        let told = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, agent.parse().unwrap());
            instance(&headers)
        };
        assert_eq!(
            told("aws-sdk-rust/1 os/linux app/instance-12 lang/rust"),
            Some(12)
        );
        assert_eq!(told("aws-sdk-rust/1 app/instance-x"), None);
        assert_eq!(told("aws-sdk-rust/1"), None);
        assert_eq!(instance(&HeaderMap::new()), None);
    }

    #[test]
    fn another_key_is_no_function() {
        let caller = signed("AWS4-HMAC-SHA256 Credential=AKIA/20260101/x, Signature=a").unwrap();
        assert_eq!(caller.function(), None);
    }
}
