//! Who has a conversation, and when it is over.

use callout_tests::Stage;
use serde_json::json;

#[tokio::test]
async fn there_is_none_before_a_yes_and_none_for_anybody_else() {
    let stage = Stage::set().await;
    let pharmacy = stage.pharmacy("City Pharmacy", 27.7172, 85.3240).await;
    let other = stage.pharmacy("Other Pharmacy", 27.7172, 85.3240).await;
    let customer = stage.customer("John Doe").await;
    let stranger = stage.customer("Jane Doe").await;
    let request = customer.requests_medicine(27.7172, 85.3240, 5.0).await;
    let hello = || json!({"text": "Hello"});

    for refused in [
        customer.reads(&request, "").await,
        customer.tries_to_say(&request, hello()).await,
    ] {
        assert_eq!(refused.status, 400);
        assert_eq!(refused.body["code"], "not_accepted");
    }
    assert_eq!(pharmacy.reads(&request, "").await.status, 404);
    pharmacy.answers(&request, "ACCEPTED").await;
    customer.says(&request, "Hello").await;

    let mut socket = other.socket().await;
    for person in [&other, &stranger] {
        for id in [
            request.as_str(),
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "1",
            "%2e%2e",
        ] {
            assert_eq!(person.reads(id, "").await.status, 404);
            assert_eq!(person.tries_to_say(id, hello()).await.status, 404);
        }
        let with = format!("?with={}", customer.id);
        assert_eq!(person.reads(&request, &with).await.status, 404);
    }
    for say in [
        json!({"type": "chat_message", "request_id": request, "text": "Hello"}),
        json!({"type": "typing_indicator", "request_id": request, "is_typing": true}),
        json!({"type": "message_read", "request_id": request, "sequence": 1}),
        json!({"type": "message_delivered", "request_id": request, "sequence": 1}),
        json!({"type": "request_chat_history", "request_id": request}),
        json!({"type": "request_chat_history", "request_id": "x"}),
    ] {
        socket.send(say.clone()).await;
        assert_eq!(socket.expect("error").await["code"], "not_found", "{say}");
    }
    for nobody in [
        stage.get(&format!("/requests/{request}/messages/")).await,
        stage
            .post(&format!("/requests/{request}/messages/"), hello())
            .await,
    ] {
        assert_eq!(nobody.status, 401);
    }
    assert_eq!(socket.all("chat_message").len(), 0);
    assert_eq!(customer.whole_history(&request).await.len(), 1);
}

#[tokio::test]
async fn what_is_over_can_be_read_for_thirty_days_and_not_added_to() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let last = json!({"message_id": "last", "text": "Thank you"});
    let said = customer.tries_to_say(&request, last.clone()).await;
    let done = customer
        .post(&format!("/medicine/request/{request}/complete/"), json!({}))
        .await;
    assert_eq!(done.status, 200, "{}", done.body);

    for party in [&customer, &pharmacy] {
        let history = party.history(&request, "").await;
        assert_eq!(
            (&history["is_open"], &history["count"]),
            (&json!(false), &json!(1))
        );
        assert_eq!(history["presence"], json!([]), "nobody is watched any more");
        let refused = party.tries_to_say(&request, json!({"text": "And…"})).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.body["code"], "conversation_closed");
    }
    // What was said is not said again, and answered the same.
    let again = customer.tries_to_say(&request, last).await;
    assert_eq!((again.status, again.body), (201, said.body));

    stage
        .table(
            "Requests",
            "UpdateItem",
            json!({
                "Key": {"pk": {"S": format!("REQUEST#{request}")}, "sk": {"S": "REQUEST"}},
                "UpdateExpression": "SET completed_at = :then",
                "ExpressionAttributeValues": {":then": {"S": "2026-01-01T00:00:00.000Z"}},
            }),
        )
        .await;
    assert_eq!(customer.reads(&request, "").await.status, 404);
    assert_eq!(pharmacy.reads(&request, "").await.status, 404);
}

#[tokio::test]
async fn each_donor_who_promised_has_a_conversation_with_who_asked() {
    let stage = Stage::set().await;
    let people = stage.donors(4).await;
    let [asking, one, two, silent] = people.as_slice() else {
        panic!("four");
    };
    let request = asking.requests_blood(json!({"units": "3"})).await;
    one.does("call", &request).await;
    assert_eq!(one.reads(&request, "").await.status, 404, "who only called");
    one.does("accept-request", &request).await;
    assert_eq!(asking.says(&request, "To both?").await["sequence"], 1);
    two.does("accept-request", &request).await;

    let mut at_one = one.socket().await;
    let mut at_two = two.socket().await;
    let refused = asking
        .tries_to_say(&request, json!({"text": "Hello"}))
        .await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.body["fields"]["with"].is_string(),
        "{}",
        refused.body
    );
    let for_two = json!({"text": "Only for you", "with": two.id});
    assert_eq!(
        asking.tries_to_say(&request, for_two).await.body["sequence"],
        1
    );
    assert_eq!(at_two.expect("chat_message").await["text"], "Only for you");
    two.says(&request, "Thank you").await;
    let texts = |history: &serde_json::Value| -> Vec<String> {
        let messages = history["messages"].as_array().unwrap().iter();
        messages
            .map(|message| message["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(texts(&one.history(&request, "").await), ["To both?"]);
    assert_eq!(
        texts(&two.history(&request, "").await),
        ["Only for you", "Thank you"]
    );
    let with_one = asking.history(&request, &format!("?with={}", one.id)).await;
    assert_eq!(texts(&with_one), ["To both?"]);
    assert_eq!(silent.reads(&request, "").await.status, 404);
    let with_silent = json!({"text": "Hello", "with": silent.id});
    assert_eq!(asking.tries_to_say(&request, with_silent).await.status, 404);

    // Who takes the promise back has read all that is to be read.
    two.does("withdraw-request", &request).await;
    assert_eq!(two.history(&request, "").await["is_open"], false);
    let refused = two.tries_to_say(&request, json!({"text": "Sorry"})).await;
    assert_eq!(refused.body["code"], "conversation_closed");
    let with_two = asking.history(&request, &format!("?with={}", two.id)).await;
    assert_eq!(texts(&with_two).len(), 2);
    two.does("accept-request", &request).await;
    two.says(&request, "I can, after all").await;

    let closed = asking.closes(&request, "Completed").await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    for donor in [one, two] {
        assert_eq!(donor.history(&request, "").await["is_open"], false);
        let refused = donor.tries_to_say(&request, json!({"text": "Bye"})).await;
        assert_eq!(refused.body["code"], "conversation_closed");
    }
    at_one.ping().await;
    assert!(
        at_one
            .all("chat_message")
            .iter()
            .all(|said| said["text"] == "To both?")
    );
}
