//! The items of work orders and of their assignments, attribute by attribute, as far as they are work's
//! own.

use callout_domain::account::{PersonName, PhoneNumber, ServiceType};
use callout_domain::geo::GeoPoint;
use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::work::{Assignment, Party, State, Task, WorkOrder};
use serde::{Deserialize, Serialize};

use crate::failure::CloudError;
use crate::requests::kept::{self, Answered, Kept};
use crate::requests::work::WORK;
use crate::stored::{self, Item};

#[derive(Serialize, Deserialize)]
struct StoredOrder {
    seeker_name: PersonName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seeker_number: Option<PhoneNumber>,
    provider: AccountId,
    provider_name: PersonName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider_number: Option<PhoneNumber>,
    assignment: ResponseId,
    service_type: ServiceType,
    task: Task,
    place: GeoPoint,
    distance_km: f64,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered_at: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

#[derive(Serialize)]
struct Nothing {}

/// The item of a new order.
pub(super) fn order(order: &WorkOrder) -> Result<Item, CloudError> {
    let new = order.clone();
    let besides = StoredOrder {
        seeker_name: new.seeker.name,
        seeker_number: new.seeker.phone_number,
        provider: new.provider_id,
        provider_name: new.provider.name,
        provider_number: new.provider.phone_number,
        assignment: new.assignment,
        service_type: new.service_type,
        task: new.task,
        place: new.place,
        distance_km: new.distance_km,
        state: new.state,
        answered_at: new.answered_at,
        ended_at: new.ended_at,
    };
    kept::request_item(WORK, &order.header, &besides)
}

impl Kept for WorkOrder {
    const KIND: &'static str = WORK;
    type Id = RequestId;

    fn id(&self) -> RequestId {
        self.header.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let header = kept::header(&item)?;
        let stored: StoredOrder = stored::read("a work order", item)?;
        Ok(Self {
            header,
            seeker: Party {
                name: stored.seeker_name,
                phone_number: stored.seeker_number,
            },
            provider_id: stored.provider,
            provider: Party {
                name: stored.provider_name,
                phone_number: stored.provider_number,
            },
            assignment: stored.assignment,
            service_type: stored.service_type,
            task: stored.task,
            place: stored.place,
            distance_km: stored.distance_km,
            state: stored.state,
            answered_at: stored.answered_at,
            ended_at: stored.ended_at,
        })
    }
}

/// The item by which an order is on its provider's list.
pub(super) fn assignment(order: &WorkOrder) -> Result<Item, CloudError> {
    let answered = Answered {
        id: order.assignment,
        request: order.header.id,
        responder: order.provider_id,
    };
    kept::answer_item(WORK, &order.header, answered, &Nothing {})
}

impl Kept for Assignment {
    const KIND: &'static str = WORK;
    type Id = ResponseId;

    fn id(&self) -> ResponseId {
        self.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let answered = kept::answered(&item)?;
        Ok(Self {
            id: answered.id,
            order: answered.request,
            provider: answered.responder,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use callout_domain::account::{PersonName, PhoneNumber, ServiceType};
    use callout_domain::geo::GeoPoint;
    use callout_domain::ids::{AccountId, RequestId, ResponseId};
    use callout_domain::moment::Moment;
    use callout_domain::request::Header;
    use callout_domain::work::{Assignment, Party, State, Task, WorkOrder};
    use time::Duration;
    use ulid::Ulid;

    use crate::requests::kept;

    pub(in crate::requests::work) const LIFETIME: Duration = Duration::minutes(30);

    pub(in crate::requests::work) fn made() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    pub(in crate::requests::work) fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    fn party(name: &str, number: &str) -> Party {
        Party {
            name: PersonName::parse(name).unwrap(),
            phone_number: PhoneNumber::parse(number).ok(),
        }
    }

    /// The order of that number, between two people.
    pub(in crate::requests::work) fn order(
        number: u128,
        seeker: u128,
        provider: u128,
    ) -> WorkOrder {
        WorkOrder {
            header: Header {
                id: RequestId::new(Ulid::from(number)),
                requester: account(seeker),
                created_at: made(),
                told: 1,
                chunks: 1,
                announced: Vec::new(),
            },
            seeker: party("Sita Rai", "9841111111"),
            provider_id: account(provider),
            provider: party("John Doe", "9842222222"),
            assignment: ResponseId::new(Ulid::from(1_000 + number)),
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
    fn an_order_reads_back_as_it_was_stored() {
        let accepted = WorkOrder {
            state: State::Accepted,
            answered_at: Some(made()),
            ..order(1, 7, 3)
        };
        for order in [order(1, 7, 3), accepted] {
            let item = super::order(&order).unwrap();
            let read: Option<WorkOrder> = kept::read(item, made()).unwrap();
            assert_eq!(read, Some(order));
        }
    }

    #[test]
    fn an_assignment_is_on_its_providers_list_and_says_nothing_personal() {
        let item = super::assignment(&order(1, 7, 3)).unwrap();
        let text = format!("{item:?}");
        assert!(
            !text.contains("Sita") && !text.contains("painting"),
            "{text}"
        );
        let read: Option<Assignment> = kept::read(item, made()).unwrap();
        let expected = Assignment {
            id: ResponseId::new(Ulid::from(1_001)),
            order: RequestId::new(Ulid::from(1)),
            provider: account(3),
        };
        assert_eq!(read, Some(expected));
    }
}
