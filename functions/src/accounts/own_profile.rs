//! `/{role}/profile/`: whose profile that is.

use callout_domain::account::Account;
use callout_domain::role::Role;

use crate::http::{Call, Caller, Failure};

/// Who calls, if the path has their role: `/pharmacy/profile/` is a pharmacy's.
///
/// 401 without a valid token, 403 for another role's path, 404 for what is no role.
pub(super) fn caller(call: &Call) -> Result<Caller, Failure> {
    let role = role_of(call.path("role"))?;
    let caller = call.caller()?;
    if caller.role == role {
        Ok(caller)
    } else {
        Err(another_role(role))
    }
}

fn another_role(role: Role) -> Failure {
    Failure::forbidden(format!(
        "Only a {} account has this profile",
        role.path_segment()
    ))
}

/// The caller's account as it is now, if their session still holds: a token outlives a session that
/// was ended, perhaps because it was stolen, and must neither show nor change what it belongs to.
pub(super) async fn read(call: &Call, caller: &Caller) -> Result<Account, Failure> {
    let sessions = call.cloud.sessions().await?;
    sessions
        .holder(caller.account, caller.session, call.now)
        .await?
        .ok_or_else(Failure::unauthenticated)
}

/// `/pharmacy/profile` is a route of its own, without a variable, for `/pharmacy/{id}` would
/// otherwise match it.
fn role_of(segment: Option<&str>) -> Result<Role, Failure> {
    match segment {
        Some(segment) => Role::from_path_segment(segment).map_err(|_| Failure::unknown_path()),
        None => Ok(Role::Pharmacy),
    }
}

/// What every operation on one's own profile has.
#[cfg(test)]
pub(super) fn described(summary: &'static str) -> crate::api::Operation {
    use crate::api::{operation, role_in_paths};
    operation(summary)
        .that("The path has the caller's own role.")
        .at("role", role_in_paths(Role::ALL), "The caller's role.")
        .refuses(another_role(Role::Pharmacy))
}

#[cfg(test)]
mod tests {
    use callout_domain::role::Role;

    use super::role_of;

    #[test]
    fn the_path_names_the_role() {
        assert_eq!(role_of(Some("donor")).ok(), Some(Role::Donor));
        assert_eq!(role_of(None).ok(), Some(Role::Pharmacy));
        assert!(role_of(Some("DONOR")).is_err());
        assert!(role_of(Some("nobody")).is_err());
    }
}
