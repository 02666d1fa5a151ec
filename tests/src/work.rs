//! Seekers and providers, and the work between them.

use callout_domain::moment::Moment;
use serde_json::{Value, json};

use crate::Answer;
use crate::person::Person;
use crate::stage::Stage;

/// Where everything happens unless a test says otherwise.
pub const LAT: f64 = 27.7172;
/// Where everything happens unless a test says otherwise.
pub const LNG: f64 = 85.3240;

const PROFILES: &str = "/api/1/profiles";

impl Stage {
    /// A seeker.
    pub async fn seeker(&self, name: &str) -> Person {
        self.person("seeker", name, json!({})).await
    }

    /// A provider who is a worker and lives here, and is not active yet.
    pub async fn provider(&self, name: &str) -> Person {
        self.provider_with(name, json!({})).await
    }

    /// The same, but for what is said otherwise.
    pub async fn provider_with(&self, name: &str, changes: Value) -> Person {
        let mut profile = json!({"service_type": "worker", "lat": LAT, "lng": LNG});
        for (field, value) in changes.as_object().unwrap() {
            profile[field] = value.clone();
        }
        self.person("provider", name, profile).await
    }

    /// A worker who is active here.
    pub async fn active_provider(&self, name: &str) -> Person {
        let provider = self.provider(name).await;
        provider.is_active_at(LAT, LNG).await;
        provider
    }

    /// Has what an account said of where they are be so many minutes older.
    pub async fn age_position(&self, provider: &Person, minutes: i64) {
        let key = json!({"pk": {"S": format!("ACCOUNT#{}", provider.id)}, "sk": {"S": "LIVE"}});
        self.age("Connections", key, "positioned_at", minutes).await;
    }

    /// Has an order be so many minutes older, and what waits between its two people with it.
    pub async fn age_order(&self, order: &str, seeker: &Person, provider: &Person, minutes: i64) {
        self.ages(order, time::Duration::minutes(minutes)).await;
        let pair = format!("PAIR#{}#{}", seeker.id, provider.id);
        let key = json!({"pk": {"S": pair}, "sk": {"S": "PENDING"}});
        self.age("Requests", key, "waits_until", minutes).await;
    }

    /// Has nothing wait between two people any more, as time would.
    pub async fn forget_pending(&self, seeker: &Person, provider: &Person) {
        let pair = format!("PAIR#{}#{}", seeker.id, provider.id);
        let key = json!({"pk": {"S": pair}, "sk": {"S": "PENDING"}});
        self.table("Requests", "DeleteItem", json!({"Key": key}))
            .await;
    }

    async fn age(&self, table: &str, key: Value, attribute: &str, minutes: i64) {
        let found = self.table(table, "GetItem", json!({"Key": key})).await;
        let at = found["Item"][attribute]["S"].as_str().unwrap();
        let at: Moment = at.parse().unwrap();
        let earlier = at.plus(-time::Duration::minutes(minutes)).to_string();
        let change = json!({
            "Key": key,
            "UpdateExpression": "SET #attribute = :earlier",
            "ExpressionAttributeNames": {"#attribute": attribute},
            "ExpressionAttributeValues": {":earlier": {"S": earlier}},
        });
        self.table(table, "UpdateItem", change).await;
    }
}

impl Person {
    /// Says whether they are active for work, in any words.
    pub async fn sets_status(&self, status: Value) -> Answer {
        self.patch(&format!("{PROFILES}/provider-status/"), status)
            .await
    }

    /// Is active for work somewhere.
    pub async fn is_active_at(&self, lat: f64, lng: f64) {
        let status = json!({"is_active_for_work": true, "latitude": lat, "longitude": lng});
        let answer = self.sets_status(status).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Is active for work no more.
    pub async fn is_inactive(&self) {
        let answer = self.sets_status(json!({"is_active_for_work": false})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Tries to assign work: the seed's form, with other fields.
    pub async fn tries_to_assign(&self, provider: &str, changes: Value) -> Answer {
        let form = assignment(provider, &changes);
        self.post(&format!("{PROFILES}/assign-work/"), form).await
    }

    /// Assigns work as they may; the order's id.
    pub async fn assigns(&self, provider: &Person) -> String {
        let assigned = self.tries_to_assign(&provider.id, json!({})).await;
        assert_eq!(assigned.status, 201, "{}", assigned.body);
        order_of(&assigned)
    }

    /// Does something about an order: `complete`.
    pub async fn tries_on_order(&self, what: &str, order: &str, body: Value) -> Answer {
        self.post(&format!("{PROFILES}/work-orders/{order}/{what}/"), body)
            .await
    }

    /// Answers an order.
    pub async fn responds(&self, order: &str, accepted: bool) -> Answer {
        self.tries_on_order("respond", order, json!({"accepted": accepted}))
            .await
    }

    /// Accepts an order as they may.
    pub async fn accepts(&self, order: &str) {
        let answer = self.responds(order, true).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Says that an order is done.
    pub async fn completes(&self, order: &str) -> Answer {
        self.tries_on_order("complete", order, json!({})).await
    }

    /// Withdraws an order.
    pub async fn cancels(&self, order: &str) -> Answer {
        self.tries_on_order("cancel", order, json!({})).await
    }

    /// A part of their list of orders: `?status=pending`.
    pub async fn work_orders(&self, query: &str) -> Vec<Value> {
        let path = format!("{PROFILES}/work-orders/{query}");
        self.data(&path, "work_orders").await
    }

    /// One of their orders.
    pub async fn work_order(&self, order: &str) -> Value {
        let orders = self.work_orders("?limit=100").await;
        let found = orders.iter().find(|one| one["id"] == order);
        found
            .unwrap_or_else(|| panic!("{order} is not in {orders:?}"))
            .clone()
    }

    /// The attempts to tell the parties of an order something.
    pub async fn attempts(&self, order: &str) -> Vec<Value> {
        let path = format!("{PROFILES}/work-orders/{order}/notifications/");
        self.data(&path, "notifications").await
    }

    /// Who is offered within so many kilometres from here, nearest first: `&service_type=worker`.
    pub async fn finds(&self, radius_km: u8, more: &str) -> Vec<Value> {
        let place = format!("latitude={LAT}&longitude={LNG}&radius_km={radius_km}&limit=100");
        let path = format!("{PROFILES}/active-providers/?{place}{more}");
        self.data(&path, "providers").await
    }

    /// The ids of those.
    pub async fn finds_ids(&self, radius_km: u8, more: &str) -> Vec<String> {
        let found = self.finds(radius_km, more).await;
        let ids = found.iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }

    async fn data(&self, path: &str, list: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["status"], "success");
        let data = &answer.body["data"];
        let items = data[list].as_array().unwrap();
        assert_eq!(data["count"], items.len());
        items.clone()
    }
}

/// The seed's form, with other fields; null takes one away.
pub fn assignment(provider: &str, changes: &Value) -> Value {
    let mut form = json!({
        "provider_id": provider,
        "service_type": "worker",
        "message": "Need help with painting work",
        "distance": "2.5km",
        "latitude": LAT,
        "longitude": LNG,
    });
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

/// The id of the order that was made.
pub fn order_of(assigned: &Answer) -> String {
    let id = assigned.body["data"]["work_order_id"].as_str();
    id.unwrap_or_else(|| panic!("no order: {}", assigned.body))
        .to_owned()
}

/// An error in the seed's form, by its code.
pub fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let body = &answer.body;
    assert_eq!(answer.status, status, "{code}: {body}");
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["status"], "error", "{body}");
    assert!(body["message"].is_string(), "{body}");
}
