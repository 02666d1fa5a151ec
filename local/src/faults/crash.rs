//! A crash at one exact call, and the moments at which processes can be ended.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::watch;

/// Ends processes and waits until they are gone: all of a function, or one of them.
pub(crate) type Kill = Arc<dyn Fn(String, Option<u64>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Calls of an instance that is to die are looked at up to this one.
const CALLS: u64 = 8;

/// A fault that was told: whether it has happened yet.
#[derive(Debug)]
pub struct Told {
    happened: watch::Receiver<bool>,
}

impl Told {
    /// Waits until it has happened.
    pub async fn happens(mut self) {
        // A sender that is gone without having sent belongs to a cloud that has ended.
        let _ = self.happened.wait_for(|happened| *happened).await;
    }

    /// Whether it has happened.
    pub fn has_happened(&self) -> bool {
        *self.happened.borrow()
    }
}

/// The crashes that were told and have not happened.
#[derive(Default)]
pub(super) struct Crashes(Vec<Crash>);

struct Crash {
    function: String,
    operation: String,
    calls_left: u32,
    happened: watch::Sender<bool>,
}

impl Crashes {
    pub(super) fn tell(&mut self, function: &str, operation: &str, call: u32) -> Told {
        let sender = watch::Sender::new(false);
        let happened = sender.subscribe();
        self.0.push(Crash {
            function: function.to_owned(),
            operation: operation.to_owned(),
            calls_left: call,
            happened: sender,
        });
        Told { happened }
    }

    /// Counts a call; gives whom to tell if it is the one.
    pub(super) fn due(&mut self, function: &str, operation: &str) -> Option<watch::Sender<bool>> {
        let fits = |crash: &Crash| crash.function == function && crash.operation == operation;
        let place = self.0.iter().position(fits)?;
        let crash = &mut self.0[place];
        crash.calls_left = crash.calls_left.saturating_sub(1);
        (crash.calls_left == 0).then(|| self.0.remove(place).happened)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Instances that die in the middle of what they do, by their number.
#[derive(Default)]
pub(super) struct Doomed(HashMap<u64, Doom>);

struct Doom {
    calls_left: u64,
    moment: Moment,
}

/// When an instance dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before its call is done.
    Asked,
    /// When its call is done and not answered.
    Done,
}

impl Doomed {
    /// Has an instance die at one of its next calls; `draw` says at which.
    pub(super) fn add(&mut self, instance: u64, draw: u64) {
        let moment = if draw & 1 == 0 {
            Moment::Asked
        } else {
            Moment::Done
        };
        let calls_left = 1 + (draw >> 1) % CALLS;
        self.0.insert(instance, Doom { calls_left, moment });
    }

    /// The instance has ended what it was to die in.
    pub(super) fn lift(&mut self, instance: u64) {
        self.0.remove(&instance);
    }

    /// Whether the instance dies now.
    pub(super) fn due(&mut self, instance: u64, now: Moment) -> bool {
        let Some(doom) = self.0.get_mut(&instance).filter(|doom| doom.moment == now) else {
            return false;
        };
        doom.calls_left -= 1;
        let due = doom.calls_left == 0;
        if due {
            self.0.remove(&instance);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doomed_instance_dies_once_at_its_call_and_its_moment() {
        let mut doomed = Doomed::default();
        doomed.add(4, 5);
        doomed.add(5, 4);
        assert!(!doomed.due(4, Moment::Asked) && !doomed.due(4, Moment::Asked));
        assert!(!doomed.due(4, Moment::Done));
        assert!(!doomed.due(4, Moment::Done));
        assert!(doomed.due(4, Moment::Done));
        assert!(!doomed.due(4, Moment::Done), "it has died");
        doomed.lift(5);
        assert!(
            !(0..10).any(|_| doomed.due(5, Moment::Asked)),
            "it got away"
        );
    }

    #[test]
    fn every_draw_dooms() {
        for draw in 0..100 {
            let mut doomed = Doomed::default();
            doomed.add(1, draw);
            let dies =
                (0..CALLS).any(|_| doomed.due(1, Moment::Asked) || doomed.due(1, Moment::Done));
            assert!(dies, "{draw}");
        }
    }
}
