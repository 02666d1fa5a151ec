//! Requests: what is needed, who was told, who answered.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `REQUEST#<id>` | `REQUEST` | the request and where it stands |
//! | `REQUEST#<id>` | `OPEN` | its place among the open ones, for as long as it is open |
//! | `REQUEST#<id>` | `AUDIENCE#<nnnn>` | a chunk of those who were told, nearest first |
//! | `REQUEST#<id>` | `RESPONSE#<account>` | what one of them answered |
//! | `RESPONDER#<account>` | `STATS#MEDICINE` | how often an account has answered, and how |
//!
//! Index `open` (`gpk`, `gsk`) holds the `OPEN` items: `MEDICINE#<geohash 3>`, `<geohash 12>#<id>`, or
//! for a request to one pharmacy `MEDICINE#TO#<account>`, `<id>`. They are small, carry nothing
//! personal, and end by TTL with the request's 24 hours, so that a search never wades through what
//! nobody answered; whoever finds one reads the request itself.
//!
//! Index `mine` (`mine_pk`, `mine_sk`) holds the `REQUEST` items by `REQUESTER#<account>`, `<id>`, and the
//! `RESPONSE` items by `RESPONDER#<account>`, `<response id>`.
//!
//! Everything of a request ends 90 days after it was made, as its media do.

mod answers;
mod erase;
mod life;
mod lists;
mod open;
mod stored;

use callout_domain::ids::{AccountId, RequestId};
use time::Duration;

pub use crate::requests::answers::Stats;
pub use crate::requests::open::OpenRequest;

use crate::failure::CloudError;
use crate::settings::REQUESTS_TABLE;
use crate::stored::{Item, key};
use crate::{Cloud, Table};

/// How long a request is kept.
const KEPT: Duration = Duration::days(90);

const REQUEST: &str = "REQUEST";
const OPEN: &str = "OPEN";
const STATS: &str = "STATS#MEDICINE";

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
        let found = self
            .table
            .client
            .get_item()
            .table_name(&self.table.name)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(CloudError::call("GetItem"))?;
        Ok(found.item)
    }
}

fn partition(request: RequestId) -> String {
    format!("REQUEST#{request}")
}

fn request_key(request: RequestId) -> Item {
    key(partition(request), REQUEST)
}

fn open_key(request: RequestId) -> Item {
    key(partition(request), OPEN)
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
