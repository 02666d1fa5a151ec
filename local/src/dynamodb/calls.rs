//! The operations that functions may call, and what each touches.

use std::collections::{BTreeMap, BTreeSet};

use dynoxide::{Database, DynoxideError};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

/// One thing that a call does to one table: what a policy allows or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    /// The IAM action without its `dynamodb:`, such as `ConditionCheckItem` inside a transaction.
    pub(super) action: &'static str,
    /// Physical name of the table.
    pub(super) table: String,
    /// The index that is queried or scanned, if it is one.
    pub(super) index: Option<String>,
}

/// Operations on items. What makes or changes tables is not among them: the template does that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    GetItem,
    PutItem,
    UpdateItem,
    DeleteItem,
    Query,
    Scan,
    BatchGetItem,
    BatchWriteItem,
    TransactGetItems,
    TransactWriteItems,
    DescribeTable,
    DescribeTimeToLive,
}

impl Operation {
    const ALL: [Self; 12] = [
        Self::GetItem,
        Self::PutItem,
        Self::UpdateItem,
        Self::DeleteItem,
        Self::Query,
        Self::Scan,
        Self::BatchGetItem,
        Self::BatchWriteItem,
        Self::TransactGetItems,
        Self::TransactWriteItems,
        Self::DescribeTable,
        Self::DescribeTimeToLive,
    ];

    /// The operation of that name, as `X-Amz-Target` has it after its dot.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
    }

    /// Its name, as `X-Amz-Target` has it after its dot.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetItem => "GetItem",
            Self::PutItem => "PutItem",
            Self::UpdateItem => "UpdateItem",
            Self::DeleteItem => "DeleteItem",
            Self::Query => "Query",
            Self::Scan => "Scan",
            Self::BatchGetItem => "BatchGetItem",
            Self::BatchWriteItem => "BatchWriteItem",
            Self::TransactGetItems => "TransactGetItems",
            Self::TransactWriteItems => "TransactWriteItems",
            Self::DescribeTable => "DescribeTable",
            Self::DescribeTimeToLive => "DescribeTimeToLive",
        }
    }

    /// Whether it may leave records in a stream.
    pub(super) fn writes(self) -> bool {
        match self {
            Self::PutItem
            | Self::UpdateItem
            | Self::DeleteItem
            | Self::BatchWriteItem
            | Self::TransactWriteItems => true,
            Self::GetItem
            | Self::Query
            | Self::Scan
            | Self::BatchGetItem
            | Self::TransactGetItems
            | Self::DescribeTable
            | Self::DescribeTimeToLive => false,
        }
    }

    /// What a call with that body touches. Empty when the body is not what the operation takes,
    /// which running it then says.
    pub(super) fn touches(self, body: &str) -> Vec<Touch> {
        let single = |action| single(action, body);
        match self {
            Self::GetItem => single("GetItem"),
            Self::PutItem => single("PutItem"),
            Self::UpdateItem => single("UpdateItem"),
            Self::DeleteItem => single("DeleteItem"),
            Self::Query => single("Query"),
            Self::Scan => single("Scan"),
            Self::DescribeTable => single("DescribeTable"),
            Self::DescribeTimeToLive => single("DescribeTimeToLive"),
            Self::BatchGetItem => batch("BatchGetItem", body),
            Self::BatchWriteItem => batch("BatchWriteItem", body),
            Self::TransactGetItems | Self::TransactWriteItems => transaction(body),
        }
    }

    /// Runs it on the engine and gives the answer's body. Blocks.
    ///
    /// # Errors
    /// [`DynoxideError`], as AWS would refuse the call.
    pub(super) fn run(self, database: &Database, body: &str) -> dynoxide::Result<String> {
        match self {
            Self::GetItem => call(body, |request| database.get_item(request)),
            Self::PutItem => call(body, |request| database.put_item(request)),
            Self::UpdateItem => call(body, |request| database.update_item(request)),
            Self::DeleteItem => call(body, |request| database.delete_item(request)),
            Self::Query => call(body, |request| database.query(request)),
            Self::Scan => call(body, |request| database.scan(request)),
            Self::BatchGetItem => call(body, |request| database.batch_get_item(request)),
            Self::BatchWriteItem => call(body, |request| database.batch_write_item(request)),
            Self::TransactGetItems => call(body, |request| database.transact_get_items(request)),
            Self::TransactWriteItems => {
                call(body, |request| database.transact_write_items(request))
            }
            Self::DescribeTable => call(body, |request| database.describe_table(request)),
            Self::DescribeTimeToLive => {
                call(body, |request| database.describe_time_to_live(request))
            }
        }
    }
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    act: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_str(body).map_err(|error| malformed(&error))?;
    serde_json::to_string(&act(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine marks, in the message, which of AWS's two errors a body that it cannot read is.
fn malformed(error: &serde_json::Error) -> DynoxideError {
    if !error.is_data() {
        return DynoxideError::SerializationException(String::new());
    }
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message);
    match text.split_once(':') {
        Some(("VALIDATION" | "VALIDATION_REQUEST" | "VALIDATION_AS_READ", message)) => {
            DynoxideError::ValidationException(message.to_owned())
        }
        Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", message)) => {
            DynoxideError::SerializationException(message.to_owned())
        }
        Some(_) | None if text.contains("missing field") || text.contains("unknown variant") => {
            DynoxideError::ValidationException(text.to_owned())
        }
        Some(_) | None => DynoxideError::SerializationException(text.to_owned()),
    }
}

fn single(action: &'static str, body: &str) -> Vec<Touch> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "TableName")]
        table: String,
        #[serde(rename = "IndexName")]
        index: Option<String>,
    }
    let body = serde_json::from_str::<Body>(body).ok();
    let touch = body.map(|body| Touch {
        action,
        table: table_name(&body.table),
        index: body.index,
    });
    touch.into_iter().collect()
}

fn batch(action: &'static str, body: &str) -> Vec<Touch> {
    // The items are skipped and not kept.
    #[allow(clippy::zero_sized_map_values)]
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "RequestItems")]
        tables: BTreeMap<String, IgnoredAny>,
    }
    let tables = serde_json::from_str::<Body>(body)
        .map(|body| body.tables)
        .unwrap_or_default();
    let touches = tables.keys().map(|table| Touch {
        action,
        table: table_name(table),
        index: None,
    });
    touches.collect()
}

fn transaction(body: &str) -> Vec<Touch> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "TransactItems")]
        items: Vec<BTreeMap<String, Part>>,
    }
    #[derive(Deserialize)]
    struct Part {
        #[serde(rename = "TableName")]
        table: String,
    }
    let items = serde_json::from_str::<Body>(body)
        .map(|body| body.items)
        .unwrap_or_default();
    let mut seen = BTreeSet::new();
    for (kind, part) in items.iter().flatten() {
        let action = match kind.as_str() {
            "Get" => "GetItem",
            "Put" => "PutItem",
            "Update" => "UpdateItem",
            "Delete" => "DeleteItem",
            "ConditionCheck" => "ConditionCheckItem",
            _ => continue,
        };
        seen.insert((action, table_name(&part.table)));
    }
    let touches = seen.into_iter().map(|(action, table)| Touch {
        action,
        table,
        index: None,
    });
    touches.collect()
}

/// A table may be named by its ARN as well.
fn table_name(name: &str) -> String {
    name.rsplit_once(":table/")
        .map_or(name, |(_, name)| name)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Operation, Touch};

    fn touch(action: &'static str, table: &str, index: Option<&str>) -> Touch {
        Touch {
            action,
            table: table.to_owned(),
            index: index.map(str::to_owned),
        }
    }

    #[test]
    fn a_transaction_touches_each_table_once_for_each_action() {
        let body = r#"{"TransactItems": [
            {"Put": {"TableName": "a", "Item": {}}},
            {"Put": {"TableName": "a", "Item": {}}},
            {"ConditionCheck": {"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/b"}},
            {"Update": {"TableName": "a"}}
        ]}"#;
        assert_eq!(
            Operation::TransactWriteItems.touches(body),
            [
                touch("ConditionCheckItem", "b", None),
                touch("PutItem", "a", None),
                touch("UpdateItem", "a", None)
            ]
        );
    }

    #[test]
    fn a_query_touches_its_index_and_a_batch_every_table() {
        let query = r#"{"IndexName": "open", "TableName": "requests"}"#;
        assert_eq!(
            Operation::Query.touches(query),
            [touch("Query", "requests", Some("open"))]
        );
        let batch = r#"{"RequestItems": {"b": [], "a": []}}"#;
        assert_eq!(
            Operation::BatchWriteItem.touches(batch),
            [
                touch("BatchWriteItem", "a", None),
                touch("BatchWriteItem", "b", None)
            ]
        );
        assert_eq!(Operation::Query.touches("[]"), []);
    }
}
