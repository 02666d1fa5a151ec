//! An embedded DynamoDB for tests, reached over its real protocol.

#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use tokio::net::TcpListener;

use crate::Table;

/// Starts an engine without tables, gone with the test.
pub(crate) async fn engine() -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(
        listener,
        dynoxide::Database::memory().unwrap(),
    ));
    client(endpoint)
}

/// Speaks to whatever answers at an endpoint.
pub(crate) fn client(endpoint: String) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("LOCAL", "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

/// An empty table of an engine of its own, without indexes.
pub(crate) async fn table(name: &str) -> Table {
    let client = engine().await;
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(strings(&["pk", "sk"])))
        .set_key_schema(Some(keys("pk", "sk")))
        .send()
        .await
        .unwrap();
    Table {
        client,
        name: name.to_owned(),
    }
}

/// Attributes of text that keys are made of.
pub(crate) fn strings(names: &[&str]) -> Vec<AttributeDefinition> {
    let string = |name: &&str| {
        AttributeDefinition::builder()
            .attribute_name(*name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    names.iter().map(string).collect()
}

/// The keys of a table or an index.
pub(crate) fn keys(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .map(|(name, kind)| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .unwrap()
        })
        .to_vec()
}
