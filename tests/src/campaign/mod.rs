//! A campaign: many people at once, under faults, and everything that they saw written down to be
//! judged.
//!
//! Customers make requests one after another. Over each of them all pharmacies contend: most accept,
//! some reject, at some requests the customer cancels meanwhile, and some read all the while. Others
//! ask for a one-time code meanwhile. Whoever is answered by a 5xx asks again under the same
//! idempotency key. Everybody with an account listens on a socket, and opens another one when it ends;
//! pharmacies have a device each. At the end the faults stop, and when nothing is left to be
//! delivered, what is in the tables is compared with what was answered and heard.

pub mod checker;
mod codes;
mod evidence;
pub mod history;
mod listener;
mod play;

use callout_local::faults::FaultPlan;
use callout_local::push::Push;
use futures::future::join_all;
use serde_json::json;

use self::history::{Evidence, Recorder};
use self::listener::Listener;
use crate::{Person, Stage};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

/// How large a campaign is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Customers, who act at once.
    pub customers: usize,
    /// Pharmacies that contend for every request.
    pub pharmacies: usize,
    /// Requests that each customer makes, one after another.
    pub rounds: usize,
}

impl Size {
    /// Accepts that contend for a request, at least: the other answers reject.
    pub fn accepts(&self) -> usize {
        let a_request = self.pharmacies - self.pharmacies.div_ceil(play::REJECTING);
        self.customers * self.rounds * a_request
    }
}

/// The people of a campaign, and what they write down.
struct Campaign<'a> {
    stage: &'a Stage,
    customers: Vec<Person>,
    pharmacies: Vec<Person>,
    recorder: Recorder,
}

/// Plays a campaign on a stage under `plan`, and gives what there is to judge.
pub async fn run(stage: &Stage, size: Size, plan: FaultPlan) -> Evidence {
    let customer = |n| stage.customer_owned(format!("Customer {n}"));
    let pharmacy = |n| stage.pharmacy_owned(format!("Pharmacy {n}"), LAT, LNG);
    let campaign = Campaign {
        stage,
        customers: join_all((0..size.customers).map(customer)).await,
        pharmacies: join_all((0..size.pharmacies).map(pharmacy)).await,
        recorder: Recorder::default(),
    };
    join_all(campaign.pharmacies.iter().map(register_device)).await;
    let everybody = campaign.customers.iter().chain(&campaign.pharmacies);
    let listeners: Vec<Listener> = everybody.cloned().map(Listener::start).collect();

    let registered = stage.cloud.mailbox().all().len();
    stage.cloud.faults().set(plan);
    join_all((0..size.customers).map(|n| campaign.act(n, size.rounds))).await;
    stage.cloud.faults().clear();

    settle(stage, &listeners).await;
    let mut evidence = Evidence {
        calls: campaign.recorder.calls(),
        codes: campaign.recorder.codes(),
        hearings: listeners.into_iter().flat_map(Listener::end).collect(),
        ..Evidence::default()
    };
    let mails = stage.cloud.mailbox().all();
    evidence.mails = mails
        .into_iter()
        .skip(registered)
        .flat_map(|mail| mail.to)
        .collect();
    evidence.pushes = stage.cloud.pushes().sent().iter().map(pushed).collect();
    evidence::read_tables(stage, &campaign, &mut evidence).await;
    evidence
}

/// Everybody's device has their own id for its token.
async fn register_device(person: &Person) {
    let body = json!({"fcm_token": person.id});
    let answer = person.post("/api/1/profiles/fcm-token/", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// To whom a message was pushed, and of which event.
fn pushed(push: &Push) -> (String, String) {
    let data = &push.message["fcmV1Message"]["message"]["data"];
    let event = data["event_id"].as_str().unwrap_or_default();
    (push.token.clone().unwrap_or_default(), event.to_owned())
}

/// Waits until all is delivered and every client has read what was delivered to it.
///
/// A pong comes after all that was posted to its socket before. A socket that was opened meanwhile
/// is greeted by one more event, so it begins again until no socket is.
async fn settle(stage: &Stage, listeners: &[Listener]) {
    loop {
        let before: Vec<usize> = listeners.iter().map(Listener::sockets).collect();
        stage.cloud.streams_idle().await.unwrap();
        join_all(listeners.iter().map(Listener::ping)).await;
        let after: Vec<usize> = listeners.iter().map(Listener::sockets).collect();
        if before == after {
            return;
        }
    }
}
