//! Every minute, and within it every 20 seconds: tells who has fallen silent without closing a socket.
//!
//! Looks only for those of whom somebody was told that they are there, so it costs what is looked at. At most
//! so many each time; who is not reached is there still the next time. EventBridge fires once a minute at
//! most, so one invocation looks three times.

use std::collections::HashSet;
use std::time::Duration;

use callout_cloud::connections::Connections;
use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock};
use callout_domain::ids::AccountId;
use callout_domain::presence::LOOKED_EVERY;
use futures::StreamExt as _;
use futures::future::try_join_all;
use lambda_http::tracing;

use crate::conversations::presence;
use crate::door::CLOUD;

/// How often one invocation looks, unless its event says otherwise.
const TIMES: u32 = 3;
/// How many of each shard are looked at each time.
const MOST: i32 = 500;
/// How many accounts are asked after at once.
const AT_ONCE: usize = 16;

/// Looks once; how many accounts were asked after.
async fn look(cloud: &Cloud) -> Result<usize, CloudError> {
    let now = clock::now();
    let connections = &cloud.connections().await?;
    let shards = Connections::shards().map(|shard| connections.silent(shard, MOST, now));
    let silent = try_join_all(shards).await?;
    let accounts: HashSet<AccountId> = silent
        .into_iter()
        .flatten()
        .map(|watcher| watcher.watched)
        .collect();
    let many = accounts.len();
    futures::stream::iter(accounts)
        .for_each_concurrent(AT_ONCE, |account| presence::tell(cloud, account, now))
        .await;
    Ok(many)
}
