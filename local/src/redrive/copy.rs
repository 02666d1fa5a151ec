//! An event that is put into the outbox once more, under a key of its own.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{AttributeValue as Streamed, Record};
use time::OffsetDateTime;

use super::RedriveError;

/// How long a copy stays in the outbox, in seconds: as long as the stream has it.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// An event of the outbox, once more.
pub(super) struct Copy {
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) item: HashMap<String, AttributeValue>,
}

impl Copy {
    pub(super) fn of(record: &Record) -> Result<Self, RedriveError> {
        let foreign = |what: &str| RedriveError::Foreign(what.to_owned());
        let image = record
            .dynamodb
            .as_ref()
            .and_then(|change| change.new_image.as_ref())
            .ok_or_else(|| foreign("it has no image"))?;
        let mut item = HashMap::new();
        for (name, value) in image {
            let value = match value {
                Streamed::S(text) => AttributeValue::S(text.clone()),
                Streamed::N(number) => AttributeValue::N(number.clone()),
                _ => return Err(foreign(&format!("{name} is neither text nor number"))),
            };
            item.insert(name.clone(), value);
        }
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => Ok(text.clone()),
            _ => Err(foreign(&format!("it has no {name}"))),
        };
        text("event")?;
        let pk = text("pk")?;
        let sk = key_of_copy(&text("sk")?, sequence(record));
        item.insert("sk".to_owned(), AttributeValue::S(sk.clone()));
        let ends = OffsetDateTime::now_utc().unix_timestamp() + KEPT_SECONDS;
        item.insert("expires_at".to_owned(), AttributeValue::N(ends.to_string()));
        Ok(Self { pk, sk, item })
    }
}

/// `<event>#<chunk>#<sequence number>`, of a copy's copy too.
fn key_of_copy(sk: &str, sequence: &str) -> String {
    let own: Vec<&str> = sk.splitn(3, '#').take(2).collect();
    format!("{}#{sequence}", own.join("#"))
}

pub(super) fn sequence(record: &Record) -> &str {
    let change = record.dynamodb.as_ref();
    change
        .and_then(|change| change.sequence_number.as_deref())
        .unwrap_or_default()
}

/// A sequence number in an order that compares: they have up to 40 digits.
pub(super) fn number(text: &str) -> (usize, &str) {
    let digits = text.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use super::{key_of_copy, number};

    #[test]
    fn a_copy_stands_beside_its_event_and_so_does_a_copy_of_it() {
        assert_eq!(key_of_copy("01EVENT#0003", "77"), "01EVENT#0003#77");
        assert_eq!(key_of_copy("01EVENT#0003#77", "99"), "01EVENT#0003#99");
    }

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        assert!(number("9") < number("10"));
        assert!(number("100000000000000000000000000000000000001") > number("9"));
        assert_eq!(number("0010"), number("10"));
    }
}
