//! What is asked for, by whom, and who may answer.

use crate::geo::{DistanceKm, GeoPoint, RadiusKm};
use crate::ids::{AccountId, MediaId};
use crate::medicine::{Quantity, State};
use crate::moment::Moment;
use crate::request::Header;

/// A request for medicine.
#[derive(Debug, Clone, PartialEq)]
pub struct MedicineRequest {
    /// What it has as a request of any kind.
    pub header: Header,
    /// What whoever asks is called.
    pub patient_name: String,
    /// How they are called on the phone.
    pub patient_phone: String,
    /// Whom they ask.
    pub reach: Reach,
    /// How much of it.
    pub quantity: Quantity,
    /// The prescription.
    pub image: Option<MediaId>,
    /// What was written last of where it stands; [`MedicineRequest::state_at`] judges.
    pub state: State,
    /// The pharmacy that has it, or the one that was asked by name.
    pub pharmacy: Option<Pharmacy>,
}

/// A pharmacy, as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pharmacy {
    /// Its account.
    pub account: AccountId,
    /// What it is called.
    pub name: String,
}

/// Whom a request asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// Every pharmacy around a place.
    Around {
        /// Where the need is.
        center: GeoPoint,
        /// How far it reaches.
        radius: RadiusKm,
    },
    /// One pharmacy.
    Directed {
        /// Which.
        pharmacy: AccountId,
    },
}

/// A pharmacy that was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This request does not reach your pharmacy")]
pub struct OutOfReach;

impl AsRef<Header> for MedicineRequest {
    fn as_ref(&self) -> &Header {
        &self.header
    }
}

impl MedicineRequest {
    /// Where it stands.
    pub fn state_at(&self, now: Moment) -> State {
        self.state.at(self.header.created_at, now)
    }

    /// The pharmacy that accepted it.
    pub fn winner(&self) -> Option<&Pharmacy> {
        match self.state {
            State::Accepted | State::Completed => self.pharmacy.as_ref(),
            State::Pending | State::Cancelled | State::Expired => None,
        }
    }
}

impl Reach {
    /// Whether a pharmacy that stands at `position` may answer, and how far it is from the need
    /// where the need has a place.
    ///
    /// # Errors
    /// [`OutOfReach`] for a pharmacy that is too far away, has no position, or is not the one that
    /// was asked.
    pub fn admits(
        self,
        pharmacy: AccountId,
        position: Option<GeoPoint>,
    ) -> Result<Option<DistanceKm>, OutOfReach> {
        match self {
            Self::Around { center, radius } => position
                .map(|position| center.distance_to(position))
                .filter(|distance| radius.reaches(*distance))
                .map(Some)
                .ok_or(OutOfReach),
            Self::Directed { pharmacy: asked } if asked == pharmacy => Ok(None),
            Self::Directed { .. } => Err(OutOfReach),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use ulid::Ulid;

    use super::{MedicineRequest, OutOfReach, Pharmacy, Reach};
    use crate::geo::{GeoPoint, RadiusKm};
    use crate::ids::{AccountId, MediaId, RequestId};
    use crate::medicine::{Quantity, State};
    use crate::request::Header;

    pub(in crate::medicine) fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    pub(in crate::medicine) fn around(lat: f64, lng: f64, radius: f64) -> Reach {
        Reach::Around {
            center: GeoPoint::new(lat, lng).unwrap(),
            radius: RadiusKm::new(radius).unwrap(),
        }
    }

    pub(in crate::medicine) fn request() -> MedicineRequest {
        MedicineRequest {
            header: Header {
                id: RequestId::new(Ulid::from(1)),
                requester: account(7),
                created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
                told: 3,
                chunks: 1,
                announced: Vec::new(),
            },
            patient_name: "John Doe".to_owned(),
            patient_phone: "9841234567".to_owned(),
            reach: around(27.7172, 85.324, 10.0),
            quantity: Quantity::try_from(10).unwrap(),
            image: Some(MediaId::new(Ulid::from(2))),
            state: State::Pending,
            pharmacy: None,
        }
    }

    #[test]
    fn a_pharmacy_within_the_radius_may_answer_whoever_it_is() {
        let reach = around(27.7172, 85.324, 3.0);
        let near = GeoPoint::new(27.71, 85.33).ok();
        let far = GeoPoint::new(27.85, 85.324).ok();
        for pharmacy in [account(1), account(2)] {
            let distance = reach.admits(pharmacy, near).unwrap().unwrap();
            assert!((distance.kilometres() - 0.995).abs() < 0.001);
            assert_eq!(reach.admits(pharmacy, far), Err(OutOfReach));
            assert_eq!(reach.admits(pharmacy, None), Err(OutOfReach));
        }
    }

    #[test]
    fn only_the_pharmacy_that_was_asked_may_answer_wherever_it_is() {
        let reach = Reach::Directed {
            pharmacy: account(1),
        };
        let somewhere = GeoPoint::new(-80.0, 0.0).ok();
        for position in [None, somewhere] {
            assert_eq!(reach.admits(account(1), position), Ok(None));
            assert_eq!(reach.admits(account(2), position), Err(OutOfReach));
        }
    }

    #[test]
    fn a_pharmacy_that_was_only_asked_has_not_won() {
        let pharmacy = Pharmacy {
            account: account(1),
            name: "City Pharmacy".to_owned(),
        };
        for state in State::ALL {
            let asked = MedicineRequest {
                pharmacy: Some(pharmacy.clone()),
                state,
                ..request()
            };
            let has_winner = matches!(state, State::Accepted | State::Completed);
            assert_eq!(asked.winner().is_some(), has_winner, "{state:?}");
        }
    }
}
