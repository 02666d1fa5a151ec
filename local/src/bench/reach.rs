//! One request to ever more pharmacies in reach, all of whom are told.

use std::time::Instant;

use super::broadcast::RADIUS_KM;
use super::progress::Progress;
use super::report::{Cell, Section};
use super::statistics::{Durations, number};
use super::town::{Awake, Ground, Plan, Town};
use super::{AWS_POLL, BenchError, Options, PATIENCE};
use crate::dynamodb::streams::Polling;
use crate::dynamodb::{Metered, Metering};

/// Pharmacies with a socket: the nearest, the farthest, and some between.
const LISTENING: usize = 20;
const WARM_UP: usize = 2;
/// People who are told in all rounds of one size: large sizes are measured fewer times.
const MOST_TOLD: usize = 100_000;

/// What a Django peer on the same kind of machine takes, in milliseconds.
const PEER: [(usize, f64); 3] = [(100, 73.0), (1_000, 293.0), (10_000, 2_853.0)];

#[derive(Default)]
struct Waits {
    created: Durations,
    last_socket: Durations,
    last_inbox: Durations,
    /// Requests that delivery made of DynamoDB.
    requests: usize,
    rounds: usize,
}

pub(super) async fn measure(
    ground: &Ground,
    options: &Options,
    progress: &Progress,
) -> Result<Section, BenchError> {
    let mut rows = Vec::new();
    for &count in &options.in_reach {
        let plan = Plan {
            in_reach: count,
            listening: LISTENING,
            elsewhere: 0,
            customers: 1,
            radius_km: RADIUS_KM,
        };
        let town = Town::build(ground, plan, progress).await?;
        let rounds = options.rounds.min(MOST_TOLD / count.max(1)).max(3);
        for (name, polling) in [
            ("at once", Polling::Immediate),
            ("250 ms", Polling::Every(AWS_POLL)),
        ] {
            progress.begin(
                format!("{count} in reach, stream polled {name}"),
                WARM_UP + rounds,
            );
            let waits = measure_one(&town, polling, count, rounds, progress).await?;
            rows.push(row(count, name, &waits, rounds));
        }
    }
    Ok(Section {
        title: "Reach: one request to everybody in reach",
        notes: vec![
            format!(
                "Milliseconds from the moment at which the customer sent the request. {LISTENING} of \
                 the pharmacies have a socket, the nearest and the farthest among them; the others are \
                 told in their inbox alone. `last recipient`: when the last inbox was written or the \
                 last socket heard, whichever was later."
            ),
            "`peer`: a Django peer on the same kind of machine, to its last recipient.".to_owned(),
            "`requests a recipient`: what delivery asks of DynamoDB for one recipient, in the mean.".to_owned(),
        ],
        columns: vec![
            "in reach",
            "poll",
            "rounds",
            "answer p50",
            "answer p95",
            "last socket p50",
            "last socket p95",
            "last recipient p50",
            "last recipient p95",
            "peer",
            "told a second",
            "requests a recipient",
        ],
        rows,
    })
}

async fn measure_one(
    town: &Town,
    polling: Polling,
    count: usize,
    rounds: usize,
    progress: &Progress,
) -> Result<Waits, BenchError> {
    let mut awake = town.wake(polling).await?;
    let mut waits = Waits::default();
    for nth in 0..WARM_UP + rounds {
        if nth == WARM_UP {
            waits = Waits::default();
        }
        round(&mut awake, count, &mut waits).await?;
        progress.advance(1);
    }
    awake.sleep().await;
    Ok(waits)
}

async fn round(awake: &mut Awake, count: usize, waits: &mut Waits) -> Result<(), BenchError> {
    let meter = awake.cloud.meter().clone();
    meter.start(Metering::default());
    let asking = Instant::now();
    let request = awake.ask(&awake.customers[0]).await?;
    waits.created.add(asking.elapsed());
    let told = meter.wait_for(count, inboxes_written);
    let told = tokio::time::timeout(PATIENCE, told)
        .await
        .map_err(|_| BenchError::Late("telling everybody in reach"))?;
    let heard = awake.heard(&request).await?;
    // What is noted of those who heard belongs to it.
    let idle = awake.cloud.streams_idle().await;
    idle.map_err(|error| BenchError::Tables(error.to_string()))?;
    let is_delivery = |call: &&Metered| call.function.as_deref() == Some("DeliveryFunction");
    waits.requests += meter.stop().iter().filter(is_delivery).count();
    waits.rounds += 1;
    let last_socket = heard.into_iter().max().unwrap_or(asking);
    waits.last_socket.add(last_socket - asking);
    waits.last_inbox.add(told.max(last_socket) - asking);
    Ok(())
}

/// How many notifications were put into inboxes: the only items that delivery puts.
pub(super) fn inboxes_written(call: &Metered) -> usize {
    let is_delivery = call.function.as_deref() == Some("DeliveryFunction");
    if is_delivery && !call.refused {
        call.puts
    } else {
        0
    }
}

fn row(count: usize, poll: &str, waits: &Waits, rounds: usize) -> Vec<Cell> {
    let ms = |durations: &Durations, percent| Cell::ms(durations.percentile(percent));
    let peer = PEER
        .iter()
        .find(|(of, _)| *of == count && poll == "at once");
    let last = waits.last_inbox.median();
    vec![
        Cell::count(count),
        Cell::text(poll),
        Cell::count(rounds),
        ms(&waits.created, 50),
        ms(&waits.created, 95),
        ms(&waits.last_socket, 50),
        ms(&waits.last_socket, 95),
        ms(&waits.last_inbox, 50),
        ms(&waits.last_inbox, 95),
        peer.map_or(Cell::Nothing, |(_, ms)| Cell::Number(*ms, 0)),
        last.map_or(Cell::Nothing, |ms| {
            Cell::Number(number(count) * 1_000.0 / ms, 0)
        }),
        Cell::Number(
            number(waits.requests) / number(count * waits.rounds.max(1)),
            3,
        ),
    ]
}
