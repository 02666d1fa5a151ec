//! What became of telling somebody: what their devices were handed, and what is on record of it.

use serde_json::{Value, json};

use crate::person::Person;
use crate::stage::Stage;

/// An attempt that ended: its channel, its status, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `socket`, `push` or `mail`.
    pub channel: String,
    /// `sent` or `failed`.
    pub status: String,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Outcome {
    /// One that was handed over.
    pub fn sent(channel: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            status: "sent".to_owned(),
            reason: None,
        }
    }

    /// One that failed.
    pub fn failed(channel: &str, reason: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            status: "failed".to_owned(),
            reason: Some(reason.to_owned()),
        }
    }

    /// All attempts of a notification, as its item has them. Each must have both of its times.
    pub fn all_of(item: &Value) -> Vec<Self> {
        let deliveries = item["deliveries"]["M"].as_object().unwrap();
        let outcomes = deliveries.iter().map(|(route, attempt)| {
            let text = |name: &str| attempt["M"][name]["S"].as_str().map(str::to_owned);
            let (began, ended) = (text("began_at").unwrap(), text("ended_at"));
            assert!(ended.is_some_and(|ended| ended >= began), "{item}");
            Self {
                channel: route.split('#').next().unwrap().to_owned(),
                status: text("status").unwrap(),
                reason: text("reason"),
            }
        });
        outcomes.collect()
    }
}

impl Person {
    /// Registers a device.
    pub async fn registers_device(&self, token: &str) {
        let body = json!({"fcm_token": token});
        let answer = self.post("/api/1/profiles/fcm-token/", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// The number on their bell.
    pub async fn badge(&self) -> u64 {
        let answer = self.get("/notifications/unread-count/").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["unread_count"].as_u64().unwrap()
    }

    /// All of a part of their inbox, read in pages to the end: `unread=true`.
    pub async fn inbox(&self, part: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/notifications/?limit=100&{part}{cursor}");
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.body["notifications"].as_array().unwrap();
            assert_eq!(page.body["count"], items.len());
            all.extend(items.clone());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

impl Stage {
    /// A pharmacy with one device, whose token is its name.
    pub async fn pharmacy_with_device(&self, name: &str, lat: f64, lng: f64) -> Person {
        let pharmacy = self.pharmacy(name, lat, lng).await;
        pharmacy.registers_device(name).await;
        pharmacy
    }

    /// What a device was handed, in FCM's words, oldest first.
    pub fn pushed(&self, token: &str) -> Vec<Value> {
        let sent = self.cloud.pushes().sent_to(token, 0);
        sent.into_iter()
            .map(|push| push.message["fcmV1Message"]["message"].clone())
            .collect()
    }

    /// Has faults happen by these rules.
    pub fn fail(&self, rules: &str) {
        let plan = format!("seed 1: {rules}").parse().unwrap();
        self.cloud.faults().set(plan);
    }

    /// Makes an account an administrator's, as no client can.
    pub async fn made_administrator(&self, person: &Person) -> Person {
        for (pk, sk, role) in [
            (format!("ACCOUNT#{}", person.id), "PROFILE", "profile.#role"),
            (format!("EMAIL#{}", person.email), "CREDENTIALS", "#role"),
        ] {
            let change = json!({
                "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
                "UpdateExpression": format!("SET {role} = :admin"),
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#role": "role"},
                "ExpressionAttributeValues": {":admin": {"S": "ADMIN"}},
            });
            self.table("Accounts", "UpdateItem", change).await;
        }
        person.signed_in_again().await
    }

    /// An administrator.
    pub async fn administrator(&self) -> Person {
        let person = self.customer("Root").await;
        self.made_administrator(&person).await
    }

    /// Waits until all is delivered. Nothing may be left over.
    pub async fn settled(&self) {
        self.cloud.streams_idle().await.unwrap();
        assert_eq!(self.cloud.dead_letters().list(), Vec::<Value>::new());
    }

    /// Leaves an event in the outbox that tells people of something of their own accounts.
    pub async fn tells(&self, event: &str, at: &str, message: Value, people: &[String]) {
        let to: Vec<Value> = people
            .iter()
            .map(|account| json!({"account": account}))
            .collect();
        let subject = &people[0];
        let body = json!({
            "id": event,
            "subject": {"account": subject},
            "at": at,
            "errand": {"tell": {"message": message, "to": {"listed": to}}},
        });
        let item = json!({"Item": {
            "pk": {"S": format!("ACCOUNT#{subject}")},
            "sk": {"S": format!("{event}#0000")},
            "event": {"S": body.to_string()},
        }});
        self.table("Outbox", "PutItem", item).await;
    }
}
