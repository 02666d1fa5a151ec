//! Where one donor stands towards one request, and what they may do next.

use serde::{Deserialize, Serialize};

/// What a donor has done about a request, and so where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Standing {
    /// Nothing yet.
    #[default]
    Silent,
    /// Called the attender.
    Called,
    /// Promised a unit.
    Accepted,
    /// Took the promise back.
    Withdrawn,
    /// Gave it.
    Confirmed,
    /// Does not want to see the request.
    Ignored,
}

/// What a donor wants to do about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Call the attender; who has promised a unit may call as well.
    Call,
    /// Promise a unit.
    Accept,
    /// Take the promise back.
    Withdraw,
    /// Say that it was given.
    Confirm,
    /// Have the request out of sight.
    Ignore,
}

/// A move that is not open to a donor who stands there; its text is the sentence for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct IllegalMove {
    /// Where they stand.
    pub standing: Standing,
    /// What they tried.
    pub tried: Move,
}

/// What one donor adds to a request's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Units promised, and not taken back; those that were given are among them.
    pub accepted: u16,
    /// Units given.
    pub confirmed: u16,
    /// Whether they ignore it.
    pub ignored: u32,
    /// Whether they took their promise back, and gave none again.
    pub withdrawn: u32,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Silent,
        Self::Called,
        Self::Accepted,
        Self::Withdrawn,
        Self::Confirmed,
        Self::Ignored,
    ];

    /// As people are shown it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "Silent",
            Self::Called => "Called",
            Self::Accepted => "Accepted",
            Self::Withdrawn => "Withdrawn",
            Self::Confirmed => "Confirmed",
            Self::Ignored => "Ignored",
        }
    }

    /// Where a donor stands after a move from here.
    ///
    /// # Errors
    /// [`IllegalMove`] where no such move is open to them.
    pub const fn after(self, step: Move) -> Result<Self, IllegalMove> {
        match (self, step) {
            (Self::Silent | Self::Called, Move::Call) => Ok(Self::Called),
            (Self::Silent | Self::Called | Self::Withdrawn | Self::Ignored, Move::Accept)
            | (Self::Accepted, Move::Call) => Ok(Self::Accepted),
            (Self::Accepted, Move::Withdraw) => Ok(Self::Withdrawn),
            (Self::Accepted, Move::Confirm) => Ok(Self::Confirmed),
            (Self::Silent | Self::Called | Self::Withdrawn, Move::Ignore) => Ok(Self::Ignored),
            (Self::Silent | Self::Called, Move::Withdraw | Move::Confirm)
            | (Self::Accepted, Move::Accept | Move::Ignore)
            | (Self::Withdrawn, Move::Call | Move::Withdraw | Move::Confirm)
            | (Self::Ignored, Move::Call | Move::Withdraw | Move::Confirm | Move::Ignore)
            | (
                Self::Confirmed,
                Move::Call | Move::Accept | Move::Withdraw | Move::Confirm | Move::Ignore,
            ) => Err(IllegalMove {
                standing: self,
                tried: step,
            }),
        }
    }

    /// What a donor who stands here adds to the request's counts.
    pub const fn counts(self) -> Counts {
        let (accepted, confirmed, ignored, withdrawn) = match self {
            Self::Silent | Self::Called => (0, 0, 0, 0),
            Self::Accepted => (1, 0, 0, 0),
            Self::Confirmed => (1, 1, 0, 0),
            Self::Ignored => (0, 0, 1, 0),
            Self::Withdrawn => (0, 0, 0, 1),
        };
        Counts {
            accepted,
            confirmed,
            ignored,
            withdrawn,
        }
    }

    /// Whether the patient's own number is shown to who stands here: it is for those who come.
    pub const fn sees_patient_number(self) -> bool {
        self.counts().accepted > 0
    }

    /// Whether the requester is told who stands here. Who ignores a request does so in silence: they are
    /// counted, and not named.
    pub const fn is_named(self) -> bool {
        match self {
            Self::Called | Self::Accepted | Self::Withdrawn | Self::Confirmed => true,
            Self::Silent | Self::Ignored => false,
        }
    }

    /// Whether the request is on the list of who stands here: not of those who want to see it no more,
    /// or have taken their promise back.
    pub const fn lists_request(self) -> bool {
        match self {
            Self::Silent | Self::Called | Self::Accepted | Self::Confirmed => true,
            Self::Withdrawn | Self::Ignored => false,
        }
    }
}

impl IllegalMove {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self.standing {
            Standing::Silent | Standing::Called => "not_accepted",
            Standing::Accepted => "already_accepted",
            Standing::Withdrawn => "withdrawn",
            Standing::Confirmed => "already_confirmed",
            Standing::Ignored => "ignored",
        }
    }

    const fn sentence(self) -> &'static str {
        match self.standing {
            Standing::Silent | Standing::Called => "You have not accepted this request",
            Standing::Accepted => "You have already accepted this request",
            Standing::Withdrawn => "You have withdrawn from this request",
            Standing::Confirmed => "You have already confirmed your donation",
            Standing::Ignored => "You have ignored this request",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::{Counts, IllegalMove, Move, Standing};

    pub(in crate::blood) const MOVES: [Move; 5] = [
        Move::Call,
        Move::Accept,
        Move::Withdraw,
        Move::Confirm,
        Move::Ignore,
    ];

    /// All that is legal, by hand: nothing leads on from a donation, and nothing back to silence.
    const LEGAL: [(Standing, Move, Standing); 12] = [
        (Standing::Silent, Move::Call, Standing::Called),
        (Standing::Silent, Move::Accept, Standing::Accepted),
        (Standing::Silent, Move::Ignore, Standing::Ignored),
        (Standing::Called, Move::Call, Standing::Called),
        (Standing::Called, Move::Accept, Standing::Accepted),
        (Standing::Called, Move::Ignore, Standing::Ignored),
        (Standing::Accepted, Move::Call, Standing::Accepted),
        (Standing::Accepted, Move::Withdraw, Standing::Withdrawn),
        (Standing::Accepted, Move::Confirm, Standing::Confirmed),
        (Standing::Withdrawn, Move::Accept, Standing::Accepted),
        (Standing::Withdrawn, Move::Ignore, Standing::Ignored),
        (Standing::Ignored, Move::Accept, Standing::Accepted),
    ];

    #[test]
    fn these_moves_lead_on_and_no_others() {
        for standing in Standing::ALL {
            for step in MOVES {
                let expected = LEGAL
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (standing, step))
                    .map_or(
                        Err(IllegalMove {
                            standing,
                            tried: step,
                        }),
                        |(_, _, to)| Ok(*to),
                    );
                assert_eq!(standing.after(step), expected);
            }
        }
    }

    /// Walks the machine from its beginning.
    #[test]
    fn a_donor_may_come_to_stand_everywhere_and_may_confirm_once() {
        let mut reached = vec![Standing::default()];
        let mut next = 0;
        while let Some(from) = reached.get(next).copied() {
            for step in MOVES {
                match from.after(step) {
                    Ok(to) if !reached.contains(&to) => reached.push(to),
                    Ok(to) => assert!(to != Standing::Silent, "{from:?} {step:?}"),
                    Err(illegal) => assert_eq!((illegal.standing, illegal.tried), (from, step)),
                }
                let confirms = from.after(step) == Ok(Standing::Confirmed);
                let may = (from, step) == (Standing::Accepted, Move::Confirm);
                assert_eq!(confirms, may, "{from:?} {step:?}");
            }
            next += 1;
        }
        assert_eq!(reached.len(), Standing::ALL.len());
        assert!(
            MOVES
                .iter()
                .all(|step| Standing::Confirmed.after(*step).is_err())
        );
    }

    #[test]
    fn an_illegal_move_says_where_the_donor_stands() {
        for (standing, tried, code, sentence) in [
            (
                Standing::Silent,
                Move::Confirm,
                "not_accepted",
                "You have not accepted this request",
            ),
            (
                Standing::Called,
                Move::Withdraw,
                "not_accepted",
                "You have not accepted this request",
            ),
            (
                Standing::Accepted,
                Move::Accept,
                "already_accepted",
                "You have already accepted this request",
            ),
            (
                Standing::Withdrawn,
                Move::Confirm,
                "withdrawn",
                "You have withdrawn from this request",
            ),
            (
                Standing::Confirmed,
                Move::Confirm,
                "already_confirmed",
                "You have already confirmed your donation",
            ),
            (
                Standing::Ignored,
                Move::Ignore,
                "ignored",
                "You have ignored this request",
            ),
        ] {
            let illegal = standing.after(tried).unwrap_err();
            assert_eq!(
                (illegal.code(), illegal.to_string()),
                (code, sentence.into())
            );
        }
    }

    #[test]
    fn what_a_donor_counts_for_and_is_shown() {
        let counts = |accepted, confirmed, ignored, withdrawn| Counts {
            accepted,
            confirmed,
            ignored,
            withdrawn,
        };
        for (standing, counts, named, sees_number, lists) in [
            (Standing::Silent, counts(0, 0, 0, 0), false, false, true),
            (Standing::Called, counts(0, 0, 0, 0), true, false, true),
            (Standing::Accepted, counts(1, 0, 0, 0), true, true, true),
            (Standing::Withdrawn, counts(0, 0, 0, 1), true, false, false),
            (Standing::Confirmed, counts(1, 1, 0, 0), true, true, true),
            (Standing::Ignored, counts(0, 0, 1, 0), false, false, false),
        ] {
            assert_eq!(standing.is_named(), named, "{standing:?}");
            assert_eq!(standing.counts(), counts, "{standing:?}");
            assert_eq!(standing.sees_patient_number(), sees_number, "{standing:?}");
            assert_eq!(standing.lists_request(), lists, "{standing:?}");
        }
    }

    #[test]
    fn a_standing_has_one_name_everywhere() {
        for standing in Standing::ALL {
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.as_str());
        }
    }
}
