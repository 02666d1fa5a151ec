//! What the functions behind the HTTP API and the sweep do, step by step: `functions/src/medicine`,
//! `functions/src/requests/expire.rs` and `shared/cloud/src/requests/medicine/life.rs`. Which step leads where, and what has expired, the real rule
//! says.

use callout_domain::medicine::{State, Step};

use crate::slips::Slip;
use crate::world::{
    Answer, Attempt, Event, Kind, Plan, Request, Setup, Who, Wish, World, is_for, made, moment,
};

/// The next step of an invocation.
pub(crate) fn go_on(setup: &Setup, world: &mut World, call: usize, try_: usize) {
    let plan = setup.calls[call];
    let attempt = world.attempts[call][try_];
    world.attempts[call][try_] = match attempt {
        // `Once::begin`, and before a refusal `Once::answered_or`.
        Attempt::Idle | Attempt::Forbidden if world.kept[call] => Attempt::Answered(Answer::Done),
        Attempt::Idle => Attempt::Begun { late: world.late },
        Attempt::Begun { late } => judge(setup, world, call, late),
        Attempt::Forbidden => refuse(world, call, plan),
        Attempt::Judged { late, id, next } => commit(setup, world, call, late, id, next),
        Attempt::Committed { id } => {
            if setup.slip == Some(Slip::TellAfterCommit) {
                leave(setup, world, plan, id, true);
            }
            if setup.slip == Some(Slip::KeepKeyAfterCommit) && plan.keyed {
                world.kept[call] = true;
            }
            Attempt::Answered(Answer::Done)
        }
        ended @ (Attempt::Answered(_) | Attempt::Died) => ended,
    };
}

/// Whether an invocation has a next step.
pub(crate) fn can_go_on(setup: &Setup, world: &World, call: usize, try_: usize) -> bool {
    match world.attempts[call][try_] {
        Attempt::Idle => {
            // Nobody answers or ends what they have not been told of; nobody repeats what they have
            // not begun.
            let known = setup.calls[call].wish == Wish::Create || world.request.is_some();
            let begun = try_ == 0 || world.attempts[call][try_ - 1] != Attempt::Idle;
            known && begun
        }
        Attempt::Answered(_) | Attempt::Died => false,
        Attempt::Begun { .. }
        | Attempt::Forbidden
        | Attempt::Judged { .. }
        | Attempt::Committed { .. } => true,
    }
}

/// What forbids a step may be what another try of the same call has just done: before a call is
/// refused, its key is looked for again.
fn judge(setup: &Setup, world: &mut World, call: usize, late: bool) -> Attempt {
    let plan = setup.calls[call];
    match allowed(world, plan, late) {
        Some(next) => {
            let id = world.drawn;
            world.drawn += u8::from(setup.watched.is_some());
            if setup.slip == Some(Slip::TellBeforeCommit) {
                leave(setup, world, plan, id, false);
            }
            Attempt::Judged { late, id, next }
        }
        None if plan.keyed && setup.slip != Some(Slip::RefuseAtOnce) => Attempt::Forbidden,
        None => refuse(world, call, plan),
    }
}

/// Where the step leads from what is read now, if somewhere.
fn allowed(world: &World, plan: Plan, late: bool) -> Option<State> {
    let step = match plan.wish {
        Wish::Create => return Some(State::Pending),
        Wish::Expire => return is_due(world.request?, late).then_some(State::Expired),
        Wish::Step(step) => step,
    };
    let request = world.request?;
    if answers(plan, step).is_some_and(|pharmacy| world.responses[pharmacy].is_some()) {
        return None;
    }
    request.state.at(made(), moment(late)).after(step).ok()
}

/// `IS_DUE`, and what the sweep reads before.
fn is_due(request: Request, late: bool) -> bool {
    request.state == State::Pending && request.state.at(made(), moment(late)) == State::Expired
}

/// The pharmacy whose answer a step is.
fn answers(plan: Plan, step: Step) -> Option<usize> {
    match (step, plan.by) {
        (Step::Accept | Step::Reject, Who::Pharmacy(number)) => Some(number),
        (Step::Cancel | Step::Complete, _) | (_, Who::Customer) => None,
    }
}

fn refuse(world: &mut World, call: usize, plan: Plan) -> Attempt {
    // A run of the sweep may well find that another has done the work.
    world.contradicted |= world.works[call] > 0 && plan.wish != Wish::Expire;
    Attempt::Answered(Answer::Refused)
}

/// The one transaction, in the order of its conditions.
fn commit(
    setup: &Setup,
    world: &mut World,
    call: usize,
    late: bool,
    id: u8,
    next: State,
) -> Attempt {
    let plan = setup.calls[call];
    let keeps = plan.keyed && setup.slip != Some(Slip::KeepKeyAfterCommit);
    if keeps && world.kept[call] {
        return Attempt::Answered(Answer::Done);
    }
    if !conditions_hold(setup, world, plan, late) {
        return refuse(world, call, plan);
    }
    world.works[call] += 1;
    world.kept[call] |= keeps;
    apply(world, plan, next);
    match setup.slip {
        Some(Slip::TellAfterCommit) => {}
        Some(Slip::TellBeforeCommit) => {
            for event in &mut world.outbox {
                event.is_true |= event.id == id;
            }
        }
        _ => leave(setup, world, plan, id, true),
    }
    if setup.deaths == 0 && setup.slip.is_none() {
        Attempt::Answered(Answer::Done)
    } else {
        Attempt::Committed { id }
    }
}

/// What the condition expressions of `requests/medicine/life.rs` say.
fn conditions_hold(setup: &Setup, world: &World, plan: Plan, late: bool) -> bool {
    let step = match plan.wish {
        Wish::Create => return true,
        Wish::Expire if setup.slip == Some(Slip::ExpireUnconditionally) => return true,
        Wish::Expire => return world.request.is_some_and(|request| is_due(request, late)),
        Wish::Step(step) => step,
    };
    let Some(request) = world.request else {
        return false;
    };
    if answers(plan, step).is_some_and(|pharmacy| world.responses[pharmacy].is_some()) {
        return false;
    }
    let stands = match step {
        Step::Accept if setup.slip == Some(Slip::AcceptUnconditionally) => return true,
        // `IS_OPEN`.
        Step::Accept | Step::Reject | Step::Cancel => request.state.at(made(), moment(late)),
        Step::Complete => request.state,
    };
    stands.after(step).is_ok()
}

fn apply(world: &mut World, plan: Plan, next: State) {
    match (plan.wish, plan.by) {
        (Wish::Create, _) => {
            world.request = Some(Request {
                state: next,
                winner: None,
            });
        }
        (Wish::Expire, _) => {
            if let Some(request) = &mut world.request {
                request.state = next;
            }
        }
        (Wish::Step(step), by) => {
            let Some(request) = &mut world.request else {
                return;
            };
            if let (Step::Accept | Step::Reject, Who::Pharmacy(number)) = (step, by) {
                world.responses[number] = Some(step);
                if step == Step::Accept {
                    request.winner = Some(number);
                    world.assigned.push(number);
                }
            }
            // A rejection counts itself and leaves the state as it is.
            if step != Step::Reject {
                request.state = next;
            }
        }
    }
}

/// What a call leaves in the outbox, as far as the watched one is told of it.
fn leave(setup: &Setup, world: &mut World, plan: Plan, id: u8, is_true: bool) {
    let (kinds, winner) = match (plan.wish, plan.by) {
        (Wish::Create, _) => (vec![Kind::NewRequest], None),
        (Wish::Step(Step::Accept), Who::Pharmacy(number)) => {
            (vec![Kind::Response(number), Kind::Taken], Some(number))
        }
        (Wish::Step(Step::Reject), Who::Pharmacy(number)) => (vec![Kind::Response(number)], None),
        (Wish::Expire, _) => (vec![Kind::Expired], None),
        (Wish::Step(Step::Cancel), _) => (vec![Kind::Cancelled], None),
        (Wish::Step(Step::Complete), _) => (vec![Kind::Completed], None),
        (Wish::Step(Step::Accept | Step::Reject), Who::Customer) => (Vec::new(), None),
    };
    let Some(watched) = setup.watched else {
        return;
    };
    let told = kinds
        .into_iter()
        .filter(|kind| is_for(*kind, watched, winner));
    world
        .outbox
        .extend(told.map(|kind| Event { kind, id, is_true }));
}
