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

/// As [`shown`] answers.
#[cfg(test)]
pub(super) fn answered(operation: crate::api::Operation) -> crate::api::Operation {
    operation.answers(200, "All preferences.", preferences(true), example())
}

/// All preferences; each may be left out where they are sent.
#[cfg(test)]
pub(super) fn preferences(whole: bool) -> crate::api::Schema {
    use crate::api::{closed, flag, open, text};
    use callout_domain::notice::Topic;
    let of = |object: crate::api::Object, name: &str, schema: crate::api::Schema| {
        if whole {
            object.with(name, schema)
        } else {
            object.may(name, schema)
        }
    };
    let wanted = of(of(closed(), "push", flag()), "mail", flag());
    let topics = Topic::ALL.into_iter().fold(closed(), |topics, topic| {
        of(topics, topic.as_str(), wanted.clone().into())
    });
    let time = || {
        crate::api::Schema::of(
            json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
        )
    };
    let quiet = closed()
        .with("start", time())
        .with("end", time())
        .with("timezone", text().about("The IANA name of a time zone."));
    let all = if whole { closed() } else { open() };
    let all = of(
        of(all, "topics", topics.into()),
        "quiet_hours",
        quiet.or_null(),
    );
    all.named(if whole {
        "Preferences"
    } else {
        "ChangedPreferences"
    })
}

#[cfg(test)]
fn example() -> serde_json::Value {
    let wanted = json!({"push": true, "mail": false});
    json!({
        "topics": {
            "medicine": wanted, "blood": {"push": true, "mail": true}, "work": wanted,
            "consultation": wanted, "conversation": wanted,
        },
        "quiet_hours": {"start": "22:00", "end": "06:30", "timezone": "Asia/Kathmandu"},
    })
}
