//! Items of DynamoDB and the structures that they hold.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::CloudError;

/// An item as DynamoDB gives and takes it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The partition key's name in every table.
pub(crate) const PK: &str = "pk";
/// The sort key's name in every table.
pub(crate) const SK: &str = "sk";

/// A string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A whole-number attribute.
pub(crate) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The item that holds `body` under a key. Fields that are `None` must be skipped by `body` itself
/// (`skip_serializing_if`) where an index is to stay sparse.
pub(crate) fn item<T: Serialize>(pk: String, sk: String, body: &T) -> Result<Item, CloudError> {
    let mut item: Item =
        serde_dynamo::to_item(body).map_err(CloudError::malformed("an item to store"))?;
    item.insert(PK.to_owned(), s(pk));
    item.insert(SK.to_owned(), s(sk));
    Ok(item)
}

/// What an item holds.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, CloudError> {
    serde_dynamo::from_item(item).map_err(CloudError::malformed(what))
}

/// The key of an item.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([(PK.to_owned(), s(pk)), (SK.to_owned(), s(sk))])
}
