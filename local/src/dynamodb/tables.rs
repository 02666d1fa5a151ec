//! Tables from the template.

use dynoxide::{Database, DynoxideError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::DynamoError;
use crate::template::model::Table;

/// What `CreateTable` takes of a template's properties. Recovery, encryption, protection and tags
/// mean nothing on one machine, and the engine refuses some of them.
const TAKEN: [&str; 6] = [
    "TableName",
    "KeySchema",
    "AttributeDefinitions",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
];

/// What `CreateTable` takes of a template's global secondary index.
const TAKEN_OF_INDEX: [&str; 4] = [
    "IndexName",
    "KeySchema",
    "Projection",
    "ProvisionedThroughput",
];

/// Makes `table` unless it is there, and sees that it is the template's if it is.
pub(super) fn ensure(database: &Database, table: &Table) -> Result<(), DynamoError> {
    let failed = |error: DynoxideError| DynamoError::Create {
        table: table.logical_id.clone(),
        what: error.to_string(),
    };
    match describe(database, &table.name) {
        Ok(kept) => same(table, &kept)?,
        Err(DynoxideError::ResourceNotFoundException(_)) => {
            let request = request(creation(table)).map_err(failed)?;
            database.create_table(request).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    time_to_live(database, table).map_err(failed)
}

fn describe(database: &Database, table_name: &str) -> dynoxide::Result<Value> {
    let answer = database.describe_table(request(json!({ "TableName": table_name }))?)?;
    let answer = serde_json::to_value(answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(answer["Table"].clone())
}

fn request<T: DeserializeOwned>(body: Value) -> dynoxide::Result<T> {
    serde_json::from_value(body)
        .map_err(|error| DynoxideError::ValidationException(error.to_string()))
}

fn creation(table: &Table) -> Value {
    let mut body = only(&table.properties, &TAKEN);
    if let Some(indexes) = table.properties["GlobalSecondaryIndexes"].as_array() {
        let indexes = indexes
            .iter()
            .map(|index| Value::Object(only(index, &TAKEN_OF_INDEX)));
        body.insert("GlobalSecondaryIndexes".to_owned(), indexes.collect());
    }
    if table.has_stream {
        // Both images whatever the template says, because a write that changes nothing has a
        // record here and none in AWS: only the images tell. The view type is honoured on reading.
        let both = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
        body.insert("StreamSpecification".to_owned(), both);
    }
    Value::Object(body)
}

fn only(value: &Value, keys: &[&str]) -> Map<String, Value> {
    let taken = keys.iter().filter_map(|key| {
        let found = value.get(key).filter(|found| !found.is_null())?;
        Some(((*key).to_owned(), found.clone()))
    });
    taken.collect()
}

fn time_to_live(database: &Database, table: &Table) -> dynoxide::Result<()> {
    let described = request(json!({ "TableName": table.name }))?;
    let kept = database.describe_time_to_live(described)?;
    let kept = kept.time_to_live_description.attribute_name;
    if kept == table.time_to_live {
        return Ok(());
    }
    let switch = |attribute: &str, enabled: bool| {
        database.update_time_to_live(request(json!({
            "TableName": table.name,
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": enabled },
        }))?)
    };
    if let Some(kept) = kept {
        switch(&kept, false)?;
    }
    if let Some(wanted) = &table.time_to_live {
        switch(wanted, true)?;
    }
    Ok(())
}

/// Whether a kept table is what the template describes.
fn same(table: &Table, kept: &Value) -> Result<(), DynamoError> {
    let wanted = &table.properties;
    let parts = [
        ("key", wanted["KeySchema"] == kept["KeySchema"]),
        (
            "set of key attributes",
            by_name(
                &wanted["AttributeDefinitions"],
                "AttributeName",
                Value::clone,
            ) == by_name(&kept["AttributeDefinitions"], "AttributeName", Value::clone),
        ),
        (
            "set of global indexes",
            indexes(wanted, "GlobalSecondaryIndexes") == indexes(kept, "GlobalSecondaryIndexes"),
        ),
        (
            "set of local indexes",
            indexes(wanted, "LocalSecondaryIndexes") == indexes(kept, "LocalSecondaryIndexes"),
        ),
        (
            "stream setting",
            json!(table.has_stream)
                == *kept
                    .pointer("/StreamSpecification/StreamEnabled")
                    .unwrap_or(&json!(false)),
        ),
    ];
    match parts.iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((what, _)) => Err(DynamoError::Changed {
            table: table.logical_id.clone(),
            what,
        }),
    }
}

fn indexes(table: &Value, kind: &str) -> Value {
    by_name(&table[kind], "IndexName", |index| {
        json!([index["KeySchema"], index["Projection"]])
    })
}

/// A list of named maps without its order; an absent list is an empty one.
fn by_name(list: &Value, name: &str, shape: impl Fn(&Value) -> Value) -> Value {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let items = items.iter().filter_map(|item| {
        let name = item.get(name)?.as_str()?;
        Some((name.to_owned(), shape(item)))
    });
    Value::Object(items.collect())
}
