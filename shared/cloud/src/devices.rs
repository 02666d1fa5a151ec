//! The devices that accounts are pushed to, as the accounts table keeps them.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `DEVICE#<device id>` | `DEVICE` | `account`, `endpoint`, `registered_at` |
//! | `ACCOUNT#<id>` | `CONTACT` | the same by account: see [`crate::contacts`] |
//!
//! A device's id is the SHA-256 of its token, so a token is in one place, and belongs to one account:
//! who was told last. Both items change in one transaction, under the condition that the device is as it
//! was read; whoever is overtaken reads again and decides anew. The token itself is kept by SNS alone.

mod changes;

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use callout_domain::device::{DeviceId, DeviceToken};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::accounts::Accounts;
use crate::commit::{Commit, CommitError, Guard};
use crate::contacts::{self, Device, Reading};
use crate::failure::CloudError;
use crate::push::EndpointArn;
use crate::settings::ACCOUNTS_TABLE;
use crate::stored::{self, Item};
use crate::{Cloud, Table, contention, opaque};

/// How many devices an account may have; one more drops the one that was registered longest ago.
pub const MOST_DEVICES: usize = 20;

const DEVICE: &str = "DEVICE";

/// The devices of all accounts.
#[derive(Debug, Clone)]
pub struct Devices {
    table: Table,
    accounts: Accounts,
}

/// What came of registering a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// It is the account's, and nobody else's.
    Here {
        /// What the account had to give up for it.
        dropped: Vec<Device>,
    },
    /// The account has been deleted, and so nobody has the device.
    AccountGone {
        /// The device, which SNS need not keep.
        unused: Device,
    },
}

/// What came of removing devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Those that were removed.
    pub devices: Vec<Device>,
    /// Whether the account has others.
    pub others: bool,
}

/// The `DEVICE` item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredDevice {
    account: AccountId,
    endpoint: EndpointArn,
    registered_at: Moment,
}

/// What a transaction of devices came to.
enum Outcome {
    Done,
    Overtaken,
    AccountGone,
}

impl Cloud {
    /// The devices that accounts are pushed to.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn devices(&self) -> Result<Devices, CloudError> {
        Ok(Devices::of_table(self.table(ACCOUNTS_TABLE).await?))
    }
}

impl Devices {
    fn of_table(table: Table) -> Self {
        Self {
            accounts: Accounts::of(table.clone()),
            table,
        }
    }

    /// Whose a device is and where SNS takes messages for it, if anybody registered it.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn known(
        &self,
        token: &DeviceToken,
    ) -> Result<Option<(AccountId, EndpointArn)>, CloudError> {
        let there = self.read(&id_of(token)).await?;
        Ok(there.map(|device| (device.account, device.endpoint)))
    }

    /// Whose a device is, if it is anybody's.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn owner(&self, device: &DeviceId) -> Result<Option<AccountId>, CloudError> {
        Ok(self.read(device).await?.map(|device| device.account))
    }

    /// The devices of an account as they are now, the one that was registered longest ago first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn of(&self, account: AccountId) -> Result<Vec<Device>, CloudError> {
        let reading = Reading::now(&self.table, account).await?;
        Ok(reading.contact.devices)
    }

    /// Makes a device the account's, whosever it was.
    ///
    /// # Errors
    /// When the table cannot be read or written, or others kept changing the same.
    pub async fn register(
        &self,
        account: AccountId,
        token: &DeviceToken,
        endpoint: &EndpointArn,
        now: Moment,
    ) -> Result<Registered, CloudError> {
        let device = Device {
            id: id_of(token),
            endpoint: endpoint.clone(),
            registered_at: now,
        };
        for tries in 0..contention::TRIES {
            let (there, contact) =
                tokio::try_join!(self.read(&device.id), Reading::now(&self.table, account),)?;
            let dropped = surplus(&contact.contact.devices, &device);
            let commit = self.registration(account, &device, there.as_ref(), &contact, &dropped)?;
            match run(commit).await? {
                Outcome::Done => return Ok(Registered::Here { dropped }),
                Outcome::AccountGone => return Ok(Registered::AccountGone { unused: device }),
                Outcome::Overtaken => contention::wait(tries).await,
            }
        }
        Err(CloudError::Contended)
    }

    /// Removes one device of an account, or all of them. One that is not the account's stays as it is.
    ///
    /// # Errors
    /// When the table cannot be read or written, or others kept changing the same.
    pub async fn remove(
        &self,
        account: AccountId,
        token: Option<&DeviceToken>,
    ) -> Result<Removed, CloudError> {
        let only = token.map(id_of);
        for tries in 0..contention::TRIES {
            let reading = Reading::now(&self.table, account).await?;
            let (devices, others): (Vec<Device>, Vec<Device>) = reading
                .contact
                .devices
                .into_iter()
                .partition(|device| only.as_ref().is_none_or(|only| device.id == *only));
            let removed = Removed {
                devices,
                others: !others.is_empty(),
            };
            if removed.devices.is_empty() {
                return Ok(removed);
            }
            let mut commit = self.commit();
            for device in &removed.devices {
                self.delete(&mut commit, account, device)?;
            }
            self.take_from(&mut commit, account, &removed.devices)?;
            match run(commit).await? {
                Outcome::Done => return Ok(removed),
                Outcome::Overtaken | Outcome::AccountGone => contention::wait(tries).await,
            }
        }
        Err(CloudError::Contended)
    }

    /// Removes a device that SNS says is gone; false, and nothing is changed, if it was registered
    /// again, moved or removed since it was read.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn forget_device(
        &self,
        account: AccountId,
        device: &Device,
    ) -> Result<bool, CloudError> {
        let mut commit = self.commit();
        self.delete(&mut commit, account, device)?;
        self.take_from(&mut commit, account, std::slice::from_ref(device))?;
        Ok(matches!(run(commit).await?, Outcome::Done))
    }

    /// Removes all that is known of how an account is reached. For one that was deleted: nothing can be
    /// added to it any more.
    ///
    /// # Errors
    /// When the table cannot be read or written, or others kept changing the same.
    pub async fn erase(&self, account: AccountId) -> Result<(), CloudError> {
        for tries in 0..contention::TRIES {
            let reading = Reading::now(&self.table, account).await?;
            if !reading.is_there {
                return Ok(());
            }
            let mut commit = self.commit();
            for device in &reading.contact.devices {
                self.delete(&mut commit, account, device)?;
            }
            let contact = Delete::builder()
                .table_name(&self.table.name)
                .set_key(Some(contacts::key(account)))
                .build()
                .map_err(CloudError::call("the erasure of a contact"))?;
            commit.push(
                Guard::None,
                TransactWriteItem::builder().delete(contact).build(),
            );
            match run(commit).await? {
                Outcome::Done => return Ok(()),
                Outcome::Overtaken | Outcome::AccountGone => contention::wait(tries).await,
            }
        }
        Err(CloudError::Contended)
    }

    fn commit(&self) -> Commit {
        Commit::new(self.table.client.clone())
    }

    async fn read(&self, device: &DeviceId) -> Result<Option<StoredDevice>, CloudError> {
        let found = self
            .table
            .read_one("GetItem of a device", key(device))
            .await?;
        found.map(|item| stored::read("a device", item)).transpose()
    }

    fn registration(
        &self,
        account: AccountId,
        device: &Device,
        there: Option<&StoredDevice>,
        contact: &Reading,
        dropped: &[Device],
    ) -> Result<Commit, CloudError> {
        let mut commit = self.commit();
        // First, because of all that refuse at once the first is the one that is reported.
        self.accounts.must_be_there(&mut commit, account)?;
        self.put(&mut commit, account, device, there)?;
        for dropped in dropped {
            self.delete(&mut commit, account, dropped)?;
        }
        self.add_to(&mut commit, account, device, contact, dropped)?;
        if let Some(former) = there.filter(|there| there.account != account) {
            let held = Device {
                id: device.id.clone(),
                endpoint: former.endpoint.clone(),
                registered_at: former.registered_at,
            };
            self.take_from(&mut commit, former.account, &[held])?;
        }
        Ok(commit)
    }
}

/// What an account has to give up for a device: what is reached by the same endpoint, for nobody is to
/// be pushed the same twice, and then the oldest of too many.
fn surplus(oldest_first: &[Device], added: &Device) -> Vec<Device> {
    let (same, others): (Vec<&Device>, Vec<&Device>) = oldest_first
        .iter()
        .filter(|device| device.id != added.id)
        .partition(|device| device.endpoint == added.endpoint);
    let too_many = (others.len() + 1).saturating_sub(MOST_DEVICES);
    let oldest = others.into_iter().take(too_many);
    same.into_iter().chain(oldest).cloned().collect()
}

async fn run(commit: Commit) -> Result<Outcome, CloudError> {
    match commit.run().await {
        Ok(()) => Ok(Outcome::Done),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
            Ok(Outcome::AccountGone)
        }
        Err(CommitError::Refused(_)) => Ok(Outcome::Overtaken),
        Err(CommitError::Cloud(error)) => Err(error),
    }
}

fn id_of(token: &DeviceToken) -> DeviceId {
    DeviceId::new(opaque::hash(token.reveal()))
}

fn partition(device: &DeviceId) -> String {
    format!("DEVICE#{device}")
}

fn key(device: &DeviceId) -> Item {
    stored::key(partition(device), DEVICE)
}

#[cfg(test)]
mod tests;
