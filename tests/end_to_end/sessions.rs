//! Guessing, refreshing, signing out: what a session survives and what ends it.

use callout_tests::Stage;
use serde_json::json;

#[tokio::test]
async fn the_sixth_try_at_a_code_is_refused_even_if_it_is_right() {
    let stage = Stage::set().await;
    let address = "user@example.com";
    stage.post("/send-otp", json!({"email": address})).await;
    let otp = stage.otp(address).await;
    let wrong = if otp == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let answer = stage
            .post("/verify-otp", json!({"email": address, "otp": wrong}))
            .await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    let right = stage
        .post("/verify-otp", json!({"email": address, "otp": otp}))
        .await;
    assert_eq!(right.status, 400, "{}", right.body);
}

#[tokio::test]
async fn codes_are_sent_a_minute_apart_to_known_and_unknown_alike() {
    let stage = Stage::set().await;
    let known = stage.customer("John Doe").await;
    // Registering sent one a moment ago; a stranger's first is sent now.
    stage
        .post("/send-otp", json!({"email": "unknown@example.com"}))
        .await;
    for address in [known.email.as_str(), "unknown@example.com"] {
        let again = stage.post("/send-otp", json!({"email": address})).await;
        assert_eq!(again.status, 429, "{}", again.body);
        let wait = again.retry_after.unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn ten_wrong_passwords_lock_an_address_whether_it_is_known_or_not() {
    let stage = Stage::set().await;
    let known = stage.customer("John Doe").await;
    let mut answers = Vec::new();
    for address in [known.email.as_str(), "unknown@example.com"] {
        let login =
            |password: &str| stage.post("/login", json!({"email": address, "password": password}));
        let mut seen = Vec::new();
        for _ in 0..10 {
            let answer = login("not the password").await;
            assert_eq!(answer.status, 401, "{}", answer.body);
            seen.push(answer.body);
        }
        let locked = login("not the password").await;
        assert_eq!(locked.status, 429, "{}", locked.body);
        assert!(locked.retry_after.unwrap() <= 15 * 60);
        seen.push(locked.body);
        assert_eq!(login(&known.password).await.status, 429);
        answers.push(seen);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_family() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let mut socket = customer.socket().await;
    let refresh = |token: &str| stage.post("/token/refresh/", json!({"refresh": token}));
    let second = refresh(&customer.refresh).await;
    assert_eq!(second.status, 200, "{}", second.body);
    let third = refresh(&second.text("refresh")).await;
    assert_eq!(third.status, 200, "{}", third.body);
    assert_eq!(refresh(&second.text("refresh")).await.status, 401);
    assert_eq!(refresh(&third.text("refresh")).await.status, 401);
    assert_eq!(socket.expect("error").await["code"], 4001);
    socket.closed().await;
    for nonsense in ["", "x", "a.b.c", &customer.access] {
        assert_eq!(refresh(nonsense).await.status, 401, "{nonsense:?}");
    }
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_at_most_goes_on() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let refresh = || stage.post("/token/refresh/", json!({"refresh": customer.refresh}));
    let (one, other) = tokio::join!(refresh(), refresh());
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_sockets_but_no_other() {
    let stage = Stage::set().await;
    let here = stage.customer("John Doe").await;
    let elsewhere = here.signed_in_again().await;
    let mut socket_here = here.socket().await;
    let mut socket_elsewhere = elsewhere.socket().await;
    let out = here.post("/logout", json!({"refresh": here.refresh})).await;
    assert_eq!(out.status, 200, "{}", out.body);
    assert_eq!(socket_here.expect("error").await["code"], 4001);
    socket_here.closed().await;
    socket_elsewhere.ping().await;
    let refresh = |token: &str| stage.post("/token/refresh/", json!({"refresh": token}));
    assert_eq!(refresh(&here.refresh).await.status, 401);
    assert_eq!(refresh(&elsewhere.refresh).await.status, 200);
    assert_eq!(here.handshake("").await.unwrap_err().0, 401);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    stage.forget_code_sent_to(&customer.email).await;
    let mut socket = customer.socket().await;
    stage
        .post("/send-otp", json!({"email": customer.email}))
        .await;
    let otp = stage.otp(&customer.email).await;
    let reset = |otp: &str, password: &str| {
        stage.post(
            "/password/reset/",
            json!({"email": customer.email, "otp": otp, "password": password}),
        )
    };
    assert_eq!(reset(&otp, "short").await.status, 400);
    let done = reset(&otp, "a brand new password").await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(reset(&otp, "yet another password").await.status, 400);
    assert_eq!(socket.expect("error").await["code"], 4001);
    socket.closed().await;
    assert_eq!(
        stage
            .post("/token/refresh/", json!({"refresh": customer.refresh}))
            .await
            .status,
        401
    );
    assert_eq!(customer.login().await.status, 401);
    // The token that may have been stolen is still in its quarter of an hour.
    let profile = "/customer/profile/";
    assert_eq!(customer.get(profile).await.status, 401);
    assert_eq!(
        customer
            .patch(profile, json!({"name": "Mallory"}))
            .await
            .status,
        401
    );
    assert_eq!(customer.delete(profile).await.status, 401);
    let fresh = stage
        .post(
            "/login",
            json!({"email": customer.email, "password": "a brand new password"}),
        )
        .await;
    assert_eq!(fresh.status, 200, "{}", fresh.body);
}
