//! The door to dead letters, for an operator: SQS as far as redriving takes it, and the part of the
//! streams that letters point at. AWS keeps records in the stream for a day; here they are trimmed as
//! soon as they were handled, and a letter holds its own.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{DeadLetters, Letter};
use crate::caller::Caller;
use crate::iam::Iam;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const SQS: &str = "AmazonSQS.";
const STREAMS: &str = "DynamoDBStreams_20120810.";
/// `SQS` gives at most ten messages at once.
const MOST_MESSAGES: u64 = 10;
const DEFAULT_VISIBILITY_SECONDS: u64 = 30;

#[derive(Clone)]
struct Door {
    letters: DeadLetters,
    iam: Arc<Iam>,
    /// Until when a letter that was received is shown to nobody.
    hidden: Arc<Mutex<HashMap<String, Instant>>>,
}

/// Serves the letters on `listener` until `shutdown` resolves.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    letters: DeadLetters,
    iam: Arc<Iam>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let door = Door {
        letters,
        iam,
        hidden: Arc::default(),
    };
    let router = Router::new()
        .route("/", post(answer))
        .route("/{*path}", post(answer))
        .with_state(door);
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn answer(Shared(door): Shared<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let caller = Caller::of(&headers);
    if !caller.is_some_and(|caller| door.iam.is_operator(&caller)) {
        return refusal(
            "AccessDeniedException",
            "only the operator reads dead letters",
        );
    }
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    // Letters are read from a file.
    let answered = tokio::task::spawn_blocking(move || door.answer(&target, &body)).await;
    match answered {
        Ok(Ok(answer)) => respond(StatusCode::OK, &answer),
        Ok(Err((kind, message))) => refusal(kind, &message),
        Err(_) => refusal("InternalServerError", "the letters cannot be read"),
    }
}

type Refusal = (&'static str, String);

impl Door {
    fn answer(&self, target: &str, body: &Value) -> Result<Value, Refusal> {
        let queue = || {
            let url = body["QueueUrl"].as_str().unwrap_or_default();
            url.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let operation = target.strip_prefix(SQS).or(target.strip_prefix(STREAMS));
        match (target.starts_with(SQS), operation.unwrap_or_default()) {
            (true, "ReceiveMessage") => Ok(self.receive(&queue(), body)),
            (true, "ChangeMessageVisibility") => {
                let seconds = body["VisibilityTimeout"].as_u64().unwrap_or_default();
                self.hide(receipt(body)?, seconds);
                Ok(json!({}))
            }
            (true, "DeleteMessage") => {
                let removed = self.letters.remove(receipt(body)?);
                removed.map_err(|error| ("InternalFailure", error.to_string()))?;
                Ok(json!({}))
            }
            (false, "GetShardIterator") => iterator(body),
            (false, "GetRecords") => self.records(body),
            (_, other) => Err((
                "UnknownOperationException",
                format!("{other} is not served locally"),
            )),
        }
    }

    fn receive(&self, queue: &str, body: &Value) -> Value {
        let most = body["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        let seconds = body["VisibilityTimeout"]
            .as_u64()
            .unwrap_or(DEFAULT_VISIBILITY_SECONDS);
        let mut messages = Vec::new();
        for letter in self.letters.of_physical_queue(queue) {
            if messages.len() as u64 >= most.min(MOST_MESSAGES) {
                break;
            }
            if self.is_hidden(&letter.id) {
                continue;
            }
            self.hide(&letter.id, seconds);
            messages.push(json!({
                "MessageId": letter.id,
                "ReceiptHandle": letter.id,
                "Body": letter.content["message"].to_string(),
            }));
        }
        // As SQS: none is no list at all.
        if messages.is_empty() {
            return json!({});
        }
        json!({ "Messages": messages })
    }

    fn is_hidden(&self, id: &str) -> bool {
        let hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.get(id).is_some_and(|until| *until > Instant::now())
    }

    fn hide(&self, id: &str, seconds: u64) {
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.insert(id.to_owned(), Instant::now() + Duration::from_secs(seconds));
    }

    /// Everything from the iterator's place on, in the second part: the first has nothing, as AWS may
    /// answer in front of records, and after them the parts of an open shard have no end.
    fn records(&self, body: &Value) -> Result<Value, Refusal> {
        let text = body["ShardIterator"].as_str().unwrap_or_default();
        let mut place: Value = serde_json::from_str(text)
            .map_err(|_| ("ValidationException", "Invalid ShardIterator".to_owned()))?;
        let part = place["part"].as_u64().unwrap_or_default();
        place["part"] = json!(part + 1);
        let next = place.to_string();
        if part != 1 {
            return Ok(json!({ "Records": [], "NextShardIterator": next }));
        }
        let from = place["from"].as_str().unwrap_or_default();
        let mut records: Vec<Value> = self
            .letters
            .letters()
            .into_iter()
            .flat_map(|letter| records_of(&letter))
            .filter(|record| record["eventSourceARN"] == place["stream"])
            .filter(|record| in_stream_order(sequence(record), from) != Ordering::Less)
            .collect();
        records.sort_by(|a, b| in_stream_order(sequence(a), sequence(b)));
        records.dedup_by(|a, b| sequence(a) == sequence(b));
        Ok(json!({ "Records": records, "NextShardIterator": next }))
    }
}

fn records_of(letter: &Letter) -> Vec<Value> {
    let records = letter.content["records"].as_array();
    records.cloned().unwrap_or_default()
}

fn sequence(record: &Value) -> &str {
    let number = record["dynamodb"]["SequenceNumber"].as_str();
    number.unwrap_or_default()
}

/// Sequence numbers are whole numbers of up to 40 digits.
fn in_stream_order(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    let (a, b) = (number(a), number(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(&b))
}

fn iterator(body: &Value) -> Result<Value, Refusal> {
    if body["ShardIteratorType"] != "AT_SEQUENCE_NUMBER" {
        let message = "only AT_SEQUENCE_NUMBER is served locally";
        return Err(("ValidationException", message.to_owned()));
    }
    let place = json!({ "stream": body["StreamArn"], "from": body["SequenceNumber"] });
    Ok(json!({ "ShardIterator": place.to_string() }))
}

fn receipt(body: &Value) -> Result<&str, Refusal> {
    body["ReceiptHandle"].as_str().ok_or((
        "MissingParameter",
        "The request must contain the parameter ReceiptHandle.".to_owned(),
    ))
}

fn refusal(kind: &str, message: &str) -> Response {
    respond(
        StatusCode::BAD_REQUEST,
        &json!({ "__type": kind, "message": message }),
    )
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::in_stream_order;

    #[test]
    fn sequence_numbers_are_compared_as_numbers() {
        assert_eq!(in_stream_order("9", "10"), Ordering::Less);
        assert_eq!(in_stream_order("0010", "10"), Ordering::Equal);
        assert_eq!(
            in_stream_order("4000000000000000000000001", "999"),
            Ordering::Greater
        );
    }
}
