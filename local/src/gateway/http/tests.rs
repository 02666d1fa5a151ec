#![allow(clippy::unwrap_used)]

use axum::body::to_bytes;
use serde_json::{Value, json};

use super::*;
use crate::gateway::fake::FakeFunctions;
use crate::template::model::{Function, HttpApi, HttpRoute};

fn function(name: &str, routes: &[(&str, &str)]) -> (String, Function) {
    let routes = routes
        .iter()
        .map(|(method, path)| HttpRoute {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
        })
        .collect();
    let function = Function {
        logical_id: name.to_owned(),
        handler: name.to_owned(),
        memory_mib: 128,
        timeout: Duration::from_secs(3),
        reserved_concurrency: None,
        environment: std::collections::BTreeMap::new(),
        policies: Vec::new(),
        routes,
        streams: Vec::new(),
        schedules: Vec::new(),
    };
    (name.to_owned(), function)
}

fn stack(cors: Option<Cors>) -> Stack {
    Stack {
        functions: [
            function(
                "Echo",
                &[
                    ("POST", "/echo"),
                    ("ANY", "/echo/{id}"),
                    ("GET", "/greedy/{slash+}"),
                ],
            ),
            function("Fail", &[("GET", "/fail")]),
        ]
        .into(),
        http_api: Some(HttpApi {
            logical_id: "Api".to_owned(),
            cors,
        }),
        ..Stack::default()
    }
}

/// A gateway whose `Echo` answers with its event, or with what the event's body says in `answer`.
fn gateway(cors: Option<Cors>) -> HttpGateway {
    let functions = FakeFunctions::default()
        .with("Echo", |event: Value| async move {
            let body = event["body"].as_str().unwrap_or_default();
            let asked: Value = serde_json::from_str(body).unwrap_or_default();
            Ok(asked.get("answer").cloned().unwrap_or(event))
        })
        .with("Fail", |event: Value| async move {
            Err(match event["rawQueryString"].as_str().unwrap_or_default() {
                "throttled" => InvokeError::Throttled,
                "slow" => {
                    std::future::pending::<()>().await;
                    InvokeError::TimedOut
                }
                "crashed" => InvokeError::Crashed("signal".to_owned()),
                _ => InvokeError::Function(Bytes::from("the cause must not be told")),
            })
        })
        .shared();
    HttpGateway::new(
        &stack(cors),
        functions,
        HttpLimits {
            integration_timeout: Duration::from_millis(50),
            ..HttpLimits::default()
        },
    )
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn send(gateway: &HttpGateway, request: Request<Body>) -> Answer {
    let source = "198.51.100.7:4711".parse().unwrap();
    let (parts, body) = gateway.handle(request, source).await.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap(),
    }
}

fn request(method: &str, uri: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(uri)
        .header("host", "localhost:8000")
}

async fn get(gateway: &HttpGateway, uri: &str) -> Answer {
    send(gateway, request("GET", uri).body(Body::empty()).unwrap()).await
}

async fn post(gateway: &HttpGateway, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = request("POST", "/echo")
        .header("content-type", content_type)
        .body(body.into());
    send(gateway, request.unwrap()).await
}

async fn answered(gateway: &HttpGateway, answer: Value) -> Answer {
    let body = json!({"answer": answer}).to_string();
    post(gateway, "application/json", body).await
}

#[tokio::test]
async fn the_event_is_that_of_payload_format_2() {
    let request = request("PUT", "/echo/a%20b?x=1&y=%C3%A9+z&x=2")
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "curl/8")
        .header("cookie", "a=1; b=2")
        .header("cookie", "c=3")
        .header("X-Twice", "one")
        .header("X-Twice", "two")
        .header("connection", "keep-alive")
        .header("x-forwarded-for", "203.0.113.9")
        .body(Body::from(r#"{"name":"é"}"#));
    let event = send(&gateway(None), request.unwrap()).await.json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "ANY /echo/{id}");
    assert_eq!(
        event["rawPath"], "/echo/a b",
        "an HTTP API decodes the path"
    );
    assert_eq!(event["rawQueryString"], "x=1&y=%C3%A9+z&x=2");
    assert_eq!(
        event["queryStringParameters"],
        json!({"x": "1,2", "y": "é z"})
    );
    assert_eq!(event["pathParameters"], json!({"id": "a b"}));
    assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
    assert_eq!(event["body"], r#"{"name":"é"}"#);
    assert_eq!(event["isBase64Encoded"], false);
    let headers = event["headers"].as_object().unwrap();
    assert_eq!(headers["x-twice"], "one,two");
    assert_eq!(headers["x-forwarded-for"], "203.0.113.9,198.51.100.7");
    assert!(
        headers["x-amzn-trace-id"]
            .as_str()
            .unwrap()
            .starts_with("Root=1-")
    );
    assert!(!headers.contains_key("cookie") && !headers.contains_key("connection"));
    let context = &event["requestContext"];
    assert_eq!(
        context["http"],
        json!({
            "method": "PUT", "path": "/echo/a b", "protocol": "HTTP/1.1",
            "sourceIp": "198.51.100.7", "userAgent": "curl/8"
        })
    );
    assert_eq!(context["stage"], "$default");
    assert_eq!(context["routeKey"], "ANY /echo/{id}");
    assert_eq!(context["domainName"], "localhost:8000");
    assert!(context["timeEpoch"].as_i64().unwrap() > 1_700_000_000_000);
    assert!(context["time"].as_str().unwrap().ends_with(" +0000"));
}

#[tokio::test]
async fn what_a_request_does_not_have_its_event_leaves_out() {
    let event = get(&gateway(None), "/echo/1").await.json();
    let fields = event.as_object().unwrap();
    for absent in ["cookies", "queryStringParameters", "body", "stageVariables"] {
        assert!(!fields.contains_key(absent), "{absent}");
    }
    assert_eq!(event["rawQueryString"], "");
}

#[tokio::test]
async fn only_text_as_aws_knows_it_comes_as_text() {
    let gateway = gateway(None);
    for (content_type, body, encoded) in [
        ("text/csv", "a,b", false),
        ("Application/JSON;charset=utf-8", "{}", false),
        ("application/xml", "<a/>", false),
        ("application/javascript", "1", false),
        ("application/x-www-form-urlencoded", "a=1", true),
        ("application/vnd.api+json", "{}", true),
        ("multipart/form-data; boundary=x", "--x--", true),
        ("application/octet-stream", "bytes", true),
    ] {
        let event = post(&gateway, content_type, body).await.json();
        assert_eq!(event["isBase64Encoded"], encoded, "{content_type}");
        let text = if encoded {
            base64(body.as_bytes())
        } else {
            body.to_owned()
        };
        assert_eq!(event["body"], text, "{content_type}");
    }
    let event = post(&gateway, "text/plain", vec![0xff, 0x00]).await.json();
    assert_eq!(
        event["isBase64Encoded"], true,
        "text that is none is kept as it is"
    );
    assert_eq!(event["body"], base64(&[0xff, 0x00]));
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn a_bare_slash_reaches_the_greedy_route_with_an_empty_rest() {
    let event = get(&gateway(None), "/greedy/").await.json();
    assert_eq!(event["routeKey"], "GET /greedy/{slash+}");
    assert_eq!(event["pathParameters"], json!({"slash": ""}));
}

#[tokio::test]
async fn an_answer_in_full_is_the_response() {
    let gateway = gateway(None);
    let answer = answered(&gateway, json!({
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "X-Number": 7, "Content-Length": "999", "x-both": "one"},
        "multiValueHeaders": {"x-both": ["two", "three"]},
        "cookies": ["a=1; HttpOnly", "b=2"],
        "body": "{\"ok\":true}",
    }))
    .await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json(), json!({"ok": true}));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-number"), Some("7"));
    assert_eq!(
        answer.header("content-length"),
        None,
        "counted by the server"
    );
    assert!(answer.header("apigw-requestid").is_some());
    let all = |name| answer.headers.get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(all("x-both"), ["two", "three"]);
    assert_eq!(all("set-cookie"), ["a=1; HttpOnly", "b=2"]);

    let bytes =
        json!({"statusCode": "200", "body": base64(&[0, 159, 255]), "isBase64Encoded": true});
    let answer = answered(&gateway, bytes).await;
    assert_eq!(
        (answer.status, answer.body.as_ref()),
        (200, &[0, 159, 255][..])
    );

    let answer = answered(&gateway, json!({"statusCode": 204})).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[tokio::test]
async fn an_answer_without_a_status_is_the_body() {
    let gateway = gateway(None);
    let answer = answered(&gateway, json!({"hello": [1, 2]})).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"hello": [1, 2]}))
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = answered(&gateway, json!("Hello from Lambda!")).await;
    assert_eq!(answer.body, "Hello from Lambda!");
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_500_that_says_nothing() {
    let gateway = gateway(None);
    for answer in [
        json!({"statusCode": "fine"}),
        json!({"statusCode": 99}),
        json!({"statusCode": 200, "body": {"not": "a string"}}),
        json!({"statusCode": 200, "headers": {"bad name": "x"}}),
        json!({"statusCode": 200, "headers": {"x": "line\nbreak"}}),
        json!({"statusCode": 200, "body": "%%%", "isBase64Encoded": true}),
        json!("raw:not JSON"),
    ] {
        let response = answered(&gateway, answer.clone()).await;
        assert_eq!(response.status, 500, "{answer}");
        assert_eq!(response.json(), json!({"message": "Internal Server Error"}));
    }
}

#[tokio::test]
async fn failures_are_api_gateways() {
    let gateway = gateway(None);
    for (uri, status, message) in [
        ("/nowhere", 404, "Not Found"),
        ("/echo", 404, "Not Found"),
        ("/echo/", 404, "Not Found"),
        ("/fail", 500, "Internal Server Error"),
        ("/fail?crashed", 500, "Internal Server Error"),
        ("/fail?throttled", 503, "Service Unavailable"),
        ("/fail?slow", 503, "Service Unavailable"),
    ] {
        let answer = get(&gateway, uri).await;
        assert_eq!(answer.status, status, "{uri}");
        assert_eq!(answer.json(), json!({"message": message}), "{uri}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_a_413_by_the_request_and_by_the_event() {
    let gateway = gateway(None);
    let largest = "x".repeat(5 << 20);
    assert_eq!(
        post(&gateway, "text/plain", largest.clone()).await.status,
        200
    );
    // Five megabytes in base64 are more than the six that Lambda takes.
    let binary = post(&gateway, "image/png", largest).await;
    assert_eq!(binary.status, 413);
    assert_eq!(
        binary.json(),
        json!({"message": "Request Entity Too Large"})
    );
    let announced = post(&gateway, "text/plain", "x".repeat((10 << 20) + 1)).await;
    assert_eq!(announced.status, 413);
    let chunks =
        futures::stream::iter((0..11).map(|_| Ok::<_, std::io::Error>("x".repeat(1 << 20))));
    let streamed = post(&gateway, "text/plain", Body::from_stream(chunks)).await;
    assert_eq!(streamed.status, 413);
}

fn cors(origins: &[&str], credentials: bool) -> Cors {
    Cors {
        allow_origins: origins.iter().map(|&it| it.to_owned()).collect(),
        allow_methods: vec!["GET".to_owned(), "POST".to_owned()],
        allow_headers: vec!["authorization".to_owned()],
        expose_headers: vec!["retry-after".to_owned()],
        max_age_seconds: Some(3600),
        allow_credentials: credentials,
    }
}

async fn preflight(gateway: &HttpGateway, origin: &str) -> Answer {
    let request = request("OPTIONS", "/echo")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .body(Body::empty());
    send(gateway, request.unwrap()).await
}

#[tokio::test]
async fn a_preflight_is_answered_without_the_function() {
    let answer = preflight(&gateway(Some(cors(&["*"], false))), "https://app.example").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        answer.header("access-control-allow-methods"),
        Some("GET,POST")
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("authorization")
    );
    assert_eq!(answer.header("access-control-max-age"), Some("3600"));

    let some = gateway(Some(cors(&["https://*.example"], true)));
    let allowed = preflight(&some, "https://app.example").await;
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        allowed.header("access-control-allow-credentials"),
        Some("true")
    );
    let foreign = preflight(&some, "https://app.evil").await;
    assert_eq!(foreign.status, 204);
    assert_eq!(foreign.header("access-control-allow-origin"), None);

    let none = preflight(&gateway(None), "https://app.example").await;
    assert_eq!(
        none.status, 404,
        "without CORS it is a request like any other"
    );
}

#[tokio::test]
async fn answers_carry_the_apis_cors_and_not_the_functions() {
    let gateway = gateway(Some(cors(&["https://app.example"], false)));
    let own = json!({"answer": {"statusCode": 200, "headers": {"access-control-allow-origin": "https://own"}}});
    let ask = |origin: &str| {
        request("POST", "/echo")
            .header("origin", origin)
            .header("content-type", "application/json")
            .body(Body::from(own.to_string()))
            .unwrap()
    };
    let answer = send(&gateway, ask("https://app.example")).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("retry-after")
    );
    let foreign = send(&gateway, ask("https://evil.example")).await;
    assert_eq!(foreign.header("access-control-allow-origin"), None);
    let lost = request("GET", "/nowhere").header("origin", "https://app.example");
    let lost = send(&gateway, lost.body(Body::empty()).unwrap()).await;
    assert_eq!(lost.status, 404);
    assert_eq!(
        lost.header("access-control-allow-origin"),
        Some("https://app.example")
    );
}
