//! `PATCH /{role}/profile/`, by the account: changes the fields that are given, and answers with the
//! whole profile.
//!
//! Null clears a field that may be missing. E-mail address and password do not change here, the role
//! never does. Leaves behind the profile, its place in the index, and the name by which the next
//! tokens call its holder; two changes at once come to what they do one after the other.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::contention;
use callout_cloud::failure::CloudError;
use callout_domain::account::{Account, PersonName, PhoneNumber};
use callout_domain::moment::Moment;

use super::profile_fields::{self, text};
use super::{own_profile, views};
use crate::hospitals::no_member;
use crate::http::{Answer, Call, Failure, Form, Given};

/// What a profile shows and this does not change.
const FIXED: [(&str, &str); 4] = [
    ("email", "cannot be changed here"),
    ("password", "cannot be changed here; reset it"),
    ("role", "cannot be changed"),
    ("id", "cannot be changed"),
];

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = own_profile::caller(&call)?;
    let mut form = call.json()?;
    let accounts = call.cloud.accounts().await?;
    for tries in 0..contention::TRIES {
        let account = own_profile::read(&call, &caller).await?;
        let changed = changed(&mut form, &account, call.now)?;
        if changed == account {
            return Ok(Answer::ok(views::own(&account)));
        }
        if !form.is_absent("hospital_id") {
            profile_fields::check_hospital(&accounts, &changed.profile).await?;
        }
        let mut commit = call.cloud.commit().await;
        accounts.change(&mut commit, &account, &changed)?;
        match commit.run().await {
            Ok(()) => return Ok(Answer::ok(views::own(&changed))),
            // Changed or deleted meanwhile: decided again on what is there now.
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountUnchanged => {
                contention::wait(tries).await;
            }
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::SpeaksFor => {
                return Err(no_member());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CloudError::Contended.into())
}

/// The account with what the form gives in place of what it had.
fn changed(form: &mut Form, account: &Account, now: Moment) -> Result<Account, Failure> {
    for (name, problem) in FIXED {
        if !form.is_absent(name) {
            form.problem(name, problem);
        }
    }
    let name = given(form, "name", text(PersonName::parse));
    let phone_number = given(form, "phone_number", text(PhoneNumber::parse));
    let profile = profile_fields::changing(form, &account.profile, now);
    form.check()?;
    Ok(Account {
        name: name.unwrap_or_else(|| account.name.clone()),
        phone_number: phone_number.unwrap_or_else(|| account.phone_number.clone()),
        profile: profile.ok_or_else(|| form.reject())?,
        ..account.clone()
    })
}

/// A field that may be left out, but not cleared.
fn given<T>(
    form: &mut Form,
    name: &str,
    read: impl FnOnce(Given<'_>) -> Result<T, String>,
) -> Option<T> {
    if form.fields.contains_key(name) {
        form.required(name, read)
    } else {
        None
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{open, person_name, phone_number};

    own_profile::described("Changes the fields of one's own profile that are given")
        .takes(
            profile_fields::sent(
                &open()
                    .may("name", person_name())
                    .may("phone_number", phone_number()),
                false,
            ),
            serde_json::json!({"name": "City Pharmacy", "lat": 27.7, "lng": 85.32}),
        )
        .answers(
            200,
            "The whole profile.",
            views::own_account(),
            views::own_example(),
        )
        .refuses(no_member())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::account::{Account, Profile};
    use serde_json::{Value, json};

    use super::changed;
    use crate::accounts::views::tests::account;
    use crate::http::{Failure, Form};

    fn customer() -> Account {
        account(
            "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            Profile::Customer,
        )
    }

    fn patch(body: &Value) -> Result<Account, Vec<String>> {
        let body = body.to_string();
        let mut form = Form::read_json(Some("application/json"), body.as_bytes()).unwrap();
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        changed(&mut form, &customer(), now).map_err(|failure| match failure {
            Failure::Invalid(problems) => problems.into_keys().collect(),
            other => unreachable!("{other:?}"),
        })
    }

    #[test]
    fn only_what_is_given_changes() {
        assert_eq!(patch(&json!({})), Ok(customer()));
        assert_eq!(
            patch(&json!({"created_at": "x", "unknown": 1})),
            Ok(customer())
        );
        let renamed = patch(&json!({"name": " Jane Doe "})).unwrap();
        assert_eq!(renamed.name.as_str(), "Jane Doe");
        assert_eq!(renamed.phone_number, customer().phone_number);
    }

    #[test]
    fn what_is_fixed_or_wrong_is_refused_all_at_once() {
        let refused = patch(&json!({
            "email": "other@example.com", "password": "x", "role": "ADMIN", "id": "1",
            "name": null, "phone_number": "12",
        }));
        assert_eq!(
            refused.unwrap_err(),
            ["email", "id", "name", "password", "phone_number", "role"]
        );
    }
}
