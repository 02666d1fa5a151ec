//! What registering, removing and forgetting a device put into their transaction. Each item is refused
//! by [`Guard::DeviceUnchanged`] unless it is as it was read.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use callout_domain::ids::AccountId;

use super::{DEVICE, Devices, StoredDevice, key, partition};
use crate::clock;
use crate::commit::{Commit, Guard};
use crate::contacts::{self, DEVICES_REVISION, Device, Reading};
use crate::failure::CloudError;
use crate::stored::{self, s};

impl Devices {
    /// The `DEVICE` item, if it is as it was read.
    pub(super) fn put(
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
    pub(super) fn delete(
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
    pub(super) fn add_to(
        &self,
        commit: &mut Commit,
        account: AccountId,
        device: &Device,
        read: &Reading,
        dropped: &[Device],
    ) -> Result<(), CloudError> {
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(contacts::key(account)))
            .expression_attribute_names("#device", contacts::attribute(&device.id))
            .expression_attribute_names("#revision", DEVICES_REVISION)
            .expression_attribute_values(":device", device.stored()?)
            .expression_attribute_values(":next", s(clock::fresh_ulid().to_string()));
        let mut names = Vec::new();
        for (nth, dropped) in dropped.iter().enumerate() {
            let name = format!("#dropped{nth}");
            update = update.expression_attribute_names(&name, contacts::attribute(&dropped.id));
            names.push(name);
        }
        let mut expression = "SET #device = :device, #revision = :next".to_owned();
        if !names.is_empty() {
            expression += " REMOVE ";
            expression += &names.join(", ");
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
    pub(super) fn take_from(
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
