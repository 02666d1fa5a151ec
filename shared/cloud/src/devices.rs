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

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use callout_domain::device::{DeviceId, DeviceToken};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::accounts::Accounts;
use crate::commit::{Commit, CommitError, Guard};
use crate::contacts::{self, DEVICES_REVISION, Device, Reading};
use crate::failure::CloudError;
use crate::push::EndpointArn;
use crate::settings::ACCOUNTS_TABLE;
use crate::stored::{self, Item, s};
use crate::{Cloud, Table, clock, contention, opaque};

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
    /// The account has been deleted.
    AccountGone,
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

    /// Where SNS takes messages for a device, if anybody registered it.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn endpoint_of(
        &self,
        token: &DeviceToken,
    ) -> Result<Option<EndpointArn>, CloudError> {
        let there = self.read(&id_of(token)).await?;
        Ok(there.map(|device| device.endpoint))
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
                Outcome::AccountGone => return Ok(Registered::AccountGone),
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
            .client
            .get_item()
            .table_name(&self.table.name)
            .set_key(Some(key(device)))
            .consistent_read(true)
            .send()
            .await
            .map_err(CloudError::call("GetItem of a device"))?;
        found
            .item
            .map(|item| stored::read("a device", item))
            .transpose()
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

    /// The `DEVICE` item, if it is as it was read.
    fn put(
        &self,
        commit: &mut Commit,
        account: AccountId,
        device: &Device,
        there: Option<&StoredDevice>,
    ) -> Result<(), CloudError> {
        let body = StoredDevice {
            account,
            endpoint: device.endpoint.clone(),
            registered_at: device.registered_at,
        };
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(stored::item(
                partition(&device.id),
                DEVICE.to_owned(),
                &body,
            )?));
        let put = match there {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(there) => put
                .condition_expression("#account = :account AND #endpoint = :endpoint")
                .expression_attribute_names("#account", "account")
                .expression_attribute_names("#endpoint", "endpoint")
                .expression_attribute_values(":account", s(there.account.to_string()))
                .expression_attribute_values(":endpoint", s(there.endpoint.as_str())),
        };
        let put = put.build().map_err(CloudError::call("a device to write"))?;
        commit.push(
            Guard::DeviceUnchanged,
            TransactWriteItem::builder().put(put).build(),
        );
        Ok(())
    }

    /// Deletes the `DEVICE` item of a device that is as the account's contact had it.
    fn delete(
        &self,
        commit: &mut Commit,
        account: AccountId,
        device: &Device,
    ) -> Result<(), CloudError> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(&device.id)))
            .condition_expression(
                "#account = :account AND #endpoint = :endpoint AND #registered = :registered",
            )
            .expression_attribute_names("#account", "account")
            .expression_attribute_names("#endpoint", "endpoint")
            .expression_attribute_names("#registered", "registered_at")
            .expression_attribute_values(":account", s(account.to_string()))
            .expression_attribute_values(":endpoint", s(device.endpoint.as_str()))
            .expression_attribute_values(":registered", s(device.registered_at.to_string()))
            .build()
            .map_err(CloudError::call("a device to delete"))?;
        commit.push(
            Guard::DeviceUnchanged,
            TransactWriteItem::builder().delete(delete).build(),
        );
        Ok(())
    }

    /// Adds a device to its account's contact and takes others out, if none was added since it was
    /// read: two that are added at once must not both count the devices without the other.
    fn add_to(
        &self,
        commit: &mut Commit,
        account: AccountId,
        device: &Device,
        read: &Reading,
        dropped: &[Device],
    ) -> Result<(), CloudError> {
        let mut expression = "SET #device = :device, #revision = :next".to_owned();
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(contacts::key(account)))
            .expression_attribute_names("#device", contacts::attribute(&device.id))
            .expression_attribute_names("#revision", DEVICES_REVISION)
            .expression_attribute_values(":device", device.stored()?)
            .expression_attribute_values(":next", s(clock::fresh_ulid().to_string()));
        for (nth, dropped) in dropped.iter().enumerate() {
            expression += if nth == 0 { " REMOVE " } else { ", " };
            expression += &format!("#dropped{nth}");
            update = update.expression_attribute_names(
                format!("#dropped{nth}"),
                contacts::attribute(&dropped.id),
            );
        }
        update = match &read.devices_revision {
            None => update.condition_expression("attribute_not_exists(#revision)"),
            Some(revision) => update
                .condition_expression("#revision = :read")
                .expression_attribute_values(":read", s(revision)),
        };
        let update = update
            .update_expression(expression)
            .build()
            .map_err(CloudError::call("a device to add"))?;
        commit.push(
            Guard::DeviceUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }

    /// Takes devices out of an account's contact.
    fn take_from(
        &self,
        commit: &mut Commit,
        account: AccountId,
        devices: &[Device],
    ) -> Result<(), CloudError> {
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(contacts::key(account)));
        let mut names = Vec::new();
        for (nth, device) in devices.iter().enumerate() {
            let name = format!("#device{nth}");
            update = update.expression_attribute_names(&name, contacts::attribute(&device.id));
            names.push(name);
        }
        let held: Vec<String> = names
            .iter()
            .map(|name| format!("attribute_exists({name})"))
            .collect();
        let update = update
            // Without the condition an update would bring an erased contact back.
            .condition_expression(held.join(" AND "))
            .update_expression(format!("REMOVE {}", names.join(", ")))
            .build()
            .map_err(CloudError::call("a device to take out"))?;
        commit.push(
            Guard::DeviceUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
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
