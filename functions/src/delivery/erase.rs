//! `Erase`: removes what a deleted account left: its inbox, and itself from what others have.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;

use crate::medicine;

pub(super) async fn erase(
    cloud: &Cloud,
    account: AccountId,
    role: Role,
    now: Moment,
) -> Result<(), CloudError> {
    cloud.notifications().await?.erase(account).await?;
    match role {
        Role::Customer | Role::Patient => medicine::erase::requester(cloud, account, now).await,
        Role::Pharmacy => medicine::erase::responder(cloud, account, now).await,
        Role::Donor
        | Role::Seeker
        | Role::Provider
        | Role::Doctor
        | Role::Hospital
        | Role::Admin => Ok(()),
    }
}
