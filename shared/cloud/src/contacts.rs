//! How people are reached besides sockets, as the accounts table keeps it.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<id>` | `CONTACT` | one map a device, `device#<device id>`: `endpoint`, `registered_at`; `devices_revision`: another with every device that is added; `preferences`: JSON |
//!
//! Any of them may be missing, and so may the item. Each attribute is changed by itself, so that who
//! changes one need not have read the others. Devices are written by [`crate::devices`].

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use callout_domain::device::DeviceId;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::failure::CloudError;
use crate::push::EndpointArn;
use crate::settings::ACCOUNTS_TABLE;
use crate::stored::{self, Item, PK};
use crate::{Cloud, Table};

const CONTACT: &str = "CONTACT";
const DEVICE: &str = "device#";
pub(crate) const PREFERENCES: &str = "preferences";
/// Has two additions of a device at once see each other.
pub(crate) const DEVICES_REVISION: &str = "devices_revision";

/// The contacts of all accounts.
#[derive(Debug, Clone)]
pub struct Contacts {
    table: Table,
}

/// How one account is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Its devices, the one that was registered longest ago first.
    pub devices: Vec<Device>,
    /// What its holder chose, as it is stored.
    pub preferences: Option<String>,
}

/// One device of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// Where SNS takes messages for it.
    pub endpoint: EndpointArn,
    /// When it was registered last.
    pub registered_at: Moment,
}

/// A device's map in the item.
#[derive(Serialize, Deserialize)]
struct StoredDevice {
    endpoint: EndpointArn,
    registered_at: Moment,
}

/// A contact with what tells it from a later one.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) contact: Contact,
    /// Whether there is such an item at all.
    pub(crate) is_there: bool,
    pub(crate) devices_revision: Option<String>,
}

impl Cloud {
    /// How accounts are reached besides sockets.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn contacts(&self) -> Result<Contacts, CloudError> {
        Ok(Contacts::of_table(self.table(ACCOUNTS_TABLE).await?))
    }
}

impl Contacts {
    pub(crate) const fn of_table(table: Table) -> Self {
        Self { table }
    }

    /// How these accounts are reached; who is not in the answer has neither devices nor preferences.
    ///
    /// # Errors
    /// When the table cannot be read, or an item does not read.
    pub async fn of_accounts(
        &self,
        accounts: &[AccountId],
    ) -> Result<HashMap<AccountId, Contact>, CloudError> {
        let key = |account: &AccountId| (partition(*account), CONTACT.to_owned());
        let items = self
            .table
            .read_many(accounts.iter().map(key).collect())
            .await?;
        items
            .into_iter()
            .map(|item| Ok((account_of(&item)?, Reading::of(item)?.contact)))
            .collect()
    }
}

impl Reading {
    /// The contact of an account as it is now.
    pub(crate) async fn now(table: &Table, account: AccountId) -> Result<Self, CloudError> {
        let found = table.read_one("GetItem of a contact", key(account)).await?;
        found.map_or_else(|| Ok(Self::default()), Self::of)
    }

    fn of(item: Item) -> Result<Self, CloudError> {
        let mut reading = Self {
            is_there: true,
            ..Self::default()
        };
        for (name, value) in item {
            if let Some(id) = name.strip_prefix(DEVICE) {
                let stored: StoredDevice = serde_dynamo::from_attribute_value(value)
                    .map_err(CloudError::malformed("a device of a contact"))?;
                reading.contact.devices.push(Device {
                    id: DeviceId::new(id),
                    endpoint: stored.endpoint,
                    registered_at: stored.registered_at,
                });
            } else if let AttributeValue::S(text) = value {
                match name.as_str() {
                    PREFERENCES => reading.contact.preferences = Some(text),
                    DEVICES_REVISION => reading.devices_revision = Some(text),
                    _ => {}
                }
            }
        }
        let age = |device: &Device| (device.registered_at, device.id.clone());
        reading.contact.devices.sort_by_key(age);
        Ok(reading)
    }
}

impl Device {
    /// What its account's item holds of it.
    pub(crate) fn stored(&self) -> Result<AttributeValue, CloudError> {
        serde_dynamo::to_attribute_value(StoredDevice {
            endpoint: self.endpoint.clone(),
            registered_at: self.registered_at,
        })
        .map_err(CloudError::malformed("a device to store"))
    }
}

/// The key of an account's contact.
pub(crate) fn key(account: AccountId) -> Item {
    stored::key(partition(account), CONTACT)
}

fn partition(account: AccountId) -> String {
    format!("ACCOUNT#{account}")
}

/// The attribute of a device in its account's contact.
pub(crate) fn attribute(device: &DeviceId) -> String {
    format!("{DEVICE}{device}")
}

fn account_of(item: &Item) -> Result<AccountId, CloudError> {
    item.get(PK)
        .and_then(|pk| pk.as_s().ok()?.strip_prefix("ACCOUNT#"))
        .unwrap_or_default()
        .parse()
        .map_err(CloudError::malformed("the key of a contact"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Device, Reading, account_of, attribute, key};
    use crate::push::EndpointArn;
    use crate::stored::s;
    use callout_domain::device::DeviceId;

    #[test]
    fn a_contact_reads_back_as_it_was_stored_oldest_device_first() {
        let account = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let device = |id: &str, at: &str| Device {
            id: DeviceId::new(id),
            endpoint: EndpointArn::new(format!("arn:{id}")),
            registered_at: at.parse().unwrap(),
        };
        let old = device("b", "2026-02-24T10:30:00Z");
        let new = device("a", "2026-02-24T10:30:00.001Z");
        let mut item = key(account);
        for device in [&new, &old] {
            item.insert(attribute(&device.id), device.stored().unwrap());
        }
        item.insert("preferences".to_owned(), s("{}"));
        assert_eq!(account_of(&item).unwrap(), account);
        let reading = Reading::of(item).unwrap();
        assert_eq!(reading.contact.devices, [old, new]);
        assert_eq!(reading.contact.preferences.as_deref(), Some("{}"));
        assert!(reading.is_there && reading.devices_revision.is_none());
    }

    #[test]
    fn a_device_that_does_not_read_is_an_error_and_not_left_out() {
        let mut item = key("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap());
        item.insert("device#a".to_owned(), s("arn:a"));
        assert!(Reading::of(item).is_err());
    }
}
