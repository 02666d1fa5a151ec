//! Many customers at once, each asking again as soon as it is answered.

use std::time::Instant;

use super::broadcast::plan;
use super::progress::Progress;
use super::report::{Cell, Section};
use super::statistics::{Durations, number};
use super::town::{Awake, Ground, Town};
use super::{BenchError, Options};
use crate::client::Account;
use crate::dynamodb::streams::Polling;

/// Requests a second of a Django peer on the same kind of machine, with 8 customers.
const PEER: [(usize, f64); 3] = [(100, 33.0), (1_000, 23.0), (10_000, 6.0)];
const PEER_CUSTOMERS: usize = 8;

pub(super) async fn measure(
    ground: &Ground,
    options: &Options,
    progress: &Progress,
) -> Result<Section, BenchError> {
    let most = options.customers.iter().copied().max().unwrap_or(1);
    let mut rows = Vec::new();
    for &size in &options.sizes {
        let town = Town::build(ground, plan(size, most), progress).await?;
        for &customers in &options.customers {
            progress.begin(format!("{customers} customers, {size} pharmacies"), 2);
            let mut awake = town.wake(Polling::Immediate).await?;
            rows.push(press(&mut awake, size, customers, options, progress).await?);
            awake.sleep().await;
        }
    }
    Ok(Section {
        title: "Load: customers at once",
        notes: vec![
            format!(
                "{} s a row. Each customer sends its next request when it has the answer to the last; \
                 20 pharmacies hear each of them on their sockets meanwhile. Client, gateway, tables \
                 and functions share the machine; a function has at most ten processes.",
                options.load_time.as_secs()
            ),
            "`all heard after`: from the last answer until every socket had heard of every request."
                .to_owned(),
            "`peer`: a Django peer on the same kind of machine, 8 customers at once.".to_owned(),
        ],
        columns: vec![
            "pharmacies",
            "customers",
            "requests a second",
            "peer",
            "answer p50 (ms)",
            "answer p95 (ms)",
            "all heard after (ms)",
            "messages a second",
        ],
        rows,
    })
}

async fn press(
    awake: &mut Awake,
    size: usize,
    customers: usize,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<Cell>, BenchError> {
    // Every process that this many customers need is started, and every socket is ready.
    let warm = awake.customers.iter().take(customers);
    let warm = futures::future::try_join_all(warm.map(|customer| awake.ask(customer))).await?;
    all_hear(awake, &warm).await?;
    progress.advance(1);

    let began = Instant::now();
    let pressing = awake
        .customers
        .iter()
        .take(customers)
        .map(|customer| ask_until(awake, customer, began + options.load_time));
    let asked = futures::future::try_join_all(pressing).await?;
    let ended = Instant::now();
    let (mut durations, mut requests) = (Durations::default(), Vec::new());
    for (took, request) in asked.into_iter().flatten() {
        durations.add(took);
        requests.push(request);
    }
    let last = all_hear(awake, &requests).await?.unwrap_or(ended);
    progress.advance(1);

    let peer = PEER
        .iter()
        .find(|(of, _)| *of == size && customers == PEER_CUSTOMERS);
    let seconds = (ended - began).as_secs_f64();
    let messages = number(requests.len() * awake.sockets.len());
    Ok(vec![
        Cell::count(size),
        Cell::count(customers),
        Cell::Number(number(requests.len()) / seconds, 1),
        peer.map_or(Cell::Nothing, |(_, rate)| Cell::Number(*rate, 0)),
        Cell::ms(durations.median()),
        Cell::ms(durations.percentile(95)),
        Cell::ms(Some(super::statistics::milliseconds(
            last.saturating_duration_since(ended),
        ))),
        Cell::Number(
            messages / last.max(ended).duration_since(began).as_secs_f64(),
            0,
        ),
    ])
}

async fn ask_until(
    awake: &Awake,
    customer: &Account,
    end: Instant,
) -> Result<Vec<(std::time::Duration, String)>, BenchError> {
    let mut asked = Vec::new();
    while Instant::now() < end {
        let asking = Instant::now();
        let request = awake.ask(customer).await?;
        asked.push((asking.elapsed(), request));
    }
    Ok(asked)
}

/// Waits until every socket has heard of every request; when the last one did.
async fn all_hear(awake: &mut Awake, requests: &[String]) -> Result<Option<Instant>, BenchError> {
    let mut last = None;
    for request in requests {
        last = last.max(awake.heard(request).await?.into_iter().max());
    }
    Ok(last)
}
