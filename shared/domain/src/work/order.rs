//! A work order, and who its two parties are.

use time::Duration;

use super::{IllegalStep, State, Step, Task};
use crate::account::{Account, PersonName, PhoneNumber, ServiceType};
use crate::geo::GeoPoint;
use crate::ids::{AccountId, RequestId, ResponseId};
use crate::moment::Moment;
use crate::request::Header;

/// A work order. Its audience is its provider alone.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkOrder {
    /// What every request has; its requester is the seeker.
    pub header: Header,
    /// Who asks.
    pub seeker: Party,
    /// The account of who is asked.
    pub provider_id: AccountId,
    /// Who is asked.
    pub provider: Party,
    /// The name under which it is among what the provider was assigned, and under which the seeker is
    /// told the answer.
    pub assignment: ResponseId,
    /// For what trade.
    pub service_type: ServiceType,
    /// What is to be done.
    pub task: Task,
    /// Where.
    pub place: GeoPoint,
    /// How far the provider was from there when it was assigned, in kilometres to two decimals.
    pub distance_km: f64,
    /// What was written last of where it stands; [`WorkOrder::state_at`] judges.
    pub state: State,
    /// When the provider answered.
    pub answered_at: Option<Moment>,
    /// When it ended after that, or before.
    pub ended_at: Option<Moment>,
}

/// That an order was assigned to a provider: what their list of orders is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// Its name.
    pub id: ResponseId,
    /// Which order.
    pub order: RequestId,
    /// To whom.
    pub provider: AccountId,
}

/// What one party knows of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What they are called.
    pub name: PersonName,
    /// Where they are reached; nowhere once they have left.
    pub phone_number: Option<PhoneNumber>,
}

/// One of the two parties of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who asked.
    Seeker,
    /// Who was asked.
    Provider,
}

impl Party {
    /// Whoever holds an account.
    pub fn of(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            phone_number: Some(account.phone_number.clone()),
        }
    }
}

impl Side {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seeker => "seeker",
            Self::Provider => "provider",
        }
    }

    /// The step by which this side withdraws.
    pub const fn cancels_by(self) -> Step {
        match self {
            Self::Seeker => Step::Cancel,
            Self::Provider => Step::GiveBack,
        }
    }

    /// Whether this side is shown the other's number while an order stands there: the seeker may call
    /// whom they asked, and the provider whom they said yes to.
    pub const fn sees_number(self, state: State) -> bool {
        match (self, state) {
            (_, State::Accepted | State::Completed) | (Self::Seeker, State::Pending) => true,
            (Self::Provider, State::Pending)
            | (_, State::Rejected | State::Cancelled | State::Expired) => false,
        }
    }
}

impl WorkOrder {
    /// Which party an account is; none for everybody else.
    pub fn side_of(&self, account: AccountId) -> Option<Side> {
        if account == self.header.requester {
            Some(Side::Seeker)
        } else if account == self.provider_id {
            Some(Side::Provider)
        } else {
            None
        }
    }

    /// Where it stands, if it waits for `lifetime`.
    pub fn state_at(&self, lifetime: Duration, now: Moment) -> State {
        self.state.at(self.header.created_at, lifetime, now)
    }

    /// The order after a step.
    ///
    /// # Errors
    /// [`IllegalStep`] where no such step leads on.
    pub fn after(&self, step: Step, lifetime: Duration, now: Moment) -> Result<Self, IllegalStep> {
        let from = match step {
            // Whoever writes down that it has expired has judged that by the clock.
            Step::Expire => self.state,
            Step::Accept | Step::Reject | Step::Complete | Step::Cancel | Step::GiveBack => {
                self.state_at(lifetime, now)
            }
        };
        let state = from.after(step)?;
        let mut order = Self {
            state,
            ..self.clone()
        };
        match step {
            Step::Accept => order.answered_at = Some(now),
            Step::Reject => {
                order.answered_at = Some(now);
                order.ended_at = Some(now);
            }
            Step::Complete | Step::Cancel | Step::GiveBack | Step::Expire => {
                order.ended_at = Some(now);
            }
        }
        Ok(order)
    }
}

/// So that what concerns any request takes an order too.
impl AsRef<Header> for WorkOrder {
    fn as_ref(&self) -> &Header {
        &self.header
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use time::Duration;
    use ulid::Ulid;

    use super::{Party, Side, WorkOrder};
    use crate::account::{PersonName, PhoneNumber, ServiceType};
    use crate::geo::GeoPoint;
    use crate::ids::{AccountId, RequestId, ResponseId};
    use crate::request::Header;
    use crate::work::{State, Step, Task};

    const LIFETIME: Duration = Duration::minutes(30);

    fn party(name: &str, number: &str) -> Party {
        Party {
            name: PersonName::parse(name).unwrap(),
            phone_number: PhoneNumber::parse(number).ok(),
        }
    }

    pub(in crate::work) fn order() -> WorkOrder {
        WorkOrder {
            header: Header {
                id: RequestId::new(Ulid::from(1)),
                requester: AccountId::new(Ulid::from(7)),
                created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
                told: 1,
                chunks: 1,
                announced: Vec::new(),
            },
            seeker: party("Sita Rai", "9841111111"),
            provider_id: AccountId::new(Ulid::from(3)),
            provider: party("John Doe", "9842222222"),
            assignment: ResponseId::new(Ulid::from(4)),
            service_type: ServiceType::parse("worker").unwrap(),
            task: Task::parse("Need help with painting work").unwrap(),
            place: GeoPoint::new(12.345, 67.89).unwrap(),
            distance_km: 2.5,
            state: State::Pending,
            answered_at: None,
            ended_at: None,
        }
    }

    #[test]
    fn an_order_has_two_parties() {
        let side = |number: u128| order().side_of(AccountId::new(Ulid::from(number)));
        assert_eq!(side(7), Some(Side::Seeker));
        assert_eq!(side(3), Some(Side::Provider));
        assert_eq!(side(4), None);
    }

    #[test]
    fn steps_leave_their_times() {
        let made = order().header.created_at;
        let after = |order: &WorkOrder, step, minutes| {
            order.after(step, LIFETIME, made.plus(Duration::minutes(minutes)))
        };
        let accepted = after(&order(), Step::Accept, 1).unwrap();
        assert_eq!(
            (accepted.state, accepted.answered_at, accepted.ended_at),
            (State::Accepted, Some(made.plus(Duration::minutes(1))), None)
        );
        let done = after(&accepted, Step::Complete, 90).unwrap();
        assert_eq!(done.answered_at, accepted.answered_at);
        assert_eq!(done.ended_at, Some(made.plus(Duration::minutes(90))));
        let rejected = after(&order(), Step::Reject, 2).unwrap();
        assert_eq!(rejected.ended_at, rejected.answered_at);
        // What has expired is answered no more, and its end can be written down.
        let late = after(&order(), Step::Accept, 30).unwrap_err();
        assert_eq!(late.state, State::Expired);
        assert_eq!(
            after(&order(), Step::Expire, 31).unwrap().state,
            State::Expired
        );
        assert!(after(&accepted, Step::Expire, 31).is_err());
    }

    #[test]
    fn each_side_sees_the_others_number_while_it_may_need_it() {
        for (state, seeker, provider) in [
            (State::Pending, true, false),
            (State::Accepted, true, true),
            (State::Completed, true, true),
            (State::Rejected, false, false),
            (State::Cancelled, false, false),
            (State::Expired, false, false),
        ] {
            assert_eq!(Side::Seeker.sees_number(state), seeker, "{state:?}");
            assert_eq!(Side::Provider.sees_number(state), provider, "{state:?}");
        }
    }
}
