//! What the people of a campaign do.

use futures::future::{join, join_all, join3};
use serde_json::{Value, json};

use super::history::{Ask, Call, Holder, Said};
use super::{Campaign, LAT, LNG};
use crate::{Answer, Person};

/// How often one thing is tried. Far more than any rate of faults needs, and not for ever.
pub(super) const TRIES: u32 = 200;
/// Every so manyeth request is cancelled while it is contended for.
const CANCELLED: usize = 5;
/// Every so manyeth pharmacy rejects.
pub(super) const REJECTING: usize = 7;
/// Every so manyeth pharmacy also reads.
const READING: usize = 10;
/// So many people ask for a code during each request.
const ASKING: usize = 6;

/// Somebody's wish, before it is asked.
struct Wish<'a> {
    who: &'a Person,
    ask: Ask,
    request: &'a str,
    path: String,
    key: String,
    body: Value,
}

impl Campaign<'_> {
    /// One customer's requests, one after another.
    pub(super) async fn act(&self, customer: usize, rounds: usize) {
        for round in 0..rounds {
            let number = customer * rounds + round;
            let Some(request) = self.create(&self.customers[customer], number).await else {
                // The checker finds the call that had no answer.
                continue;
            };
            let asking = |n| self.ask_for_code(format!("asker-{number}-{n}@example.com"));
            join3(
                join_all((0..self.pharmacies.len()).map(|n| self.contend(n, &request, number))),
                self.stand_by(customer, &request, number),
                join_all((0..ASKING).map(asking)),
            )
            .await;
            self.conclude(customer, &request, number).await;
        }
    }

    async fn create(&self, customer: &Person, number: usize) -> Option<String> {
        let body = json!({"patient_lat": LAT, "patient_lng": LNG, "radius_km": 5, "quantity": 1});
        let wish = Wish {
            who: customer,
            ask: Ask::Create,
            request: "",
            path: "/medicine/request/".to_owned(),
            key: format!("create-{number}"),
            body,
        };
        let answer = self.ask(wish).await;
        answer.body["request_id"].as_str().map(str::to_owned)
    }

    /// A pharmacy answers, and some look before and after.
    async fn contend(&self, pharmacy: usize, request: &str, number: usize) {
        let who = &self.pharmacies[pharmacy];
        let reads = (pharmacy + number).is_multiple_of(READING);
        if reads {
            self.read(who, request).await;
        }
        let rejects = (pharmacy + number) % REJECTING == 1;
        let (ask, choice) = if rejects {
            (Ask::Reject, "REJECTED")
        } else {
            (Ask::Accept, "ACCEPTED")
        };
        let wish = Wish {
            who,
            ask,
            request,
            path: "/medicine/response/".to_owned(),
            key: format!("answer-{request}"),
            body: json!({"request_id": request, "response_type": choice}),
        };
        self.ask(wish).await;
        if reads {
            self.read(who, request).await;
        }
    }

    /// The customer reads meanwhile, and sometimes cancels.
    async fn stand_by(&self, customer: usize, request: &str, number: usize) {
        let who = &self.customers[customer];
        self.read(who, request).await;
        if number.is_multiple_of(CANCELLED) {
            self.step(who, Ask::Cancel, "cancel", request).await;
        }
        self.read(who, request).await;
    }

    /// Everything is decided: who reads now must agree; and what has a pharmacy is completed.
    async fn conclude(&self, customer: usize, request: &str, number: usize) {
        let who = &self.customers[customer];
        let another = &self.pharmacies[number % self.pharmacies.len()];
        let (seen, _) = join(self.read(who, request), self.read(another, request)).await;
        if matches!(seen, Said::Standing(Some(Holder::Pharmacy(_)))) {
            self.step(who, Ask::Complete, "complete", request).await;
            self.read(who, request).await;
        }
    }

    async fn step(&self, who: &Person, ask: Ask, step: &str, request: &str) {
        let wish = Wish {
            who,
            ask,
            request,
            path: format!("/medicine/request/{request}/{step}/"),
            key: format!("{step}-{request}"),
            body: json!({}),
        };
        self.ask(wish).await;
    }

    /// Asks until there is an answer that is no failure of the cloud, always under the same key.
    async fn ask(&self, wish: Wish<'_>) -> Answer {
        let began = self.recorder.now();
        let mut failures = 0;
        let answer = loop {
            let body = wish.body.clone();
            let answer = wish.who.post_once(&wish.path, &wish.key, body).await;
            if !failed(&answer) || failures == TRIES {
                break answer;
            }
            failures += 1;
        };
        let request = match wish.ask {
            Ask::Create => answer.body["request_id"].as_str().unwrap_or_default(),
            Ask::Accept | Ask::Reject | Ask::Cancel | Ask::Complete | Ask::Read => wish.request,
        };
        self.recorder.keep(Call {
            who: wish.who.id.clone(),
            said: outcome(&wish.ask, &answer, failures),
            ask: wish.ask,
            request: request.to_owned(),
            began,
            ended: self.recorder.now(),
            failures,
        });
        answer
    }

    async fn read(&self, who: &Person, request: &str) -> Said {
        let began = self.recorder.now();
        let mut failures = 0;
        let answer = loop {
            let answer = who.get(&format!("/medicine/request/{request}/")).await;
            if !failed(&answer) || failures == TRIES {
                break answer;
            }
            failures += 1;
        };
        let said = standing(&answer);
        self.recorder.keep(Call {
            who: who.id.clone(),
            ask: Ask::Read,
            request: request.to_owned(),
            began,
            ended: self.recorder.now(),
            failures,
            said: said.clone(),
        });
        said
    }
}

pub(super) fn failed(answer: &Answer) -> bool {
    answer.status >= 500 || answer.status == 429
}

/// What an answer means. Steps take no key: one whose answer was lost finds itself done.
fn outcome(ask: &Ask, answer: &Answer, failures: u32) -> Said {
    let code = answer.body["code"].as_str().unwrap_or_default();
    let again = failures > 0;
    match (ask, answer.status, code) {
        (Ask::Create | Ask::Accept | Ask::Reject, 201, _)
        | (Ask::Cancel | Ask::Complete, 200, _) => Said::Done,
        (Ask::Cancel, 400, "cancelled") | (Ask::Complete, 400, "already_completed") if again => {
            Said::Done
        }
        (Ask::Accept | Ask::Reject, 400, "already_assigned" | "cancelled")
        | (Ask::Cancel, 400, "already_assigned") => Said::TooLate,
        _ => Said::Other(format!("{} {}", answer.status, answer.body)),
    }
}

/// How a request stands, as a reader is told. What the list of responses says must agree.
fn standing(answer: &Answer) -> Said {
    let body = &answer.body;
    let accepted: Vec<&str> = body["responses"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|response| response["response_type"] == "ACCEPTED")
        .filter_map(|response| response["pharmacy_id"].as_str())
        .collect();
    let holder = match (body["status"].as_str(), body["pharmacy"].as_str()) {
        (Some("PENDING"), None) => None,
        (Some("CANCELLED"), None) => Some(Holder::Cancelled),
        (Some("ACCEPTED" | "COMPLETED"), Some(pharmacy)) => {
            Some(Holder::Pharmacy(pharmacy.to_owned()))
        }
        _ => return Said::Other(format!("{} {body}", answer.status)),
    };
    let agrees = match &holder {
        Some(Holder::Pharmacy(pharmacy)) => accepted == [pharmacy.as_str()],
        Some(Holder::Cancelled) | None => accepted.is_empty(),
    };
    if agrees {
        Said::Standing(holder)
    } else {
        Said::Other(format!("the responses say {accepted:?}: {body}"))
    }
}
