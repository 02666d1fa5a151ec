//! The fields that a profile is made of, as somebody who joins gives them all, and somebody who
//! changes their profile only some.

use std::fmt::Display;

use callout_cloud::accounts::Accounts;
use callout_domain::account::{
    Address, BloodGroup, City, CoverageKm, DoctorProfile, DonationDate, DonorProfile, HospitalName,
    HospitalProfile, PharmacyProfile, Profile, ProviderProfile, ServiceType, Specialty,
};
use callout_domain::geo::GeoPoint;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::role::Role;

use crate::http::{Failure, Form, Given};

/// Fields of a body laid over what was there before.
struct ProfileFields<'a> {
    form: &'a mut Form,
    now: Moment,
}

/// The form has a problem with a field, and has noted it.
struct Noted;

/// Reads text by the rule of its type.
pub(super) fn text<T, E: Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(Given<'_>) -> Result<T, String> {
    |given| parse(given.text()?).map_err(|error| error.to_string())
}

/// The profile of somebody who joins; `None` if the form has a problem with it.
pub(super) fn joining(form: &mut Form, role: Role, now: Moment) -> Option<Profile> {
    let mut fields = ProfileFields { form, now };
    Some(match role {
        Role::Customer => Profile::Customer,
        Role::Pharmacy => Profile::Pharmacy(fields.pharmacy(None)?),
        Role::Donor => Profile::Donor(fields.donor(None)?),
        Role::Seeker => Profile::Seeker,
        Role::Provider => Profile::Provider(fields.provider(None)?),
        Role::Patient => Profile::Patient,
        Role::Doctor => Profile::Doctor(fields.doctor(None)?),
        Role::Hospital => Profile::Hospital(fields.hospital(None)?),
        Role::Admin => Profile::Admin,
    })
}

/// A profile with what the form gives in place of what it had: a field left out stays, null clears
/// what may be missing. `None` if the form has a problem with it.
pub(super) fn changing(form: &mut Form, profile: &Profile, now: Moment) -> Option<Profile> {
    let mut fields = ProfileFields { form, now };
    Some(match profile {
        Profile::Pharmacy(before) => Profile::Pharmacy(fields.pharmacy(Some(before))?),
        Profile::Donor(before) => Profile::Donor(fields.donor(Some(before))?),
        Profile::Provider(before) => Profile::Provider(fields.provider(Some(before))?),
        Profile::Doctor(before) => Profile::Doctor(fields.doctor(Some(before))?),
        Profile::Hospital(before) => Profile::Hospital(fields.hospital(Some(before))?),
        Profile::Customer | Profile::Seeker | Profile::Patient | Profile::Admin => profile.clone(),
    })
}

/// 400 for a doctor of a hospital that is none.
pub(super) async fn check_hospital(accounts: &Accounts, profile: &Profile) -> Result<(), Failure> {
    let Profile::Doctor(doctor) = profile else {
        return Ok(());
    };
    let hospital = accounts.read(doctor.hospital_id).await?;
    if hospital.is_some_and(|found| found.role == Role::Hospital) {
        Ok(())
    } else {
        Err(Failure::field("hospital_id", NOT_A_HOSPITAL))
    }
}

const NOT_A_HOSPITAL: &str = "must be the id of a hospital";

/// Each reads all its fields before it gives up, so that one answer names all that is wrong.
impl ProfileFields<'_> {
    fn pharmacy(&mut self, before: Option<&PharmacyProfile>) -> Option<PharmacyProfile> {
        let position = self.position(before.and_then(|before| before.position));
        let address = self.optional(
            "address",
            before.and_then(|before| before.address.clone()),
            text(Address::parse),
        );
        Some(PharmacyProfile {
            position: position.ok()?,
            address: address.ok()?,
        })
    }

    fn donor(&mut self, before: Option<&DonorProfile>) -> Option<DonorProfile> {
        let now = self.now;
        let blood_group = self.required(
            "blood_group",
            before.map(|before| before.blood_group),
            text(BloodGroup::parse),
        );
        let city = self.required(
            "city",
            before.map(|before| before.city.clone()),
            text(City::parse),
        );
        let position = self.position(before.and_then(|before| before.position));
        let last_donation_date = self.optional(
            "last_donation_date",
            before.and_then(|before| before.last_donation_date),
            text(|day| DonationDate::parse(day, now)),
        );
        Some(DonorProfile {
            blood_group: blood_group?,
            city: city?,
            position: position.ok()?,
            last_donation_date: last_donation_date.ok()?,
        })
    }

    fn provider(&mut self, before: Option<&ProviderProfile>) -> Option<ProviderProfile> {
        let service_type = self.required(
            "service_type",
            before.map(|before| before.service_type.clone()),
            text(ServiceType::parse),
        );
        let position = self.required_position(before.map(|before| before.position));
        let service_coverage_area = self.optional(
            "service_coverage_area",
            before.and_then(|before| before.service_coverage_area),
            |given| CoverageKm::new(given.number()?).map_err(|error| error.to_string()),
        );
        Some(ProviderProfile {
            service_type: service_type?,
            position: position?,
            service_coverage_area: service_coverage_area.ok()?,
        })
    }

    fn doctor(&mut self, before: Option<&DoctorProfile>) -> Option<DoctorProfile> {
        let specialty = self.required(
            "specialty",
            before.map(|before| before.specialty.clone()),
            text(Specialty::parse),
        );
        let hospital_id = self.required(
            "hospital_id",
            before.map(|before| before.hospital_id),
            |given| {
                given
                    .text()?
                    .parse::<AccountId>()
                    .map_err(|_| NOT_A_HOSPITAL)
            },
        );
        Some(DoctorProfile {
            specialty: specialty?,
            hospital_id: hospital_id?,
        })
    }

    fn hospital(&mut self, before: Option<&HospitalProfile>) -> Option<HospitalProfile> {
        let hospital_name = self.required(
            "hospital_name",
            before.map(|before| before.hospital_name.clone()),
            text(HospitalName::parse),
        );
        let city = self.required(
            "city",
            before.map(|before| before.city.clone()),
            text(City::parse),
        );
        let position = self.required_position(before.map(|before| before.position));
        Some(HospitalProfile {
            hospital_name: hospital_name?,
            city: city?,
            position: position?,
        })
    }

    /// A field that there always is: given now, or there before.
    fn required<T, E: Display>(
        &mut self,
        name: &str,
        before: Option<T>,
        read: impl FnOnce(Given<'_>) -> Result<T, E>,
    ) -> Option<T> {
        match before {
            Some(before) if !self.is_given(name) => Some(before),
            Some(_) | None => self.form.required(name, read),
        }
    }

    /// A field that may be missing.
    fn optional<T, E: Display>(
        &mut self,
        name: &str,
        before: Option<T>,
        read: impl FnOnce(Given<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, Noted> {
        if !self.is_given(name) {
            Ok(before)
        } else if self.form.is_absent(name) {
            Ok(None)
        } else {
            self.form.optional(name, read).map(Some).ok_or(Noted)
        }
    }

    /// `lat` and `lng`: both or neither, where there was no position before.
    fn position(&mut self, before: Option<GeoPoint>) -> Result<Option<GeoPoint>, Noted> {
        if !self.is_given("lat") && !self.is_given("lng") {
            Ok(before)
        } else if self.form.is_absent("lat") && self.form.is_absent("lng") && self.clears(before) {
            Ok(None)
        } else {
            self.required_position(before).map(Some).ok_or(Noted)
        }
    }

    /// `lat` and `lng`, each given now or there before.
    fn required_position(&mut self, before: Option<GeoPoint>) -> Option<GeoPoint> {
        let lat = self.required("lat", before.map(GeoPoint::lat), latitude);
        let lng = self.required("lng", before.map(GeoPoint::lng), longitude);
        GeoPoint::new(lat?, lng?).ok()
    }

    /// Whether nothing of a position is left once the fields that are null are cleared.
    fn clears(&self, before: Option<GeoPoint>) -> bool {
        before.is_none() || (self.is_given("lat") && self.is_given("lng"))
    }

    /// Whether the body speaks of a field, be it to say null.
    fn is_given(&self, name: &str) -> bool {
        self.form.fields.contains_key(name)
    }
}

/// `lat` and `lng`, both of them; all that is wrong with them is noted.
pub(super) fn position(form: &mut Form) -> Option<GeoPoint> {
    let lat = form.required("lat", latitude);
    let lng = form.required("lng", longitude);
    GeoPoint::new(lat?, lng?).ok()
}

fn latitude(given: Given<'_>) -> Result<f64, String> {
    let degrees = given.number()?;
    let on_the_globe = GeoPoint::new(degrees, 0.0);
    on_the_globe
        .map(|_| degrees)
        .map_err(|error| error.to_string())
}

fn longitude(given: Given<'_>) -> Result<f64, String> {
    let degrees = given.number()?;
    let on_the_globe = GeoPoint::new(0.0, degrees);
    on_the_globe
        .map(|_| degrees)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::account::Profile;
    use callout_domain::moment::Moment;
    use callout_domain::role::Role;
    use serde_json::{Value, json};

    use super::{changing, joining};
    use crate::http::{Failure, Form};

    fn form(body: &Value) -> Form {
        let body = body.to_string();
        Form::read_json(Some("application/json"), body.as_bytes()).unwrap()
    }

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn join(role: Role, body: &Value) -> Result<Profile, Vec<(String, String)>> {
        let mut form = form(body);
        match joining(&mut form, role, now()) {
            Some(profile) => Ok(profile),
            None => Err(problems(&mut form)),
        }
    }

    fn change(profile: &Profile, body: &Value) -> Result<Profile, Vec<(String, String)>> {
        let mut form = form(body);
        changing(&mut form, profile, now()).ok_or_else(|| problems(&mut form))
    }

    fn problems(form: &mut Form) -> Vec<(String, String)> {
        let Failure::Invalid(problems) = form.reject() else {
            unreachable!("a form rejects with its problems");
        };
        problems.into_iter().collect()
    }

    fn names(problems: Result<Profile, Vec<(String, String)>>) -> Vec<String> {
        problems
            .unwrap_err()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    fn stored(profile: &Profile) -> Value {
        serde_json::to_value(profile).unwrap()
    }

    #[test]
    fn whoever_joins_gives_what_their_role_needs() {
        for (role, needs) in [
            (Role::Customer, vec![]),
            (Role::Pharmacy, vec![]),
            (Role::Donor, vec!["blood_group", "city"]),
            (Role::Seeker, vec![]),
            (Role::Provider, vec!["lat", "lng", "service_type"]),
            (Role::Patient, vec![]),
            (Role::Doctor, vec!["hospital_id", "specialty"]),
            (Role::Hospital, vec!["city", "hospital_name", "lat", "lng"]),
        ] {
            match join(role, &json!({})) {
                Ok(profile) => {
                    assert!(needs.is_empty(), "{role}");
                    assert_eq!(profile.role(), role);
                }
                Err(problems) => {
                    let missing: Vec<String> = problems
                        .into_iter()
                        .inspect(|(_, problem)| assert_eq!(problem, "is required"))
                        .map(|(name, _)| name)
                        .collect();
                    assert_eq!(missing, needs, "{role}");
                }
            }
        }
    }

    #[test]
    fn a_full_profile_of_each_role_is_read_whole() {
        for (role, body) in [
            (
                Role::Pharmacy,
                json!({"lat": 27.7, "lng": "85.3", "address": " Thamel "}),
            ),
            (
                Role::Donor,
                json!({"blood_group": "o+", "city": "Chennai", "lat": 13, "lng": 80.2,
                "last_donation_date": "2026-01-31"}),
            ),
            (
                Role::Provider,
                json!({"service_type": "worker", "lat": 1, "lng": 2,
                "service_coverage_area": "12.5"}),
            ),
            (
                Role::Doctor,
                json!({"specialty": "Cardiology",
                "hospital_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            ),
            (
                Role::Hospital,
                json!({"hospital_name": "Tunis Care", "city": "Tunis",
                "lat": 36.8, "lng": 10.2}),
            ),
        ] {
            let profile = join(role, &body).unwrap();
            let kept = stored(&profile);
            for name in body.as_object().unwrap().keys() {
                match name.as_str() {
                    "lat" | "lng" => assert!(kept["position"][name].is_f64(), "{role} {name}"),
                    other => assert!(!kept[other].is_null(), "{role} {name}"),
                }
            }
        }
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        assert_eq!(
            names(join(
                Role::Donor,
                &json!({"blood_group": "Z+", "city": "", "lat": 91, "lng": -181,
                    "last_donation_date": "2027-01-01"})
            )),
            ["blood_group", "city", "last_donation_date", "lat", "lng"]
        );
        for wrong in [
            json!(0),
            json!(-5),
            json!(501),
            json!("NaN"),
            json!([]),
            json!("far"),
        ] {
            let body = json!({"service_type": "x", "lat": 0, "lng": 0,
                "service_coverage_area": wrong});
            assert_eq!(
                names(join(Role::Provider, &body)),
                ["service_coverage_area"]
            );
        }
        for wrong in [json!("1"), json!(1), json!("")] {
            let body = json!({"specialty": "x", "hospital_id": wrong});
            assert_eq!(names(join(Role::Doctor, &body)), ["hospital_id"]);
        }
    }

    #[test]
    fn half_a_position_is_none() {
        assert_eq!(names(join(Role::Pharmacy, &json!({"lat": 27.7}))), ["lng"]);
        assert_eq!(
            names(join(Role::Pharmacy, &json!({"lng": 85.3, "lat": null}))),
            ["lat"]
        );
        let nowhere = join(Role::Pharmacy, &json!({"lat": null, "lng": null})).unwrap();
        assert_eq!(nowhere.position(), None);
        for wrong in [
            json!("NaN"),
            json!("inf"),
            json!(1e300),
            json!(true),
            json!(""),
        ] {
            assert_eq!(
                names(join(Role::Pharmacy, &json!({"lat": wrong, "lng": 0}))),
                ["lat"]
            );
        }
    }

    #[test]
    fn a_change_leaves_alone_what_it_does_not_speak_of() {
        let donor = join(
            Role::Donor,
            &json!({"blood_group": "O+", "city": "Chennai", "lat": 13, "lng": 80,
                "last_donation_date": "2026-01-31"}),
        )
        .unwrap();
        assert_eq!(change(&donor, &json!({})), Ok(donor.clone()));
        let moved = change(&donor, &json!({"city": "Madurai"})).unwrap();
        assert_eq!(stored(&moved)["city"], "Madurai");
        assert_eq!(moved.position(), donor.position());

        let cleared = json!({"lat": null, "lng": null, "last_donation_date": null});
        let cleared = change(&donor, &cleared).unwrap();
        assert_eq!(
            stored(&cleared),
            json!({"role": "DONOR", "blood_group": "O+", "city": "Chennai"})
        );
    }

    #[test]
    fn what_there_always_is_cannot_be_cleared() {
        let hospital = join(
            Role::Hospital,
            &json!({"hospital_name": "Tunis Care", "city": "Tunis", "lat": 36.8, "lng": 10.2}),
        )
        .unwrap();
        let cleared = json!({"hospital_name": null, "city": null, "lat": null, "lng": null});
        assert_eq!(
            names(change(&hospital, &cleared)),
            ["city", "hospital_name", "lat", "lng"]
        );
    }

    #[test]
    fn one_half_of_a_position_moves_the_other_half_stays() {
        let at = json!({"lat": 27.7, "lng": 85.3});
        let pharmacy = join(Role::Pharmacy, &at).unwrap();
        let moved = change(&pharmacy, &json!({"lat": 27.8})).unwrap();
        assert_eq!(
            stored(&moved)["position"],
            json!({"lat": 27.8, "lng": 85.3})
        );
        let half_cleared = change(&pharmacy, &json!({"lat": null}));
        assert_eq!(names(half_cleared), ["lat"]);
        let cleared = change(&pharmacy, &json!({"lat": null, "lng": null})).unwrap();
        assert_eq!(cleared.position(), None);
        assert_eq!(names(change(&cleared, &json!({"lng": 85.3}))), ["lat"]);
    }

    #[test]
    fn fields_of_another_role_mean_nothing() {
        let body = json!({"blood_group": "none", "lat": 999});
        assert_eq!(join(Role::Customer, &body), Ok(Profile::Customer));
        assert_eq!(change(&Profile::Patient, &body), Ok(Profile::Patient));
    }
}
