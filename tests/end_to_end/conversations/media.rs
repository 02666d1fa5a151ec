//! Recordings and pictures in a conversation: the seed's snippets, played by a client.

use callout_tests::{Stage, tiny_png};
use serde_json::{Value, json};

/// What a browser's `MediaRecorder` begins with.
const WEBM: &[u8] = b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\xF7\x81\x01\x42\xF2\x81\x04\x42\xF3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04";

#[tokio::test]
async fn a_recording_is_sent_and_played_on_the_other_side() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut phone = customer.socket().await;
    let path = format!("/requests/{request}/messages/");
    let file = || ("audio", "response.webm", WEBM.to_vec());

    let said = pharmacy
        .post_form(&path, &[("message_id", "voice")], Some(file()))
        .await;
    assert_eq!(said.status, 201, "{}", said.body);
    assert_eq!(said.body["message_type"], "audio");
    assert_eq!(
        (&said.body["text"], &said.body["image_url"]),
        (&Value::Null, &Value::Null)
    );

    let heard = phone.expect("chat_message").await;
    let (status, bytes) = stage.download(heard["audio_url"].as_str().unwrap()).await;
    assert_eq!((status, bytes.as_slice()), (200, WEBM));
    // Sent again, it is the same recording.
    let again = pharmacy
        .post_form(&path, &[("message_id", "voice")], Some(file()))
        .await;
    assert_eq!((again.status, &again.body["sequence"]), (201, &json!(1)));
    let history = customer.history(&request, "").await;
    let link = history["messages"][0]["audio_url"].as_str().unwrap();
    assert_eq!(stage.download(link).await.1, WEBM);
}

#[tokio::test]
async fn a_picture_goes_with_a_text() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let mut counter = pharmacy.socket().await;
    let path = format!("/requests/{request}/messages/");
    let file = ("image", "prescription.png", tiny_png());
    let said = customer
        .post_form(&path, &[("text", "The second page")], Some(file))
        .await;
    assert_eq!(said.status, 201, "{}", said.body);
    let heard = counter.expect("chat_message").await;
    assert_eq!(heard["text"], "The second page");
    assert_eq!(heard["message_type"], "image");
    let link = heard["image_url"].as_str().unwrap();
    assert_eq!(stage.download(link).await, (200, tiny_png()));
}

#[tokio::test]
async fn what_was_uploaded_before_is_sent_once_by_who_uploaded_it() {
    let stage = Stage::set().await;
    let (customer, pharmacy, request) = stage.talkers().await;
    let stranger = stage.customer("Stranger").await;
    let mut phone = customer.socket().await;
    let mut counter = pharmacy.socket().await;
    let media = pharmacy.uploads(&stage, "image/png", &tiny_png()).await;
    let chat = json!({"type": "chat_message", "request_id": request, "media_id": media});

    let stolen = customer
        .tries_to_say(&request, json!({"media_id": media}))
        .await;
    assert_eq!(
        (stolen.status, &stolen.body["code"]),
        (404, &json!("not_found"))
    );

    counter.send(chat.clone()).await;
    let sent = counter.expect("message_sent").await;
    let (status, bytes) = stage.download(sent["image_url"].as_str().unwrap()).await;
    assert_eq!((status, bytes), (200, tiny_png()));
    assert_eq!(phone.expect("chat_message").await["message_type"], "image");

    assert_eq!(pharmacy.looks_at(&stage, &media).await.0, 302);
    assert_eq!(customer.looks_at(&stage, &media).await.0, 302);
    assert_eq!(stranger.looks_at(&stage, &media).await.0, 404);

    counter.send(chat).await;
    assert_eq!(counter.expect("error").await["code"], "media_used");
}

#[tokio::test]
async fn a_file_is_what_its_bytes_are() {
    let stage = Stage::set().await;
    let (customer, _, request) = stage.talkers().await;
    let path = format!("/requests/{request}/messages/");
    for (field, name, bytes, status, code) in [
        ("audio", "response.mp3", tiny_png(), 415, "wrong_media_type"),
        ("image", "page.png", WEBM.to_vec(), 415, "wrong_media_type"),
        (
            "image",
            "page.png",
            b"<svg/>".to_vec(),
            415,
            "wrong_media_type",
        ),
        ("audio", "response.webm", Vec::new(), 400, "invalid_input"),
    ] {
        let refused = customer
            .post_form(&path, &[("text", "Listen")], Some((field, name, bytes)))
            .await;
        assert_eq!(refused.status, status, "{name}: {}", refused.body);
        assert_eq!(refused.body["code"], code, "{name}");
    }
    assert_eq!(customer.whole_history(&request).await, [] as [Value; 0]);
}
