//! Starting a process, what is around a handler, memory, and the size of the artifact; beside each
//! the same of a function that does nothing.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};

use super::progress::Progress;
use super::report::{Cell, Section, grouped};
use super::statistics::Durations;
use super::town::{Ground, customer};
use super::{BenchError, Options};
use crate::client::{Account, Api};
use crate::cloud::LocalCloud;
use crate::dynamodb::streams::Polling;
use crate::lambda::{Invoke as _, LambdaOptions, Lambdas};
use crate::state::State;

/// Reads one item and answers: the least that a function does with `DynamoDB`.
const FUNCTION: &str = "ReadProfileFunction";
const MIB: f64 = 1_048_576.0;
/// What a zip holds beside the compressed file: its name twice, two headers and an end.
const ZIP_FRAME: usize = 22 + 30 + 46 + 2 * "bootstrap".len();

/// One function as it was measured.
#[derive(Default)]
struct Measured {
    poll: Durations,
    answer: Durations,
    warm: Durations,
    /// Bytes after one invocation, and after many.
    resident: [Option<u64>; 2],
}

pub(super) async fn measure(
    ground: &Ground,
    options: &Options,
    progress: &Progress,
) -> Result<Vec<Section>, BenchError> {
    let state = State::temporary()?;
    let cloud = ground.start(&state, Polling::Immediate).await?;
    let api = Api::new(cloud.http_url());
    let account = Account::open(&api, customer(0)).await?;
    let reading = event(&account.session.access);
    // Refused before it reaches DynamoDB: all that is left is what is around a handler.
    let refused = event("nobody");

    progress.begin("starting functions".to_owned(), 2 * options.starts);
    let lambdas = cloud.lambdas();
    let mut ours = starts(lambdas, &reading, 200, options.starts, progress).await?;
    let bare = match &options.bare {
        Some(artifact) => {
            let lambdas = bare_lambdas(&cloud, artifact)?;
            let mut bare = starts(&lambdas, &refused, 200, options.starts, progress).await?;
            warm(&lambdas, &refused, 200, options, &mut bare, progress).await?;
            lambdas.shutdown().await;
            Some(bare)
        }
        None => None,
    };
    let mut around = Measured::default();
    warm(lambdas, &refused, 401, options, &mut around, progress).await?;
    warm(lambdas, &reading, 200, options, &mut ours, progress).await?;
    cloud.shutdown().await;

    let starting = starting(&ours, bare.as_ref(), options);
    let warmth = warmth(&ours, &around, bare.as_ref(), options);
    let size = size(&ground.artifact, options.bare.as_deref())?;
    Ok(vec![starting, warmth, size])
}

/// Functions of the same stack, each of which is the bare one.
fn bare_lambdas(cloud: &LocalCloud, artifact: &Path) -> Result<Lambdas, BenchError> {
    Ok(Lambdas::new(LambdaOptions::new(
        Arc::new(cloud.stack().clone()),
        artifact.to_owned(),
        State::temporary()?,
    )))
}

/// Ends its processes, and invokes it so that one starts, again and again.
async fn starts(
    lambdas: &Lambdas,
    event: &Bytes,
    status: u16,
    count: usize,
    progress: &Progress,
) -> Result<Measured, BenchError> {
    let mut measured = Measured::default();
    // The first start reads the file from the disk.
    for nth in 0..=count {
        lambdas.kill(FUNCTION).await;
        let starting = Instant::now();
        invoke(lambdas, event, status).await?;
        if nth > 0 {
            measured.answer.add(starting.elapsed());
            let poll = stats(lambdas)?.last_init_ms;
            let poll = poll.map(|ms| Duration::from_secs_f64(ms / 1_000.0));
            measured.poll.extend(poll);
            progress.advance(1);
        }
    }
    measured.resident[0] = stats(lambdas)?.resident_bytes;
    Ok(measured)
}

/// Invokes it many times, one after another.
async fn warm(
    lambdas: &Lambdas,
    event: &Bytes,
    status: u16,
    options: &Options,
    measured: &mut Measured,
    progress: &Progress,
) -> Result<(), BenchError> {
    progress.begin("invoking functions".to_owned(), options.invocations);
    for _ in 0..options.invocations {
        let invoking = Instant::now();
        invoke(lambdas, event, status).await?;
        measured.warm.add(invoking.elapsed());
        progress.advance(1);
    }
    measured.resident[1] = stats(lambdas)?.resident_bytes;
    Ok(())
}

async fn invoke(lambdas: &Lambdas, event: &Bytes, status: u16) -> Result<(), BenchError> {
    let answer = lambdas.invoke(FUNCTION, event.clone()).await?;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    if answer["statusCode"] == status {
        return Ok(());
    }
    Err(BenchError::Wrong(format!(
        "{FUNCTION} answered {answer}, not {status}"
    )))
}

fn stats(lambdas: &Lambdas) -> Result<crate::lambda::FunctionStats, BenchError> {
    let mut stats = lambdas.stats().into_iter();
    stats
        .find(|stats| stats.function == FUNCTION)
        .ok_or_else(|| BenchError::Wrong(format!("there is no {FUNCTION}")))
}

/// GET /customer/profile/ as API Gateway hands it over.
fn event(token: &str) -> Bytes {
    let route = "GET /{role}/profile/{slash+}";
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": "/customer/profile/",
        "rawQueryString": "",
        "headers": {"accept": "application/json", "authorization": format!("Bearer {token}")},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "callout",
            "domainName": "api.callout.example",
            "domainPrefix": "api",
            "http": {
                "method": "GET",
                "path": "/customer/profile/",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Callout/1.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": "24/Feb/2026:10:30:00 +0000",
            "timeEpoch": 1_771_929_000_000_u64,
        },
        "isBase64Encoded": false,
        "pathParameters": {"role": "customer", "slash": ""},
    });
    event.to_string().into()
}

fn starting(ours: &Measured, bare: Option<&Measured>, options: &Options) -> Section {
    let row = |what: &str, poll: &Durations, goal: &str| {
        vec![
            Cell::text(what),
            Cell::ms(poll.median()),
            Cell::ms(poll.percentile(95)),
            Cell::text(goal),
        ]
    };
    let mut rows = vec![
        row("to the first poll", &ours.poll, "8"),
        row("to the first answer that used DynamoDB", &ours.answer, "25"),
    ];
    let mut notes = vec![format!(
        "Milliseconds from the start of the process, {} starts of {FUNCTION} with all of this \
         machine's cores; the first answer is a GetItem over a connection that is made for it.",
        options.starts
    )];
    if let Some(bare) = bare {
        rows.push(row("bare: to the first poll", &bare.poll, ""));
        rows.push(row("bare: to the first answer", &bare.answer, ""));
        if let (Some(ours), Some(bare)) = (ours.poll.median(), bare.poll.median()) {
            notes.push(format!(
                "To its first poll a function takes {:.2} times what a bare `lambda_runtime` hello \
                 world takes that is built the same way (goal: 1.5).",
                ours / bare
            ));
        }
    }
    Section {
        title: "Cold start",
        notes,
        columns: vec!["", "median", "p95", "goal"],
        rows,
    }
}

fn warmth(
    ours: &Measured,
    around: &Measured,
    bare: Option<&Measured>,
    options: &Options,
) -> Section {
    #[allow(clippy::cast_precision_loss)] // far less than 2^53 bytes
    let mib = |bytes: Option<u64>| {
        bytes.map_or(Cell::Nothing, |bytes| Cell::Number(bytes as f64 / MIB, 1))
    };
    let row = |what: &str, measured: &Measured| {
        vec![
            Cell::text(what),
            Cell::ms(measured.warm.median()),
            Cell::ms(measured.warm.percentile(95)),
            mib(measured.resident[0]),
            mib(measured.resident[1]),
        ]
    };
    let mut rows = vec![
        row("a profile, by one GetItem", ours),
        row("a refused token, without DynamoDB", around),
    ];
    if let Some(bare) = bare {
        rows.push(row("bare", bare));
    }
    let many = u64::try_from(options.invocations).unwrap_or(u64::MAX);
    Section {
        title: "Warm invocations and memory",
        notes: vec![format!(
            "{} invocations one after another, in milliseconds, through the Runtime API. What is \
             around a handler is the second row less the last. Memory is the resident set, in MiB \
             (goal: under 20 MB after 1,000).",
            grouped(many)
        )],
        columns: vec!["", "p50", "p95", "MiB after one", "MiB after all"],
        rows,
    }
}

fn size(artifact: &Path, bare: Option<&Path>) -> Result<Section, BenchError> {
    let mut rows = Vec::new();
    let files = [("every function", Some(artifact)), ("bare", bare)];
    for (name, path) in files {
        let Some(path) = path else { continue };
        let bytes = std::fs::read(path)?;
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&bytes)?;
        let zipped = packed.finish()?.len() + ZIP_FRAME;
        rows.push(vec![
            Cell::text(name),
            Cell::count(bytes.len()),
            Cell::count(zipped),
        ]);
    }
    Ok(Section {
        title: "The artifact",
        notes: vec!["Bytes (goal: under 4 MB zipped).".to_owned()],
        columns: vec!["", "binary", "zipped"],
        rows,
    })
}
