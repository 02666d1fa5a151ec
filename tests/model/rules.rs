//! Which steps there are, and what must hold after each of them.

use callout_domain::medicine::{State, Step};
use stateright::{Model, Property};

use crate::slips::Slip;
use crate::world::{
    Attempt, GREETS, Kind, PHARMACIES, Request, Row, Setup, Socket, Wire, Wish, Work, World, is_for,
};
use crate::{calls, delivery};

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A call's try takes its next step.
    Call {
        call: usize,
        try_: usize,
    },
    /// A function dies before its next step.
    Die {
        call: usize,
        try_: usize,
    },
    /// 24 hours have passed.
    Expire,
    /// Lambda takes a batch of a lane.
    Take {
        lane: usize,
        end: usize,
    },
    /// Delivery takes its next step in a lane.
    Deliver {
        lane: usize,
    },
    /// So it does, and the socket takes nothing more.
    DeliverToFull {
        lane: usize,
    },
    /// Delivery dies, and the batch comes again.
    Crash {
        lane: usize,
    },
    /// Lambda hears that a batch is done.
    Acknowledge {
        lane: usize,
    },
    /// It does not, and sends it again from some record.
    Again {
        lane: usize,
        at: usize,
    },
    /// `$connect` is called; by a slip, the connection is recorded later.
    Connect,
    Record {
        socket: usize,
    },
    /// The gateway finishes the handshake, or breaks it off.
    Upgrade {
        socket: usize,
    },
    BreakOff {
        socket: usize,
    },
    /// The client goes.
    Leave {
        socket: usize,
    },
    /// `$disconnect` is called; it may as well not be.
    Forget {
        socket: usize,
    },
}

impl Model for Setup {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (call, plan) in self.calls.iter().enumerate() {
            for try_ in 0..plan.tries {
                if calls::can_go_on(self, world, call, try_) {
                    actions.push(Action::Call { call, try_ });
                    // One that dies earlier has done nothing.
                    let done = matches!(world.attempts[call][try_], Attempt::Committed { .. });
                    if done && world.deaths > 0 {
                        actions.push(Action::Die { call, try_ });
                    }
                }
            }
        }
        if self.expires && !world.late && world.request.is_some() {
            actions.push(Action::Expire);
        }
        for lane in delivery::LANES {
            deliveries(world, lane, actions);
        }
        connections(self, world, actions);
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Call { call, try_ } => {
                calls::go_on(self, &mut world, call, try_);
                while self.at_once && calls::can_go_on(self, &world, call, try_) {
                    calls::go_on(self, &mut world, call, try_);
                }
            }
            Action::Die { call, try_ } => {
                world.deaths -= 1;
                world.attempts[call][try_] = Attempt::Died;
            }
            Action::Expire => world.late = true,
            Action::Take { lane, end } => delivery::take(&mut world.lanes[lane], end),
            Action::Deliver { lane } => delivery::go_on(self, &mut world, lane, false),
            Action::DeliverToFull { lane } => {
                world.mishaps -= 1;
                delivery::go_on(self, &mut world, lane, true);
            }
            Action::Crash { lane } => {
                world.mishaps -= 1;
                let from = world.lanes[lane].done;
                delivery::again(&mut world.lanes[lane], from);
            }
            Action::Acknowledge { lane } => delivery::acknowledge(&mut world.lanes[lane]),
            Action::Again { lane, at } => {
                world.mishaps -= 1;
                delivery::again(&mut world.lanes[lane], at);
            }
            Action::Connect => connect(self, &mut world),
            Action::Record { socket } => {
                world.sockets[socket].row = Row::Waiting { missed: false };
                world.greets.push(socket);
            }
            Action::Upgrade { socket } => world.sockets[socket].wire = Wire::Open,
            Action::BreakOff { socket } | Action::Leave { socket } => {
                world.sockets[socket].wire = Wire::Closed;
            }
            Action::Forget { socket } => world.sockets[socket].row = Row::None,
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("at most one winner", |_, world: &World| {
                world.assigned.len() <= 1
            }),
            Property::always("the winner never changes", |_, world: &World| {
                world.request.and_then(|request| request.winner) == world.assigned.first().copied()
            }),
            Property::always("who has it keeps it", |_, world: &World| {
                let has_expired = |request: Request| request.state == State::Expired;
                world.assigned.is_empty() || !world.request.is_some_and(has_expired)
            }),
            Property::always("it expires once", |setup: &Setup, world: &World| {
                let calls = setup.calls.iter().zip(&world.works);
                calls
                    .into_iter()
                    .all(|(plan, works)| plan.wish != Wish::Expire || *works <= 1)
            }),
            Property::always("a key does its work once", works_once),
            Property::always("a key is answered for what it did", |_, world: &World| {
                !world.contradicted
            }),
            Property::always("nothing uncommitted is told", |_, world: &World| {
                world
                    .inbox
                    .iter()
                    .all(|entry| world.outbox[entry.event].is_true)
            }),
            Property::always("nothing is twice in an inbox", |_, world: &World| {
                let count = |event| {
                    world
                        .inbox
                        .iter()
                        .filter(|entry| entry.event == event)
                        .count()
                };
                world.inbox.iter().all(|entry| count(entry.event) == 1)
            }),
            Property::always("the greeting comes first", |_, world: &World| {
                world.sockets.iter().all(|socket| !socket.overtaken)
            }),
            Property::always("oldest first", |_, world: &World| {
                world.sockets.iter().all(|socket| socket.heard.is_sorted())
            }),
            Property::always("what was committed is in the inbox", is_in_inbox),
            Property::always("every socket has heard all", is_heard),
            Property::always("who is connected is ready", |_, world: &World| {
                !world.rests() || open(world).all(|socket| socket.row == Row::Ready)
            }),
        ];
        let reaches = self.reaches.iter();
        properties.extend(reaches.map(|(name, reached)| Property::sometimes(name, *reached)));
        properties
    }
}

fn deliveries(world: &World, number: usize, actions: &mut Vec<Action>) {
    let lane = &world.lanes[number];
    match lane.work {
        Work::Rest => {
            let ends = lane.done + 1..=world.written(number);
            actions.extend(ends.map(|end| Action::Take { lane: number, end }));
        }
        Work::Finished => {
            actions.push(Action::Acknowledge { lane: number });
            if world.mishaps > 0 {
                let from = lane.done..lane.end;
                actions.extend(from.map(|at| Action::Again { lane: number, at }));
            }
        }
        _ => {
            if delivery::can_go_on(world, number) {
                actions.push(Action::Deliver { lane: number });
            }
            if world.mishaps > 0 {
                if lane.work != Work::Start || lane.at != lane.done {
                    actions.push(Action::Crash { lane: number });
                }
                if delivery::posts_to(world, number).is_some() {
                    actions.push(Action::DeliverToFull { lane: number });
                }
            }
        }
    }
}

fn connections(setup: &Setup, world: &World, actions: &mut Vec<Action>) {
    if world.sockets.len() < setup.sockets {
        actions.push(Action::Connect);
    }
    for (socket, its) in world.sockets.iter().enumerate() {
        match its.wire {
            Wire::Pending if its.row == Row::None && its.peeked.is_some() => {
                actions.push(Action::Record { socket });
            }
            Wire::Pending => {
                actions.push(Action::Upgrade { socket });
                actions.push(Action::BreakOff { socket });
            }
            Wire::Open => actions.push(Action::Leave { socket }),
            Wire::Closed if its.row != Row::None => actions.push(Action::Forget { socket }),
            Wire::Closed => {}
        }
    }
}

/// `$connect`: the connection and the event that has it greeted, in one transaction.
fn connect(setup: &Setup, world: &mut World) {
    let peeked = delivery::peek(setup, world);
    let row = match setup.slip {
        Some(Slip::ReadBeforeRecord) => Row::None,
        Some(Slip::ReadyAtOnce) => Row::Ready,
        _ => Row::Waiting { missed: false },
    };
    if row != Row::None {
        world.greets.push(world.sockets.len());
    }
    world.sockets.push(Socket {
        wire: Wire::Pending,
        row,
        greeted: false,
        overtaken: false,
        heard: Vec::new(),
        peeked,
    });
}

fn open(world: &World) -> impl Iterator<Item = &Socket> {
    world
        .sockets
        .iter()
        .filter(|socket| socket.wire == Wire::Open)
}

fn works_once(setup: &Setup, world: &World) -> bool {
    let calls = setup.calls.iter().zip(&world.works);
    calls
        .into_iter()
        .all(|(plan, works)| !plan.keyed || *works <= 1)
}

/// What the watched one must be told, by where the request stands.
fn due(setup: &Setup, world: &World) -> Vec<Kind> {
    let (Some(watched), Some(request)) = (setup.watched, world.request) else {
        return Vec::new();
    };
    let mut due = vec![Kind::NewRequest];
    let answered = (0..PHARMACIES).filter(|pharmacy| world.responses[*pharmacy].is_some());
    due.extend(answered.map(Kind::Response));
    due.extend(match request.state {
        State::Pending => None,
        State::Expired => Some(Kind::Expired),
        State::Accepted | State::Completed => Some(Kind::Taken),
        State::Cancelled => Some(Kind::Cancelled),
    });
    due.extend((request.state == State::Completed).then_some(Kind::Completed));
    due.retain(|kind| is_for(*kind, watched, request.winner));
    due
}

fn is_in_inbox(setup: &Setup, world: &World) -> bool {
    let is_there = |kind| {
        world
            .inbox
            .iter()
            .any(|entry| world.outbox[entry.event].kind == kind)
    };
    !world.rests() || due(setup, world).into_iter().all(is_there)
}

fn is_heard(_: &Setup, world: &World) -> bool {
    let all = |socket: &Socket| {
        let mut events = world.inbox.iter().map(|entry| entry.event);
        events.all(|event| socket.heard.contains(&event))
    };
    !world.rests() || open(world).all(all)
}

/// States that must be reachable, lest the properties hold of nothing.
pub(crate) mod reached {
    use super::{GREETS, Row, Setup, State, Step, Wire, Work, World, open};

    pub(crate) fn completed(_: &Setup, world: &World) -> bool {
        world
            .request
            .is_some_and(|request| request.state == State::Completed)
    }

    pub(crate) fn cancelled(_: &Setup, world: &World) -> bool {
        world
            .request
            .is_some_and(|request| request.state == State::Cancelled)
    }

    pub(crate) fn expired_unanswered(_: &Setup, world: &World) -> bool {
        let pending = world
            .request
            .is_some_and(|request| request.state == State::Pending);
        world.late && pending
    }

    pub(crate) fn ended_by_the_sweep(_: &Setup, world: &World) -> bool {
        world
            .request
            .is_some_and(|request| request.state == State::Expired)
    }

    pub(crate) fn rejected_and_accepted(_: &Setup, world: &World) -> bool {
        world.responses.contains(&Some(Step::Reject))
            && world.responses.contains(&Some(Step::Accept))
    }

    pub(crate) fn died_after_commit(_: &Setup, world: &World) -> bool {
        let died = |attempts: &Vec<_>| attempts.contains(&super::Attempt::Died);
        world
            .attempts
            .iter()
            .zip(&world.works)
            .any(|(attempts, works)| died(attempts) && *works == 1)
    }

    pub(crate) fn all_heard(_: &Setup, world: &World) -> bool {
        world.rests()
            && open(world).next().is_some()
            && world.outbox.len() > 1
            && world.inbox.iter().all(|entry| entry.sent)
    }

    pub(crate) fn missed_while_greeted(_: &Setup, world: &World) -> bool {
        let greeting = !matches!(
            world.lanes[GREETS].work,
            Work::Rest | Work::Start | Work::Finished
        );
        let missed = world
            .sockets
            .iter()
            .any(|socket| socket.row == Row::Waiting { missed: true });
        greeting && missed
    }

    pub(crate) fn left_and_came_back(_: &Setup, world: &World) -> bool {
        matches!(world.sockets.as_slice(), [first, second]
            if first.wire == Wire::Closed && !first.heard.is_empty()
                && second.wire == Wire::Open && !second.heard.is_empty())
    }
}
