//! The radius search alone, over as many responders as a continent has, and beside it the full scan.

use std::time::Instant;

use serde_json::{Value, json};

use super::progress::Progress;
use super::report::{Cell, Section, grouped};
use super::statistics::{Durations, milliseconds, number};
use super::town::{Ground, customer, pharmacy, settle};
use super::{BenchError, Options};
use crate::bench::places::{HOME, Place, Settlement};
use crate::client::{Account, Api};
use crate::cloud::LocalCloud;
use crate::dynamodb::streams::Polling;
use crate::dynamodb::{Metered, Metering};
use crate::state::State;

/// The radii, in kilometres.
const RADII_KM: [f64; 6] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0];
/// The function that is asked.
const FUNCTION: &str = "ListPharmaciesFunction";

/// What one radius took, over all its searches.
#[derive(Default)]
struct Searched {
    queries: usize,
    most_queries: usize,
    read: u64,
    kept: usize,
    capacity_units: f64,
    tables: Durations,
    answer: Durations,
    searches: usize,
}

pub(super) async fn measure(
    ground: &Ground,
    options: &Options,
    progress: &Progress,
) -> Result<Section, BenchError> {
    let state = State::temporary()?;
    let cloud = ground.start(&state, Polling::Immediate).await?;
    let api = Api::new(cloud.http_url());
    let sample = Account::open(&api, pharmacy(0, HOME)).await?;
    let mut settlement = Settlement::new();
    let places: Vec<Place> = std::iter::repeat_with(|| settlement.draw())
        .take(options.responders)
        .collect();
    settle(&cloud, &sample.session.user_id, places.clone(), progress).await?;

    let asker = Account::open(&api, customer(0)).await?.api;
    // Where people ask: where responders are, drawn as they were.
    let centers: Vec<Place> = std::iter::repeat_with(|| settlement.draw())
        .take(options.rounds)
        .collect();
    progress.begin(
        format!("searching {}", grouped(cell_count(places.len()))),
        RADII_KM.len() * centers.len(),
    );
    let mut rows = Vec::new();
    for radius_km in RADII_KM {
        let mut searched = Searched::default();
        for center in &centers {
            search(&cloud, &asker, *center, radius_km, &mut searched).await?;
            let kept = places
                .iter()
                .filter(|one| one.distance_km(*center) <= radius_km);
            searched.kept += kept.count();
            progress.advance(1);
        }
        rows.push(row(&format!("{radius_km} km"), &searched));
    }
    rows.push(scan(&cloud, progress).await?);
    cloud.shutdown().await;
    Ok(Section {
        title: "Radius search",
        notes: vec![
            format!(
                "{} responders, six of ten in one of 40 great cities by their size, three in towns \
                 around them, one in the country; {} searches a radius, from where people live; means \
                 of one search. `tables`: from the first Query's arrival at the door to the last \
                 one's answer. `answer`: GET /pharmacy/ whole, of a page of one.",
                grouped(cell_count(options.responders)),
                options.rounds
            ),
            "`full scan`: every item of the table, page by page, before any filter; without HTTP."
                .to_owned(),
        ],
        columns: vec![
            "radius",
            "Queries",
            "most Queries",
            "items read",
            "items kept",
            "read for each kept",
            "capacity units",
            "tables p50 (ms)",
            "tables p95 (ms)",
            "answer p50 (ms)",
            "answer p95 (ms)",
        ],
        rows,
    })
}

fn cell_count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

async fn search(
    cloud: &LocalCloud,
    asker: &Api,
    center: Place,
    radius_km: f64,
    searched: &mut Searched,
) -> Result<(), BenchError> {
    let path = format!(
        "/pharmacy/?lat={}&lng={}&radius_km={radius_km}&limit=1",
        center.lat, center.lng
    );
    // Once for the counts, which cost time, and once for the time.
    cloud.meter().start(Metering {
        capacity: true,
        ..Metering::default()
    });
    asker.get(&path).await?.expect(200)?;
    let counted = queries(cloud.meter().stop());
    cloud.meter().start(Metering::default());
    let asking = Instant::now();
    asker.get(&path).await?.expect(200)?;
    searched.answer.add(asking.elapsed());
    let timed = queries(cloud.meter().stop());

    searched.searches += 1;
    searched.queries += counted.len();
    searched.most_queries = searched.most_queries.max(counted.len());
    searched.read += counted.iter().map(|call| call.items).sum::<u64>();
    searched.capacity_units += counted.iter().map(|call| call.capacity_units).sum::<f64>();
    let first = timed.iter().map(|call| call.started).min();
    let last = timed.iter().map(|call| call.answered).max();
    searched
        .tables
        .extend(first.zip(last).map(|(first, last)| last - first));
    Ok(())
}

fn queries(calls: Vec<Metered>) -> Vec<Metered> {
    let mut calls = calls;
    calls.retain(|call| call.function.as_deref() == Some(FUNCTION) && call.operation == "Query");
    calls
}

#[allow(clippy::cast_precision_loss)] // items, not more than a billion
fn row(name: &str, searched: &Searched) -> Vec<Cell> {
    let count = number(searched.searches);
    let ratio = if searched.kept == 0 {
        Cell::Nothing
    } else {
        Cell::Number(searched.read as f64 / number(searched.kept), 2)
    };
    vec![
        Cell::text(name),
        Cell::Number(number(searched.queries) / count, 1),
        Cell::count(searched.most_queries),
        Cell::Number(searched.read as f64 / count, 1),
        Cell::Number(number(searched.kept) / count, 1),
        ratio,
        Cell::Number(searched.capacity_units / count, 1),
        Cell::ms(searched.tables.median()),
        Cell::ms(searched.tables.percentile(95)),
        Cell::ms(searched.answer.median()),
        Cell::ms(searched.answer.percentile(95)),
    ]
}

/// Reads everything once.
#[allow(clippy::cast_precision_loss)]
async fn scan(cloud: &LocalCloud, progress: &Progress) -> Result<Vec<Cell>, BenchError> {
    let table = &cloud.stack().tables["Accounts"].name;
    progress.begin("the full scan".to_owned(), 1);
    let (mut pages, mut items, mut capacity_units) = (0_usize, 0_u64, 0.0);
    let mut after = Value::Null;
    let began = Instant::now();
    loop {
        let mut body = json!({"TableName": table, "ReturnConsumedCapacity": "TOTAL"});
        if !after.is_null() {
            body["ExclusiveStartKey"] = after;
        }
        let mut page = cloud
            .dynamodb("Scan", &body)
            .await
            .map_err(BenchError::Tables)?;
        pages += 1;
        items += page["ScannedCount"].as_u64().unwrap_or_default();
        capacity_units += page["ConsumedCapacity"]["CapacityUnits"]
            .as_f64()
            .unwrap_or_default();
        after = page["LastEvaluatedKey"].take();
        if after.is_null() {
            break;
        }
    }
    let took = Cell::ms(Some(milliseconds(began.elapsed())));
    progress.advance(1);
    Ok(vec![
        Cell::text("full scan"),
        Cell::count(pages),
        Cell::count(pages),
        Cell::Number(items as f64, 1),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Number(capacity_units, 1),
        took,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
    ])
}
