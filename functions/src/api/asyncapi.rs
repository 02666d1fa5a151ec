//! `docs/asyncapi.yaml`: what goes over sockets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::frames::{self, Frame};
use super::schema::Schema;
use super::{written, yaml};
use crate::realtime;

const ABOUT: &str = "\
A socket tells an account what happens while it happens; over it clients also answer. It is admitted by an \
access token (`?token=`, or as the subprotocols `bearer, <token>`) or by a ticket of `POST /ws/ticket` \
(`?ticket=`), which a browser need not write into a URL that is logged. The role is the token's.

Whoever has no socket open misses nothing: the next one hears it, oldest first, with `replayed`. Every \
message has an `event_id`, by which a client knows what it has had before: delivery is at least once. \
Fields that are links end after 15 minutes.

In front of both APIs stands an edge, where the apps' own paths work: `/ws/customer/`, `/ws/pharmacy/`, \
`/ws/user/{id}/`, `/ws/pharmacy/{id}/`, `/ws/work/provider/`, `/ws/work/seeker/`, \
`/ws/notifications/{channel}/{id}/`; an id in them must be the caller's own.

A handshake that is refused is an HTTP answer with `{\"error\", \"code\"}`: `x-refusals`. At most 20 messages in \
10 seconds are heard, of at most 32 KB; anything else gets an `error` and changes nothing.";

#[test]
fn the_description_of_the_sockets_is_that_of_the_code() {
    let comment = "Made from the code: UPDATE_DOCS=1 cargo test --workspace description";
    written::hold("asyncapi.yaml", &yaml::write(comment, &document()));
}

fn document() -> Value {
    let mut schemas = BTreeMap::new();
    let mut messages = Map::new();
    let (told, said) = (frames::told(), frames::said());
    for frame in &told {
        let mut example = frame.example.clone();
        example["event_id"] = json!(super::id('E'));
        let payload = frame.as_told().into_json(&mut schemas);
        add(&mut messages, told_name(frame), frame, payload, example);
    }
    for frame in &said {
        let payload = frame.as_said().into_json(&mut schemas);
        add(
            &mut messages,
            said_name(frame),
            frame,
            payload,
            frame.example.clone(),
        );
    }
    let of_channel: Map<String, Value> = messages
        .keys()
        .map(|name| {
            (
                name.clone(),
                json!({"$ref": format!("#/components/messages/{name}")}),
            )
        })
        .collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {"title": "Callout", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "local": {"host": "127.0.0.1:8000", "protocol": "ws", "description": "The local cloud."},
            "aws": {
                "host": "{api}.execute-api.{region}.amazonaws.com", "protocol": "wss",
                "description": "A deployment.",
                "variables": {"api": {"default": "api"}, "region": {"default": "us-east-1"}},
            },
        },
        "channels": {"socket": channel(of_channel, &mut schemas)},
        "operations": {
            "tell": operation("send", "Tells an account what happens.", told.iter().map(told_name)),
            "hear": operation("receive", "Hears what a client says.", said.iter().map(said_name)),
        },
        "components": {"messages": messages, "schemas": schemas},
    })
}

fn channel(messages: Map<String, Value>, schemas: &mut BTreeMap<&'static str, Value>) -> Value {
    let text = |sentence: &str| json!({"type": "string", "description": sentence});
    let id = Schema::into_json(super::ulid(), schemas);
    json!({
        "address": "/{stage}",
        "description": "The one socket of a client.",
        "parameters": {"stage": {"description": "The deployment's stage, such as `dev`."}},
        "messages": messages,
        "bindings": {"ws": {
            "bindingVersion": "0.1.0",
            "method": "GET",
            "query": {"type": "object", "properties": {
                "token": text("An access token."),
                "ticket": text("A ticket, which opens one socket within 30 seconds."),
                "channel": text("A channel of the caller's role; it may be left out."),
                "id": id,
            }},
            "headers": {"type": "object", "properties": {
                "Sec-WebSocket-Protocol": text("`bearer, <access token>`."),
            }},
        }},
        "x-refusals": realtime::refusals_of_handshakes(),
    })
}

fn operation(action: &str, summary: &str, messages: impl Iterator<Item = String>) -> Value {
    let messages: Vec<Value> = messages
        .map(|name| json!({"$ref": format!("#/channels/socket/messages/{name}")}))
        .collect();
    json!({
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "summary": summary,
        "messages": messages,
    })
}

fn told_name(frame: &Frame) -> String {
    frame.kind.to_owned()
}

/// A client may say what it is told, too, and mean something else by it.
fn said_name(frame: &Frame) -> String {
    format!("client.{}", frame.kind)
}

fn add(
    messages: &mut Map<String, Value>,
    name: String,
    frame: &Frame,
    payload: Value,
    mut example: Value,
) {
    example["type"] = json!(frame.kind);
    let message = json!({
        "name": frame.kind,
        "summary": frame.summary,
        "payload": payload,
        "examples": [{"payload": example}],
    });
    assert!(
        messages.insert(name, message).is_none(),
        "{} twice",
        frame.kind
    );
}
