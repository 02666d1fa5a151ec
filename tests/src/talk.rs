//! Parties of a request that somebody has accepted, and what they say to each other.

use serde_json::{Value, json};

use crate::Answer;
use crate::person::Person;
use crate::stage::Stage;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

impl Stage {
    /// A customer, a pharmacy that has accepted their request, and the request.
    pub async fn talkers(&self) -> (Person, Person, String) {
        let pharmacy = self.pharmacy("City Pharmacy", LAT, LNG).await;
        let customer = self.customer("John Doe").await;
        let request = customer.requests_medicine(LAT, LNG, 5.0).await;
        let accepted = pharmacy.answers(&request, "ACCEPTED").await;
        assert_eq!(accepted.status, 201, "{}", accepted.body);
        (customer, pharmacy, request)
    }

    /// Has so many messages be in the history of a request, as if they had been said; both parties take
    /// turns.
    pub async fn fill_history(&self, request: &str, parties: [&Person; 2], count: usize) {
        let responder = &parties[1].id;
        let partition = format!("CONVERSATION#{request}#{responder}");
        let table = &self.cloud.stack().tables["Requests"].name;
        let numbers: Vec<usize> = (1..=count).collect();
        for numbers in numbers.chunks(25) {
            let puts: Vec<Value> = numbers
                .iter()
                .map(|number| {
                    let sender = &parties[number % 2].id;
                    let item = json!({
                        "pk": {"S": partition},
                        "sk": {"S": format!("MESSAGE#{number:012}")},
                        "request_id": {"S": request}, "responder": {"S": responder},
                        "sequence": {"N": number.to_string()},
                        "key": {"S": format!("m-{number}")},
                        "event": {"S": format!("{number:026}")},
                        "sender": {"S": sender}, "told": {"L": []}, "role": {"S": "CUSTOMER"},
                        "content": {"M": {"text": {"S": format!("message {number}")}}},
                        "sent_at": {"S": "2026-02-24T10:30:00.000Z"},
                        "expires_at": {"N": "99999999999"},
                    });
                    json!({"PutRequest": {"Item": item}})
                })
                .collect();
            let body = json!({"RequestItems": {table: puts}});
            self.cloud.dynamodb("BatchWriteItem", &body).await.unwrap();
        }
        let state = json!({"Item": {
            "pk": {"S": partition}, "sk": {"S": "STATE"},
            "last": {"N": count.to_string()}, "expires_at": {"N": "99999999999"},
        }});
        self.table("Requests", "PutItem", state).await;
    }
}

impl Person {
    /// Tries to say something about a request.
    pub async fn tries_to_say(&self, request: &str, message: Value) -> Answer {
        let path = format!("/requests/{request}/messages/");
        self.post(&path, message).await
    }

    /// Says something about a request, as they may.
    pub async fn says(&self, request: &str, text: &str) -> Value {
        let said = self.tries_to_say(request, json!({"text": text})).await;
        assert_eq!(said.status, 201, "{}", said.body);
        said.body
    }

    /// A part of a conversation: `?limit=7`.
    pub async fn reads(&self, request: &str, query: &str) -> Answer {
        self.get(&format!("/requests/{request}/messages/{query}"))
            .await
    }

    /// A part of a conversation that they may read.
    pub async fn history(&self, request: &str, query: &str) -> Value {
        let read = self.reads(request, query).await;
        assert_eq!(read.status, 200, "{}", read.body);
        read.body
    }

    /// The numbers of all messages, read in pages from the newest to the first.
    pub async fn whole_history(&self, request: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let query = format!("?limit=100{cursor}");
            let page = self.history(request, &query).await;
            all.splice(0..0, page["messages"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}
