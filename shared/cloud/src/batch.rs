//! Many items by their keys, in as few calls as there may be.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::failure::CloudError;
use crate::stored::Item;
use crate::{Table, contention};

/// The most that one `BatchGetItem` takes.
const MOST_KEYS: usize = 100;
/// How often what a `BatchGetItem` left undone is asked for again.
const TRIES: u32 = 8;

/// How a batch is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// Everything that was written before.
    Strong,
    /// At half the price, perhaps not what was written within the last moments.
    Eventual,
}

impl Table {
    /// The items of these keys that there are, in no order. No key may come twice: `DynamoDB` refuses
    /// such a batch. What it leaves undone is asked for again, after a while.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(crate) async fn batch(
        &self,
        keys: Vec<Item>,
        consistency: Consistency,
    ) -> Result<Vec<Item>, CloudError> {
        let mut items = Vec::new();
        for keys in keys.chunks(MOST_KEYS) {
            items.extend(self.batch_of_few(keys.to_vec(), consistency).await?);
        }
        Ok(items)
    }

    async fn batch_of_few(
        &self,
        keys: Vec<Item>,
        consistency: Consistency,
    ) -> Result<Vec<Item>, CloudError> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(consistency == Consistency::Strong)
            .build()
            .map_err(CloudError::call("BatchGetItem"))?;
        let mut wanted = HashMap::from([(self.name.clone(), wanted)]);
        let mut items = Vec::new();
        for tries in 0..TRIES {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(wanted))
                .send()
                .await
                .map_err(CloudError::call("BatchGetItem"))?;
            let found = answer.responses.unwrap_or_default();
            items.extend(found.into_values().flatten());
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(items);
            }
            contention::wait(tries).await;
        }
        Err(CloudError::Contended)
    }
}
