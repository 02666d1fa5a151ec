//! What there is: the tables, the clients' calls, the stream of the outbox, and everything of the one
//! person whose inbox and sockets are watched. Recipients do not touch each other's items, so that
//! one of them stands for any.

use callout_domain::medicine::{LIFETIME, State, Step};
use callout_domain::moment::Moment;

use crate::slips::Slip;

/// How many pharmacies are told of the request.
pub(crate) const PHARMACIES: usize = 2;

/// Somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Customer,
    Pharmacy(usize),
}

/// What a call is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    Create,
    Step(Step),
    /// The sweep ends what is due; its tries are runs, of which none is another's.
    Expire,
}

/// A call that somebody may make at some time, and make again while the first is under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) by: Who,
    pub(crate) wish: Wish,
    pub(crate) tries: usize,
    /// With an `Idempotency-Key`.
    pub(crate) keyed: bool,
}

/// The bounds of what is explored.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) calls: Vec<Plan>,
    /// The request is there, and its first message is where the watched one is told.
    pub(crate) created: bool,
    /// Functions are not interleaved: where only their events matter.
    pub(crate) at_once: bool,
    /// How many functions may die between two of their steps.
    pub(crate) deaths: u8,
    /// Whether the 24 hours may pass.
    pub(crate) expires: bool,
    /// Whose inbox and sockets are watched.
    pub(crate) watched: Option<Who>,
    pub(crate) sockets: usize,
    /// How often delivery may die, get a batch again, or meet a socket that takes nothing more.
    pub(crate) mishaps: u8,
    /// What is done wrong on purpose.
    pub(crate) slip: Option<Slip>,
    /// What must come to pass somewhere, lest the rest hold of nothing.
    pub(crate) reaches: Vec<Reached>,
}

/// Something that must come to pass somewhere.
pub(crate) type Reached = (&'static str, fn(&Setup, &World) -> bool);

/// The request's item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) state: State,
    pub(crate) winner: Option<usize>,
}

/// What a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Done,
    Refused,
}

/// One invocation, between two of its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Attempt {
    Idle,
    /// It has looked for its key, and its clock says whether it is late.
    Begun {
        late: bool,
    },
    /// Nothing forbids it, as it read things; its event has an id.
    Judged {
        late: bool,
        id: u8,
        next: State,
    },
    /// Something forbids it; perhaps its own other try.
    Forbidden,
    /// The transaction is done and nobody knows.
    Committed {
        id: u8,
    },
    Answered(Answer),
    Died,
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    NewRequest,
    Response(usize),
    Taken,
    Cancelled,
    Completed,
    Expired,
}

/// An item of the outbox's stream, which is in the order of the commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    /// Ids sort by when they were drawn, which is before the commit.
    pub(crate) id: u8,
    /// What it says has been committed.
    pub(crate) is_true: bool,
}

/// A notification; events go by their place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) event: usize,
    /// A socket took it.
    pub(crate) sent: bool,
}

/// The gateway's and the client's side of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wire {
    Pending,
    Open,
    Closed,
}

/// The connection's item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    None,
    /// Not greeted yet; `missed` since greeting looked last.
    Waiting {
        missed: bool,
    },
    Ready,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Socket {
    pub(crate) wire: Wire,
    pub(crate) row: Row,
    pub(crate) greeted: bool,
    /// Something came before the greeting.
    pub(crate) overtaken: bool,
    /// The events in the order in which each came first.
    pub(crate) heard: Vec<usize>,
    /// What a slip of the tongue reads too early.
    pub(crate) peeked: Option<Vec<usize>>,
}

/// Telling the watched one, between two calls to the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    /// Nothing taken from the stream.
    Rest,
    /// At the beginning of a record.
    Start,
    /// The batch is done and Lambda has not been told.
    Finished,
    /// The notification is to be written; a slip has asked for sockets already.
    Put(Vec<usize>, Vec<usize>),
    /// The notification is in the inbox.
    Ask,
    /// To post to the first; the second were not ready.
    Post {
        ready: Vec<usize>,
        waiting: Vec<usize>,
        taken: bool,
        full: bool,
    },
    Note,
    /// To greet.
    Greet(usize),
    Read(usize),
    Replay {
        socket: usize,
        left: Vec<usize>,
        taken: Vec<usize>,
        last: bool,
    },
    NoteReplayed {
        socket: usize,
        taken: Vec<usize>,
        last: bool,
    },
    MarkReady(usize),
}

/// Where the stream's reader stands with one partition key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    /// Up to here Lambda need not ask again.
    pub(crate) done: usize,
    /// The batch ends here.
    pub(crate) end: usize,
    /// The record that is worked on.
    pub(crate) at: usize,
    pub(crate) work: Work,
}

/// The lane of the request's events.
pub(crate) const TELLS: usize = 0;
/// The lane of the account's greetings.
pub(crate) const GREETS: usize = 1;

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) late: bool,
    pub(crate) deaths: u8,
    pub(crate) mishaps: u8,
    pub(crate) request: Option<Request>,
    pub(crate) responses: [Option<Step>; PHARMACIES],
    pub(crate) attempts: Vec<Vec<Attempt>>,
    /// Whose key is kept with its answer.
    pub(crate) kept: Vec<bool>,
    /// How often each call did its work.
    pub(crate) works: Vec<u8>,
    /// Whoever was ever assigned the request.
    pub(crate) assigned: Vec<usize>,
    /// A call was refused what it had done itself.
    pub(crate) contradicted: bool,
    pub(crate) drawn: u8,
    pub(crate) outbox: Vec<Event>,
    pub(crate) inbox: Vec<Entry>,
    pub(crate) sockets: Vec<Socket>,
    /// The sockets to greet, in the order of their admission.
    pub(crate) greets: Vec<usize>,
    pub(crate) lanes: [Lane; 2],
}

impl World {
    pub(crate) fn new(setup: &Setup) -> Self {
        let lane = Lane {
            done: 0,
            end: 0,
            at: 0,
            work: Work::Rest,
        };
        let told = setup
            .watched
            .is_some_and(|who| is_for(Kind::NewRequest, who, None));
        let first = Event {
            kind: Kind::NewRequest,
            id: 0,
            is_true: true,
        };
        Self {
            late: false,
            deaths: setup.deaths,
            mishaps: setup.mishaps,
            request: setup.created.then_some(Request {
                state: State::Pending,
                winner: None,
            }),
            responses: [None; PHARMACIES],
            attempts: setup
                .calls
                .iter()
                .map(|plan| vec![Attempt::Idle; plan.tries])
                .collect(),
            kept: vec![false; setup.calls.len()],
            works: vec![0; setup.calls.len()],
            assigned: Vec::new(),
            contradicted: false,
            drawn: 1,
            outbox: (setup.created && told)
                .then_some(first)
                .into_iter()
                .collect(),
            inbox: Vec::new(),
            sockets: Vec::new(),
            greets: Vec::new(),
            lanes: [lane.clone(), lane],
        }
    }

    /// How many records the stream has for a lane.
    pub(crate) fn written(&self, lane: usize) -> usize {
        if lane == TELLS {
            self.outbox.len()
        } else {
            self.greets.len()
        }
    }

    /// Nothing is under way, so that what was to come has come.
    pub(crate) fn rests(&self) -> bool {
        let calls = self.attempts.iter().flatten().all(|attempt| {
            matches!(
                attempt,
                Attempt::Idle | Attempt::Answered(_) | Attempt::Died
            )
        });
        let carried = [TELLS, GREETS]
            .into_iter()
            .all(|lane| self.lanes[lane].done == self.written(lane));
        let upgraded = self
            .sockets
            .iter()
            .all(|socket| socket.wire != Wire::Pending && socket.peeked.is_none());
        calls && carried && upgraded
    }
}

/// Whether somebody is told of something.
pub(crate) fn is_for(kind: Kind, who: Who, winner: Option<usize>) -> bool {
    match (kind, who) {
        (Kind::Response(_) | Kind::Expired, Who::Customer)
        | (Kind::NewRequest | Kind::Cancelled | Kind::Completed, Who::Pharmacy(_)) => true,
        (Kind::Taken, Who::Pharmacy(number)) => winner != Some(number),
        (Kind::NewRequest | Kind::Cancelled | Kind::Completed | Kind::Taken, Who::Customer)
        | (Kind::Response(_) | Kind::Expired, Who::Pharmacy(_)) => false,
    }
}

/// When the request was made.
pub(crate) fn made() -> Moment {
    Moment::from_unix_milliseconds(0).unwrap()
}

/// What a function's clock says.
pub(crate) fn moment(late: bool) -> Moment {
    if late { made().plus(LIFETIME) } else { made() }
}
