#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use time::Duration;
use ulid::Ulid;

use super::{Answered, Around, BloodRequest, Consequence, Refused};
use crate::account::{Address, BloodGroup, City, HospitalName, PersonName};
use crate::blood::standing::tests::MOVES;
use crate::blood::{
    ContactNumber, DonationInterval, Donor, IllegalMove, Matching, Move, Standing, State, Units,
    Urgency,
};
use crate::geo::{GeoPoint, RadiusKm};
use crate::ids::{AccountId, EventId, RequestId};
use crate::moment::Moment;
use crate::request::Header;

const LIFETIME: Duration = Duration::hours(24);
/// Somebody who was told.
const TOLD: bool = true;

pub(in crate::blood) fn account(number: u128) -> AccountId {
    AccountId::new(Ulid::from(number))
}

/// The seed's.
pub(in crate::blood) fn request() -> BloodRequest {
    BloodRequest {
        header: Header {
            id: RequestId::new(Ulid::from(1)),
            requester: account(7),
            created_at: "2026-02-01T18:30:00Z".parse().unwrap(),
            told: 50,
            chunks: 1,
            announced: Vec::new(),
        },
        requester_name: PersonName::parse("Sarah Kumar").unwrap(),
        patient_name: PersonName::parse("John Doe").unwrap(),
        patient_number: ContactNumber::parse("+91 9876543210").unwrap(),
        attender_name: PersonName::parse("Jane Doe").unwrap(),
        attender_number: ContactNumber::parse("+91 9876543211").unwrap(),
        blood_group: BloodGroup::OPositive,
        units: Units::try_from(2).unwrap(),
        urgency: Urgency::Critical,
        hospital_name: HospitalName::parse("Apollo Hospital").unwrap(),
        location: Address::parse("123 Main St, Chennai").unwrap(),
        city: City::parse("Chennai").unwrap(),
        around: None,
        matching: Matching::Everyone,
        state: State::Active,
        accepted: 0,
        confirmed: 0,
        ignored: 0,
        withdrawn: 0,
        givers: Vec::new(),
        all_ignored_at: None,
    }
}

fn soon() -> Moment {
    request().header.created_at.plus(Duration::minutes(5))
}

fn answer(request: &BloodRequest, standing: Standing, step: Move) -> Result<Answered, Refused> {
    request.answer(account(9), (standing, TOLD), step, LIFETIME, soon())
}

#[test]
fn donors_accept_until_the_units_are_covered() {
    let mut request = request();
    for accepted in 1..=2 {
        request = answer(&request, Standing::Silent, Move::Accept)
            .unwrap()
            .request;
        assert_eq!((request.accepted, request.state), (accepted, State::Active));
    }
    assert!(request.is_covered());
    for standing in [
        Standing::Silent,
        Standing::Called,
        Standing::Withdrawn,
        Standing::Ignored,
    ] {
        let refused = answer(&request, standing, Move::Accept).unwrap_err();
        assert_eq!(refused, Refused::Covered);
        assert_eq!(refused.code(), "covered");
        assert_eq!(refused.to_string(), "The units needed are covered already");
    }
    // Who has accepted is told that, and not that others have.
    let again = answer(&request, Standing::Accepted, Move::Accept).unwrap_err();
    assert_eq!(again.code(), "already_accepted");
}

#[test]
fn who_withdraws_makes_room_for_another() {
    let covered = BloodRequest {
        accepted: 2,
        givers: vec![account(8), account(9)],
        ..request()
    };
    let withdrawn = answer(&covered, Standing::Accepted, Move::Withdraw).unwrap();
    assert_eq!(withdrawn.standing, Standing::Withdrawn);
    assert!(!withdrawn.request.is_covered());
    assert_eq!(withdrawn.request.givers, [account(8)]);
    let back = answer(&withdrawn.request, Standing::Withdrawn, Move::Accept).unwrap();
    assert_eq!(withdrawn.request.withdrawn, 1);
    assert_eq!(back.request, covered);
}

#[test]
fn the_last_unit_that_is_confirmed_completes_it() {
    let covered = BloodRequest {
        accepted: 2,
        ..request()
    };
    let first = answer(&covered, Standing::Accepted, Move::Confirm).unwrap();
    assert_eq!(first.standing, Standing::Confirmed);
    assert_eq!((first.request.accepted, first.request.confirmed), (2, 1));
    assert_eq!(first.request.state, State::Active);
    let last = answer(&first.request, Standing::Accepted, Move::Confirm).unwrap();
    assert_eq!((last.request.accepted, last.request.confirmed), (2, 2));
    assert_eq!(last.request.state, State::Completed);

    let twice = answer(&first.request, Standing::Confirmed, Move::Confirm);
    assert_eq!(
        twice,
        Err(Refused::NotOpen(IllegalMove {
            standing: Standing::Confirmed,
            tried: Move::Confirm
        }))
    );
}

#[test]
fn nothing_is_answered_to_what_is_over() {
    let at_its_end = request().header.created_at.plus(LIFETIME);
    for (state, now, code) in [
        (State::Completed, soon(), "already_completed"),
        (State::Cancelled, soon(), "cancelled"),
        (State::Active, at_its_end, "expired"),
    ] {
        let over = BloodRequest {
            state,
            accepted: 2,
            ..request()
        };
        for standing in Standing::ALL {
            for step in MOVES {
                let answered = over.answer(account(9), (standing, TOLD), step, LIFETIME, now);
                let gave = (standing, step) == (Standing::Accepted, Move::Confirm);
                if state == State::Completed && gave {
                    assert!(answered.is_ok());
                } else {
                    assert_eq!(answered.unwrap_err().code(), code, "{standing:?} {step:?}");
                }
            }
        }
    }
}

#[test]
fn who_had_promised_may_say_that_they_gave_after_its_requester_completed_it() {
    let completed = BloodRequest {
        state: State::Completed,
        accepted: 2,
        givers: vec![account(8), account(9)],
        ..request()
    };
    let late = completed.header.created_at.plus(Duration::days(80));
    let promised = (Standing::Accepted, TOLD);
    let mut now = completed.clone();
    for confirmed in 1..=2 {
        let answered = now
            .answer(account(9), promised, Move::Confirm, LIFETIME, late)
            .unwrap();
        assert_eq!(answered.standing, Standing::Confirmed);
        assert_eq!(answered.consequence, None, "it is over already");
        now = answered.request;
        assert_eq!((now.accepted, now.confirmed), (2, confirmed));
        assert_eq!(now.state, State::Completed);
    }
}

#[test]
fn that_it_is_covered_follows_once_whoever_comes_and_goes_after_it() {
    let nearly = BloodRequest {
        accepted: 1,
        givers: vec![account(8)],
        ..request()
    };
    let accept = |request: &BloodRequest| answer(request, Standing::Silent, Move::Accept).unwrap();
    let first = answer(&request(), Standing::Silent, Move::Accept).unwrap();
    assert_eq!(first.consequence, None);
    let covering = accept(&nearly);
    assert_eq!(covering.consequence, Some(Consequence::Covered));
    assert_eq!(covering.request.givers, [account(8), account(9)]);

    let mut told = nearly;
    told.header.announced = vec![EventId::new(Ulid::from(6))];
    let again = accept(&told);
    assert!(again.request.is_covered());
    assert_eq!(again.consequence, None);
}

#[test]
fn a_call_and_a_withdrawal_follow_nothing_and_the_last_unit_the_end() {
    let covered = BloodRequest {
        accepted: 2,
        confirmed: 1,
        givers: vec![account(8), account(9)],
        ..request()
    };
    for (standing, step, consequence) in [
        (Standing::Silent, Move::Call, None),
        (Standing::Accepted, Move::Call, None),
        (Standing::Accepted, Move::Withdraw, None),
        (Standing::Silent, Move::Ignore, None),
        (
            Standing::Accepted,
            Move::Confirm,
            Some(Consequence::Completed),
        ),
    ] {
        let answered = answer(&covered, standing, step).unwrap();
        assert_eq!(answered.consequence, consequence, "{step:?}");
    }
}

#[test]
fn it_may_be_known_in_its_city_and_within_its_radius() {
    let point = |lat, lng| GeoPoint::new(lat, lng).unwrap();
    let around = BloodRequest {
        around: Some(Around {
            center: point(13.0827, 80.2707),
            radius: RadiusKm::new(10.0).unwrap(),
        }),
        ..request()
    };
    let (near, far) = (Some(point(13.0, 80.2707)), Some(point(12.0, 80.2707)));
    for (city, position, in_city_alone, in_radius) in [
        ("CHENNAI", far, true, true),
        ("Chennai North", near, false, true),
        ("Chennai North", far, false, false),
        ("Chennai North", None, false, false),
    ] {
        let city = City::parse(city).unwrap();
        assert_eq!(
            request().reaches(&city, position),
            in_city_alone,
            "{position:?}"
        );
        assert_eq!(around.reaches(&city, position), in_radius, "{position:?}");
        // Whoever looks around its place finds it.
        assert!(around.is_open_to(&city));
        assert_eq!(request().is_open_to(&city), in_city_alone);
    }
}

#[test]
fn its_lifetime_is_what_the_deployment_says() {
    let request = request();
    let later = request.header.created_at.plus(Duration::hours(30));
    assert_eq!(request.state_at(LIFETIME, later), State::Expired);
    assert_eq!(request.state_at(Duration::hours(48), later), State::Active);
}

#[test]
fn everybody_has_ignored_it_when_all_who_were_told_have() {
    let told = |told, ignored| BloodRequest {
        header: Header {
            told,
            ..request().header
        },
        ignored,
        ..request()
    };
    assert!(!told(0, 0).is_ignored_by_all(), "nobody was told");
    let nearly = told(2, 1);
    assert!(!nearly.is_ignored_by_all());

    // Who was not told, but came upon it, is one more and not one of them.
    let passer_by = (Standing::Silent, !TOLD);
    let passed = nearly
        .answer(account(9), passer_by, Move::Ignore, LIFETIME, soon())
        .unwrap();
    assert_eq!(passed.standing, Standing::Ignored);
    assert_eq!(passed.request, nearly);
    let back = (Standing::Ignored, !TOLD);
    let back = nearly
        .answer(account(9), back, Move::Accept, LIFETIME, soon())
        .unwrap();
    assert_eq!((back.request.accepted, back.request.ignored), (1, 1));

    let all = answer(&nearly, Standing::Called, Move::Ignore).unwrap();
    assert!(all.request.is_ignored_by_all());
    assert_eq!(all.consequence, Some(Consequence::IgnoredByAll));
    assert_eq!(all.request.all_ignored_at, Some(soon()));
    let changed_their_mind = answer(&all.request, Standing::Ignored, Move::Accept).unwrap();
    assert!(!changed_their_mind.request.is_ignored_by_all());
    let back = answer(
        &changed_their_mind.request,
        Standing::Withdrawn,
        Move::Ignore,
    )
    .unwrap();
    assert!(back.request.is_ignored_by_all());
    assert_eq!(back.consequence, None, "its requester knows");
}

#[test]
fn its_requester_is_not_told_and_otherwise_the_matching_says_who_is() {
    let donor = |number, blood_group| Donor {
        account: account(number),
        blood_group,
        position: None,
        last_donation_date: None,
    };
    let today = "2026-02-01".to_owned().try_into().unwrap();
    let (given, other) = (BloodGroup::OPositive, BloodGroup::APositive);
    for (matching, donor, called) in [
        (Matching::Everyone, donor(8, other), true),
        (Matching::Everyone, donor(7, given), false),
        (Matching::Compatible, donor(8, given), true),
        (Matching::Compatible, donor(8, other), false),
        (Matching::Compatible, donor(7, given), false),
    ] {
        let request = BloodRequest {
            matching,
            ..request()
        };
        let calls = request.calls(&donor, DonationInterval::default(), today);
        assert_eq!(calls, called, "{matching:?} {donor:?}");
    }
}

#[test]
fn a_distance_takes_two_places() {
    let point = |lat, lng| GeoPoint::new(lat, lng).unwrap();
    let around = BloodRequest {
        around: Some(Around {
            center: point(13.0827, 80.2707),
            radius: RadiusKm::new(10.0).unwrap(),
        }),
        ..request()
    };
    let away = around.distance_to(Some(point(13.0, 80.2707))).unwrap();
    assert!((away.kilometres() - 9.196).abs() < 0.001);
    assert_eq!(around.distance_to(None), None);
    assert_eq!(request().distance_to(Some(point(13.0, 80.0))), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    /// Whatever six donors, two of whom were not told, try in whatever order.
    #[test]
    fn the_counts_are_those_of_the_donors(
        units in 1_i64..=4,
        tried in prop::collection::vec((0_usize..6, 0_usize..MOVES.len()), 1..60),
    ) {
        let was_told = |donor: usize| donor < 4;
        let mut now = BloodRequest {
            units: Units::try_from(units).unwrap(),
            ..request()
        };
        now.header.told = 4;
        let mut donors = [Standing::Silent; 6];
        for (donor, step) in tried {
            let moving = (donors[donor], was_told(donor));
            let before = now.clone();
            match now.answer(account(donor as u128), moving, MOVES[step], LIFETIME, soon()) {
                Ok(answered) => {
                    donors[donor] = answered.standing;
                    now = answered.request;
                }
                Err(Refused::Covered) => {
                    prop_assert_eq!(MOVES[step], Move::Accept);
                    prop_assert!(now.is_covered());
                }
                Err(Refused::NotOpen(illegal)) => {
                    prop_assert_eq!((illegal.standing, illegal.tried), (moving.0, MOVES[step]));
                }
                Err(Refused::TooOften) => unreachable!("a request does not know how often"),
                Err(Refused::Over(illegal)) => {
                    prop_assert_eq!(illegal.state, State::Completed);
                    prop_assert_eq!(&now, &before);
                }
            }
            let counted = |is: fn(&Standing) -> bool| {
                donors.iter().filter(|standing| is(standing)).count()
            };
            let confirmed = counted(|standing| *standing == Standing::Confirmed);
            let accepted = counted(|standing| *standing == Standing::Accepted) + confirmed;
            let ignored = donors[..4]
                .iter()
                .filter(|standing| **standing == Standing::Ignored)
                .count();
            prop_assert_eq!(usize::from(now.accepted), accepted);
            prop_assert_eq!(now.givers.len(), accepted);
            prop_assert_eq!(usize::from(now.confirmed), confirmed);
            prop_assert_eq!(now.ignored as usize, ignored);
            let withdrawn = counted(|standing| *standing == Standing::Withdrawn);
            prop_assert_eq!(now.withdrawn as usize, withdrawn);
            prop_assert!(now.accepted <= now.units.get());
            prop_assert_eq!(now.state == State::Completed, now.confirmed == now.units.get());
            prop_assert_eq!(now.is_ignored_by_all(), ignored == 4);
        }
    }
}
