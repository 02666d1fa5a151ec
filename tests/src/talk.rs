//! Parties of a request that somebody has accepted, and what they say to each other.

use serde_json::{Value, json};

use crate::Answer;
use crate::person::Person;
use crate::socket::Heard;
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

    /// Has a request have ended more than 30 days ago.
    pub async fn ended_long_ago(&self, request: &str) {
        let ended = json!({
            "Key": {"pk": {"S": format!("REQUEST#{request}")}, "sk": {"S": "REQUEST"}},
            "UpdateExpression": "SET ended_at = :then",
            "ConditionExpression": "attribute_exists(ended_at)",
            "ExpressionAttributeValues": {":then": {"S": "2026-01-01T00:00:00.000Z"}},
        });
        self.table("Requests", "UpdateItem", ended).await;
    }
}

/// What a socket hears of a message, after what it heard of others.
async fn hears(socket: &mut Heard, said: &Value) -> Value {
    loop {
        let heard = socket.expect("chat_message").await;
        if heard["message_id"] == said["message_id"] {
            return heard;
        }
    }
}

/// Two parties talk through both doors: each hears the other, and both read the same later.
pub async fn talk(request: &str, [one, other]: [(&Person, &str); 2]) {
    let ((asking, asks), (answering, answers)) = (one, other);
    let mut at_asking = asking.socket().await;
    let mut at_answering = answering.socket().await;
    let said = asking.says(request, "When?").await;
    let heard = hears(&mut at_answering, &said).await;
    for (name, value) in [
        ("request_id", json!(request)),
        ("sender_id", json!(asking.id)),
        ("sender_type", json!(asks)),
        ("text", json!("When?")),
        ("sequence", said["sequence"].clone()),
    ] {
        assert_eq!(heard[name], value, "{name}");
    }

    at_answering
        .send(json!({"type": "typing_indicator", "request_id": request, "is_typing": true}))
        .await;
    let seen = at_asking.expect("typing_indicator").await;
    assert_eq!(seen["sender_id"], json!(answering.id));
    at_answering
        .send(json!({"type": "chat_message", "request_id": request, "text": "At ten"}))
        .await;
    let sent = at_answering.expect("message_sent").await;
    assert_eq!(sent["sender_type"], answers);
    let heard = hears(&mut at_asking, &sent).await;
    assert_eq!(heard["text"], "At ten");
    at_asking
        .send(json!({"type": "message_read", "request_id": request,
                     "sequence": sent["sequence"]}))
        .await;
    let read = at_answering.expect("message_read").await;
    assert_eq!(read["sequence"], sent["sequence"]);

    let whole = asking.whole_history(request).await;
    let numbers: Vec<u64> = whole
        .iter()
        .map(|message| message["sequence"].as_u64().unwrap())
        .collect();
    let last = sent["sequence"].as_u64().unwrap();
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
    assert_eq!(answering.whole_history(request).await, whole);
    assert_eq!(whole[whole.len() - 1]["status"], "read");
    at_asking
        .send(json!({"type": "request_chat_history", "request_id": request}))
        .await;
    let history = at_asking.expect("chat_history").await;
    assert_eq!(history["last_sequence"], last);
    assert_eq!(history["presence"][0]["account"], json!(answering.id));
    assert_eq!(history["presence"][0]["status"], "online");
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

    /// Finds no conversation about a request, whichever door they try.
    pub async fn finds_no_conversation(&self, request: &str) {
        let read = self.reads(request, "").await;
        assert_eq!(read.status, 404, "{}", read.body);
        let said = self.tries_to_say(request, json!({"text": "Hello"})).await;
        assert_eq!(said.status, 404, "{}", said.body);
        let mut socket = self.socket().await;
        for say in [
            json!({"type": "chat_message", "request_id": request, "text": "Hello"}),
            json!({"type": "typing_indicator", "request_id": request, "is_typing": true}),
            json!({"type": "message_read", "request_id": request, "sequence": 1}),
            json!({"type": "message_delivered", "request_id": request, "sequence": 1}),
            json!({"type": "request_chat_history", "request_id": request}),
        ] {
            socket.send(say.clone()).await;
            assert_eq!(socket.expect("error").await["code"], "not_found", "{say}");
        }
    }

    /// Finds a conversation that is closed: it can be read, and nothing is added to it.
    pub async fn finds_it_closed(&self, request: &str) {
        let history = self.history(request, "").await;
        assert_eq!(history["is_open"], false);
        assert!(history["closed_at"].is_string(), "{history}");
        assert_eq!(history["presence"], json!([]), "nobody is watched any more");
        let late = self.tries_to_say(request, json!({"text": "And…"})).await;
        assert_eq!(
            (late.status, &late.body["code"]),
            (400, &json!("conversation_closed"))
        );
        let mut socket = self.socket().await;
        for say in [
            json!({"type": "chat_message", "request_id": request, "text": "And…"}),
            json!({"type": "typing_indicator", "request_id": request, "is_typing": true}),
        ] {
            socket.send(say).await;
            assert_eq!(socket.expect("error").await["code"], "conversation_closed");
        }
        assert_eq!(self.history(request, "").await["count"], history["count"]);
    }
}
