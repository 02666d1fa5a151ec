//! `POST /{role}/register/`, by anyone whose address was proved within the last half hour: opens an
//! account of any role but ADMIN.
//!
//! Only who proved an address learns that it has an account: of what can refuse the commit, the
//! proof comes first. A hospital account founds an organization, or asks to join one by its id. Takes `Idempotency-Key`, scoped to the address. Leaves behind the account and
//! its credentials, and no proof, all in one commit.

use callout_cloud::accounts::Accounts;
use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::{clock, passwords};
use callout_domain::account::{Account, Email, Password, PersonName, PhoneNumber};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::{Value, json};

use super::profile_fields::{self, text};
use super::refusals::too_many;
use super::{fields, views};
use crate::http::{Answer, Call, Failure, Form, Linked, Once, Reply, Scope, Turn};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let role = role(call.path("role"))?;
    let mut form = call.json()?;
    let (account, password) = read(&mut form, role, call.now)?;

    if Once::has_key(&call) {
        // A key that was used answers whether the password is the one that was sent with it: as
        // much of a guess as a login, and counted as one.
        count_guess(&call, &account.email).await?;
        withhold_password(&mut form, &account.email, &password).await?;
    }
    let scope = Scope::Address(account.email.as_str());
    let once = match Once::begin(&call, scope, &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };

    let accounts = call.cloud.accounts().await?;
    profile_fields::check_hospital(&accounts, &account.profile).await?;
    let password_hash = passwords::hash(password).await?;
    let reply = Reply::created(Linked::new(json!({
        "message": format!("{} registration successful", title(role)),
        "user": views::registered(&account),
    })));
    open(&call, &once, &accounts, &account, &password_hash, reply).await
}

async fn open(
    call: &Call,
    once: &Once,
    accounts: &Accounts,
    account: &Account,
    password_hash: &str,
    reply: Reply,
) -> Result<Answer, Failure> {
    let mut commit = once.commit(call.cloud, &reply).await?;
    let otps = call.cloud.otps().await?;
    otps.use_proof(&mut commit, &account.email, call.now)?;
    accounts.open(&mut commit, account, password_hash)?;
    let Err(error) = commit.run().await else {
        return Ok(reply.sign(call.cloud).await?);
    };
    match &error {
        CommitError::Refused(refusal) if refusal.guard == Guard::KeyUnused => {
            once.answer_again(call.cloud).await
        }
        CommitError::Refused(refusal) if refusal.guard == Guard::AddressProved => Err(not_proved()),
        CommitError::Refused(refusal) if refusal.guard == Guard::AddressFree => Err(taken()),
        CommitError::Refused(refusal) if refusal.guard == Guard::OrganizationThere => {
            Err(profile_fields::no_hospital())
        }
        CommitError::Refused(_) | CommitError::Cloud(_) => Err(error.into()),
    }
}

/// 404 for what nobody can register as.
fn role(segment: Option<&str>) -> Result<Role, Failure> {
    segment
        .and_then(|segment| Role::from_path_segment(segment).ok())
        .filter(|role| *role != Role::Admin)
        .ok_or_else(Failure::unknown_path)
}

/// The account that is to be opened, and its password.
fn read(form: &mut Form, role: Role, now: Moment) -> Result<(Account, Password), Failure> {
    let email = fields::email(form);
    let password = form.required("password", text(Password::parse));
    let confirmation = form.fields.get("confirm_password");
    if !form.is_absent("confirm_password") && confirmation != form.fields.get("password") {
        form.problem("confirm_password", "must be the same as password");
    }
    let name = form.required("name", text(PersonName::parse));
    let phone_number = form.required("phone_number", text(PhoneNumber::parse));
    let profile = profile_fields::joining(form, role, now);
    form.check()?;
    let account = email.zip(name).zip(phone_number).zip(profile).map(
        |(((email, name), phone_number), profile)| Account {
            id: AccountId::new(clock::fresh_ulid()),
            role,
            email,
            name,
            phone_number,
            created_at: now,
            profile,
            version: 0,
        },
    );
    account.zip(password).ok_or_else(|| form.reject())
}

/// 429 while the address is locked.
async fn count_guess(call: &Call, email: &Email) -> Result<(), Failure> {
    let attempts = call.cloud.login_attempts().await?;
    let counted = attempts.count(email, call.now).await?;
    counted.map_err(|refused| locked(refused.wait))
}

fn locked(wait: time::Duration) -> Failure {
    too_many(
        "login_locked",
        "Too many failed attempts for this address; try again later",
        wait,
    )
}

fn not_proved() -> Failure {
    Failure::bad(
        "email_not_verified",
        "Verify this e-mail address first, no more than 30 minutes before registering",
    )
}

fn taken() -> Failure {
    Failure::bad(
        "email_taken",
        "There is an account with this e-mail address already",
    )
}

/// Puts a slow hash in the place of the password, where a fingerprint of what was sent will be kept:
/// of all that it is made of only the password is secret, and it would be guessed from a fast one.
async fn withhold_password(
    form: &mut Form,
    email: &Email,
    password: &Password,
) -> Result<(), Failure> {
    let mark = passwords::mark(password.clone(), email.as_str()).await?;
    form.fields.insert("password".to_owned(), Value::from(mark));
    form.fields.remove("confirm_password");
    Ok(())
}

/// `Customer`, as the seed's sentence has it.
fn title(role: Role) -> String {
    let mut name = role.path_segment().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        closed, email, id, open, operation, password, person_name, phone_number, role_in_paths,
        text,
    };

    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Admin);
    operation("Opens an account at an address that was proved")
        .that("What the role of the path asks for besides what everybody gives.")
        .by_anyone()
        .at("role", role_in_paths(roles), "As what.")
        .takes(
            profile_fields::sent(
                &open()
                    .with("email", email())
                    .with("password", password())
                    .may("confirm_password", text().or_null())
                    .with("name", person_name())
                    .with("phone_number", phone_number()),
                true,
            ),
            json!({
                "email": "john@example.com", "password": "a good long password",
                "confirm_password": "a good long password", "name": "John Doe",
                "phone_number": "9841234567",
            }),
        )
        .or_takes(
            "pharmacy",
            json!({
                "email": "city@example.com", "password": "a good long password",
                "name": "City Pharmacy", "phone_number": "9841234567",
                "lat": 27.7, "lng": 85.32, "address": "New Road 1, Kathmandu",
            }),
        )
        .once()
        .answers(
            201,
            "The account is there.",
            closed()
                .with("message", text())
                .with("user", views::account("RegisteredAccount", |fields| fields)),
            json!({
                "message": "Customer registration successful",
                "user": {
                    "id": id('C'), "email": "john@example.com", "name": "John Doe",
                    "role": "CUSTOMER",
                },
            }),
        )
        .refuses(not_proved())
        .refuses(taken())
        .refuses(locked(time::Duration::MINUTE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::account::{Account, Password};
    use callout_domain::role::Role;
    use serde_json::{Value, json};

    use super::{read, role, title};
    use crate::http::{Failure, Form};

    fn register(role: Role, change: &Value) -> Result<(Account, Password), Vec<String>> {
        let mut body = json!({
            "email": " Customer@Example.com",
            "password": "securepassword123",
            "name": "John Doe",
            "phone_number": "9841234567",
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        let mut form = Form::read_json(Some("application/json"), body.as_bytes()).unwrap();
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        read(&mut form, role, now).map_err(|failure| match failure {
            Failure::Invalid(problems) => problems.into_keys().collect(),
            other => unreachable!("{other:?}"),
        })
    }

    fn refused(role: Role, change: &Value) -> Vec<String> {
        register(role, change).err().unwrap_or_default()
    }

    #[test]
    fn the_seeds_registration_is_read() {
        let (account, password) = register(Role::Customer, &json!({})).unwrap();
        assert_eq!(account.email.as_str(), "customer@example.com");
        assert_eq!(account.role, Role::Customer);
        assert_eq!(password.as_str(), "securepassword123");
    }

    #[test]
    fn a_confirmation_must_match_if_it_is_sent() {
        let confirm = |value: Value| json!({"confirm_password": value});
        let customer = |change: &Value| refused(Role::Customer, change);
        assert!(customer(&confirm(json!("securepassword123"))).is_empty());
        assert!(customer(&confirm(Value::Null)).is_empty());
        for wrong in [json!("securepassword124"), json!(""), json!(1)] {
            assert_eq!(customer(&confirm(wrong)), ["confirm_password"]);
        }
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let wrong = json!({
            "email": "nobody", "password": "password123", "name": "\u{200B}",
            "phone_number": 9_841_234_567_u64, "lat": 91, "lng": 0,
        });
        assert_eq!(
            refused(Role::Pharmacy, &wrong),
            ["email", "lat", "name", "password", "phone_number"]
        );
        let missing = json!({"email": null, "password": null, "name": null, "phone_number": null});
        assert_eq!(
            refused(Role::Customer, &missing),
            ["email", "name", "password", "phone_number"]
        );
    }

    #[test]
    fn a_role_in_the_body_means_nothing() {
        let (account, _) = register(Role::Customer, &json!({"role": "ADMIN"})).unwrap();
        assert_eq!(account.role, Role::Customer);
    }

    #[test]
    fn nobody_registers_as_admin_or_as_what_is_no_role() {
        for known in Role::ALL {
            assert_eq!(
                role(Some(known.path_segment())).is_ok(),
                known != Role::Admin
            );
        }
        for unknown in [None, Some(""), Some("root"), Some("CUSTOMER")] {
            assert!(role(unknown).is_err());
        }
    }

    #[test]
    fn the_sentence_is_the_seeds() {
        assert_eq!(title(Role::Customer), "Customer");
        assert_eq!(title(Role::Hospital), "Hospital");
    }
}
