//! Against a table that answers what it is told to.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{account, at, id, now};
use crate::connections::{Connections, Readiness};
use crate::failure::CloudError;

const DONE: (u16, &str) = (200, "{}");
const CONFLICT: (u16, &str) = (
    400,
    r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}"#,
);
const NOTHING_READ: (u16, &str) = (
    200,
    r#"{"Responses": {}, "UnprocessedKeys": {"connections": {"Keys": [{"pk": {"S": "1"}, "sk": {"S": "2"}}]}}}"#,
);

/// A table that gives these answers one after another, and the last one ever again; and how many it
/// has given.
async fn answering(script: &'static [(u16, &'static str)]) -> (Connections, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let nth = count.fetch_add(1, Ordering::SeqCst);
            answer(stream, script[nth.min(script.len() - 1)]).await;
        }
    });
    (at(endpoint), given)
}

async fn answer(mut stream: TcpStream, (status, body): (u16, &str)) {
    let mut asked = Vec::new();
    while !is_whole(&asked) {
        assert!(stream.read_buf(&mut asked).await.unwrap() > 0);
    }
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
}

/// Whether a request has come to its end.
fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    body.len() >= length.unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn a_change_that_meets_the_opening_of_another_socket_is_tried_again() {
    let (connections, given) = answering(&[CONFLICT, CONFLICT, DONE]).await;
    let readiness = connections.mark_ready(account(), &id("a"), 0).await;
    assert_eq!(readiness.unwrap(), Readiness::Ready);
    assert_eq!(given.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_is_refused_again_and_again_is_given_up() {
    let (busy, _) = answering(&[CONFLICT]).await;
    let (throttled, _) = answering(&[NOTHING_READ]).await;
    let (account, id) = (account(), id("a"));
    let accounts = [account];
    let (changed, read) = tokio::join!(
        busy.forget(account, &id),
        throttled.of_accounts(&accounts, now())
    );
    assert!(matches!(changed, Err(CloudError::Contended)), "{changed:?}");
    assert!(matches!(read, Err(CloudError::Contended)), "{read:?}");
}
