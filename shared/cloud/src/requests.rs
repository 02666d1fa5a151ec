//! Requests: what is needed, who was told, who answered.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `REQUEST#<id>` | `REQUEST` | the request and where it stands |
//! | `REQUEST#<id>` | `OPEN…` | a place among the open ones, for as long as it is open |
//! | `REQUEST#<id>` | `DUE` | when its time is over, for as long as it is open |
//! | `REQUEST#<id>` | `AUDIENCE#<nnnn>` | a chunk of those who were told, nearest first |
//! | `REQUEST#<id>` | `RESPONSE#<account>` | what one of them answered |
//! | `RESPONDER#<account>` | `STATS#<kind>` | how often an account has answered, and how |
//! | `RESPONDER#<account>` | `WORK` | the work order that a provider has accepted and is at |
//! | `PAIR#<seeker>#<provider>` | `PENDING` | the work order between the two that waits for an answer |
//!
//! `REQUEST` and `RESPONSE` have a `kind`, the attributes that every kind has (`kept`), and those of
//! their kind. What the steps of every kind are made of is in `steps`; the steps themselves, with their
//! conditions, are in the module of their kind.
//!
//! Index `open` (`gpk`, `gsk`) holds the `OPEN…` items: `<KIND>#<geohash 3>`, `<geohash 12>#<id>`, or a
//! partition that a kind names, `<id>`. They are small, carry nothing personal, and end by TTL as soon
//! as the request can be open no more, so that a search never wades through what nobody answered;
//! whoever finds one reads the request itself. It holds the `DUE` items too: `DUE#<shard>`,
//! `<time>#<id>`.
//!
//! Index `mine` (`mine_pk`, `mine_sk`) holds the `REQUEST` items by `REQUESTER#<account>`, `<id>`, and the
//! `RESPONSE` items by `RESPONDER#<account>`, `<response id>`.
//!
//! The local index `named` (`pk`, `named`) holds the `RESPONSE` items of a request that its requester is shown by
//! name, where a kind gives them that attribute.
//!
//! What its parties say to each other is in items of its own ([`conversations`]).
//!
//! Everything of a request ends 90 days after it was made, as its media do; a consultation later.

pub mod blood;
pub mod consultation;
pub mod conversations;
pub mod medicine;
pub mod work;

mod any;
mod due;
mod erase;
mod kept;
mod lists;
mod open;
mod read;
mod steps;

use callout_domain::ids::{AccountId, RequestId};
use time::Duration;

pub use crate::requests::any::{AnyRequest, Found};
pub use crate::requests::due::{Due, Kind};
pub use crate::requests::open::OpenRequest;

use crate::failure::CloudError;
use crate::settings::REQUESTS_TABLE;
use crate::stored::{Item, key};
use crate::{Cloud, Table};

/// How long a request is kept.
const KEPT: Duration = Duration::days(90);

const REQUEST: &str = "REQUEST";

/// The table of requests.
#[derive(Debug, Clone)]
pub struct Requests {
    table: Table,
}

impl Cloud {
    /// Requests.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn requests(&self) -> Result<Requests, CloudError> {
        Ok(Requests {
            table: self.table(REQUESTS_TABLE).await?,
        })
    }
}

impl Requests {
    async fn item(&self, key: Item) -> Result<Option<Item>, CloudError> {
        self.table.read_one("GetItem", key).await
    }
}

fn partition(request: RequestId) -> String {
    format!("REQUEST#{request}")
}

fn request_key(request: RequestId) -> Item {
    key(partition(request), REQUEST)
}

fn counters_key(account: AccountId, kind: &str) -> Item {
    key(responder(account), format!("STATS#{kind}"))
}

fn audience_sk(chunk: u16) -> String {
    format!("AUDIENCE#{chunk:04}")
}

fn response_sk(responder: AccountId) -> String {
    format!("RESPONSE#{responder}")
}

fn requester(account: AccountId) -> String {
    format!("REQUESTER#{account}")
}

fn responder(account: AccountId) -> String {
    format!("RESPONDER#{account}")
}
