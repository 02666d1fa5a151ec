//! What handlers of every kind of request share. A kind adds its form, its rule, its steps and its
//! words, and nothing here knows of any kind but [`expire`], which ends them all.

pub(crate) mod create;
pub(crate) mod erase;
pub(crate) mod expire;
pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod retract;
pub(crate) mod tell;

use callout_cloud::failure::CloudError;
use callout_domain::ids::RequestId;
use callout_domain::request::Header;

use crate::http::{Call, Caller, Failure};

const UNKNOWN: &str = "There is no such request";

/// 404: there is no such request, or none that the caller may know of.
pub(crate) fn unknown() -> Failure {
    Failure::unknown(UNKNOWN)
}

/// The request that the path names; 404 for what is no id.
pub(crate) fn named_by_path(call: &Call) -> Result<RequestId, Failure> {
    call.path_id("id", UNKNOWN)
}

/// A request that was looked for, if the caller made it; 404 for somebody else's, of which nobody
/// else is to know.
pub(crate) fn own<R: AsRef<Header>>(found: Option<R>, caller: &Caller) -> Result<R, Failure> {
    found
        .filter(|request| request.as_ref().requester == caller.account)
        .ok_or_else(unknown)
}

/// Why a step was refused that led on from where the request stood when it was read: somebody was
/// faster. `again` is the request read again, and `forbids` says what forbids the step now.
pub(crate) fn overtaken<R>(
    again: Result<Option<R>, CloudError>,
    forbids: impl FnOnce(&R) -> Option<Failure>,
) -> Failure {
    match again {
        Ok(Some(request)) => forbids(&request).unwrap_or_else(|| CloudError::Contended.into()),
        Ok(None) => unknown(),
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use callout_cloud::failure::CloudError;

    use super::overtaken;
    use crate::http::Failure;

    fn status(failure: Failure) -> u16 {
        failure.answer("id").status()
    }

    #[test]
    fn whoever_was_overtaken_is_told_by_what() {
        let forbids = |_: &u8| Some(Failure::bad("expired", "It has expired"));
        assert_eq!(status(overtaken(Ok(Some(1)), forbids)), 400);
        assert_eq!(status(overtaken(Ok(None), forbids)), 404);
        let nothing = |_: &u8| None;
        assert_eq!(status(overtaken(Ok(Some(1)), nothing)), 500);
        let failed = Err(CloudError::Contended);
        assert_eq!(status(overtaken(failed, nothing)), 500);
    }
}
