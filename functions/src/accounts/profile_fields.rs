//! The fields that a profile is made of, as somebody who joins gives them all, and somebody who
//! changes their profile only some.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::fmt::Display;

use callout_cloud::accounts::Accounts;
use callout_domain::account::{
    Address, BloodGroup, City, CoverageKm, DoctorProfile, DonationDate, DonorProfile,
    FoundedHospital, HospitalName, HospitalProfile, JoinedHospital, PharmacyProfile, Profile,
    ProviderProfile, ServiceType, Specialty,
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

/// 400 for a doctor, or a would-be member, of a hospital that is none.
pub(super) async fn check_hospital(accounts: &Accounts, profile: &Profile) -> Result<(), Failure> {
    let hospital = match profile {
        Profile::Doctor(doctor) => doctor.hospital_id,
        Profile::Hospital(HospitalProfile::Member(joined)) => joined.hospital_id,
        Profile::Hospital(HospitalProfile::Founder(_))
        | Profile::Customer
        | Profile::Pharmacy(_)
        | Profile::Donor(_)
        | Profile::Seeker
        | Profile::Provider(_)
        | Profile::Patient
        | Profile::Admin => return Ok(()),
    };
    let found = accounts.organization(hospital).await?;
    found.map(drop).ok_or_else(no_hospital)
}

/// 400: there is no such hospital.
pub(super) fn no_hospital() -> Failure {
    Failure::field("hospital_id", NOT_A_HOSPITAL)
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
        let last_donation_date = last_donation_date.ok()?;
        // A day that is said anew is not known to be that of a request.
        let same_day = before.filter(|before| before.last_donation_date == last_donation_date);
        Some(DonorProfile {
            blood_group: blood_group?,
            city: city?,
            position: position.ok()?,
            last_donation_date,
            last_donation_for: same_day.and_then(|before| before.last_donation_for),
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
        let before = before.map(|before| before.hospital_id);
        let hospital_id = self.required("hospital_id", before, hospital_id);
        Some(DoctorProfile {
            specialty: specialty?,
            hospital_id: hospital_id?,
        })
    }

    /// Whoever founds a hospital describes it; whoever names one asks to join it, for good.
    fn hospital(&mut self, before: Option<&HospitalProfile>) -> Option<HospitalProfile> {
        match before {
            None if self.form.is_absent("hospital_id") => {
                self.founded(None).map(HospitalProfile::Founder)
            }
            None => {
                let hospital_id = self.form.required("hospital_id", hospital_id)?;
                Some(HospitalProfile::Member(JoinedHospital { hospital_id }))
            }
            Some(HospitalProfile::Founder(before)) => {
                self.founded(Some(before)).map(HospitalProfile::Founder)
            }
            Some(HospitalProfile::Member(before)) => {
                if self.is_given("hospital_id") {
                    self.form.problem("hospital_id", "cannot be changed");
                    return None;
                }
                Some(HospitalProfile::Member(before.clone()))
            }
        }
    }

    fn founded(&mut self, before: Option<&FoundedHospital>) -> Option<FoundedHospital> {
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
        Some(FoundedHospital {
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

fn hospital_id(given: Given<'_>) -> Result<AccountId, &'static str> {
    given.text()?.parse().map_err(|_| NOT_A_HOSPITAL)
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

/// What accounts of each role give of themselves besides what everybody does: a `new` one all that it
/// needs, one that changes any of it. What may be missing may be null.
#[cfg(test)]
pub(super) fn sent(everybodys: &crate::api::Object, new: bool) -> crate::api::Schema {
    use crate::api::{
        Object, Schema, address, any_of, blood_group, city, day, given_coverage, given_latitude,
        given_longitude, hospital_name, service_type, specialty, ulid,
    };
    let of = |role: &str, fields: &[(&str, Schema)]| {
        let fields = fields.iter().cloned();
        let object: Object = fields.fold(everybodys.clone(), |object, (name, schema)| {
            if new {
                object.with(name, schema)
            } else {
                object.may(name, schema)
            }
        });
        (role.to_owned(), object)
    };
    let titled = |(role, object): (String, Object)| Schema::from(object).titled(&role);
    let place = [("lat", given_latitude()), ("lng", given_longitude())];
    let or_none = |object: Object| {
        object
            .may("lat", given_latitude().or_null())
            .may("lng", given_longitude().or_null())
    };
    let with_place = |own: &[(&'static str, Schema)]| [own, &place].concat();

    let (role, pharmacy) = of("A pharmacy", &[]);
    let pharmacy = (role, or_none(pharmacy).may("address", address().or_null()));
    let donor = [("blood_group", blood_group()), ("city", city())];
    let (role, donor) = of("A donor", &donor);
    let donor = (
        role,
        or_none(donor).may("last_donation_date", day().or_null()),
    );
    let (role, provider) = of(
        "A provider",
        &with_place(&[("service_type", service_type())]),
    );
    let provider = (
        role,
        provider.may("service_coverage_area", given_coverage().or_null()),
    );
    let doctor = [("specialty", specialty()), ("hospital_id", ulid())];
    let hospital = [("hospital_name", hospital_name()), ("city", city())];
    any_of([
        titled(of("A customer, patient or seeker", &[])),
        titled(pharmacy),
        titled(donor),
        titled(provider),
        titled(of("A doctor", &doctor)),
        titled(of("The first of a hospital", &with_place(&hospital))),
        titled(of("Another of a hospital", &[("hospital_id", ulid())])),
    ])
}
