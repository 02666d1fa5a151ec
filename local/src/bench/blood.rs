//! A need for blood in a great city, all of whose donors are told, and its end.

use std::time::Instant;

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use ulid::Ulid;

use super::progress::Progress;
use super::reach::inboxes_written;
use super::report::{Cell, Section, grouped};
use super::statistics::{Durations, number};
use super::town::{Ground, PEOPLE_AT_ONCE, PUT_AT_ONCE, is_about, person, sign_in};
use super::{AWS_POLL, BenchError, Options, PATIENCE};
use crate::client::{Account, Api, Person, Socket};
use crate::cloud::LocalCloud;
use crate::dynamodb::Metering;
use crate::dynamodb::streams::Polling;
use crate::state::State;

const CITY: &str = "Chennai";
/// As the index of donors has the city.
const PARTITION: &str = "DONOR#CITY#chennai";
/// Over how many partitions a city is spread.
const SHARDS: usize = 8;
/// Donors with a socket.
const LISTENING: usize = 20;
/// People who are told in all rounds of one size.
const MOST_TOLD: usize = 100_000;

#[derive(Default)]
struct Waits {
    answered: Durations,
    last_socket: Durations,
    last_inbox: Durations,
    closed: Durations,
    last_archived: Durations,
}

pub(super) async fn measure(
    ground: &Ground,
    options: &Options,
    progress: &Progress,
) -> Result<Section, BenchError> {
    let mut rows = Vec::new();
    for &count in &options.donors {
        let city = City::build(ground, count, progress).await?;
        let rounds = options.rounds.min(MOST_TOLD / count.max(1)).max(3);
        for (name, polling) in [
            ("at once", Polling::Immediate),
            ("250 ms", Polling::Every(AWS_POLL)),
        ] {
            progress.begin(format!("{count} donors, stream polled {name}"), 1 + rounds);
            let waits = city.measure(polling, rounds, progress).await?;
            rows.push(row(count, name, rounds, &waits));
        }
    }
    Ok(Section {
        title: "Blood: one request to all donors of a city",
        notes: vec![format!(
            "Milliseconds from the moment at which the requester sent the request, or closed it. \
                 {LISTENING} of the donors have a socket; the others are told in their inbox alone. `last \
                 recipient`: when the last inbox was written or the last socket heard, whichever was later. \
                 `all archived`: when the request that was closed was out of every inbox."
        )],
        columns: vec![
            "donors",
            "poll",
            "rounds",
            "answer p50",
            "answer p95",
            "last socket p50",
            "last recipient p50",
            "last recipient p95",
            "told a second",
            "closed p50",
            "all archived p50",
        ],
        rows,
    })
}

/// A city that is asleep: its donors are in the tables, and nothing runs.
struct City {
    ground: Ground,
    state: State,
    count: usize,
    requester: Person,
    listening: Vec<Person>,
}

/// A city that is awake.
struct Awake {
    cloud: LocalCloud,
    requester: Account,
    sockets: Vec<Socket>,
    count: usize,
}

impl City {
    /// Builds it: those who act are registered, and all others stand in the index of the city.
    async fn build(ground: &Ground, count: usize, progress: &Progress) -> Result<Self, BenchError> {
        let state = State::temporary()?;
        let cloud = ground.start(&state, Polling::Immediate).await?;
        let requester = donor(0);
        let listening: Vec<Person> = (1..=LISTENING.min(count)).map(donor).collect();
        progress.begin(
            format!("registering {} donors", 1 + listening.len()),
            1 + listening.len(),
        );
        let api = Api::new(cloud.http_url());
        let registering = std::iter::once(&requester).chain(&listening).cloned();
        futures::stream::iter(registering)
            .map(|person| async {
                let account = Account::open(&api, person).await;
                progress.advance(1);
                account
            })
            .buffered(PEOPLE_AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let silent: Vec<Value> = (listening.len()..count).map(stored).collect();
        let others = u64::try_from(silent.len()).unwrap_or(u64::MAX);
        progress.begin(format!("settling {} donors", grouped(others)), silent.len());
        for part in silent.chunks(PUT_AT_ONCE) {
            let filled = cloud.fill("Accounts", part.to_vec()).await;
            filled.map_err(BenchError::Tables)?;
            progress.advance(part.len());
        }
        cloud.shutdown().await;
        Ok(Self {
            ground: ground.clone(),
            state,
            count,
            requester,
            listening,
        })
    }

    async fn measure(
        &self,
        polling: Polling,
        rounds: usize,
        progress: &Progress,
    ) -> Result<Waits, BenchError> {
        let mut awake = self.wake(polling).await?;
        let mut waits = Waits::default();
        // The first is to warm up.
        for nth in 0..=rounds {
            if nth == 1 {
                waits = Waits::default();
            }
            awake.round(&mut waits).await?;
            progress.advance(1);
        }
        awake.sleep().await;
        Ok(waits)
    }

    async fn wake(&self, polling: Polling) -> Result<Awake, BenchError> {
        let cloud = self.ground.start(&self.state, polling).await?;
        let api = Api::new(cloud.http_url());
        let requester = sign_in(&api, std::slice::from_ref(&self.requester)).await?;
        let requester = requester.into_iter().next();
        let requester =
            requester.ok_or_else(|| BenchError::Wrong("nobody has signed in".to_owned()))?;
        let listening = sign_in(&api, &self.listening).await?;
        let sockets = futures::stream::iter(&listening)
            .map(|donor| listen(cloud.socket_url(), donor))
            .buffered(PEOPLE_AT_ONCE)
            .try_collect()
            .await?;
        Ok(Awake {
            cloud,
            requester,
            sockets,
            count: self.count,
        })
    }
}

impl Awake {
    async fn round(&mut self, waits: &mut Waits) -> Result<(), BenchError> {
        let meter = self.cloud.meter().clone();
        meter.start(Metering::default());
        let asking = Instant::now();
        let request = self.ask().await?;
        waits.answered.add(asking.elapsed());
        let told = meter.wait_for(self.count, inboxes_written);
        let told = tokio::time::timeout(PATIENCE, told)
            .await
            .map_err(|_| BenchError::Late("telling all donors of a city"))?;
        let hearing = self.sockets.iter_mut().map(|socket| {
            socket.expect_timed("blood_request", PATIENCE, |message| {
                is_about(message, "blood_request", &request)
            })
        });
        let heard = futures::future::try_join_all(hearing).await?;
        let last_socket = heard.into_iter().map(|(_, at)| at).max().unwrap_or(asking);
        waits.last_socket.add(last_socket - asking);
        waits.last_inbox.add(told.max(last_socket) - asking);
        self.idle().await?;
        meter.stop();

        let closing = Instant::now();
        let end = json!({"requestId": request, "status": "Cancelled"});
        let closed = self
            .requester
            .api
            .post_json("/api/donor/requests/complete/", &end);
        closed.await?.expect(200)?;
        waits.closed.add(closing.elapsed());
        self.idle().await?;
        waits.last_archived.add(closing.elapsed());
        Ok(())
    }

    /// Asks all donors of the city; the request's id.
    async fn ask(&self) -> Result<String, BenchError> {
        let need = json!({
            "patientName": "John Doe",
            "patientNumber": "+91 9876543210",
            "attenderName": "Jane Doe",
            "attenderNumber": "+91 9876543211",
            "bloodGroup": "O+",
            "units": 2,
            "urgency": "Critical",
            "hospitalName": "Apollo Hospital",
            "location": "123 Main St, Chennai",
            "city": CITY,
        });
        let api = &self.requester.api;
        let created = api.post_json("/api/donor/requests/", &need).await?;
        let created = created.expect(201)?;
        if created["notifiedCount"] != self.count {
            return Err(BenchError::Wrong(format!("not all are told: {created}")));
        }
        let id = created["requestId"].as_str();
        id.map(str::to_owned)
            .ok_or_else(|| BenchError::Wrong(format!("no requestId in {created}")))
    }

    async fn idle(&self) -> Result<(), BenchError> {
        let idle = self.cloud.streams_idle().await;
        idle.map_err(|error| BenchError::Tables(error.to_string()))
    }

    /// Closes the sockets and ends the stack.
    async fn sleep(self) {
        futures::future::join_all(self.sockets.into_iter().map(Socket::close)).await;
        self.cloud.shutdown().await;
    }
}

/// Opens a donor's socket and waits for its greeting; no seed has a path for them.
async fn listen(url: &str, donor: &Account) -> Result<Socket, BenchError> {
    let mut socket = Socket::connect(url, &donor.session.access).await?;
    socket.expect("connection", PATIENCE).await?;
    Ok(socket)
}

fn donor(number: usize) -> Person {
    person("donor", number, json!({"blood_group": "O+", "city": CITY}))
}

/// A donor as the city's index has them.
fn stored(number: usize) -> Value {
    let id = Ulid::generate().to_string();
    json!({
        "pk": {"S": format!("ACCOUNT#{id}")},
        "sk": {"S": "DONOR"},
        "account_id": {"S": id},
        "blood_group": {"S": "O+"},
        "gpk": {"S": format!("{PARTITION}#{}", number % SHARDS)},
        "gsk": {"S": id},
    })
}

fn row(count: usize, poll: &str, rounds: usize, waits: &Waits) -> Vec<Cell> {
    let ms = |durations: &Durations, percent| Cell::ms(durations.percentile(percent));
    let last = waits.last_inbox.median();
    vec![
        Cell::count(count),
        Cell::text(poll),
        Cell::count(rounds),
        ms(&waits.answered, 50),
        ms(&waits.answered, 95),
        ms(&waits.last_socket, 50),
        ms(&waits.last_inbox, 50),
        ms(&waits.last_inbox, 95),
        last.map_or(Cell::Nothing, |ms| {
            Cell::Number(number(count) * 1_000.0 / ms, 0)
        }),
        ms(&waits.closed, 50),
        ms(&waits.last_archived, 50),
    ]
}
