#![allow(clippy::unwrap_used, clippy::panic)]

//! The whole way: a real client on a real port, through the edge, to functions that are closures.

use std::sync::Mutex;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use axum::Router;
use futures::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream as ClientStream};

use super::*;
use crate::gateway::edge::Edge;
use crate::gateway::fake::FakeFunctions;
use crate::gateway::http::{HttpGateway, HttpLimits};
use crate::gateway::management;
use crate::iam::{Iam, fixture};
use crate::template::model::Stack;

type Socket = ClientStream<MaybeTlsStream<TcpStream>>;

/// A WebSocket API in the air, and everything to reach it by.
struct World {
    gateway: Arc<SocketGateway>,
    functions: Arc<FakeFunctions>,
    url: String,
    management: Client,
    management_url: String,
}

async fn world(functions: FakeFunctions, limits: SocketLimits) -> World {
    let iam = fixture::allowing("Delivery", &["execute-api:ManageConnections"]);
    world_under(iam, functions, limits).await
}

async fn world_under(iam: Arc<Iam>, functions: FakeFunctions, limits: SocketLimits) -> World {
    let functions = functions.shared();
    let api = SocketApi {
        logical_id: "SocketApi".to_owned(),
        stage: "dev".to_owned(),
        route_selection_expression: "$request.body.action".to_owned(),
        routes: [
            ("$connect", "Connect"),
            ("$disconnect", "Disconnect"),
            ("$default", "Default"),
            ("message", "Message"),
        ]
        .map(|(key, function)| (key.to_owned(), function.to_owned()))
        .into(),
    };
    let gateway = SocketGateway::new(api, functions.clone(), limits);
    let http = HttpGateway::new(&Stack::default(), functions.clone(), HttpLimits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let edge = Edge::new(http, Some(Arc::clone(&gateway)));
    tokio::spawn(edge.serve(listener, Router::new(), std::future::pending()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let management_url = format!("http://{}/dev", listener.local_addr().unwrap());
    tokio::spawn(management::serve(
        listener,
        Arc::clone(&gateway),
        iam,
        crate::faults::Faults::default(),
        std::future::pending(),
    ));
    World {
        gateway,
        functions,
        url,
        management: management_client(&management_url),
        management_url,
    }
}

fn management_client(url: &str) -> Client {
    let config = aws_sdk_apigatewaymanagement::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            "LOCALDelivery",
            "secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

fn welcoming() -> FakeFunctions {
    FakeFunctions::default()
        .with("Connect", |_| async { Ok(json!({"statusCode": 200})) })
        .with("Disconnect", |_| async { Ok(json!({})) })
        .with("Default", |_| async {
            Ok(json!({"statusCode": 200, "body": "unsent"}))
        })
        .with("Message", |_| async { Err(InvokeError::TimedOut) })
}

impl World {
    async fn connect(&self, path: &str) -> Result<Socket, Error> {
        let url = format!("{}{path}", self.url);
        Ok(tokio_tungstenite::connect_async(url).await?.0)
    }

    /// A socket and its connection id.
    async fn socket(&self) -> (Socket, String) {
        let nth = self.functions.events("Connect").len() + 1;
        let socket = self.connect("/dev").await.unwrap();
        let event = self.functions.event("Connect", nth).await;
        let id = event["requestContext"]["connectionId"]
            .as_str()
            .unwrap()
            .to_owned();
        self.opened(&id).await;
        (socket, id)
    }

    /// The client knows of the upgrade a moment before the gateway does.
    async fn opened(&self, id: &str) {
        while self.gateway.connections().info(id).is_err() {
            tokio::task::yield_now().await;
        }
    }

    async fn post(&self, id: &str, text: &str) -> Result<(), u16> {
        let data = Blob::new(text.as_bytes());
        let sent = self
            .management
            .post_to_connection()
            .connection_id(id)
            .data(data)
            .send()
            .await;
        sent.map(|_| ())
            .map_err(|error| error.raw_response().unwrap().status().as_u16())
    }
}

/// The next message, within ten seconds.
async fn next(socket: &mut Socket) -> Option<Result<Message, Error>> {
    tokio::time::timeout(Duration::from_secs(10), socket.next())
        .await
        .unwrap()
}

async fn text(socket: &mut Socket) -> String {
    next(socket)
        .await
        .unwrap()
        .unwrap()
        .into_text()
        .unwrap()
        .to_string()
}

async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match next(socket).await {
            Some(Ok(Message::Close(frame))) => return frame.unwrap().code.into(),
            Some(Ok(_)) => {}
            other => panic!("no close frame but {other:?}"),
        }
    }
}

async fn disconnected(world: &World) -> (u64, String) {
    let event = world.functions.event("Disconnect", 1).await;
    let context = &event["requestContext"];
    assert_eq!(context["eventType"], "DISCONNECT");
    (
        context["disconnectStatusCode"].as_u64().unwrap(),
        context["disconnectReason"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn connect_sees_the_handshake_and_chooses_the_subprotocol() {
    let functions = welcoming().with("Connect", |_| async {
        Ok(json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "bearer"}}))
    });
    let world = world(functions, SocketLimits::default()).await;
    let mut request = format!("{}/ws/user/42/?token=t&token=u&id=1", world.url)
        .into_client_request()
        .unwrap();
    let protocol = HeaderValue::from_static("bearer, secret");
    request
        .headers_mut()
        .insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    let (_socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "bearer");
    let event = world.functions.event("Connect", 1).await;
    assert_eq!(event["headers"]["Sec-WebSocket-Protocol"], "bearer, secret");
    assert_eq!(
        event["multiValueHeaders"]["Sec-WebSocket-Version"],
        json!(["13"])
    );
    assert_eq!(
        event["queryStringParameters"],
        json!({"token": "u", "channel": "user", "id": "42"})
    );
    assert_eq!(
        event["multiValueQueryStringParameters"]["token"],
        json!(["t", "u"])
    );
    let context = &event["requestContext"];
    assert_eq!(context["routeKey"], "$connect");
    assert_eq!(context["eventType"], "CONNECT");
    assert_eq!(context["stage"], "dev");
    assert_eq!(context["identity"]["sourceIp"], "127.0.0.1");
    assert!(
        context["domainName"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
    assert!(context["connectedAt"].as_i64().unwrap() > 1_700_000_000_000);
}

#[tokio::test]
async fn a_refusal_of_connect_is_the_answer_and_nothing_stays_behind() {
    let refusal = r#"{"error":"no valid token","code":4001}"#;
    let functions = welcoming().with("Connect", move |_| async move {
        Ok(json!({"statusCode": 401, "body": refusal}))
    });
    let world = world(functions, SocketLimits::default()).await;
    let Err(Error::Http(response)) = world.connect("/dev").await else {
        panic!("it should be refused");
    };
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(response.body().as_deref(), Some(refusal.as_bytes()));
    assert_eq!(world.gateway.connections().count(), 0);
    assert!(world.functions.events("Disconnect").is_empty());
}

#[tokio::test]
async fn a_connect_that_fails_is_a_502() {
    let functions = welcoming().with("Connect", |_| async {
        Err(InvokeError::Function(Bytes::from("the cause")))
    });
    let world = world(functions, SocketLimits::default()).await;
    let Err(Error::Http(response)) = world.connect("/dev").await else {
        panic!("it should be refused");
    };
    assert_eq!(response.status(), 502);
    let body = response.into_body().unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("the cause"));
}

#[tokio::test]
async fn a_request_that_is_no_handshake_is_told_so() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let url = world.url.replace("ws:", "http:") + "/dev";
    assert_eq!(reqwest::get(url).await.unwrap().status(), 426);
    assert!(world.functions.events("Connect").is_empty());
}

#[tokio::test]
async fn nothing_can_be_posted_before_the_upgrade_is_done() {
    let posted = Arc::new(Mutex::new(None));
    let management = Arc::new(Mutex::new(None::<Client>));
    let functions = welcoming().with("Connect", {
        let (posted, management) = (Arc::clone(&posted), Arc::clone(&management));
        move |event| {
            let client = management.lock().unwrap().clone().unwrap();
            let posted = Arc::clone(&posted);
            async move {
                let id = event["requestContext"]["connectionId"].as_str().unwrap();
                let data = Blob::new("too early");
                let error = client
                    .post_to_connection()
                    .connection_id(id)
                    .data(data)
                    .send()
                    .await;
                *posted.lock().unwrap() =
                    Some(error.unwrap_err().into_service_error().is_gone_exception());
                Ok(json!({"statusCode": 200}))
            }
        }
    });
    let world = world(functions, SocketLimits::default()).await;
    *management.lock().unwrap() = Some(world.management.clone());
    let (mut socket, id) = world.socket().await;
    assert_eq!(*posted.lock().unwrap(), Some(true));
    world.post(&id, "now").await.unwrap();
    assert_eq!(text(&mut socket).await, "now");
}

#[tokio::test]
async fn messages_go_by_their_route_and_only_failures_are_answered() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut socket, id) = world.socket().await;
    socket
        .send(Message::text(r#"{"type":"ping"}"#))
        .await
        .unwrap();
    let event = world.functions.event("Default", 1).await;
    assert_eq!(event["body"], r#"{"type":"ping"}"#);
    assert_eq!(event["isBase64Encoded"], false);
    let context = &event["requestContext"];
    assert_eq!(context["routeKey"], "$default");
    assert_eq!(context["eventType"], "MESSAGE");
    assert_eq!(context["connectionId"], id.as_str());
    assert!(context["messageId"].is_string());
    socket.send(Message::text("not JSON")).await.unwrap();
    assert_eq!(
        world.functions.event("Default", 2).await["body"],
        "not JSON"
    );

    socket
        .send(Message::text(r#"{"action":"message"}"#))
        .await
        .unwrap();
    let answer: Value = serde_json::from_str(&text(&mut socket).await).unwrap();
    assert_eq!(answer["message"], "Internal server error");
    assert_eq!(answer["connectionId"], id.as_str());
    let event = world.functions.event("Message", 1).await;
    assert_eq!(answer["requestId"], event["requestContext"]["requestId"]);
}

#[tokio::test]
async fn messages_of_one_connection_keep_their_order_and_count_after_it_left() {
    let functions = welcoming().with("Default", |_| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(json!({}))
    });
    let world = world(functions, SocketLimits::default()).await;
    let (mut socket, _) = world.socket().await;
    for number in 0..5 {
        socket
            .send(Message::text(number.to_string()))
            .await
            .unwrap();
    }
    socket.close(None).await.unwrap();
    disconnected(&world).await;
    let bodies: Vec<Value> = world
        .functions
        .events("Default")
        .iter()
        .map(|it| it["body"].clone())
        .collect();
    assert_eq!(bodies, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_client_that_closes_is_gone_and_disconnect_has_its_words() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut socket, id) = world.socket().await;
    let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code: 4321.into(),
        reason: "bye".into(),
    };
    socket.close(Some(frame)).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 4321);
    assert_eq!(disconnected(&world).await, (4321, "bye".to_owned()));
    assert_eq!(world.post(&id, "late").await, Err(410));
    assert_eq!(world.gateway.connections().count(), 0);
}

#[tokio::test]
async fn a_client_that_vanishes_is_a_1006() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (socket, id) = world.socket().await;
    drop(socket);
    assert_eq!(disconnected(&world).await.0, 1006);
    assert_eq!(world.post(&id, "late").await, Err(410));
}

#[tokio::test]
async fn what_is_not_taken_ends_the_connection() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut socket, _) = world.socket().await;
    socket
        .send(Message::text("x".repeat(32 * 1024)))
        .await
        .unwrap();
    world.functions.event("Default", 1).await;
    socket
        .send(Message::text("x".repeat(32 * 1024 + 1)))
        .await
        .unwrap();
    assert_eq!(close_code(&mut socket).await, 1009);
    assert_eq!(disconnected(&world).await.0, 1009);

    let (mut socket, _) = world.socket().await;
    // Much more than any buffer holds: a client that is still sending must not see a reset instead.
    let large = Message::text("x".repeat(8 << 20));
    socket.send(large).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 1009);

    let (mut socket, _) = world.socket().await;
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 1003);
}

#[tokio::test]
async fn a_message_in_frames_may_have_128_kilobytes() {
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut socket, _) = world.socket().await;
    let part = |first: bool, last: bool, size: usize| {
        let kind = if first { Data::Text } else { Data::Continue };
        Message::Frame(Frame::message("x".repeat(size), OpCode::Data(kind), last))
    };
    for number in 0..4 {
        socket
            .send(part(number == 0, number == 3, 32 * 1024))
            .await
            .unwrap();
    }
    let event = world.functions.event("Default", 1).await;
    assert_eq!(event["body"].as_str().unwrap().len(), 128 * 1024);
    for number in 0..4 {
        socket
            .send(part(number == 0, false, 32 * 1024))
            .await
            .unwrap();
    }
    let _ = socket.send(part(false, true, 1)).await;
    assert_eq!(close_code(&mut socket).await, 1009);
}

#[tokio::test]
async fn silence_and_age_end_a_connection() {
    let limits = SocketLimits {
        idle: Duration::from_millis(300),
        ..SocketLimits::default()
    };
    let silent = world(welcoming(), limits).await;
    let (mut socket, id) = silent.socket().await;
    // A post counts as activity too: it goes on past the first 300 ms.
    tokio::time::sleep(Duration::from_millis(200)).await;
    silent.post(&id, "still here").await.unwrap();
    let posted = std::time::Instant::now();
    assert_eq!(text(&mut socket).await, "still here");
    assert_eq!(close_code(&mut socket).await, 1001);
    assert!(
        posted.elapsed() >= Duration::from_millis(290),
        "{:?}",
        posted.elapsed()
    );
    assert_eq!(disconnected(&silent).await, (1001, "Going away".to_owned()));

    let limits = SocketLimits {
        lifetime: Duration::from_millis(100),
        ..SocketLimits::default()
    };
    let old = world(welcoming(), limits).await;
    let (mut socket, _) = old.socket().await;
    assert_eq!(close_code(&mut socket).await, 1001);
}

#[tokio::test]
async fn the_sdk_posts_asks_and_closes() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut socket, id) = world.socket().await;
    let known = world
        .management
        .get_connection()
        .connection_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(known.identity().unwrap().source_ip(), Some("127.0.0.1"));
    assert!(known.connected_at().is_some() && known.last_active_at().is_some());
    for word in ["one", "two"] {
        world.post(&id, word).await.unwrap();
    }
    world
        .management
        .delete_connection()
        .connection_id(&id)
        .send()
        .await
        .unwrap();
    // What was posted before the end arrives before the end.
    assert_eq!(text(&mut socket).await, "one");
    assert_eq!(text(&mut socket).await, "two");
    assert_eq!(close_code(&mut socket).await, 1000);
    assert_eq!(disconnected(&world).await.0, 1000);
    let gone = world
        .management
        .get_connection()
        .connection_id(&id)
        .send()
        .await;
    assert!(gone.unwrap_err().into_service_error().is_gone_exception());
    let gone = world
        .management
        .delete_connection()
        .connection_id(&id)
        .send()
        .await;
    assert!(gone.unwrap_err().into_service_error().is_gone_exception());
}

#[tokio::test]
async fn the_sdk_understands_what_is_refused() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut socket, id) = world.socket().await;
    let post = |client: &Client, size: usize| {
        let data = Blob::new("x".repeat(size));
        client
            .post_to_connection()
            .connection_id(&id)
            .data(data)
            .send()
    };
    post(&world.management, 128 * 1024).await.unwrap();
    assert_eq!(text(&mut socket).await.len(), 128 * 1024);
    let large = post(&world.management, 128 * 1024 + 1).await.unwrap_err();
    assert!(large.into_service_error().is_payload_too_large_exception());
    let elsewhere = management_client(&world.management_url.replace("/dev", "/prod"));
    let foreign = post(&elsewhere, 1).await.unwrap_err();
    assert!(foreign.into_service_error().is_forbidden_exception());
    let anonymous = format!(
        "{}/@connections/{}",
        world.management_url,
        id.replace('=', "%3D")
    );
    let anonymous = reqwest::Client::new()
        .post(anonymous)
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(anonymous.status(), 403);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_refused_more_and_blocks_nobody() {
    let limits = SocketLimits {
        queue: 2,
        patience: Duration::from_millis(50),
        ..SocketLimits::default()
    };
    let world = world(welcoming(), limits).await;
    let (_slow, slow) = world.socket().await;
    let (mut quick, fast) = world.socket().await;
    let large = "x".repeat(100 * 1024);
    let mut refused = None;
    // More than all buffers on the way hold.
    for _ in 0..400 {
        if let Err(status) = world.post(&slow, &large).await {
            refused = Some(status);
            break;
        }
    }
    assert_eq!(refused, Some(429));
    world.post(&fast, "hello").await.unwrap();
    assert_eq!(text(&mut quick).await, "hello");
    // It can be ended all the same.
    world
        .management
        .delete_connection()
        .connection_id(&slow)
        .send()
        .await
        .unwrap();
    assert_eq!(disconnected(&world).await.0, 1000);
}

#[tokio::test]
async fn shutdown_says_goodbye_and_disconnect_knows_of_each() {
    let world = world(welcoming(), SocketLimits::default()).await;
    let (mut one, _) = world.socket().await;
    let (mut two, _) = world.socket().await;
    world.gateway.shutdown().await;
    assert_eq!(world.functions.events("Disconnect").len(), 2);
    assert_eq!(close_code(&mut one).await, 1001);
    assert_eq!(close_code(&mut two).await, 1001);
}

#[tokio::test]
async fn a_client_that_leaves_during_connect_is_cleaned_up() {
    let let_in = Arc::new(tokio::sync::Notify::new());
    let functions = welcoming().with("Connect", {
        let let_in = Arc::clone(&let_in);
        move |_| {
            let let_in = Arc::clone(&let_in);
            async move {
                let_in.notified().await;
                Ok(json!({"statusCode": 200}))
            }
        }
    });
    let world = world(functions, SocketLimits::default()).await;
    let url = format!("{}/dev", world.url);
    let client =
        tokio::spawn(async move { tokio_tungstenite::connect_async(url).await.map(|_| ()) });
    world.functions.event("Connect", 1).await;
    client.abort();
    let _ = client.await;
    let_in.notify_one();
    assert_eq!(disconnected(&world).await.0, 1006);
    assert_eq!(world.gateway.connections().count(), 0);
}

#[tokio::test]
async fn a_function_posts_to_what_its_policies_name_and_no_more() {
    let resource = "arn:aws:execute-api:us-east-1:000000000000:SocketApi/dev/POST/@connections/*";
    let policies = json!([{ "Statement": [{
        "Effect": "Allow",
        "Action": "execute-api:ManageConnections",
        "Resource": resource,
    }]}]);
    let iam = Iam::of(&fixture::stack([("Delivery", policies)])).unwrap();
    let world = world_under(Arc::new(iam), welcoming(), SocketLimits::default()).await;
    let post = world
        .management
        .post_to_connection()
        .connection_id("nobody");
    let gone = post.data(Blob::new("x")).send().await.unwrap_err();
    assert_eq!(gone.raw_response().unwrap().status().as_u16(), 410);
    let close = world.management.delete_connection().connection_id("nobody");
    let refused = close.send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
    let error = refused.into_service_error();
    let (code, said) = (error.meta().code(), error.meta().message());
    assert_eq!(code, Some("AccessDeniedException"));
    assert!(
        said.unwrap()
            .contains("SocketApi/dev/DELETE/@connections/nobody"),
        "{said:?}"
    );

    let iam = fixture::allowing("Login", &["*"]);
    let world = world_under(iam, welcoming(), SocketLimits::default()).await;
    let close = world.management.delete_connection().connection_id("nobody");
    let error = close.send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("UnrecognizedClientException"));
}
