//! How a message reaches who is not there, and what is left of it when its sender leaves.

use callout_tests::{Stage, tiny_png};
use serde_json::{Value, json};

#[tokio::test]
async fn only_who_is_not_there_is_pushed_and_nobodys_bell_counts() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    // What was told before is told on no device.
    stage.settled().await;
    customer.registers_device("phone").await;
    pharmacy.registers_device("counter").await;
    let badge = customer.badge().await;
    let mut counter = pharmacy.socket().await;

    pharmacy.says(&request, "Nobody is there").await;
    stage.settled().await;
    let pushed = stage.pushed("phone");
    assert_eq!(pushed.len(), 1);
    assert_eq!(pushed[0]["notification"]["title"], "New Message");
    assert!(!json!(pushed).to_string().contains("Nobody is there"));

    let mut phone = customer.socket().await;
    let missed = phone.expect("chat_message").await;
    assert_eq!(
        (&missed["text"], &missed["replayed"]),
        (&json!("Nobody is there"), &json!(true))
    );
    pharmacy.says(&request, "You are there").await;
    assert_eq!(phone.expect("chat_message").await["text"], "You are there");
    drop(phone);
    stage
        .until("the socket is forgotten", async |_| {
            let seen = pharmacy.history(&request, "").await;
            seen["presence"][0]["status"] == "offline"
        })
        .await;
    customer.says(&request, "I say so myself").await;
    counter.expect("chat_message").await;
    pharmacy.says(&request, "Nobody again").await;
    stage.settled().await;
    assert_eq!(stage.pushed("phone").len(), 2);
    let at_the_counter = stage.pushed("counter");
    assert!(!json!(at_the_counter).to_string().contains("New Message"));

    assert_eq!(customer.badge().await, badge);
    assert!(
        customer
            .inbox("")
            .await
            .iter()
            .all(|one| one["type"] != "chat_message")
    );
}

#[tokio::test]
async fn what_somebody_said_who_left_is_said_no_more() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let path = format!("/requests/{request}/messages/");
    customer.says(&request, "My number is 9841234567").await;
    let file = ("image", "page.png", tiny_png());
    let picture = customer.post_form(&path, &[], Some(file)).await;
    let link = picture.text("image_url");
    pharmacy.says(&request, "Thank you").await;
    stage
        .until("the pharmacy has been told", async |stage| {
            json!(stage.inbox(&pharmacy.id).await)
                .to_string()
                .contains("Thank you")
        })
        .await;

    let gone = customer.delete("/customer/profile/").await;
    assert!(gone.status < 300, "{}", gone.body);
    stage
        .until("what was said is erased", async |stage| {
            let inbox = json!(stage.inbox(&pharmacy.id).await).to_string();
            !inbox.contains("9841234567") && stage.download(&link).await.0 == 403
        })
        .await;
    let history = pharmacy.history(&request, "").await;
    let seen: Vec<(&Value, &Value)> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (&message["text"], &message["is_erased"]))
        .collect();
    let (yes, no, thanks) = (json!(true), json!(false), json!("Thank you"));
    assert_eq!(
        seen,
        [(&Value::Null, &yes), (&Value::Null, &yes), (&thanks, &no)]
    );
    assert_eq!(history["messages"][1]["image_url"], Value::Null);
    let late = customer
        .tries_to_say(&request, json!({"text": "Too late"}))
        .await;
    assert_eq!(late.status, 401);
    let all = stage.table("Requests", "Scan", json!({})).await;
    assert!(!all.to_string().contains("My number"));
}
