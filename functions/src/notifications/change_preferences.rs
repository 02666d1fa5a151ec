//! `PUT /notifications/preferences/`, by any account: changes what is given of by which channels it
//! is told of what, and its quiet hours; answers with all of it.
//!
//! A topic or channel that is left out stays as it is, and so do quiet hours; null removes those.
//! Leaves behind the preferences; two changes at once come to what they do one after the other.

use std::fmt::Display;

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::contention;
use callout_cloud::failure::CloudError;
use callout_domain::notice::Topic;
use callout_domain::preferences::{Preferences, QuietHours, TimeOfDay, TimeZone, Topics, Wanted};
use lambda_http::http::StatusCode;
use serde_json::{Map, Value};

use super::own_preferences;
use crate::http::{Answer, Call, Failure, Form, Refused};

/// Many times what all preferences take; each wrong name in it comes back in the answer.
const LARGEST_BODY_BYTES: usize = 64 * 1024;
const UNKNOWN: &str = "is not known";

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = own_preferences::caller(&call).await?;
    let mut form = form(&call)?;
    let accounts = call.cloud.accounts().await?;
    let preferences = call.cloud.preferences().await?;
    for tries in 0..contention::TRIES {
        let read = preferences.read(caller.account).await?;
        let changed = changed(&mut form, &read.preferences)?;
        if changed == read.preferences {
            return Ok(own_preferences::shown(&changed));
        }
        let mut commit = call.cloud.commit().await;
        accounts.must_be_there(&mut commit, caller.account)?;
        preferences.change(&mut commit, caller.account, &read, &changed)?;
        match commit.run().await {
            Ok(()) => return Ok(own_preferences::shown(&changed)),
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
                return Err(Failure::unauthenticated());
            }
            // Changed meanwhile: decided again on what is there now.
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::PreferencesUnchanged => {
                contention::wait(tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

fn form(call: &Call) -> Result<Form, Failure> {
    if call.body().len() > LARGEST_BODY_BYTES {
        return Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than 64 KB",
        )
        .into());
    }
    call.json()
}

/// The preferences with what the form gives in place of what they had; 400 with all that is wrong.
fn changed(form: &mut Form, read: &Preferences) -> Result<Preferences, Failure> {
    let mut changed = read.clone();
    if let Some(given) = form.fields.get("topics").cloned() {
        change_topics(form, &given, &mut changed.topics);
    }
    if let Some(given) = form.fields.get("quiet_hours").cloned() {
        changed.quiet_hours = quiet_hours(form, &given);
    }
    form.check()?;
    Ok(changed)
}

fn change_topics(form: &mut Form, given: &Value, topics: &mut Topics) {
    let Some(given) = object(form, "topics", given) else {
        return;
    };
    for (name, given) in given {
        let path = format!("topics.{name}");
        match Topic::ALL.into_iter().find(|topic| topic.as_str() == name) {
            Some(topic) => change_channels(form, &path, given, topics.of_mut(topic)),
            None => form.problem(&path, UNKNOWN),
        }
    }
}

fn change_channels(form: &mut Form, path: &str, given: &Value, wanted: &mut Wanted) {
    let Some(given) = object(form, path, given) else {
        return;
    };
    for (name, given) in given {
        let path = format!("{path}.{name}");
        let channel = match name.as_str() {
            "push" => &mut wanted.push,
            "mail" => &mut wanted.mail,
            _ => {
                form.problem(&path, UNKNOWN);
                continue;
            }
        };
        match given {
            Value::Bool(given) => *channel = *given,
            _ => form.problem(&path, "must be true or false"),
        }
    }
}

/// Quiet hours are one value: they are given whole, or removed by null.
fn quiet_hours(form: &mut Form, given: &Value) -> Option<QuietHours> {
    if given.is_null() {
        return None;
    }
    let given = object(form, "quiet_hours", given)?;
    for name in given.keys() {
        if !["start", "end", "timezone"].contains(&name.as_str()) {
            form.problem(&format!("quiet_hours.{name}"), UNKNOWN);
        }
    }
    let start = text(form, given, "start", TimeOfDay::parse);
    let end = text(form, given, "end", TimeOfDay::parse);
    let timezone = text(form, given, "timezone", TimeZone::parse);
    match QuietHours::new(start?, end?, timezone?) {
        Ok(hours) => Some(hours),
        Err(error) => {
            form.problem("quiet_hours.end", error.to_string());
            None
        }
    }
}

fn text<T, E: Display>(
    form: &mut Form,
    given: &Map<String, Value>,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let read = match given.get(name) {
        None => Err("is required".to_owned()),
        Some(Value::String(text)) => parse(text).map_err(|error| error.to_string()),
        Some(_) => Err("must be text".to_owned()),
    };
    match read {
        Ok(value) => Some(value),
        Err(problem) => {
            form.problem(&format!("quiet_hours.{name}"), problem);
            None
        }
    }
}

fn object<'a>(form: &mut Form, path: &str, given: &'a Value) -> Option<&'a Map<String, Value>> {
    let object = given.as_object();
    if object.is_none() {
        form.problem(path, "must be an object");
    }
    object
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::operation;

    let operation = operation("Changes what is given of the caller's preferences").takes(
        own_preferences::preferences(false),
        serde_json::json!({
            "topics": {"blood": {"mail": true}},
            "quiet_hours": {"start": "22:00", "end": "06:30", "timezone": "Asia/Kathmandu"},
        }),
    );
    own_preferences::answered(operation)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::notice::Topic;
    use callout_domain::preferences::Preferences;
    use serde_json::{Value, json};

    use super::changed;
    use crate::http::{Failure, Form};

    fn chosen() -> Preferences {
        serde_json::from_value(json!({
            "topics": {"blood": {"push": false, "mail": true}},
            "quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "Asia/Kathmandu"},
        }))
        .unwrap()
    }

    fn put(body: &Value) -> Result<Preferences, Vec<String>> {
        let body = body.to_string();
        let mut form = Form::read_json(Some("application/json"), body.as_bytes()).unwrap();
        changed(&mut form, &chosen()).map_err(|failure| match failure {
            Failure::Invalid(problems) => problems.into_keys().collect(),
            other => unreachable!("{other:?}"),
        })
    }

    #[test]
    fn only_what_is_given_changes() {
        for nothing in [
            json!({}),
            json!({"unknown": 1, "topics": {}}),
            json!({"topics": {"blood": {}}}),
        ] {
            assert_eq!(put(&nothing), Ok(chosen()), "{nothing}");
        }
        let mut expected = chosen();
        expected.topics.of_mut(Topic::Blood).push = true;
        expected.topics.of_mut(Topic::Work).push = false;
        let body = json!({"topics": {"blood": {"push": true}, "work": {"push": false}}});
        assert_eq!(put(&body), Ok(expected));
    }

    #[test]
    fn quiet_hours_go_by_null_and_come_whole() {
        let gone = put(&json!({"quiet_hours": null})).unwrap();
        assert_eq!(gone.quiet_hours, None);
        assert_eq!(gone.topics, chosen().topics);
        let hours = json!({"start": "00:00", "end": "23:59", "timezone": "Europe/Berlin"});
        let other = put(&json!({"quiet_hours": hours})).unwrap();
        assert_eq!(json!(other)["quiet_hours"], hours);
    }

    #[test]
    fn the_whole_form_is_taken_as_it_is_shown() {
        assert_eq!(put(&json!(chosen())), Ok(chosen()));
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once_by_its_path() {
        let refused = put(&json!({
            "topics": {
                "medicine": {"push": "true", "mail": null, "socket": true},
                "work": [],
                "weather": {"push": true},
            },
            "quiet_hours": {"start": "24:00", "end": "7:00", "timezone": "Mars/Olympus", "days": 1},
        }));
        assert_eq!(
            refused.unwrap_err(),
            [
                "quiet_hours.days",
                "quiet_hours.end",
                "quiet_hours.start",
                "quiet_hours.timezone",
                "topics.medicine.mail",
                "topics.medicine.push",
                "topics.medicine.socket",
                "topics.weather",
                "topics.work",
            ]
        );
    }
}
