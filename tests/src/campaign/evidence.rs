//! What a campaign left in the tables, read past the functions.

use std::collections::{BTreeMap, BTreeSet};

use callout_domain::event::{Errand, Event, Message, Recipients};
use serde_json::{Value, json};

use super::Campaign;
use super::history::{Committed, Evidence, Handed, News};
use crate::Stage;

/// Adds to the evidence what was committed to be told, what is in everybody's inbox, and whose address
/// is proved.
pub(super) async fn read_tables(stage: &Stage, campaign: &Campaign<'_>, evidence: &mut Evidence) {
    let requests: BTreeSet<String> = evidence
        .calls
        .iter()
        .map(|call| call.request.clone())
        .collect();
    for request in requests {
        let committed = committed(stage, &request).await;
        evidence.committed.extend(committed);
    }
    for person in campaign.customers.iter().chain(&campaign.pharmacies) {
        let has_device = campaign.pharmacies.iter().any(|who| who.id == person.id);
        let mut unread = 0;
        for item in stage.inbox(&person.id).await {
            let event = text(&item, "sk").to_owned();
            if has_device {
                let handed = handed(&item);
                evidence
                    .handed
                    .push((person.id.clone(), event.clone(), handed));
            }
            unread += usize::from(item.get("unread").is_some());
            evidence.inboxes.push((person.id.clone(), event));
        }
        let badge = person.get("/notifications/unread-count/").await.body["unread_count"]
            .as_u64()
            .unwrap();
        let badge = usize::try_from(badge).unwrap();
        evidence.badges.push((person.id.clone(), unread, badge));
    }
    for code in &evidence.codes {
        let items = all(stage, "Accounts", &format!("EMAIL#{}", code.email)).await;
        if items
            .iter()
            .any(|item| !text(item, "verified_until").is_empty())
        {
            evidence.proved.insert(code.email.clone());
        }
    }
}

/// What a notification says of its push to the one device of its owner.
fn handed(notification: &Value) -> Handed {
    let attempts = notification["deliveries"]["M"].as_object();
    let push = attempts
        .into_iter()
        .flatten()
        .find(|(route, _)| route.starts_with("push#"));
    let Some((_, attempt)) = push else {
        return Handed::Missing;
    };
    match (text(&attempt["M"], "status"), text(&attempt["M"], "reason")) {
        ("sent", _) => Handed::Sent,
        ("failed", "unanswered") => Handed::Unanswered,
        ("failed", _) => Handed::Refused,
        _ => Handed::Pending,
    }
}

/// The events about a request, their chunks put together.
async fn committed(stage: &Stage, request: &str) -> Vec<Committed> {
    let key = format!("REQUEST#{request}");
    let audience = audience(&all(stage, "Requests", &key).await);
    let mut events: BTreeMap<String, Committed> = BTreeMap::new();
    for item in all(stage, "Outbox", &key).await {
        let event: Event = serde_json::from_str(text(&item, "event")).unwrap();
        let (message, to) = match event.errand {
            Errand::Tell { message, to, .. } => (message, to),
            // It tells nobody anything.
            Errand::Archive { .. } => continue,
            other => panic!("no such thing is done about a request: {other:?}"),
        };
        let id = event.id.to_string();
        let told = events.entry(id.clone()).or_insert_with(|| Committed {
            event: id,
            request: request.to_owned(),
            news: news(&message),
            recipients: Vec::new(),
        });
        told.recipients.extend(recipients(to, &audience));
    }
    events.into_values().collect()
}

/// The accounts of each chunk of a request's audience.
fn audience(items: &[Value]) -> BTreeMap<u16, Vec<String>> {
    let mut chunks = BTreeMap::new();
    for item in items {
        let Some(chunk) = text(item, "sk").strip_prefix("AUDIENCE#") else {
            continue;
        };
        let told = item["told"]["L"].as_array().unwrap();
        let accounts = told
            .iter()
            .map(|told| told["M"]["account"]["S"].as_str().unwrap().to_owned());
        chunks.insert(chunk.parse().unwrap(), accounts.collect());
    }
    chunks
}

fn recipients(to: Recipients, audience: &BTreeMap<u16, Vec<String>>) -> Vec<String> {
    match to {
        Recipients::Listed(people) => people
            .into_iter()
            .map(|person| person.account.to_string())
            .collect(),
        Recipients::Audience { chunk, except, .. } => {
            let except: Vec<String> = except.iter().map(ToString::to_string).collect();
            let mut accounts = audience[&chunk].clone();
            accounts.retain(|account| !except.contains(account));
            accounts
        }
    }
}

fn news(message: &Message) -> News {
    let field = |name: &str| message.fields[name].as_str().unwrap_or_default().to_owned();
    match message.kind.as_str() {
        "new_request" => News::New,
        "pharmacy_response" if field("response_type") == "ACCEPTED" => {
            News::Accepted(field("pharmacy_id"))
        }
        "pharmacy_response" => News::Rejected(field("pharmacy_id")),
        "request_taken" => News::Taken,
        "request_cancelled" => News::Cancelled,
        "request_completed" => News::Completed,
        other => News::Unknown(other.to_owned()),
    }
}

/// Every item of a partition, page by page.
async fn all(stage: &Stage, table: &str, partition: &str) -> Vec<Value> {
    let mut query = json!({
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": partition}},
        "ConsistentRead": true,
    });
    let mut items = Vec::new();
    loop {
        let mut page = stage.table(table, "Query", query.clone()).await;
        if let Some(found) = page["Items"].as_array_mut() {
            items.append(found);
        }
        match page["LastEvaluatedKey"].take() {
            Value::Null => return items,
            last => query["ExclusiveStartKey"] = last,
        }
    }
}

fn text<'a>(item: &'a Value, attribute: &str) -> &'a str {
    item[attribute]["S"].as_str().unwrap_or_default()
}
