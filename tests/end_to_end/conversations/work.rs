//! Seeker and provider, from the provider's yes to the end of the order.

use callout_tests::Stage;
use callout_tests::talk::talk;
use serde_json::{Value, json};

#[tokio::test]
async fn seeker_and_provider_talk_while_the_provider_is_at_it() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let another = stage.active_provider("Hari Rai").await;
    let stranger = stage.seeker("Gita Rai").await;
    let order = seeker.assigns(&provider).await;
    let hello = || json!({"text": "Hello"});
    for early in [
        seeker.reads(&order, "").await,
        seeker.tries_to_say(&order, hello()).await,
    ] {
        assert_eq!(
            (early.status, &early.body["code"]),
            (400, &json!("not_accepted"))
        );
    }
    provider.finds_no_conversation(&order).await;

    provider.accepts(&order).await;
    let mut overhearing = another.socket().await;
    talk(&order, [(&seeker, "SEEKER"), (&provider, "PROVIDER")]).await;
    talk(&order, [(&provider, "PROVIDER"), (&seeker, "SEEKER")]).await;
    another.finds_no_conversation(&order).await;
    stranger.finds_no_conversation(&order).await;
    overhearing.ping().await;
    for kind in [
        "chat_message",
        "typing_indicator",
        "message_read",
        "presence",
    ] {
        assert_eq!(overhearing.all(kind), [] as [Value; 0]);
    }

    assert_eq!(seeker.completes(&order).await.status, 200);
    seeker.finds_it_closed(&order).await;
    provider.finds_it_closed(&order).await;
    assert_eq!(provider.whole_history(&order).await.len(), 4);
    another.finds_no_conversation(&order).await;
    stage.ended_long_ago(&order).await;
    seeker.finds_no_conversation(&order).await;
    provider.finds_no_conversation(&order).await;
}

#[tokio::test]
async fn an_order_called_off_after_the_yes_leaves_a_conversation_and_before_it_none() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    for by_seeker in [true, false] {
        let order = seeker.assigns(&provider).await;
        provider.accepts(&order).await;
        seeker.says(&order, "Where are you?").await;
        let by = if by_seeker { &seeker } else { &provider };
        assert_eq!(by.cancels(&order).await.status, 200);
        for party in [&seeker, &provider] {
            party.finds_it_closed(&order).await;
            assert_eq!(party.whole_history(&order).await.len(), 1);
        }
    }

    let withdrawn = seeker.assigns(&provider).await;
    assert_eq!(seeker.cancels(&withdrawn).await.status, 200);
    let rejected = seeker.assigns(&provider).await;
    assert_eq!(provider.responds(&rejected, false).await.status, 200);
    let forgotten = seeker.assigns(&provider).await;
    stage.age_order(&forgotten, &seeker, &provider, 1_440).await;
    for order in [&withdrawn, &rejected, &forgotten] {
        let read = seeker.reads(order, "").await;
        assert_eq!(
            (read.status, &read.body["code"]),
            (400, &json!("not_accepted"))
        );
        provider.finds_no_conversation(order).await;
    }
}

#[tokio::test]
async fn what_is_said_while_the_order_ends_is_in_the_history_or_refused() {
    let stage = Stage::set().await;
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("John Doe").await;
    let order = seeker.assigns(&provider).await;
    provider.accepts(&order).await;
    let hello = json!({"text": "Hello"});
    let tries = (0..12).map(|_| seeker.tries_to_say(&order, hello.clone()));
    let (said, done) = tokio::join!(futures::future::join_all(tries), provider.completes(&order),);
    assert_eq!(done.status, 200, "{}", done.body);
    let (said, refused): (Vec<_>, Vec<_>) = said.into_iter().partition(|one| one.status == 201);
    for one in &refused {
        assert_eq!(
            (one.status, &one.body["code"]),
            (400, &json!("conversation_closed"))
        );
    }
    let history = provider.history(&order, "").await;
    assert_eq!(history["count"], said.len());
    assert_eq!(history["last_sequence"], said.len());
    assert_eq!(history["is_open"], false);
}
