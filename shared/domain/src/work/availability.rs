//! Whether work may be assigned to somebody: each thing that may stand in the way has its own refusal.

use time::Duration;

use super::Live;
use crate::account::{Account, Profile, ServiceType};
use crate::geo::{DistanceKm, GeoPoint};
use crate::ids::AccountId;
use crate::moment::Moment;

/// How far a provider travels who does not say, in kilometres.
pub const DEFAULT_COVERAGE_KM: f64 = 25.0;

/// What is wanted, by whom and where.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Who asks.
    pub seeker: AccountId,
    /// For what trade.
    pub service_type: &'a ServiceType,
    /// Where the work is.
    pub place: GeoPoint,
}

/// Somebody to whom work may be assigned, as they stand just now.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Who they are.
    pub account: &'a Account,
    /// Where they are, if they are active for work.
    pub live: Option<Live>,
    /// Whether they are at work on an order that they accepted.
    pub is_busy: bool,
}

/// Why work may not be assigned to somebody; its text is the sentence for whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It is whoever asks.
    #[error("You cannot assign work to yourself")]
    Oneself,
    /// They do no work.
    #[error("This account is not a provider")]
    NotAProvider,
    /// They do none just now.
    #[error("This provider is not active for work")]
    Inactive,
    /// Nobody knows where they are.
    #[error("This provider has not said for too long where they are")]
    Stale,
    /// They do other work.
    #[error("This provider does not offer this type of service")]
    OtherService,
    /// It is too far for them.
    #[error("This place is outside the area that this provider covers")]
    OutOfCoverage,
    /// They are at work.
    #[error("This provider is at work on another order")]
    Busy,
}

impl Unavailable {
    /// Stable, in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Oneself => "assigned_to_oneself",
            Self::NotAProvider => "not_a_provider",
            Self::Inactive => "provider_inactive",
            Self::Stale => "provider_position_stale",
            Self::OtherService => "other_service_type",
            Self::OutOfCoverage => "out_of_coverage",
            Self::Busy => "provider_busy",
        }
    }
}

impl Candidate<'_> {
    /// How far away they are, if they may be assigned what is wanted; a position counts for `most_age`.
    ///
    /// # Errors
    /// The first [`Unavailable`] that stands in the way, what concerns who they are before what
    /// concerns how they stand just now.
    pub fn may_be_assigned(
        self,
        wanted: Wanted<'_>,
        most_age: Duration,
        now: Moment,
    ) -> Result<DistanceKm, Unavailable> {
        if self.account.id == wanted.seeker {
            return Err(Unavailable::Oneself);
        }
        let Profile::Provider(profile) = &self.account.profile else {
            return Err(Unavailable::NotAProvider);
        };
        let live = self.live.ok_or(Unavailable::Inactive)?;
        if !live.is_fresh(most_age, now) {
            return Err(Unavailable::Stale);
        }
        if !profile.service_type.names_the_same(wanted.service_type) {
            return Err(Unavailable::OtherService);
        }
        let distance = live.position.distance_to(wanted.place);
        if distance.kilometres() > profile.coverage_km() {
            return Err(Unavailable::OutOfCoverage);
        }
        if self.is_busy {
            return Err(Unavailable::Busy);
        }
        Ok(distance)
    }
}

impl crate::account::ProviderProfile {
    /// How far they travel, in kilometres: as they say, or [`DEFAULT_COVERAGE_KM`].
    pub fn coverage_km(&self) -> f64 {
        self.service_coverage_area
            .map_or(DEFAULT_COVERAGE_KM, crate::account::CoverageKm::kilometres)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use time::Duration;
    use ulid::Ulid;

    use super::{Candidate, Unavailable, Wanted};
    use crate::account::{
        Account, CoverageKm, Email, PersonName, PhoneNumber, Profile, ProviderProfile, ServiceType,
    };
    use crate::geo::GeoPoint;
    use crate::ids::AccountId;
    use crate::moment::Moment;
    use crate::work::Live;

    const MOST_AGE: Duration = Duration::minutes(15);

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn at(lat: f64) -> GeoPoint {
        GeoPoint::new(lat, 85.324).unwrap()
    }

    fn account(profile: Profile) -> Account {
        Account {
            id: AccountId::new(Ulid::from(1)),
            role: profile.role(),
            email: Email::parse("provider@example.com").unwrap(),
            name: PersonName::parse("John Doe").unwrap(),
            phone_number: PhoneNumber::parse("9841234567").unwrap(),
            created_at: now(),
            profile,
            version: 0,
        }
    }

    fn painter(coverage: Option<f64>) -> Account {
        account(Profile::Provider(ProviderProfile {
            service_type: ServiceType::parse("Painter").unwrap(),
            position: at(0.0),
            service_coverage_area: coverage.map(|km| CoverageKm::new(km).unwrap()),
        }))
    }

    fn live(age: Duration) -> Live {
        Live {
            position: at(27.7),
            positioned_at: now().plus(-age),
        }
    }

    fn judged(candidate: Candidate<'_>, service: &str, lat: f64) -> Result<f64, Unavailable> {
        let wanted = Wanted {
            seeker: AccountId::new(Ulid::from(7)),
            service_type: &ServiceType::parse(service).unwrap(),
            place: at(lat),
        };
        let distance = candidate.may_be_assigned(wanted, MOST_AGE, now());
        distance.map(crate::geo::DistanceKm::rounded)
    }

    #[test]
    fn each_thing_that_stands_in_the_way_has_its_own_refusal() {
        let painter = painter(None);
        let seeker = account(Profile::Seeker);
        let fresh = Some(live(Duration::ZERO));
        let of = |account, live, is_busy| Candidate {
            account,
            live,
            is_busy,
        };
        for (candidate, service, lat, expected) in [
            (of(&painter, fresh, false), "Painter", 27.7, Ok(0.0)),
            // 0.2 degrees are 22.24 km, 0.25 are 27.8.
            (of(&painter, fresh, false), " PAINTER ", 27.9, Ok(22.24)),
            (
                of(&painter, fresh, false),
                "painter",
                27.95,
                Err(Unavailable::OutOfCoverage),
            ),
            (
                of(&painter, fresh, true),
                "painter",
                27.7,
                Err(Unavailable::Busy),
            ),
            (
                of(&painter, fresh, true),
                "painter",
                -27.7,
                Err(Unavailable::OutOfCoverage),
            ),
            (
                of(&painter, fresh, false),
                "plumber",
                27.7,
                Err(Unavailable::OtherService),
            ),
            (
                of(&painter, Some(live(MOST_AGE)), false),
                "plumber",
                27.7,
                Err(Unavailable::Stale),
            ),
            (
                of(&painter, None, true),
                "painter",
                27.7,
                Err(Unavailable::Inactive),
            ),
            (
                of(&seeker, fresh, false),
                "painter",
                27.7,
                Err(Unavailable::NotAProvider),
            ),
        ] {
            assert_eq!(judged(candidate, service, lat), expected, "{service} {lat}");
        }
    }

    #[test]
    fn nobody_assigns_work_to_themselves() {
        let painter = painter(None);
        let candidate = Candidate {
            account: &painter,
            live: Some(live(Duration::ZERO)),
            is_busy: false,
        };
        let wanted = Wanted {
            seeker: painter.id,
            service_type: &ServiceType::parse("painter").unwrap(),
            place: at(27.7),
        };
        assert_eq!(
            candidate.may_be_assigned(wanted, MOST_AGE, now()),
            Err(Unavailable::Oneself)
        );
    }

    #[test]
    fn whoever_says_how_far_they_travel_travels_so_far() {
        for (coverage, lat, covered) in [
            (Some(1.0), 27.708, true),
            (Some(1.0), 27.7091, false),
            (Some(500.0), 32.0, true),
            (None, 32.0, false),
        ] {
            let painter = painter(coverage);
            let candidate = Candidate {
                account: &painter,
                live: Some(live(Duration::ZERO)),
                is_busy: false,
            };
            assert_eq!(judged(candidate, "painter", lat).is_ok(), covered, "{lat}");
        }
    }

    #[test]
    fn codes_are_told_apart() {
        let all = [
            Unavailable::Oneself,
            Unavailable::NotAProvider,
            Unavailable::Inactive,
            Unavailable::Stale,
            Unavailable::OtherService,
            Unavailable::OutOfCoverage,
            Unavailable::Busy,
        ];
        let codes: std::collections::BTreeSet<&str> = all.iter().map(|why| why.code()).collect();
        assert_eq!(codes.len(), all.len());
    }
}
