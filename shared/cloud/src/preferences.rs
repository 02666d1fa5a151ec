//! What people have chosen of how they are reached.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<id>` | `CONTACT` | in its attribute `preferences` the JSON of [`Preferences`]; absent for who never chose. Its other attributes are not this module's, and are left as they are |

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use callout_domain::ids::AccountId;
use callout_domain::preferences::Preferences;

use crate::commit::{Commit, Guard};
use crate::contacts::{PREFERENCES, key};
use crate::failure::CloudError;
use crate::settings::ACCOUNTS_TABLE;
use crate::stored::{Item, s};
use crate::{Cloud, Table};

/// The preferences of all accounts.
#[derive(Debug, Clone)]
pub struct PreferencesOfAccounts {
    table: Table,
}

/// An account's preferences as they were read.
#[derive(Debug, Clone)]
pub struct ReadPreferences {
    /// What was chosen, or the default.
    pub preferences: Preferences,
    /// The text that was stored.
    stored: Option<String>,
}

impl Cloud {
    /// Preferences.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn preferences(&self) -> Result<PreferencesOfAccounts, CloudError> {
        Ok(PreferencesOfAccounts {
            table: self.table(ACCOUNTS_TABLE).await?,
        })
    }
}

impl PreferencesOfAccounts {
    /// What an account has chosen, as it is now.
    ///
    /// # Errors
    /// When the outside world fails, or what is stored does not read.
    pub async fn read(&self, account: AccountId) -> Result<ReadPreferences, CloudError> {
        let contact = self.table.read_one("GetItem", key(account)).await?;
        ReadPreferences::of(contact.unwrap_or_default())
    }

    /// Changes what was read: [`Guard::PreferencesUnchanged`] refuses if it was changed since. That
    /// the account is there is for the caller to put before this: the item is made if it is absent.
    ///
    /// # Errors
    /// When it cannot be written as an item.
    pub fn change(
        &self,
        commit: &mut Commit,
        account: AccountId,
        read: &ReadPreferences,
        changed: &Preferences,
    ) -> Result<(), CloudError> {
        let text = serde_json::to_string(changed)
            .map_err(CloudError::malformed("preferences to store"))?;
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(account)))
            .update_expression("SET preferences = :changed")
            .expression_attribute_values(":changed", s(text));
        let update = match &read.stored {
            Some(stored) => update
                .condition_expression("preferences = :read")
                .expression_attribute_values(":read", s(stored)),
            None => update.condition_expression("attribute_not_exists(preferences)"),
        };
        let update = update
            .build()
            .map_err(CloudError::call("a change of preferences"))?;
        commit.push(
            Guard::PreferencesUnchanged,
            TransactWriteItem::builder().update(update).build(),
        );
        Ok(())
    }
}

/// The preferences of a stored text, or the default where there is none.
///
/// # Errors
/// When the text does not read.
pub fn of_text(stored: Option<&str>) -> Result<Preferences, CloudError> {
    stored.map_or_else(
        || Ok(Preferences::default()),
        |text| serde_json::from_str(text).map_err(CloudError::malformed("preferences")),
    )
}

impl ReadPreferences {
    fn of(mut contact: Item) -> Result<Self, CloudError> {
        let stored = match contact.remove(PREFERENCES) {
            Some(AttributeValue::S(text)) => Some(text),
            _ => None,
        };
        Ok(Self {
            preferences: of_text(stored.as_deref())?,
            stored,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::notice::Topic;
    use callout_domain::preferences::Preferences;

    use super::ReadPreferences;
    use crate::stored::{Item, s};

    #[test]
    fn who_never_chose_has_the_default_and_devices_make_no_difference() {
        let devices = Item::from([("device#x".to_owned(), s("y"))]);
        for contact in [Item::new(), devices] {
            let read = ReadPreferences::of(contact).unwrap();
            assert_eq!(read.preferences, Preferences::default());
            assert_eq!(read.stored, None);
        }
    }

    #[test]
    fn what_was_chosen_is_read_and_its_very_text_kept() {
        let text = r#"{"topics":{"work":{"mail":true}}}"#;
        let contact = Item::from([("preferences".to_owned(), s(text))]);
        let read = ReadPreferences::of(contact).unwrap();
        assert!(read.preferences.topics.of(Topic::Work).mail);
        assert_eq!(read.stored.as_deref(), Some(text));
        let broken = Item::from([("preferences".to_owned(), s("{"))]);
        assert!(ReadPreferences::of(broken).is_err());
    }
}
