//! `Erase`: removes what a deleted account left: its inbox, its devices, and itself from what others
//! have.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;

use crate::{blood, consultations, conversations, medicine, work};

pub(super) async fn erase(
    cloud: &Cloud,
    account: AccountId,
    role: Role,
    dissolved: Option<AccountId>,
    now: Moment,
) -> Result<(), CloudError> {
    let notifications = cloud.notifications().await?;
    notifications.erase(account, now).await?;
    erase_devices(cloud, account).await?;
    conversations::erase::sender(cloud, account, now).await?;
    cloud.connections().await?.forget_presence(account).await?;
    match role {
        Role::Customer => medicine::erase::requester(cloud, account, now).await,
        Role::Patient => {
            medicine::erase::requester(cloud, account, now).await?;
            Box::pin(consultations::erase::patient(cloud, account, now)).await
        }
        Role::Doctor => consultations::erase::doctor(cloud, account, now).await,
        Role::Hospital => match dissolved {
            Some(organization) => {
                consultations::erase::organization(cloud, organization, now).await
            }
            None => Ok(()),
        },
        Role::Pharmacy => medicine::erase::responder(cloud, account, now).await,
        Role::Donor => {
            blood::erase::requester(cloud, account, now).await?;
            blood::erase::responder(cloud, account, now).await
        }
        Role::Seeker => work::erase::seeker(cloud, account, now).await,
        Role::Provider => work::erase::provider(cloud, account, now).await,
        Role::Admin => Ok(()),
    }
}

/// At SNS first, for the table says what is there to be removed.
async fn erase_devices(cloud: &Cloud, account: AccountId) -> Result<(), CloudError> {
    let devices = cloud.devices().await?;
    let push = cloud.push().await;
    for device in devices.of(account).await? {
        // It may have moved to somebody else meanwhile.
        if devices.owner(&device.id).await? == Some(account) {
            push.remove(&device.endpoint).await?;
        }
    }
    Box::pin(devices.erase(account)).await
}
