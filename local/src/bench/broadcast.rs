//! One request to 20 pharmacies in reach, of ever more pharmacies: what a customer and they wait for.

use std::time::Instant;

use serde_json::json;

use super::progress::Progress;
use super::report::{Cell, Section};
use super::statistics::Durations;
use super::town::{Awake, Plan, Town, is_about, listen};
use super::{AWS_POLL, BenchError, Options, PATIENCE};
use crate::client::Socket;
use crate::dynamodb::streams::Polling;

/// Pharmacies in reach, each with a socket.
pub(super) const IN_REACH: usize = 20;
/// How far a request reaches, in kilometres.
pub(super) const RADIUS_KM: f64 = 5.0;
/// Rounds before those that count: every function has started, every socket is ready.
const WARM_UP: usize = 5;

/// What a Django peer on the same kind of machine takes, in milliseconds: to create, until the last
/// of 20 sockets hears, and from accept to the customer.
const PEER: [(usize, [f64; 3]); 3] = [
    (100, [42.0, 40.0, 36.0]),
    (1_000, [53.0, 51.0, 50.0]),
    (10_000, [203.0, 202.0, 163.0]),
];

/// What was measured of one size.
#[derive(Default)]
struct Waits {
    created: Durations,
    first: Durations,
    last: Durations,
    accepted: Durations,
    accept_heard: Durations,
}

pub(super) fn plan(size: usize, customers: usize) -> Plan {
    Plan {
        in_reach: IN_REACH.min(size),
        listening: IN_REACH,
        elsewhere: size.saturating_sub(IN_REACH),
        customers,
        radius_km: RADIUS_KM,
    }
}

pub(super) async fn measure(
    ground: &super::town::Ground,
    options: &Options,
    progress: &Progress,
) -> Result<Section, BenchError> {
    let mut rows = Vec::new();
    let mut medians = Vec::new();
    for &size in &options.sizes {
        let town = Town::build(ground, plan(size, 1), progress).await?;
        for (name, polling) in [
            ("at once", Polling::Immediate),
            ("250 ms", Polling::Every(AWS_POLL)),
        ] {
            progress.begin(
                format!("{size} pharmacies, stream polled {name}"),
                WARM_UP + options.rounds,
            );
            let waits = rounds(&town, polling, options.rounds, progress).await?;
            if polling == Polling::Immediate {
                medians.push((size, waits.created.median()));
            }
            rows.push(row(size, name, &waits, polling == Polling::Immediate));
        }
    }
    let mut notes = vec![
        format!(
            "Milliseconds, {} rounds a row, one customer; {IN_REACH} pharmacies within {RADIUS_KM} km, \
             each with a socket, all others where people live. Hearing is counted from the moment at \
             which the customer sent the request, or the pharmacy its yes.",
            options.rounds
        ),
        "`poll`: AWS looks at a stream four times a second (250 ms); `at once` is what the local \
         cloud does unless told otherwise. Only hearing depends on it."
            .to_owned(),
        "`peer`: a Django peer on the same kind of machine.".to_owned(),
    ];
    notes.extend(growth(&medians));
    Ok(Section {
        title: "Broadcast: one request to 20 pharmacies in reach",
        notes,
        columns: vec![
            "pharmacies",
            "poll",
            "create p50",
            "create p95",
            "peer create",
            "first hears p50",
            "first hears p95",
            "last hears p50",
            "last hears p95",
            "peer last hears",
            "accept p50",
            "accept p95",
            "accept to customer p50",
            "accept to customer p95",
            "peer accept to customer",
        ],
        rows,
    })
}

/// The goal: 100,000 pharmacies within 1.5 times 100.
fn growth(medians: &[(usize, Option<f64>)]) -> Option<String> {
    let &(small, Some(least)) = medians.first()? else {
        return None;
    };
    let &(large, Some(most)) = medians.last()? else {
        return None;
    };
    (large > small).then(|| {
        format!(
            "Creating among {large} pharmacies takes {:.2} times what it takes among {small} (p50, \
             polled at once; goal: at most 1.5 from 100 to 100,000).",
            most / least
        )
    })
}

async fn rounds(
    town: &Town,
    polling: Polling,
    rounds: usize,
    progress: &Progress,
) -> Result<Waits, BenchError> {
    let mut awake = town.wake(polling).await?;
    let mut customer = listen(&awake.customers[0], "/ws/customer/").await?;
    let mut waits = Waits::default();
    for nth in 0..WARM_UP + rounds {
        if nth == WARM_UP {
            waits = Waits::default();
        }
        round(&mut awake, &mut customer, &mut waits).await?;
        progress.advance(1);
    }
    customer.close().await;
    awake.sleep().await;
    Ok(waits)
}

/// Asked, heard by all, accepted by the nearest, heard by everyone else.
async fn round(
    awake: &mut Awake,
    customer: &mut Socket,
    waits: &mut Waits,
) -> Result<(), BenchError> {
    let asking = Instant::now();
    let request = awake.ask(&awake.customers[0]).await?;
    waits.created.add(asking.elapsed());
    let heard = awake.heard(&request).await?;
    waits
        .first
        .extend(heard.iter().min().map(|at| *at - asking));
    waits.last.extend(heard.iter().max().map(|at| *at - asking));

    let body = json!({"request_id": request, "response_type": "ACCEPTED"});
    let accepting = Instant::now();
    let winner = awake.pharmacies[0].api.clone();
    let answer = winner.post_json("/medicine/response/", &body).await?;
    waits.accepted.add(accepting.elapsed());
    if !(200..300).contains(&answer.status) {
        return Err(answer.unexpected("an accepted response").into());
    }
    let (_, at) = customer
        .expect_timed("pharmacy_response", PATIENCE, |message| {
            is_about(message, "pharmacy_response", &request)
        })
        .await?;
    waits.accept_heard.add(at - accepting);
    let others = awake.sockets.iter_mut().skip(1).map(|socket| {
        socket.expect_where("request_taken", PATIENCE, |message| {
            is_about(message, "request_taken", &request)
        })
    });
    futures::future::try_join_all(others).await?;
    Ok(())
}

fn row(size: usize, poll: &str, waits: &Waits, with_peer: bool) -> Vec<Cell> {
    let peer = PEER.iter().find(|(of, _)| with_peer && *of == size);
    let peer = |which: usize| peer.map_or(Cell::Nothing, |(_, ms)| Cell::Number(ms[which], 0));
    let ms = |durations: &Durations, percent| Cell::ms(durations.percentile(percent));
    vec![
        Cell::count(size),
        Cell::text(poll),
        ms(&waits.created, 50),
        ms(&waits.created, 95),
        peer(0),
        ms(&waits.first, 50),
        ms(&waits.first, 95),
        ms(&waits.last, 50),
        ms(&waits.last, 95),
        peer(1),
        ms(&waits.accepted, 50),
        ms(&waits.accepted, 95),
        ms(&waits.accept_heard, 50),
        ms(&waits.accept_heard, 95),
        peer(2),
    ]
}
