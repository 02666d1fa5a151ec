//! How `DynamoDB` words the faults that are made on purpose.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::calls::Operation;
use crate::faults::{TableFault, TableMishap};

/// A status and a body.
type Words = (StatusCode, String);

/// What is answered instead of doing the call; `None` if it is done and its answer lost.
pub(super) fn instead(mishap: TableMishap, operation: Operation, body: &str) -> Option<Words> {
    match mishap.fault {
        TableFault::Throttled => Some(throttled(mishap.draw)),
        TableFault::Conflict => Some(conflict(mishap.draw, operation, body)),
        TableFault::Error => Some(server_error()),
        TableFault::Lost | TableFault::Slow(_) => None,
    }
}

/// `InternalServerError`.
pub(super) fn server_error() -> Words {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError",
        "message": "Internal server error",
    });
    (StatusCode::INTERNAL_SERVER_ERROR, body.to_string())
}

/// One of the two ways in which `DynamoDB` says that it is too much.
fn throttled(draw: u64) -> Words {
    let body = if draw & 1 == 0 {
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "message": "The level of configured provisioned throughput for the table was exceeded.",
        })
    } else {
        json!({
            "__type": "com.amazon.coral.availability#ThrottlingException",
            "message": "Rate of requests exceeds the allowed throughput.",
        })
    };
    (StatusCode::BAD_REQUEST, body.to_string())
}

/// A transaction is on the item: a transaction is cancelled by one of its items, a plain write refused.
fn conflict(draw: u64, operation: Operation, body: &str) -> Words {
    let body = match operation {
        Operation::TransactWriteItems | Operation::TransactGetItems => cancelled(draw, body),
        Operation::GetItem
        | Operation::PutItem
        | Operation::UpdateItem
        | Operation::DeleteItem
        | Operation::Query
        | Operation::Scan
        | Operation::BatchGetItem
        | Operation::BatchWriteItem
        | Operation::DescribeTable
        | Operation::DescribeTimeToLive => json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        }),
    };
    (StatusCode::BAD_REQUEST, body.to_string())
}

fn cancelled(draw: u64, body: &str) -> Value {
    let count = serde_json::from_str::<Value>(body)
        .ok()
        .and_then(|body| Some(body["TransactItems"].as_array()?.len()))
        .unwrap_or_default()
        .max(1);
    let hit = usize::try_from(draw % count as u64).unwrap_or_default();
    let reasons: Vec<Value> = (0..count)
        .map(|item| {
            if item == hit {
                json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"})
            } else {
                json!({"Code": "None"})
            }
        })
        .collect();
    let codes: Vec<&str> = reasons
        .iter()
        .filter_map(|it| it["Code"].as_str())
        .collect();
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", "),
        ),
        "CancellationReasons": reasons,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(
        fault: TableFault,
        draw: u64,
        operation: Operation,
        body: &str,
    ) -> Option<(u16, Value)> {
        let (status, body) = instead(TableMishap { fault, draw }, operation, body)?;
        Some((
            status.as_u16(),
            serde_json::from_str(&body).unwrap_or_default(),
        ))
    }

    #[test]
    fn a_transaction_is_cancelled_by_one_of_its_items() {
        let body = r#"{"TransactItems": [{}, {}, {}]}"#;
        let conflict = |draw| {
            words(
                TableFault::Conflict,
                draw,
                Operation::TransactWriteItems,
                body,
            )
        };
        let codes = |draw| {
            let (status, body) = conflict(draw).unwrap_or_default();
            assert_eq!(status, 400);
            let reasons = body["CancellationReasons"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            reasons
                .iter()
                .map(|it| it["Code"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(codes(1), ["None", "TransactionConflict", "None"]);
        assert_eq!(codes(5), ["None", "None", "TransactionConflict"]);
    }

    #[test]
    fn a_lost_answer_is_to_a_call_that_is_done() {
        assert_eq!(words(TableFault::Lost, 0, Operation::PutItem, "{}"), None);
        let (status, _) = words(TableFault::Error, 0, Operation::PutItem, "{}").unwrap_or_default();
        assert_eq!(status, 500);
    }
}
