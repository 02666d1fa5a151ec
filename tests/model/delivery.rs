//! What `delivery` does for the one watched person, step by step: `functions/src/stream.rs`,
//! `functions/src/delivery/{tell,greet,send}.rs`. Between any two steps anything else may happen.

use crate::slips::Slip;
use crate::world::{Entry, GREETS, Lane, Row, Setup, Socket, TELLS, Wire, Work, World};

/// Takes a batch up to `end` from the stream.
pub(crate) fn take(lane: &mut Lane, end: usize) {
    lane.end = end;
    again(lane, lane.done);
}

/// Goes on, or back, to a record of the batch.
pub(crate) fn again(lane: &mut Lane, at: usize) {
    lane.at = at;
    lane.work = Work::Start;
}

/// Tells Lambda that the batch is done.
pub(crate) fn acknowledge(lane: &mut Lane) {
    lane.done = lane.end;
    lane.at = lane.end;
    lane.work = Work::Rest;
}

/// Whether a lane is in the middle of a batch and has a next step.
pub(crate) fn can_go_on(world: &World, lane: usize) -> bool {
    match world.lanes[lane].work {
        Work::Rest | Work::Finished => false,
        // The gateway takes nothing while the upgrade is pending; greeting tries again.
        Work::Greet(socket) => world.sockets[socket].wire != Wire::Pending,
        _ => true,
    }
}

/// The socket that is posted to next, if it is open: it may take nothing more.
pub(crate) fn posts_to(world: &World, lane: usize) -> Option<usize> {
    let socket = match &world.lanes[lane].work {
        Work::Post { ready, .. } => *ready.first()?,
        Work::Replay { socket, left, .. } if !left.is_empty() => *socket,
        _ => return None,
    };
    (world.sockets[socket].wire == Wire::Open).then_some(socket)
}

/// The next step of a lane; `full` if the socket that is posted to takes nothing more.
pub(crate) fn go_on(setup: &Setup, world: &mut World, lane: usize, full: bool) {
    let at = world.lanes[lane].at;
    let work = world.lanes[lane].work.clone();
    let next = match work {
        Work::Start if lane == GREETS => look(world, world.greets[at]),
        Work::Greet(socket) => greet(world, socket),
        Work::Read(socket) => Some(read(setup, world, socket)),
        Work::Replay {
            socket,
            left,
            taken,
            last,
        } => replay(setup, world, socket, left, (taken, last), full),
        Work::NoteReplayed {
            socket,
            taken,
            last,
        } => note_replayed(world, socket, taken, last),
        Work::MarkReady(socket) => mark_ready(setup, world, socket),
        Work::Start if setup.slip == Some(Slip::AskBeforePut) => {
            let (ready, waiting) = ask(world);
            Some(Work::Put(ready, waiting))
        }
        Work::Start => put(setup, world, at).then_some(Work::Ask),
        Work::Put(ready, waiting) => put(setup, world, at).then(|| posting(ready, waiting)),
        Work::Ask => {
            let (ready, waiting) = ask(world);
            Some(posting(ready, waiting))
        }
        Work::Post {
            ready,
            waiting,
            taken,
            full: was_full,
        } => {
            let so_far = Said {
                taken,
                full: was_full,
            };
            post(setup, world, at, ready, waiting, so_far, full)
        }
        Work::Note => {
            note(world, at);
            None
        }
        rest @ (Work::Rest | Work::Finished) => Some(rest),
    };
    world.lanes[lane].work = match next {
        Some(work) => work,
        None => next_record(&mut world.lanes[lane]),
    };
    if world.mishaps == 0 && world.lanes[lane].work == Work::Finished {
        acknowledge(&mut world.lanes[lane]);
    }
}

fn next_record(lane: &mut Lane) -> Work {
    lane.at += 1;
    if lane.at == lane.end {
        Work::Finished
    } else {
        Work::Start
    }
}

/// What became of a message so far.
#[derive(Clone, Copy)]
struct Said {
    taken: bool,
    full: bool,
}

fn posting(ready: Vec<usize>, waiting: Vec<usize>) -> Work {
    Work::Post {
        ready,
        waiting,
        taken: false,
        full: false,
    }
}

/// `put_if_absent`; false if a socket took it, and nothing is left to do.
fn put(setup: &Setup, world: &mut World, event: usize) -> bool {
    let entry = Entry { event, sent: false };
    match world.inbox.iter().find(|entry| entry.event == event) {
        Some(_) if setup.slip == Some(Slip::PutAlways) => world.inbox.push(entry),
        Some(entry) => return !entry.sent,
        None => world.inbox.push(entry),
    }
    true
}

/// `of_account`: the sockets that are ready, and those that are not yet.
fn ask(world: &World) -> (Vec<usize>, Vec<usize>) {
    let open = |socket: &usize| world.sockets[*socket].row != Row::None;
    (0..world.sockets.len())
        .filter(open)
        .partition(|socket| world.sockets[*socket].row == Row::Ready)
}

fn post(
    setup: &Setup,
    world: &mut World,
    event: usize,
    mut ready: Vec<usize>,
    mut waiting: Vec<usize>,
    mut said: Said,
    full: bool,
) -> Option<Work> {
    if !ready.is_empty() {
        let socket = &mut world.sockets[ready.remove(0)];
        let took = send(socket, event, full);
        said.taken |= took;
        said.full |= full;
    } else if !waiting.is_empty() {
        // `leave_to_replay`: unless it has become ready meanwhile, greeting must look again.
        let socket = waiting.remove(0);
        match &mut world.sockets[socket].row {
            Row::Waiting { missed } => *missed = true,
            Row::Ready => ready.push(socket),
            Row::None => {}
        }
    }
    let heard = said.taken && !said.full;
    if setup.slip == Some(Slip::ReadyBlindly) {
        waiting.clear();
    }
    match (ready.is_empty() && waiting.is_empty(), heard) {
        (true, true) => Some(Work::Note),
        (true, false) => None,
        (false, _) => Some(Work::Post {
            ready,
            waiting,
            taken: said.taken,
            full: said.full,
        }),
    }
}

/// `send`: whether the socket took it. One that has gone is forgotten, one that is full is closed.
fn send(socket: &mut Socket, event: usize, full: bool) -> bool {
    if full {
        socket.wire = Wire::Closed;
    }
    if socket.wire != Wire::Open {
        socket.row = Row::None;
        return false;
    }
    socket.overtaken |= !socket.greeted;
    if !socket.heard.contains(&event) {
        socket.heard.push(event);
    }
    true
}

fn note(world: &mut World, event: usize) {
    for entry in &mut world.inbox {
        entry.sent |= entry.event == event;
    }
}

/// The beginning of `greet`.
fn look(world: &mut World, socket: usize) -> Option<Work> {
    match &mut world.sockets[socket].row {
        Row::None => None,
        Row::Waiting { missed } => {
            *missed = false;
            Some(Work::Greet(socket))
        }
        // It was greeted before.
        Row::Ready => Some(Work::Read(socket)),
    }
}

fn greet(world: &mut World, number: usize) -> Option<Work> {
    let socket = &mut world.sockets[number];
    if socket.wire != Wire::Open {
        socket.row = Row::None;
        return None;
    }
    socket.greeted = true;
    Some(Work::Read(number))
}

/// `unheard`, of clients that never acknowledge: everything, in the order of the stream, whose sequence
/// number each notification keeps. What this socket has had is left out, for a repetition changes
/// nothing that is looked at.
fn unheard(setup: &Setup, world: &World, had: &[usize]) -> Vec<usize> {
    let mut events: Vec<usize> = world
        .inbox
        .iter()
        .map(|entry| entry.event)
        .filter(|event| !had.contains(event))
        .collect();
    if setup.slip == Some(Slip::ReplayById) {
        events.sort_by_key(|event| world.outbox[*event].id);
    } else {
        events.sort_unstable();
    }
    events
}

/// What a slip reads before the connection is recorded.
pub(crate) fn peek(setup: &Setup, world: &World) -> Option<Vec<usize>> {
    (setup.slip == Some(Slip::ReadBeforeRecord)).then(|| unheard(setup, world, &[]))
}

fn read(setup: &Setup, world: &mut World, socket: usize) -> Work {
    let left = match world.sockets[socket].peeked.take() {
        Some(peeked) => peeked,
        None => unheard(setup, world, &world.sockets[socket].heard),
    };
    replaying(socket, left, Vec::new(), false)
}

fn replaying(socket: usize, left: Vec<usize>, taken: Vec<usize>, last: bool) -> Work {
    match (left.is_empty(), taken.is_empty()) {
        (false, _) => Work::Replay {
            socket,
            left,
            taken,
            last,
        },
        (true, false) => Work::NoteReplayed {
            socket,
            taken,
            last,
        },
        (true, true) => Work::MarkReady(socket),
    }
}

fn replay(
    setup: &Setup,
    world: &mut World,
    socket: usize,
    mut left: Vec<usize>,
    (mut taken, mut last): (Vec<usize>, bool),
    full: bool,
) -> Option<Work> {
    let event = left.remove(0);
    if send(&mut world.sockets[socket], event, full) {
        if setup.slip == Some(Slip::NoteReplays) {
            taken.push(event);
        }
    } else {
        // Nothing more for this socket.
        last = true;
        left.clear();
    }
    if last && left.is_empty() && taken.is_empty() {
        return None;
    }
    Some(replaying(socket, left, taken, last))
}

/// What a slip notes as sent.
fn note_replayed(
    world: &mut World,
    socket: usize,
    mut taken: Vec<usize>,
    last: bool,
) -> Option<Work> {
    note(world, taken.remove(0));
    match (taken.is_empty(), last) {
        (true, true) => None,
        (true, false) => Some(Work::MarkReady(socket)),
        (false, _) => Some(Work::NoteReplayed {
            socket,
            taken,
            last,
        }),
    }
}

/// `mark_ready`: if it has missed nothing since greeting looked last.
fn mark_ready(setup: &Setup, world: &mut World, socket: usize) -> Option<Work> {
    let blindly = setup.slip == Some(Slip::ReadyBlindly);
    let its = &mut world.sockets[socket];
    match &mut its.row {
        Row::None | Row::Ready => None,
        Row::Waiting { missed } if *missed && !blindly => {
            *missed = false;
            Some(Work::Read(socket))
        }
        row @ Row::Waiting { .. } => {
            *row = Row::Ready;
            if blindly {
                // Once more, what came meanwhile.
                let left = unheard(setup, world, &world.sockets[socket].heard);
                return (!left.is_empty()).then(|| replaying(socket, left, Vec::new(), true));
            }
            None
        }
    }
}

/// The lanes.
pub(crate) const LANES: [usize; 2] = [TELLS, GREETS];
