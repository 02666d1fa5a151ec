//! Consistent reads of items by their keys: one, or many in one request.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::failure::CloudError;
use crate::stored::{self, Item};
use crate::{Table, contention};

/// The most that one request may ask for.
const MOST_KEYS: usize = 100;

impl Table {
    /// The item of a key, if it is there; `operation` names the call where it fails.
    pub(crate) async fn read_one(
        &self,
        operation: &'static str,
        key: Item,
    ) -> Result<Option<Item>, CloudError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(CloudError::call(operation))?;
        Ok(found.item)
    }

    /// The items of these keys, partition and sort key each, in no order; those that are not there
    /// are missing, and a key that is named twice is found once. A consistent read.
    pub(crate) async fn read_many(
        &self,
        keys: Vec<(String, String)>,
    ) -> Result<Vec<Item>, CloudError> {
        // DynamoDB refuses a request that names a key twice.
        let keys: HashSet<(String, String)> = keys.into_iter().collect();
        let keys: Vec<Item> = keys
            .into_iter()
            .map(|(pk, sk)| stored::key(pk, sk))
            .collect();
        let requests = keys
            .chunks(MOST_KEYS)
            .map(|keys| self.read_few(keys.to_vec()));
        let items = futures::future::try_join_all(requests).await?;
        Ok(items.into_iter().flatten().collect())
    }

    async fn read_few(&self, keys: Vec<Item>) -> Result<Vec<Item>, CloudError> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(CloudError::call("BatchGetItem"))?;
        let mut wanted = HashMap::from([(self.name.clone(), wanted)]);
        let mut items = Vec::new();
        for tries in 0..contention::TRIES {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(wanted))
                .send()
                .await
                .map_err(CloudError::call("BatchGetItem"))?;
            items.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, found)| found),
            );
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(items);
            }
            // What was left out was throttled: asking at once would be refused again.
            contention::wait(tries).await;
        }
        Err(CloudError::Contended)
    }
}
