//! Whether the other parties of a conversation are there.
//!
//! Who reads a history reads it there, and is told from then on when it changes: at once where a socket
//! opens, closes or speaks again, and where one just falls silent by [`sweep`](crate::realtime::sweep).

use std::collections::HashMap;

use callout_cloud::Cloud;
use callout_cloud::connections::Watcher;
use callout_cloud::failure::CloudError;
use callout_domain::conversation::ConversationId;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::presence::{Presence, THERE_FOR};
use lambda_http::tracing;
use serde_json::{Map, Value, json};

use crate::conversations::scene::{Named, Scene};
use crate::http::Failure;
use crate::realtime::pass::pass;
use crate::socket::frame;

/// Whether the others are there, for a party that wants to know from now on. Of a closed conversation
/// nobody learns it.
pub(super) async fn of_others(
    cloud: &Cloud,
    scene: &Scene,
    account: AccountId,
    now: Moment,
) -> Result<Vec<Value>, CloudError> {
    let talk = &scene.conversation;
    if !talk.is_open() {
        return Ok(Vec::new());
    }
    let connections = cloud.connections().await?;
    let others = talk.others(account);
    let presences = connections.presences(&others, now).await?;
    let mut seen = Vec::new();
    for other in others {
        let Some(presence) = presences.get(&other).copied() else {
            continue;
        };
        let watcher = Watcher::told(account, other, talk.id, presence, now);
        connections.watch(&watcher).await?;
        seen.push(Value::Object(view(talk.id, other, presence)));
    }
    Ok(seen)
}

/// Tells those who look at a conversation with an account whether it is there, where they were told
/// otherwise. What cannot be told now is found by the next who looks; it fails nothing else.
pub(crate) async fn tell(cloud: &Cloud, account: AccountId, now: Moment) {
    if let Err(error) = Box::pin(try_tell(cloud, account, now)).await {
        tracing::warn!(error = error.chain(), "a presence was not told");
    }
}

/// Tells it, if the account spoke `before` so long ago that it may have been given up.
pub(crate) async fn tell_if_back(
    cloud: &Cloud,
    account: AccountId,
    before: Option<Moment>,
    now: Moment,
) {
    if before.is_none_or(|before| now.since(before) >= THERE_FOR) {
        tell(cloud, account, now).await;
    }
}

async fn try_tell(cloud: &Cloud, account: AccountId, now: Moment) -> Result<(), CloudError> {
    let connections = cloud.connections().await?;
    let watchers = connections.watchers(account, now).await?;
    if watchers.is_empty() {
        return Ok(());
    }
    let presences = connections.presences(&[account], now).await?;
    let Some(presence) = presences.get(&account).copied() else {
        return Ok(());
    };
    let mut open: HashMap<ConversationId, bool> = HashMap::new();
    for watcher in watchers {
        if watcher.told_online == presence.online {
            if watcher.is_due(now) {
                connections.retell(&watcher, presence).await?;
            }
            continue;
        }
        let is_open = match open.get(&watcher.conversation) {
            Some(is_open) => *is_open,
            None => is_open(cloud, &watcher, now).await?,
        };
        open.insert(watcher.conversation, is_open);
        let is_first = connections.retell(&watcher, presence).await?;
        if is_open && is_first {
            tell_one(cloud, &watcher, presence, now).await?;
        }
    }
    Ok(())
}

async fn tell_one(
    cloud: &Cloud,
    watcher: &Watcher,
    presence: Presence,
    now: Moment,
) -> Result<(), CloudError> {
    let fields = view(watcher.conversation, watcher.watched, presence);
    let frame = frame::reply("presence", fields);
    pass(cloud, watcher.watcher, &frame, now).await?;
    Ok(())
}

/// Whether somebody may still be told: their conversation is open.
async fn is_open(cloud: &Cloud, watcher: &Watcher, now: Moment) -> Result<bool, CloudError> {
    let named = Named {
        request: watcher.conversation.request,
        with: Some(watcher.watched),
    };
    match Box::pin(Scene::find(cloud, watcher.watcher, named, now)).await {
        Ok(scene) => Ok(scene.conversation.is_open()),
        Err(Failure::Broken(error)) => Err(error),
        Err(Failure::Refused(_) | Failure::Invalid(_)) => Ok(false),
    }
}

fn view(id: ConversationId, account: AccountId, presence: Presence) -> Map<String, Value> {
    let fields = json!({
        "conversation_id": id.to_string(),
        "request_id": id.request,
        "account": account,
        "status": presence.status(),
        "last_seen_at": presence.last_seen_at,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
