//! An item that is replaced only as it was read: read, decide, replace, and again from the start if
//! somebody else was faster. What two do at once comes to what they would do one after another.
//!
//! Each writing gives the item a `revision`, drawn at random, so that an item which was deleted and
//! written again is not taken for the one that was read.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::commit::{Commit, Guard};
use crate::failure::CloudError;
use crate::stored::{self, Item};
use crate::{Table, clock, contention};

/// The attribute that changes with every writing.
pub(crate) const REVISION: &str = "revision";

/// One item, there or not.
pub(crate) struct Revised<'a> {
    pub(crate) table: &'a Table,
    pub(crate) pk: String,
    pub(crate) sk: &'static str,
    /// What it is, for errors.
    pub(crate) what: &'static str,
}

/// An item as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Reading<T> {
    /// What it holds, if it is there.
    pub(crate) body: Option<T>,
    revision: Option<String>,
}

/// What a rule makes of an item.
pub(crate) enum Decision<T, V> {
    /// A verdict that changes nothing.
    Keep(V),
    /// A verdict that holds once the item is replaced.
    Replace(T, V),
}

impl Revised<'_> {
    /// Reads it, as it is now.
    pub(crate) async fn read<T: DeserializeOwned>(&self) -> Result<Reading<T>, CloudError> {
        let key = stored::key(&self.pk, self.sk);
        let found = self.table.read_one("GetItem", key).await?;
        let Some(item) = found else {
            return Ok(Reading {
                body: None,
                revision: None,
            });
        };
        let revision = item
            .get(REVISION)
            .and_then(|text| text.as_s().ok())
            .cloned();
        Ok(Reading {
            body: Some(stored::read(self.what, item)?),
            revision,
        })
    }

    /// Replaces what was read by what shall have that revision; false if it is no longer so.
    async fn replace<T: Serialize>(
        &self,
        reading: &Reading<T>,
        body: &T,
        revision: &str,
    ) -> Result<bool, CloudError> {
        let (condition, read_revision) = condition(reading);
        let item = self.item(body, revision)?;
        let written = item.get(REVISION).cloned();
        let outcome = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(read_revision)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // Where the answer to the first try was lost, the client's next one meets what the
                // first has written.
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    let there = refusal.item().and_then(|item| item.get(REVISION));
                    Ok(there.is_some() && there == written.as_ref())
                }
                Some(PutItemError::TransactionConflictException(_)) => Ok(false),
                _ => Err(CloudError::call("PutItem")(error)),
            },
        }
    }

    /// Replaces what was read within a commit, which is refused if it is no longer so.
    pub(crate) fn replace_in<T: Serialize>(
        &self,
        commit: &mut Commit,
        guard: Guard,
        reading: &Reading<T>,
        body: &T,
    ) -> Result<(), CloudError> {
        let (condition, read_revision) = condition(reading);
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(self.item(body, &fresh())?))
            .condition_expression(condition)
            .set_expression_attribute_values(read_revision)
            .build()
            .map_err(CloudError::call("an item to replace"))?;
        commit.push(guard, TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    /// Reads it, has the rule decide, and leaves behind what the rule says.
    ///
    /// # Errors
    /// [`CloudError::Contended`] when others kept changing it.
    pub(crate) async fn decide<T, V>(
        &self,
        rule: impl Fn(Option<&T>) -> Decision<T, V>,
    ) -> Result<V, CloudError>
    where
        T: Serialize + DeserializeOwned,
    {
        let mut last: Option<(String, V)> = None;
        for tries in 0..contention::TRIES {
            let reading = self.read().await?;
            // The last writing was refused, and yet is there: an earlier try of the client had done it,
            // its answer was lost, and the next try met somebody else's transaction.
            if let Some((revision, verdict)) = last
                && reading.revision.as_ref() == Some(&revision)
            {
                return Ok(verdict);
            }
            match rule(reading.body.as_ref()) {
                Decision::Keep(verdict) => return Ok(verdict),
                Decision::Replace(body, verdict) => {
                    let revision = fresh();
                    if self.replace(&reading, &body, &revision).await? {
                        return Ok(verdict);
                    }
                    last = Some((revision, verdict));
                }
            }
            contention::wait(tries).await;
        }
        Err(CloudError::Contended)
    }

    fn item<T: Serialize>(&self, body: &T, revision: &str) -> Result<Item, CloudError> {
        let mut item = stored::item(self.pk.clone(), self.sk.to_owned(), body)?;
        item.insert(REVISION.to_owned(), stored::s(revision));
        Ok(item)
    }
}

fn fresh() -> String {
    clock::fresh_ulid().to_string()
}

/// The condition that an item is as it was read. One without a revision was not written here, and
/// is never overwritten.
fn condition<T>(reading: &Reading<T>) -> (&'static str, Option<Item>) {
    match &reading.revision {
        Some(revision) => (
            "revision = :read",
            Some(Item::from([(":read".to_owned(), stored::s(revision))])),
        ),
        None => ("attribute_not_exists(pk)", None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Reading, condition};

    #[test]
    fn what_was_not_there_must_still_not_be_there() {
        let nothing: Reading<()> = Reading {
            body: None,
            revision: None,
        };
        assert_eq!(condition(&nothing), ("attribute_not_exists(pk)", None));
    }

    #[test]
    fn what_was_read_must_have_its_revision() {
        let reading = Reading {
            body: Some(()),
            revision: Some("R".to_owned()),
        };
        let (text, values) = condition(&reading);
        assert_eq!(text, "revision = :read");
        assert_eq!(
            values.and_then(|values| values[":read"].as_s().ok().cloned()),
            Some("R".to_owned())
        );
    }
}
