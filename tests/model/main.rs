//! The life of a request and of what people are told of it, as a small state model that is explored
//! exhaustively: whatever may happen next happens, in any order, up to the bounds of each test.
//!
//! The rules of a request's life are the real ones of `callout-domain`. What the functions do
//! between two calls to the cloud is written down here a second time, step by step, as the modules
//! name it; who changes the order of a function's steps changes it here too.
//!
//! What it leaves out: a socket takes what the gateway took for it, and no upgrade is pending for
//! longer than greeting waits.

#![allow(clippy::unwrap_used)]

mod calls;
mod delivery;
mod rules;
mod slips;
mod world;

use callout_domain::medicine::Step;
use stateright::{Checker as _, HasDiscoveries, Model as _};

use crate::rules::{Action, reached};
use crate::slips::Slip;
use crate::world::{Plan, Reached, Setup, Who, Wish};

const CREATE: Plan = Plan {
    by: Who::Customer,
    wish: Wish::Create,
    tries: 1,
    keyed: true,
};

/// Two runs of the sweep, which may meet; whose request it is hears of it.
const SWEEP: Plan = Plan {
    by: Who::Customer,
    wish: Wish::Expire,
    tries: 2,
    keyed: false,
};

fn step(by: Who, step: Step) -> Plan {
    Plan {
        by,
        wish: Wish::Step(step),
        tries: 1,
        keyed: false,
    }
}

fn twice(plan: Plan) -> Plan {
    Plan {
        tries: 2,
        keyed: true,
        ..plan
    }
}

/// A request is made, at most once, whatever happens to whoever makes it.
fn creation() -> Setup {
    Setup {
        calls: vec![Plan { tries: 3, ..CREATE }],
        created: false,
        at_once: false,
        deaths: 2,
        expires: true,
        watched: None,
        sockets: 0,
        mishaps: 0,
        slip: None,
        reaches: vec![(
            "a function dies after its commit",
            reached::died_after_commit,
        )],
    }
}

/// Everything that people and functions can do to a request, and nobody watched.
fn life() -> Setup {
    Setup {
        calls: vec![
            step(Who::Pharmacy(0), Step::Accept),
            step(Who::Pharmacy(1), Step::Accept),
            step(Who::Pharmacy(1), Step::Reject),
            step(Who::Customer, Step::Cancel),
            step(Who::Customer, Step::Complete),
            SWEEP,
        ],
        created: true,
        deaths: 0,
        reaches: vec![
            ("it is completed", reached::completed),
            ("it is cancelled", reached::cancelled),
            ("it expires", reached::expired_unanswered),
            ("it is ended by the sweep", reached::ended_by_the_sweep),
            ("one rejects, one accepts", reached::rejected_and_accepted),
        ],
        ..creation()
    }
}

/// Two pharmacies that answer at once, and are not answered, and try again.
fn contest() -> Setup {
    Setup {
        calls: vec![
            twice(step(Who::Pharmacy(0), Step::Accept)),
            twice(step(Who::Pharmacy(1), Step::Accept)),
            step(Who::Customer, Step::Cancel),
        ],
        deaths: 1,
        expires: false,
        reaches: vec![(
            "a function dies after its commit",
            reached::died_after_commit,
        )],
        ..life()
    }
}

const HEARD: Reached = ("all is heard", reached::all_heard);
const MISSED: Reached = (
    "something is missed during a greeting",
    reached::missed_while_greeted,
);
const BACK: Reached = ("one leaves and comes back", reached::left_and_came_back);

/// A pharmacy that is told of a request and of its end, and delivery in trouble.
fn pharmacy() -> Setup {
    Setup {
        calls: vec![
            step(Who::Pharmacy(1), Step::Accept),
            step(Who::Customer, Step::Cancel),
        ],
        created: true,
        at_once: true,
        deaths: 0,
        expires: false,
        watched: Some(Who::Pharmacy(0)),
        sockets: 1,
        mishaps: 1,
        slip: None,
        reaches: vec![HEARD, MISSED],
    }
}

/// The same pharmacy, which comes and goes.
fn restless() -> Setup {
    Setup {
        sockets: 2,
        mishaps: 0,
        reaches: vec![HEARD, MISSED, BACK],
        ..pharmacy()
    }
}

/// A pharmacy with two devices that hear one thing, and delivery in trouble.
fn devices() -> Setup {
    Setup {
        calls: Vec::new(),
        sockets: 2,
        reaches: Vec::new(),
        ..pharmacy()
    }
}

/// A customer who is told of two answers, given at the same time.
fn customer() -> Setup {
    Setup {
        calls: vec![
            step(Who::Pharmacy(0), Step::Reject),
            step(Who::Pharmacy(1), Step::Accept),
        ],
        at_once: false,
        watched: Some(Who::Customer),
        mishaps: 0,
        reaches: vec![HEARD, MISSED],
        ..pharmacy()
    }
}

/// A customer who hears a no, and then perhaps that the time is over.
fn forgotten() -> Setup {
    Setup {
        calls: vec![
            step(Who::Pharmacy(0), Step::Reject),
            step(Who::Pharmacy(1), Step::Accept),
            SWEEP,
        ],
        at_once: true,
        expires: true,
        reaches: vec![
            HEARD,
            ("it is ended by the sweep", reached::ended_by_the_sweep),
        ],
        ..customer()
    }
}

fn holds(name: &str, setup: Setup) {
    let began = std::time::Instant::now();
    let checker = setup.checker().threads(2).spawn_bfs().join();
    eprintln!(
        "{name}: {} states, {} steps, {} deep, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64()
    );
    checker.assert_properties();
}

/// A slip must break this property, by a trace that is told.
fn breaks(setup: Setup, slip: Slip, property: &'static str) {
    let setup = Setup {
        slip: Some(slip),
        reaches: Vec::new(),
        ..setup
    };
    let checker = setup
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let Some(path) = checker.discovery(property) else {
        unreachable!("{slip:?} breaks {:?}", checker.discoveries().keys());
    };
    let condition = checker.model().property(property).condition;
    let trace: Vec<Action> = path
        .into_vec()
        .into_iter()
        .take_while(|(world, _)| condition(checker.model(), world))
        .filter_map(|(_, action)| action)
        .collect();
    eprintln!(
        "{slip:?} breaks \"{property}\" after {} states: {trace:?}",
        checker.unique_state_count()
    );
    assert!(!trace.is_empty(), "it is broken from the beginning");
}

#[test]
fn a_request_is_made_once() {
    holds("creation", creation());
}

#[test]
fn a_request_has_one_winner_however_often_they_try() {
    holds("contest", contest());
}

#[test]
fn a_request_lives_as_it_should() {
    holds("life", life());
}

#[test]
fn a_pharmacy_hears_everything_in_order() {
    holds("pharmacy", pharmacy());
}

#[test]
fn every_device_hears_everything() {
    holds("devices", devices());
}

#[test]
fn whoever_comes_and_goes_misses_nothing() {
    holds("restless", restless());
}

#[test]
fn a_customer_hears_everything_in_order() {
    holds("customer", customer());
}

#[test]
fn a_customer_hears_that_the_time_is_over() {
    holds("forgotten", forgotten());
}

#[test]
fn a_sweep_that_ends_what_was_due_takes_it_from_its_winner() {
    breaks(life(), Slip::ExpireUnconditionally, "who has it keeps it");
}

#[test]
fn whoever_accepts_unconditionally_makes_two_winners() {
    breaks(life(), Slip::AcceptUnconditionally, "at most one winner");
}

#[test]
fn a_key_that_is_kept_after_the_work_does_it_twice() {
    breaks(
        creation(),
        Slip::KeepKeyAfterCommit,
        "a key does its work once",
    );
}

#[test]
fn whoever_is_refused_at_once_is_refused_what_they_did() {
    breaks(
        contest(),
        Slip::RefuseAtOnce,
        "a key is answered for what it did",
    );
}

#[test]
fn what_is_told_before_its_commit_may_never_be_true() {
    breaks(
        customer(),
        Slip::TellBeforeCommit,
        "nothing uncommitted is told",
    );
}

#[test]
fn what_is_told_after_its_commit_may_never_be_told() {
    let mortal = Setup {
        deaths: 1,
        at_once: false,
        ..pharmacy()
    };
    breaks(
        mortal,
        Slip::TellAfterCommit,
        "what was committed is in the inbox",
    );
}

#[test]
fn what_is_put_always_is_there_twice() {
    breaks(pharmacy(), Slip::PutAlways, "nothing is twice in an inbox");
}

#[test]
fn whoever_asks_for_sockets_before_the_inbox_is_written_loses_a_message() {
    breaks(pharmacy(), Slip::AskBeforePut, "every socket has heard all");
}

#[test]
fn whoever_reads_the_inbox_before_the_connection_is_there_loses_a_message() {
    breaks(
        pharmacy(),
        Slip::ReadBeforeRecord,
        "every socket has heard all",
    );
}

#[test]
fn whoever_is_ready_at_once_is_told_before_the_greeting() {
    breaks(pharmacy(), Slip::ReadyAtOnce, "the greeting comes first");
}

#[test]
fn whoever_is_ready_whatever_they_missed_hears_the_end_before_the_beginning() {
    breaks(pharmacy(), Slip::ReadyBlindly, "oldest first");
}

#[test]
fn what_is_replayed_by_its_id_is_not_in_the_order_of_the_commits() {
    breaks(customer(), Slip::ReplayById, "oldest first");
}

#[test]
fn what_one_socket_replayed_is_not_told_to_the_others() {
    breaks(devices(), Slip::NoteReplays, "every socket has heard all");
}
