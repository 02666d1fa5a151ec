//! By the clock, every minute, and within it every 20 seconds: tells who has fallen silent without closing a
//! socket.
//!
//! Looks only for those of whom somebody was told that they are there, and only while there are such; so it
//! costs what is looked at, and nothing where nobody looks. At most so many each time; who is not reached is
//! there still the next time. Scheduler fires once a minute at most, so one run looks three times.
//!
//! Leaves behind what each watcher was told, and a `presence` on their sockets.

use std::collections::HashSet;

use callout_cloud::connections::Connections;
use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::presence::{LOOKED_EVERY, THERE_FOR};
use futures::StreamExt as _;
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::conversations::presence;
use crate::schedule::Tick;

/// How often one run looks.
const TIMES: u32 = 3;
/// How many of each shard are looked at each time.
const MOST: i32 = 500;
/// How many accounts are asked after at once.
const AT_ONCE: usize = 16;

pub(crate) async fn handle(tick: Tick) -> Result<Value, CloudError> {
    let mut asked = look(tick.cloud, tick.now).await?;
    for _ in 1..TIMES {
        if !is_anybody_watched(tick.cloud).await? {
            break;
        }
        tokio::time::sleep(LOOKED_EVERY.unsigned_abs()).await;
        asked += look(tick.cloud, clock::now()).await?;
    }
    Ok(json!({"asked": asked}))
}

/// Looks once; after how many accounts it asked.
async fn look(cloud: &Cloud, now: Moment) -> Result<usize, CloudError> {
    let accounts: HashSet<AccountId> = silent(cloud, MOST, now).await?;
    let many = accounts.len();
    futures::stream::iter(accounts)
        .for_each_concurrent(AT_ONCE, |account| presence::tell(cloud, account, now))
        .await;
    Ok(many)
}

/// Whether somebody was told that somebody is there, whose time is not over yet.
async fn is_anybody_watched(cloud: &Cloud) -> Result<bool, CloudError> {
    // Longer than anybody counts as there.
    let later = clock::now().plus(THERE_FOR + THERE_FOR);
    Ok(!silent(cloud, 1, later).await?.is_empty())
}

async fn silent(cloud: &Cloud, most: i32, now: Moment) -> Result<HashSet<AccountId>, CloudError> {
    let connections = cloud.connections().await?;
    let shards = Connections::shards().map(|shard| connections.silent(shard, most, now));
    let silent = try_join_all(shards).await?;
    let watched = silent.into_iter().flatten();
    Ok(watched.map(|watcher| watcher.watched).collect())
}
