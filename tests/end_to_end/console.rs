//! What the local cloud shows and does for the console, beside what clients are answered.

use callout_tests::Stage;
use serde_json::json;

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

#[tokio::test]
async fn the_page_is_on_the_clients_host_and_the_apis_beside_it() {
    let stage = Stage::set().await;
    let page = stage.get("/console").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .as_str()
            .unwrap()
            .contains("<title>Callout console</title>")
    );
    let stack = stage.get("/_local/stack").await.body;
    assert_eq!(stack["socket_url"], stage.cloud.socket_url());
    assert!(stack["functions"]["RegisterFunction"]["memory_mib"].is_u64());
    // What has no file is the console's own 404, and what is not the console's is the API's.
    assert_eq!(stage.get("/console/nothing.js").await.status, 404);
    assert_eq!(stage.get("/consoles").await.body["message"], "Not Found");
}

#[tokio::test]
async fn what_tables_hold_of_a_request_is_shown() {
    let stage = Stage::set().await;
    let sita = stage.customer("Sita").await;
    let near = stage.pharmacy("Near", LAT, LNG).await;
    let mut heard = near.socket().await;
    let request = sita.requests_medicine(LAT, LNG, 5.0).await;
    let event = heard.expect("new_request").await["event_id"].clone();

    let kept = stage
        .get(&format!("/_local/tables/Requests?pk=REQUEST%23{request}"))
        .await;
    let items = kept.body["items"].as_array().unwrap();
    assert!(
        items
            .iter()
            .any(|item| item["sk"] == "REQUEST" && item["requester"] == sita.id.as_str())
    );
    assert_eq!(kept.body["more"], false);
    let told = stage
        .get(&format!(
            "/_local/tables/Notifications?attribute=request_id&value={request}"
        ))
        .await;
    assert_eq!(told.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(told.body["items"][0]["sk"], event);
    assert_eq!(told.body["items"][0]["pk"], format!("ACCOUNT#{}", near.id));

    assert_eq!(stage.get("/_local/tables/Nothing?pk=x").await.status, 404);
    assert_eq!(stage.get("/_local/tables/Requests").await.status, 400);
}

#[tokio::test]
async fn sockets_are_cut_off_and_lose_nothing_by_it() {
    let stage = Stage::set().await;
    let sita = stage.customer("Sita").await;
    let near = stage.pharmacy("Near", LAT, LNG).await;
    let mut heard = near.socket().await;
    assert_eq!(stage.get("/_local/sockets").await.body["open"], 1);
    let cut = stage.post("/_local/sockets/drop", json!({})).await;
    assert_eq!(cut.body, json!({"dropped": 1}));
    assert_eq!(heard.closed().await, None, "a network says no goodbye");
    let request = sita.requests_medicine(LAT, LNG, 5.0).await;
    let mut again = near.socket().await;
    let missed = again.expect("new_request").await;
    assert_eq!(missed["request_id"], request.as_str());
}

/// A page of another origin can send a form without being asked first, but no JSON.
#[tokio::test]
async fn no_form_of_another_page_cuts_sockets_off() {
    let stage = Stage::set().await;
    let near = stage.pharmacy("Near", LAT, LNG).await;
    let _heard = near.socket().await;
    let form = near
        .post_raw("/_local/sockets/drop", "text/plain", b"{}".to_vec())
        .await;
    assert_eq!(form.status, 415);
    assert_eq!(stage.get("/_local/sockets").await.body["open"], 1);
}
