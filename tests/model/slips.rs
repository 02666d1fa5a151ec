//! What can be done wrong: each slip is a change of one step, and each must be found out.

/// One step done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// A pharmacy is assigned whatever the request's state.
    AcceptUnconditionally,
    /// A request is ended because it was due when it was read.
    ExpireUnconditionally,
    /// The key is written after the work, not with it.
    KeepKeyAfterCommit,
    /// What is forbidden is refused without a second look for the key.
    RefuseAtOnce,
    /// The event is written before the commit.
    TellBeforeCommit,
    /// The event is written after the commit.
    TellAfterCommit,
    /// A notification is written although it is there.
    PutAlways,
    /// The sockets are asked for before the inbox is written.
    AskBeforePut,
    /// The inbox is read before the connection is recorded.
    ReadBeforeRecord,
    /// A socket is ready as soon as it is admitted.
    ReadyAtOnce,
    /// A socket becomes ready whatever it has missed meanwhile, and is told of that afterwards.
    ReadyBlindly,
    /// What was replayed to one socket counts as sent.
    NoteReplays,
    /// What was missed is told in the order in which its ids were drawn: of two pharmacies that answer
    /// at once, the one that drew its id first may commit last.
    ReplayById,
}
