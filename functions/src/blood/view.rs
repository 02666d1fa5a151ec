//! Requests for blood as their parties see them: the seed's shape. The requester's own number is in
//! none of it, and the patient's is for the requester and for donors who come.

use callout_domain::blood::{
    BloodRequest, CROSS_MATCH, DonorResponse, Matching, Standing, responder,
};
use callout_domain::geo::DistanceKm;
use callout_domain::moment::Moment;
use serde_json::{Value, json};
use time::Duration;

/// What the seed calls a request that one donor makes of others.
const KIND: &str = "P2P";

/// A request as a donor sees it who stands there towards it, at that distance.
pub(super) fn request_for_donor(
    seen: &BloodRequest,
    standing: Standing,
    distance: Option<DistanceKm>,
    lifetime: Duration,
    now: Moment,
) -> Value {
    let mut view = request(seen, lifetime, now);
    if standing.sees_patient_number() {
        view["patientNumber"] = json!(seen.patient_number);
    }
    view["distance_km"] = json!(distance.map(DistanceKm::rounded));
    view["myResponse"] = match standing {
        Standing::Silent => Value::Null,
        Standing::Called
        | Standing::Accepted
        | Standing::Withdrawn
        | Standing::Confirmed
        | Standing::Ignored => json!(standing),
    };
    view
}

/// A request as whoever made it finds it later: with what came of it, and with the donors whom they are
/// told of by name. The counts are of all.
pub(super) fn own_request(
    seen: &BloodRequest,
    named: &[DonorResponse],
    lifetime: Duration,
    now: Moment,
) -> Value {
    let responders: Vec<_> = named
        .iter()
        .filter(|response| response.standing.is_named())
        .map(responder)
        .collect();
    let mut view = request(seen, lifetime, now);
    view["patientNumber"] = json!(seen.patient_number);
    view["match"] = json!(seen.matching);
    view["lat"] = json!(seen.around.map(|around| around.center.lat()));
    view["lng"] = json!(seen.around.map(|around| around.center.lng()));
    view["radius_km"] = json!(seen.around.map(|around| around.radius));
    view["notifiedCount"] = json!(seen.header.told);
    view["confirmedCount"] = json!(seen.confirmed);
    view["rejectedCount"] = json!(seen.ignored.saturating_add(seen.withdrawn));
    view["responders"] = json!(responders);
    view
}

/// What everybody sees of it who may see it at all.
fn request(seen: &BloodRequest, lifetime: Duration, now: Moment) -> Value {
    let state = seen.state_at(lifetime, now);
    let mut view = json!({
        "id": seen.header.id,
        "requestId": seen.header.id,
        "type": KIND,
        "requesterName": seen.requester_name,
        "patientName": seen.patient_name,
        "patientNumber": null,
        "attenderName": seen.attender_name,
        "attenderNumber": seen.attender_number,
        "bloodGroup": seen.blood_group,
        // Text: the seed takes a number, and answers with this.
        "units": seen.units.to_string(),
        "urgency": seen.urgency,
        "hospitalName": seen.hospital_name,
        "location": seen.location,
        "city": seen.city,
        "status": state.as_str(),
        "expired": state.is_expired(),
        "acceptedCount": seen.accepted,
        "date": seen.header.created_at,
    });
    match seen.matching {
        Matching::Everyone => {}
        Matching::Compatible => view["note"] = json!(CROSS_MATCH),
    }
    view
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod samples {
    use callout_domain::account::{
        Address, BloodGroup, City, HospitalName, PersonName, PhoneNumber,
    };
    use callout_domain::blood::{
        BloodRequest, ContactNumber, DonorResponse, Matching, Standing, State, Units, Urgency,
    };
    use callout_domain::ids::{AccountId, RequestId, ResponseId};
    use callout_domain::request::Header;
    use time::Duration;
    use ulid::Ulid;

    pub(in crate::blood) const LIFETIME: Duration = Duration::hours(24);

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

    pub(in crate::blood) fn response(donor: u128, standing: Standing) -> DonorResponse {
        DonorResponse {
            id: ResponseId::new(Ulid::from(donor)),
            request: request().header.id,
            donor: account(donor),
            name: PersonName::parse("Ravi Shankar").unwrap(),
            phone_number: PhoneNumber::parse("9841234567").ok(),
            blood_group: BloodGroup::OPositive,
            distance_km: Some(2.5),
            standing,
            at: "2026-02-01T18:35:00Z".parse().unwrap(),
            was_told: true,
            reported: Vec::new(),
        }
    }
}

#[cfg(test)]
fn seen() -> crate::api::Object {
    use crate::api::{
        address, blood_group, blood_state, city, closed, constant, contact_number, count, flag,
        hospital_name, moment, person_name, text, ulid, urgency,
    };
    closed()
        .with("id", ulid())
        .with("requestId", ulid())
        .with("type", constant(KIND))
        .with("requesterName", person_name())
        .with("patientName", person_name())
        .with("patientNumber", contact_number().or_null())
        .with("attenderName", person_name())
        .with("attenderNumber", contact_number())
        .with("bloodGroup", blood_group())
        .with("units", text())
        .with("urgency", urgency())
        .with("hospitalName", hospital_name())
        .with("location", address())
        .with("city", city())
        .with("status", blood_state())
        .with("expired", flag())
        .with("acceptedCount", count())
        .with("date", moment())
        .may("note", text())
}

/// As [`request_for_donor`] shows it.
#[cfg(test)]
pub(super) fn seen_by_donor() -> crate::api::Schema {
    use crate::api::{distance_or_null, standing};
    seen()
        .with("distance_km", distance_or_null())
        .with("myResponse", standing().or_null())
        .named("BloodRequest")
}

/// As [`own_request`] shows it.
#[cfg(test)]
pub(super) fn own_seen() -> crate::api::Schema {
    use crate::api::{blood_donor, count, latitude, list, longitude, one_of_texts, radius};
    seen()
        .with("match", one_of_texts(["everyone", "compatible"]))
        .with("lat", latitude().or_null())
        .with("lng", longitude().or_null())
        .with("radius_km", radius().or_null())
        .with("notifiedCount", count())
        .with("confirmedCount", count())
        .with("rejectedCount", count())
        .with("responders", list(blood_donor()))
        .named("OwnBloodRequest")
}

/// As [`request_for_donor`] shows one.
#[cfg(test)]
pub(super) fn example_for_donor() -> Value {
    let mut example = example();
    example["distance_km"] = json!(2.5);
    example["myResponse"] = Value::Null;
    example
}

/// As [`own_request`] shows one.
#[cfg(test)]
pub(super) fn own_example() -> Value {
    use crate::api::id;
    let own = json!({
        "patientNumber": "+91 9876543210", "match": "everyone", "lat": null, "lng": null,
        "radius_km": null, "notifiedCount": 50, "confirmedCount": 0, "rejectedCount": 2,
        "responders": [{
            "donorId": id('D'), "name": "Ravi Shankar", "phone": "9876543212", "bloodGroup": "O+",
            "distance_km": 2.5, "response": "Accepted", "respondedAt": "2026-02-01T18:40:00.000Z",
        }],
    });
    let mut example = example();
    for (name, value) in own.as_object().into_iter().flatten() {
        example[name] = value.clone();
    }
    example
}

#[cfg(test)]
fn example() -> Value {
    use crate::api::id;
    json!({
        "id": id('B'), "requestId": id('B'), "type": KIND, "requesterName": "Sarah Kumar",
        "patientName": "John Doe", "patientNumber": null, "attenderName": "Jane Doe",
        "attenderNumber": "+91 9876543211", "bloodGroup": "O+", "units": "2",
        "urgency": "Critical", "hospitalName": "Apollo Hospital",
        "location": "123 Main St, Chennai", "city": "Chennai", "status": "Active",
        "expired": false, "acceptedCount": 1, "date": "2026-02-01T18:30:00.000Z",
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::blood::{BloodRequest, CROSS_MATCH, Matching, Standing};
    use callout_domain::geo::DistanceKm;
    use serde_json::{Value, json};

    use super::samples::{LIFETIME, request, response};
    use super::{own_request, request_for_donor};

    const PATIENT: &str = "+91 9876543210";

    fn for_donor(seen: &BloodRequest, standing: Standing) -> Value {
        let distance = DistanceKm::try_from(2.503).ok();
        let now = seen.header.created_at;
        request_for_donor(seen, standing, distance, LIFETIME, now)
    }

    #[test]
    fn a_donor_sees_every_field_of_the_seed_and_the_attenders_number_for_the_patients() {
        let expected = json!({
            "id": "00000000000000000000000001",
            "requestId": "00000000000000000000000001",
            "requesterName": "Sarah Kumar",
            "patientName": "John Doe",
            "patientNumber": null,
            "attenderName": "Jane Doe",
            "attenderNumber": "+91 9876543211",
            "bloodGroup": "O+",
            "units": "2",
            "urgency": "Critical",
            "hospitalName": "Apollo Hospital",
            "location": "123 Main St, Chennai",
            "city": "Chennai",
            "status": "Active",
            "expired": false,
            "date": "2026-02-01T18:30:00.000Z",
            "type": "P2P",
            "acceptedCount": 0,
            "distance_km": 2.5,
            "myResponse": null,
        });
        assert_eq!(for_donor(&request(), Standing::Silent), expected);
    }

    #[test]
    fn the_patients_number_is_for_who_comes() {
        for standing in Standing::ALL {
            let shown = for_donor(&request(), standing)["patientNumber"] == PATIENT;
            let comes = [Standing::Accepted, Standing::Confirmed].contains(&standing);
            assert_eq!(shown, comes, "{standing:?}");
        }
    }

    #[test]
    fn compatible_is_said_to_be_subject_to_a_cross_match() {
        let compatible = BloodRequest {
            matching: Matching::Compatible,
            ..request()
        };
        let view = for_donor(&compatible, Standing::Silent);
        assert_eq!(view["note"], CROSS_MATCH);
    }

    #[test]
    fn whoever_asked_sees_who_came_and_how_many_did_not() {
        let seen = BloodRequest {
            accepted: 2,
            confirmed: 1,
            ignored: 3,
            withdrawn: 1,
            ..request()
        };
        let responses: Vec<_> = (1..)
            .zip(Standing::ALL)
            .map(|(donor, standing)| response(donor, standing))
            .collect();
        let view = own_request(&seen, &responses, LIFETIME, seen.header.created_at);
        assert_eq!(view["patientNumber"], PATIENT);
        assert_eq!(view["notifiedCount"], 50);
        assert_eq!(view["acceptedCount"], 2);
        assert_eq!(view["confirmedCount"], 1);
        // Three who ignored it, and one who withdrew.
        assert_eq!(view["rejectedCount"], 4);
        let responders = view["responders"].as_array().unwrap();
        let did: Vec<_> = responders.iter().map(|one| &one["response"]).collect();
        assert_eq!(did, ["Called", "Accepted", "Withdrawn", "Confirmed"]);
        assert_eq!(responders[0]["name"], "Ravi Shankar");
        assert_eq!(responders[0]["phone"], "9841234567");
    }

    #[test]
    fn what_nobody_ended_is_cancelled_and_said_to_have_expired() {
        let seen = request();
        let late = seen.header.created_at.plus(LIFETIME);
        let view = own_request(&seen, &[], LIFETIME, late);
        assert_eq!(
            (&view["status"], &view["expired"]),
            (&json!("Cancelled"), &json!(true))
        );
        assert_eq!(view["responders"], json!([]));
    }
}
