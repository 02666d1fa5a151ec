//! What each endpoint asks of `DynamoDB`: requests, capacity, and how many wait for one another.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::broadcast::{IN_REACH, plan};
use super::places::HOME;
use super::progress::Progress;
use super::report::{Cell, Section};
use super::town::{Awake, Ground, Town, listen};
use super::{BenchError, PATIENCE};
use crate::client::{Answer, Api, Mailbox};
use crate::dynamodb::streams::Polling;
use crate::dynamodb::{Metered, Metering};

/// How long each answer of the tables is held back, so that what is sent at once overlaps.
const HOLD: Duration = Duration::from_millis(60);
/// After so long without a call, a step and all that it set off is over.
const SILENCE: Duration = Duration::from_millis(400);

/// The steps, in the order in which they are taken.
const STEPS: usize = 66;

/// Takes steps one after another, and notes what each asked for.
struct Counter<'a> {
    awake: Awake,
    progress: &'a Progress,
    rows: Vec<Vec<Cell>>,
}

pub(super) async fn measure(ground: &Ground, progress: &Progress) -> Result<Section, BenchError> {
    let town = Town::build(ground, plan(IN_REACH, 1), progress).await?;
    let awake = town.wake(Polling::Immediate).await?;
    progress.begin("counting".to_owned(), STEPS);
    let mut counter = Counter {
        awake,
        progress,
        rows: Vec::new(),
    };
    let mailbox = Mailbox::new(&Api::new(counter.awake.cloud.http_url()));
    // Once unobserved, so that what a process reads only once is read.
    counter.account("warm@example.com", &mailbox).await?;
    counter.medicine().await?;
    counter.rows.clear();
    counter.account("someone@example.com", &mailbox).await?;
    counter.medicine().await?;
    let rows = std::mem::take(&mut counter.rows);
    counter.awake.sleep().await;
    Ok(Section {
        title: "What each endpoint asks of DynamoDB",
        notes: vec![
            format!(
                "Warm processes, requests as the DynamoDB door saw them; {IN_REACH} pharmacies in reach \
                 with a socket each. `round trips`: the longest chain of requests of which each began \
                 when the one before had been answered, every answer held back by {} ms to tell. Of a delivery it is \
                 the most that it can be: recipients do not wait for one another, but one may begin \
                 after another has ended.",
                HOLD.as_millis()
            ),
            "Capacity is what the embedded engine says, by DynamoDB's rules; a refused request's is \
             not told. `(refused)`: by its condition, as meant."
                .to_owned(),
        ],
        columns: vec![
            "step",
            "function",
            "requests",
            "capacity units",
            "round trips",
            "operations",
        ],
        rows,
    })
}

impl Counter<'_> {
    /// Begins a step.
    fn begin(&self) {
        self.awake.cloud.meter().start(Metering {
            capacity: true,
            hold: HOLD,
        });
    }

    /// Ends a step: a row for each function that asked for anything.
    async fn end(&mut self, step: &str) -> Result<(), BenchError> {
        let meter = self.awake.cloud.meter();
        tokio::time::timeout(PATIENCE, meter.silence(SILENCE))
            .await
            .map_err(|_| BenchError::Late("a step"))?;
        let mut calls: BTreeMap<String, Vec<Metered>> = BTreeMap::new();
        for call in meter.stop() {
            let function = call.function.clone().unwrap_or_default();
            calls.entry(function).or_default().push(call);
        }
        self.progress.advance(1);
        if calls.is_empty() {
            self.rows.push(row(step, "", &[]));
        }
        // What the step itself asked for comes before what it set off.
        let mut functions: Vec<_> = calls.into_iter().collect();
        functions.sort_by_key(|(_, calls)| calls.iter().map(|call| call.started).min());
        for (function, calls) in functions {
            self.rows.push(row(step, &function, &calls));
        }
        Ok(())
    }

    async fn post(&mut self, api: &Api, path: &str, body: Value) -> Result<Value, BenchError> {
        self.begin();
        let answer = well(api.post_json(path, &body).await?)?;
        self.end(&format!("POST {}", shown(path))).await?;
        Ok(answer)
    }

    async fn get(&mut self, api: &Api, path: &str, step: &str) -> Result<Value, BenchError> {
        self.begin();
        let answer = well(api.get(path).await?)?;
        self.end(step).await?;
        Ok(answer)
    }

    /// From the first code to the end of the account.
    async fn account(&mut self, email: &str, mailbox: &Mailbox) -> Result<(), BenchError> {
        let api = Api::new(self.awake.cloud.http_url());
        let password = "correct horse battery staple";
        self.post(&api, "/send-otp", json!({"email": email}))
            .await?;
        let otp = mailbox.otp_for(email).await?;
        let body = json!({"email": email, "otp": otp});
        self.post(&api, "/verify-otp", body).await?;
        let body = json!({"email": email, "password": password, "name": "Someone",
                          "phone_number": "9841234567"});
        self.post(&api, "/customer/register/", body).await?;
        let body = json!({"email": email, "password": password});
        let session = self.post(&api, "/login", body).await?;
        let body = json!({"refresh": session["refresh"]});
        let session = self.post(&api, "/token/refresh/", body).await?;
        let access = session["access"].as_str().unwrap_or_default().to_owned();
        let own = api.with_token(&access);
        self.post(&own, "/ws/ticket/", json!({})).await?;
        self.get(&own, "/customer/profile/", "GET /{role}/profile/")
            .await?;
        self.begin();
        let change = json!({"name": "Someone Else"});
        well(own.patch_json("/customer/profile/", &change).await?)?;
        self.end("PATCH /{role}/profile/").await?;
        let near = format!("/pharmacy/?lat={}&lng={}&radius_km=5", HOME.lat, HOME.lng);
        self.get(&own, &near, "GET /pharmacy/ within 5 km").await?;
        let one = self.awake.pharmacies[0].session.user_id.clone();
        self.get(&own, &format!("/pharmacy/{one}/"), "GET /pharmacy/{id}/")
            .await?;
        let body = json!({"refresh": session["refresh"]});
        self.post(&own, "/logout", body).await?;
        self.begin();
        let again = api.login(email, password).await?;
        self.awake.cloud.meter().silence(SILENCE).await;
        self.awake.cloud.meter().stop();
        let own = api.with_token(again.access);
        self.begin();
        well(own.delete("/customer/profile/").await?)?;
        self.end("DELETE /{role}/profile/").await
    }

    /// From opening a socket to completing a request.
    async fn medicine(&mut self) -> Result<(), BenchError> {
        let customer = self.awake.customers[0].clone();
        let [nearest, next] = [0, 1].map(|nth| self.awake.pharmacies[nth].api.clone());
        self.begin();
        let mut socket = listen(&customer, "/ws/customer/").await?;
        self.end("socket: opened").await?;
        self.begin();
        socket.send(&json!({"type": "ping"})).await?;
        socket.expect("pong", PATIENCE).await?;
        self.end("socket: ping").await?;

        let request = self.ask("POST /medicine/request/ to 20").await?;
        self.get(
            &customer.api,
            "/medicine/request/",
            "GET /medicine/request/, a customer's",
        )
        .await?;
        self.get(
            &nearest,
            "/medicine/request/",
            "GET /medicine/request/, a pharmacy's",
        )
        .await?;
        let path = format!("/medicine/request/{request}/");
        self.get(&customer.api, &path, "GET /medicine/request/{id}/")
            .await?;
        self.respond(&next, &request, "REJECTED").await?;
        self.respond(&nearest, &request, "ACCEPTED").await?;
        self.get(
            &customer.api,
            &path,
            "GET /medicine/request/{id}/, answered",
        )
        .await?;
        self.begin();
        let complete = format!("{path}complete/");
        well(customer.api.post_json(&complete, &json!({})).await?)?;
        self.end("POST /medicine/request/{id}/complete/").await?;
        let request = self.ask("POST /medicine/request/ to 20, again").await?;
        self.begin();
        let cancel = format!("/medicine/request/{request}/cancel/");
        well(customer.api.post_json(&cancel, &json!({})).await?)?;
        self.end("POST /medicine/request/{id}/cancel/").await?;
        self.begin();
        socket.close().await;
        self.end("socket: closed").await?;
        self.inbox(&nearest).await
    }

    /// What a pharmacy reads of what it was told, and how it wants to be told.
    async fn inbox(&mut self, pharmacy: &Api) -> Result<(), BenchError> {
        let inbox = "GET /notifications/";
        let listed = self.get(pharmacy, "/notifications/", inbox).await?;
        let badge = "/notifications/unread-count/";
        self.get(pharmacy, badge, "GET /notifications/unread-count/")
            .await?;
        let first = json!({"ids": [listed["notifications"][0]["id"]]});
        self.post(pharmacy, "/notifications/read/", first).await?;
        let preferences = "/notifications/preferences/";
        self.get(pharmacy, preferences, "GET /notifications/preferences/")
            .await?;
        let device = "/api/1/profiles/fcm-token/";
        self.post(pharmacy, device, json!({"fcm_token": "a-device"}))
            .await?;
        let request = self
            .ask("POST /medicine/request/ to 20, one with a device")
            .await?;
        let cancel = format!("/medicine/request/{request}/cancel/");
        let customer = self.awake.customers[0].api.clone();
        self.begin();
        well(customer.post_json(&cancel, &json!({})).await?)?;
        self.end("POST /medicine/request/{id}/cancel/, one with a device")
            .await?;
        self.begin();
        well(pharmacy.delete(device).await?)?;
        self.end("DELETE /api/1/profiles/fcm-token/").await
    }

    async fn ask(&mut self, step: &str) -> Result<String, BenchError> {
        self.begin();
        let request = self.awake.ask(&self.awake.customers[0]).await?;
        self.end(step).await?;
        Ok(request)
    }

    async fn respond(&mut self, api: &Api, request: &str, choice: &str) -> Result<(), BenchError> {
        self.begin();
        let body = json!({"request_id": request, "response_type": choice});
        well(api.post_json("/medicine/response/", &body).await?)?;
        self.end(&format!("POST /medicine/response/ {choice}"))
            .await
    }
}

/// The body of an answer that says yes.
fn well(answer: Answer) -> Result<Value, BenchError> {
    if (200..300).contains(&answer.status) {
        return Ok(answer.body);
    }
    Err(answer.unexpected("success").into())
}

fn shown(path: &str) -> String {
    path.replace("/customer/", "/{role}/")
}

fn row(step: &str, function: &str, calls: &[Metered]) -> Vec<Cell> {
    let mut operations: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls {
        let refused = if call.refused { " (refused)" } else { "" };
        *operations
            .entry(format!("{}{refused}", call.operation))
            .or_default() += 1;
    }
    let operations: Vec<String> = operations
        .into_iter()
        .map(|(operation, count)| format!("{count} {operation}"))
        .collect();
    vec![
        Cell::text(step),
        Cell::text(function.trim_end_matches("Function")),
        Cell::count(calls.len()),
        Cell::Number(calls.iter().map(|call| call.capacity_units).sum(), 1),
        Cell::count(chain(calls.iter().map(|call| (call.started, call.ended)))),
        Cell::text(operations.join(", ")),
    ]
}

/// The longest chain of stretches of time of which each begins after the one before has ended.
fn chain(stretches: impl Iterator<Item = (Instant, Instant)>) -> usize {
    let mut stretches: Vec<_> = stretches.collect();
    stretches.sort_by_key(|(_, end)| *end);
    let mut last: Option<Instant> = None;
    let mut count = 0;
    for (start, end) in stretches {
        if last.is_none_or(|last| start >= last) {
            last = Some(end);
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_one_round_trip() {
        let zero = Instant::now();
        let at = |start, end| {
            let after = |ms| zero + Duration::from_millis(ms);
            (after(start), after(end))
        };
        assert_eq!(chain([].into_iter()), 0);
        let together = [at(0, 10), at(1, 11), at(2, 12)];
        assert_eq!(chain(together.into_iter()), 1);
        // Two at once, then one, then two at once, the second of them late.
        let calls = [at(0, 10), at(1, 12), at(13, 20), at(21, 40), at(30, 35)];
        assert_eq!(chain(calls.into_iter()), 3);
    }
}
