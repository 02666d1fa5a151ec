//! Where providers who are active for work are just now: in the connections table, for it is worth
//! nothing tomorrow.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `ACCOUNT#<provider>` | `LIVE` | the [`Live`] position, `slot`: which of the places says it too, and a revision; that it is there is what makes somebody active |
//! | `ACCOUNT#<provider>` | `PLACE#<slot>` | one of the last `SLOTS` places, with `gpk` = `PROVIDER#<geohash 3>` and `gsk` = `<geohash 12>#<id>` of the index `live` |
//!
//! A search reads the index stretch by stretch, and a provider who moves meanwhile from a stretch that
//! it has yet to read into one that it has read would be in neither. So a move writes the place that was
//! written longest ago and leaves the others where they are: whoever was in reach when the search began
//! is found, unless they move `SLOTS` times while it runs. What is found by any place is then judged
//! by `LIVE`, read consistently: each provider once, where they truly are. `docs/decisions/0018` has
//! the rest.

mod near;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use callout_domain::geo::GeoPoint;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::work::Live;
use serde::{Deserialize, Serialize};
use time::Duration;

pub use self::near::Near;
use crate::commit::{Commit, CommitError, Guard};
use crate::failure::CloudError;
use crate::radius_search;
use crate::revised::{Reading, Revised};
use crate::settings::CONNECTIONS_TABLE;
use crate::stored::{self, Item, key, s};
use crate::{Cloud, Table, contention};

/// How many of their last places a provider is found by.
const SLOTS: u8 = 4;
/// What the places in the index are of.
const PROVIDER: &str = "PROVIDER";
const INDEX: &str = "live";
const LIVE: &str = "LIVE";
/// For so long it is known that somebody was active and has said nothing since.
const KEPT: Duration = Duration::days(1);

/// Where providers are just now.
#[derive(Debug, Clone)]
pub struct LivePositions {
    table: Table,
}

#[derive(Serialize, Deserialize)]
struct StoredLive {
    account_id: AccountId,
    position: GeoPoint,
    positioned_at: Moment,
    slot: u8,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredPlace {
    account_id: AccountId,
    position: GeoPoint,
    gpk: String,
    gsk: String,
    expires_at: i64,
}

impl Cloud {
    /// Where providers are just now.
    ///
    /// # Errors
    /// When the function has no setting for the table.
    pub async fn live(&self) -> Result<LivePositions, CloudError> {
        Ok(LivePositions {
            table: self.table(CONNECTIONS_TABLE).await?,
        })
    }
}

impl LivePositions {
    /// Where a provider is, if they are active.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(&self, provider: AccountId, now: Moment) -> Result<Option<Live>, CloudError> {
        let found = self.item(provider).read::<StoredLive>().await?;
        Ok(found.body.and_then(|stored| stored.live(now)))
    }

    /// Where those of these providers are who are active.
    ///
    /// # Errors
    /// When the table cannot be read.
    async fn read_many(
        &self,
        providers: &[AccountId],
        now: Moment,
    ) -> Result<HashMap<AccountId, Live>, CloudError> {
        let keys = providers
            .iter()
            .map(|provider| (partition(*provider), LIVE.to_owned()))
            .collect();
        let mut found = HashMap::new();
        for item in self.table.read_many(keys).await? {
            let stored: StoredLive = stored::read("a live position", item)?;
            if let Some(live) = stored.live(now) {
                found.insert(stored.account_id, live);
            }
        }
        Ok(found)
    }

    /// Has a provider be where the rule says; the rule is told where they were, if they were active,
    /// and may leave it at that by saying nothing. `also` adds to each commit that is tried what must hold
    /// besides.
    ///
    /// Where they are after it, and whether that was written.
    ///
    /// # Errors
    /// [`CommitError::Refused`] by a condition that `also` has added.
    pub async fn place(
        &self,
        provider: AccountId,
        most_age: Duration,
        now: Moment,
        rule: impl Fn(Option<Live>) -> Option<GeoPoint>,
        also: impl Fn(&mut Commit) -> Result<(), CloudError>,
    ) -> Result<Placed, CommitError> {
        for tries in 0..contention::TRIES {
            let reading = self.item(provider).read::<StoredLive>().await?;
            let before = reading.body.as_ref().and_then(|stored| stored.live(now));
            let Some(position) = rule(before) else {
                return Ok(Placed::Left(before));
            };
            let mut commit = Commit::new(self.table.client.clone());
            also(&mut commit)?;
            let live = self.write(&mut commit, provider, &reading, position, most_age, now)?;
            match commit.run().await {
                Ok(()) => return Ok(Placed::At(live)),
                Err(CommitError::Refused(refusal)) if refusal.guard == Guard::LiveUnchanged => {
                    contention::wait(tries).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(CloudError::Contended.into())
    }

    /// Has a provider be active no more, and found nowhere.
    ///
    /// # Errors
    /// When the table cannot be written; it can be done again.
    pub async fn leave(&self, provider: AccountId) -> Result<(), CloudError> {
        let mut commit = Commit::new(self.table.client.clone());
        let places = (0..SLOTS).map(place_sk);
        for sk in places.chain([LIVE.to_owned()]) {
            let delete = Delete::builder()
                .table_name(&self.table.name)
                .set_key(Some(key(partition(provider), sk)))
                .build()
                .map_err(CloudError::call("a live position to delete"))?;
            let delete = TransactWriteItem::builder().delete(delete).build();
            commit.push(Guard::None, delete);
        }
        match commit.run().await {
            Ok(()) => Ok(()),
            Err(CommitError::Cloud(error)) => Err(error),
            Err(CommitError::Refused(_)) => Err(CloudError::Contended),
        }
    }

    /// Has the commit refused by [`Guard::ProviderLive`] if the provider is not active, or has said for
    /// `most_age` nothing of where they are.
    ///
    /// # Errors
    /// When the check cannot be written.
    pub fn must_be_live(
        &self,
        commit: &mut Commit,
        provider: AccountId,
        most_age: Duration,
        now: Moment,
    ) -> Result<(), CloudError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(partition(provider), LIVE)))
            .condition_expression("positioned_at > :oldest")
            .expression_attribute_values(":oldest", s(now.plus(-most_age)))
            .build()
            .map_err(CloudError::call("a check of a live position"))?;
        let check = TransactWriteItem::builder().condition_check(check).build();
        commit.push(Guard::ProviderLive, check);
        Ok(())
    }

    /// Writes the position, and a place for it: over the one that was written longest ago, unless they
    /// have not moved.
    fn write(
        &self,
        commit: &mut Commit,
        provider: AccountId,
        reading: &Reading<StoredLive>,
        position: GeoPoint,
        most_age: Duration,
        now: Moment,
    ) -> Result<Live, CloudError> {
        let slot = match &reading.body {
            Some(before) if before.position == position => before.slot % SLOTS,
            Some(before) => before.slot.wrapping_add(1) % SLOTS,
            None => 0,
        };
        let live = StoredLive {
            account_id: provider,
            position,
            positioned_at: now,
            slot,
            expires_at: now.plus(KEPT.max(most_age)).unix_seconds(),
        };
        let item = self.item(provider);
        item.replace_in(commit, Guard::LiveUnchanged, reading, &live)?;
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(place(provider, slot, position, now.plus(most_age))?))
            .build()
            .map_err(CloudError::call("a place"))?;
        commit.push(Guard::None, TransactWriteItem::builder().put(put).build());
        Ok(Live {
            position,
            positioned_at: now,
        })
    }

    fn item(&self, provider: AccountId) -> Revised<'_> {
        Revised {
            table: &self.table,
            pk: partition(provider),
            sk: LIVE,
            what: "a live position",
        }
    }
}

/// What has become of a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Placed {
    /// It was written.
    At(Live),
    /// It was left as it was.
    Left(Option<Live>),
}

impl StoredLive {
    /// TTL deletes late.
    fn live(&self, now: Moment) -> Option<Live> {
        (self.expires_at > now.unix_seconds()).then_some(Live {
            position: self.position,
            positioned_at: self.positioned_at,
        })
    }
}

/// The item of a place, which counts until `ends`.
fn place(
    provider: AccountId,
    slot: u8,
    position: GeoPoint,
    ends: Moment,
) -> Result<Item, CloudError> {
    let (gpk, gsk) = radius_search::keys(PROVIDER, position, provider);
    let body = StoredPlace {
        account_id: provider,
        position,
        gpk,
        gsk,
        expires_at: ends.unix_seconds(),
    };
    stored::item(partition(provider), place_sk(slot), &body)
}

fn partition(provider: AccountId) -> String {
    format!("ACCOUNT#{provider}")
}

fn place_sk(slot: u8) -> String {
    format!("PLACE#{slot}")
}
