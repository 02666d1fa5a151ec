//! `/notifications/preferences/`: whose preferences those are, and how they are shown.

use callout_domain::preferences::Preferences;
use serde_json::json;

use crate::http::{Answer, Call, Caller, Failure};

/// Who calls, if their session still holds: a stolen token must not have their phone fall silent,
/// nor show where they live.
///
/// 401 without a valid token, and for one whose session was ended or whose account was deleted.
pub(super) async fn caller(call: &Call) -> Result<Caller, Failure> {
    let caller = call.caller()?;
    let sessions = call.cloud.sessions().await?;
    let holds = sessions
        .is_alive(caller.account, caller.session, call.now)
        .await?;
    if holds {
        Ok(caller)
    } else {
        Err(Failure::unauthenticated())
    }
}

/// 200 with all of them.
pub(super) fn shown(preferences: &Preferences) -> Answer {
    Answer::ok(json!(preferences))
}
