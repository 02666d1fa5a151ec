//! Who is told of a request, in chunks that one transaction can hold.
//!
//! The people who are told are written down when the request is made, so that the same people can
//! be told how it ended. A chunk is one item of the table and one event of the outbox.

use serde::{Deserialize, Serialize};

use crate::event::{Message, Recipient};
use crate::geo::DistanceKm;
use crate::ids::AccountId;

/// The most chunks of an audience. A transaction of `DynamoDB` holds 100 items; a new request takes
/// two for each chunk, and up to six for itself, for its places in the index of open requests (two at
/// most), for when its time is over, for its idempotency key, and for its requester's account, which must
/// be there.
pub const MOST_CHUNKS: usize = 47;

/// The most people that one request is told to: what the 4 MB of a transaction hold, with room to
/// spare. Beyond it the nearest are told.
pub const MOST_TOLD: usize = 60_000;

/// People of one chunk, as long as [`MOST_CHUNKS`] are enough.
const CHUNK: usize = 500;

/// The field of a message that is each recipient's own.
const DISTANCE: &str = "distance_km";

/// One person who is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Who.
    pub account: AccountId,
    /// How far they were from the need when they were told, in kilometres to two decimals; none
    /// where the need has no position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
}

impl Told {
    /// Someone in reach of a need.
    pub fn near(account: AccountId, distance: DistanceKm) -> Self {
        Self {
            account,
            distance_km: Some(distance.rounded()),
        }
    }

    /// Someone who was asked by name.
    pub const fn by_name(account: AccountId) -> Self {
        Self {
            account,
            distance_km: None,
        }
    }

    /// This person as one to whom `message` is told: where it speaks of a distance, it is theirs.
    pub fn recipient_of(&self, message: &Message) -> Recipient {
        let mut recipient = Recipient::plain(self.account);
        if message.fields.contains_key(DISTANCE) {
            recipient
                .fields
                .insert(DISTANCE.to_owned(), self.distance_km.into());
        }
        recipient
    }
}

/// Everybody who is told of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    chunks: Vec<Vec<Told>>,
}

impl Audience {
    /// Those who are told, nearest first; at most [`MOST_TOLD`] of them are.
    pub fn new(mut nearest_first: Vec<Told>) -> Self {
        nearest_first.truncate(MOST_TOLD);
        let size = nearest_first.len().div_ceil(MOST_CHUNKS).max(CHUNK);
        Self {
            chunks: nearest_first.chunks(size).map(<[Told]>::to_vec).collect(),
        }
    }

    /// The chunks with their numbers, nearest people first; none when nobody is told.
    pub fn chunks(&self) -> impl Iterator<Item = (u16, &[Told])> {
        (0..).zip(self.chunks.iter().map(Vec::as_slice))
    }

    /// How many chunks there are.
    pub fn chunk_count(&self) -> u16 {
        u16::try_from(self.chunks.len()).unwrap_or(u16::MAX)
    }

    /// How many people are told.
    pub fn count(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::{Audience, MOST_CHUNKS, MOST_TOLD, Told};
    use crate::event::{Message, Recipient};
    use crate::ids::AccountId;

    fn people(count: usize) -> Vec<Told> {
        (0..count)
            .map(|n| Told::by_name(AccountId::new(Ulid::from(n as u128))))
            .collect()
    }

    #[test]
    fn nobody_makes_no_chunk() {
        let audience = Audience::new(people(0));
        assert_eq!((audience.chunk_count(), audience.count()), (0, 0));
    }

    #[test]
    fn chunks_hold_500_until_47_of_them_are_full_and_grow_after_that() {
        for (count, chunks, largest) in [
            (1, 1, 1),
            (500, 1, 500),
            (501, 2, 500),
            (23_500, 47, 500),
            (23_501, 47, 501),
            (MOST_TOLD, MOST_CHUNKS, MOST_TOLD.div_ceil(MOST_CHUNKS)),
        ] {
            let audience = Audience::new(people(count));
            assert_eq!(usize::from(audience.chunk_count()), chunks, "{count}");
            assert_eq!(audience.count(), count);
            let sizes = audience.chunks().map(|(_, chunk)| chunk.len());
            assert_eq!(sizes.max(), Some(largest), "{count}");
        }
    }

    #[test]
    fn everybody_is_in_one_chunk_and_in_their_order() {
        let everybody = people(1_234);
        let audience = Audience::new(everybody.clone());
        let (numbers, chunks): (Vec<u16>, Vec<_>) = audience.chunks().unzip();
        assert_eq!(numbers, [0, 1, 2]);
        assert_eq!(chunks.concat(), everybody);
    }

    #[test]
    fn beyond_what_a_transaction_holds_the_nearest_are_told() {
        let everybody = people(MOST_TOLD + 7);
        let audience = Audience::new(everybody.clone());
        assert_eq!(audience.count(), MOST_TOLD);
        assert_eq!(
            audience.chunks().next().map(|(_, c)| c[0].clone()),
            Some(everybody[0].clone())
        );
    }

    #[test]
    fn a_message_that_speaks_of_a_distance_speaks_of_the_recipients_own() {
        let account = AccountId::new(Ulid::from(1));
        let near = Told {
            account,
            distance_km: Some(0.99),
        };
        let need = Message::new("new_request", json!({"distance_km": null, "quantity": 10}));
        assert_eq!(near.recipient_of(&need).fields["distance_km"], 0.99);
        let by_name = Told::by_name(account).recipient_of(&need);
        assert_eq!(by_name.fields["distance_km"], Value::Null);
        let end = Message::new("request_taken", json!({"message": "taken"}));
        assert_eq!(near.recipient_of(&end), Recipient::plain(account));
    }
}
