//! Tokens that are not what they should be open nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callout_tests::{Forger, Stage};
use serde_json::json;

#[tokio::test]
async fn only_a_genuine_access_token_in_its_time_opens_anything() {
    let stage = Stage::set().await;
    let customer = stage.customer("John Doe").await;
    let genuine = Forger::with_the_stacks_key(&stage);
    let stranger = Forger::with_a_key_of_its_own(&stage);
    let claims = customer.claims();
    let changed = |field: &str, value: serde_json::Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        claims
    };
    let now = claims["iat"].as_i64().unwrap();

    // The forger can sign: only then do its refusals mean anything.
    assert_eq!(
        stage
            .get_with("/customer/profile/", &genuine.sign(&claims))
            .await
            .status,
        200
    );

    let [header, payload, signature]: [&str; 3] = customer
        .access
        .split('.')
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = encode(&json!({"alg": "none", "typ": "JWT"}));
    let promoted = encode(&changed("role", json!("ADMIN")));
    for (what, token) in [
        ("forged", stranger.sign(&claims)),
        ("expired", genuine.sign(&changed("exp", json!(now - 1)))),
        (
            "of another type",
            genuine.sign(&changed("typ", json!("refresh"))),
        ),
        (
            "of another issuer",
            genuine.sign(&changed("iss", json!("elsewhere"))),
        ),
        (
            "of an unknown role",
            genuine.sign(&changed("role", json!("WIZARD"))),
        ),
        ("alg none", format!("{none}.{payload}.")),
        ("alg none, signed", format!("{none}.{payload}.{signature}")),
        ("HS256 with the public key", genuine.sign_with_hmac(&claims)),
        ("changed", format!("{header}.{promoted}.{signature}")),
        (
            "truncated",
            customer.access[..customer.access.len() - 4].to_owned(),
        ),
        ("a refresh token", customer.refresh.clone()),
        ("nothing", String::new()),
        ("huge", "a".repeat(6_000)),
    ] {
        let answer = stage.get_with("/customer/profile/", &token).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        assert_eq!(answer.body["code"], "unauthenticated", "{what}");
        let (status, body) = stage
            .handshake(&format!("?token={token}"))
            .await
            .unwrap_err();
        assert_eq!((status, &body["code"]), (401, &json!(4001)), "{what}");
    }
}
