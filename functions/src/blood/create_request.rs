//! POST /api/donor/requests/ by a donor: tells the donors of a city, or those around a place, that
//! somebody needs blood. With `match: "compatible"` only those whose red cells the patient can take
//! and who may give again.
//!
//! Leaves behind the request, its places among the open ones, who is told of it, and a `blood_request`
//! for each chunk of them.

use std::fmt::Display;

use callout_cloud::accounts::Accounts;
use callout_cloud::clock;
use callout_cloud::failure::CloudError;
use callout_domain::account::{
    Account, Address, BloodGroup, City, DonationDate, HospitalName, PersonName,
};
use callout_domain::audience::{Audience, Told};
use callout_domain::blood::{
    Around, BloodRequest, CROSS_MATCH, ContactNumber, DonationInterval, Donor, Matching, State,
    Units, Urgency, blood_request,
};
use callout_domain::ids::RequestId;
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use callout_domain::role::Role;
use serde_json::json;

use crate::http::{Answer, Call, Failure, Form, Given, Linked, Once, Reply, Scope, Turn};
use crate::requests::create::{announce, requester};
use crate::requests::place::{self, Names};

/// How the form calls the place of the need.
const PLACE: Names = Names {
    lat: "lat",
    lng: "lng",
    radius: "radius_km",
};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Donor])?;

    let mut form = call.json()?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let asked = Asked::read(&mut form)?;

    let cloud = call.cloud;
    let (interval, lifetime) = (cloud.donation_interval()?, cloud.blood_lifetime()?);
    let accounts = cloud.accounts().await?;
    let asking = requester(&accounts, caller.account).await?;
    let mut request = asked.request(&asking, call.now);
    let audience = find(&accounts, &request, interval).await?;
    request.header = Header::new(request.header.id, asking.id, &audience, call.now);

    let reply = reply(&request);
    let mut commit = once.commit(cloud, &reply).await?;
    let requests = cloud.requests().await?;
    requests
        .blood()
        .create(&mut commit, &request, &audience, lifetime)?;
    let news = blood_request(&request);
    announce(cloud, once, commit, &request.header, news, reply).await
}

/// What a donor asks for.
#[derive(Debug)]
struct Asked {
    patient_name: PersonName,
    patient_number: ContactNumber,
    attender_name: PersonName,
    attender_number: ContactNumber,
    blood_group: BloodGroup,
    units: Units,
    urgency: Urgency,
    hospital_name: HospitalName,
    location: Address,
    city: City,
    around: Option<Around>,
    matching: Matching,
}

impl Asked {
    /// 400 with every field that is wrong; a place is given whole or not at all.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let patient_name = form.required("patientName", text(PersonName::parse));
        let patient_number = form.required("patientNumber", text(ContactNumber::parse));
        let attender_name = form.required("attenderName", text(PersonName::parse));
        let attender_number = form.required("attenderNumber", text(ContactNumber::parse));
        let blood_group = form.required("bloodGroup", text(BloodGroup::parse));
        let units = form.required("units", units);
        let urgency = form.required("urgency", text(str::parse::<Urgency>));
        let hospital_name = form.required("hospitalName", text(HospitalName::parse));
        let location = form.required("location", text(Address::parse));
        let city = form.required("city", text(City::parse));
        let matching = form.optional("match", text(str::parse::<Matching>));
        let is_around = [PLACE.lat, PLACE.lng, PLACE.radius]
            .iter()
            .any(|name| !form.is_absent(name));
        let around = if is_around {
            place::around(form, PLACE).map(|(center, radius)| Around { center, radius })
        } else {
            None
        };
        form.check()?;
        let read = || {
            Some(Self {
                patient_name: patient_name?,
                patient_number: patient_number?,
                attender_name: attender_name?,
                attender_number: attender_number?,
                blood_group: blood_group?,
                units: units?,
                urgency: urgency?,
                hospital_name: hospital_name?,
                location: location?,
                city: city?,
                around,
                matching: matching.unwrap_or_default(),
            })
        };
        read().ok_or_else(|| form.reject())
    }

    /// The request of this account, which nobody is told of yet.
    fn request(self, asking: &Account, now: Moment) -> BloodRequest {
        let id = RequestId::new(clock::fresh_ulid());
        BloodRequest {
            header: Header::new(id, asking.id, &Audience::new(Vec::new()), now),
            requester_name: asking.name.clone(),
            patient_name: self.patient_name,
            patient_number: self.patient_number,
            attender_name: self.attender_name,
            attender_number: self.attender_number,
            blood_group: self.blood_group,
            units: self.units,
            urgency: self.urgency,
            hospital_name: self.hospital_name,
            location: self.location,
            city: self.city,
            around: self.around,
            matching: self.matching,
            state: State::Active,
            accepted: 0,
            confirmed: 0,
            ignored: 0,
            withdrawn: 0,
            givers: Vec::new(),
            all_ignored_at: None,
        }
    }
}

/// Reads text by the rule of its type.
fn text<T, E: Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(Given<'_>) -> Result<T, String> {
    |given| parse(given.text()?).map_err(|error| error.to_string())
}

fn units(given: Given<'_>) -> Result<Units, String> {
    let units = given.whole_number()?;
    Units::try_from(units).map_err(|error| error.to_string())
}

/// Who is told: those around the place, nearest first, or else those of the city.
async fn find(
    accounts: &Accounts,
    request: &BloodRequest,
    interval: DonationInterval,
) -> Result<Audience, CloudError> {
    let today = DonationDate::of(request.header.created_at);
    let calls = |donor: &Donor| request.calls(donor, interval, today);
    let told = match request.around {
        Some(Around { center, radius }) => accounts
            .responders_near(Role::Donor, center, radius)
            .await?
            .into_iter()
            .filter_map(|(account, distance)| Some((Donor::of(&account)?, distance)))
            .filter(|(donor, _)| calls(donor))
            .map(|(donor, distance)| Told::near(donor.account, distance))
            .collect(),
        None => accounts
            .donors_in_city(&request.city)
            .await?
            .into_iter()
            .filter(calls)
            .map(|donor| Told::by_name(donor.account))
            .collect(),
    };
    Ok(Audience::new(told))
}

fn reply(request: &BloodRequest) -> Reply {
    let body = Linked::new(json!({
        "success": true,
        "message": sentence(request),
        "requestId": request.header.id,
        "request_id": request.header.id,
        "notifiedCount": request.header.told,
    }));
    Reply::created(match request.matching {
        Matching::Everyone => body,
        Matching::Compatible => body.with("note", json!(CROSS_MATCH)),
    })
}

fn sentence(request: &BloodRequest) -> String {
    let place = match request.around {
        Some(around) => format!("within {} km", around.radius.kilometres()),
        None => format!("in {}", request.city.as_str()),
    };
    match request.header.told {
        0 => format!("No donors found {place}"),
        1 => format!("Request sent to 1 donor {place}!"),
        told => format!("Request sent to {told} donors {place}!"),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        address, any_of, blood_group, city, closed, constant, contact_number, count,
        given_latitude, given_longitude, given_radius, given_units, hospital_name, id, null,
        one_of_texts, open, operation, person_name, text, ulid, urgency,
    };

    let need = || {
        open()
            .with("patientName", person_name())
            .with("patientNumber", contact_number())
            .with("attenderName", person_name())
            .with("attenderNumber", contact_number())
            .with("bloodGroup", blood_group())
            .with("units", given_units())
            .with("urgency", urgency())
            .with("hospitalName", hospital_name())
            .with("location", address())
            .with("city", city())
            .may("match", one_of_texts(["everyone", "compatible"]).or_null())
    };
    let of_the_city = need()
        .may(PLACE.lat, null())
        .may(PLACE.lng, null())
        .may(PLACE.radius, null());
    let around = need()
        .with(PLACE.lat, given_latitude())
        .with(PLACE.lng, given_longitude())
        .with(PLACE.radius, given_radius());
    operation("Asks the donors of a city, or around a place, for blood")
        .by(&[Role::Donor])
        .takes(
            any_of([of_the_city.into(), around.into()]),
            json!({
                "patientName": "John Doe", "patientNumber": "+91 9876543210",
                "attenderName": "Jane Doe", "attenderNumber": "+91 9876543211",
                "bloodGroup": "O+", "units": 2, "urgency": "Critical",
                "hospitalName": "Apollo Hospital", "location": "123 Main St, Chennai",
                "city": "Chennai",
            }),
        )
        .once()
        .answers(
            201,
            "How many donors are told.",
            closed()
                .with("success", constant(true))
                .with("message", text())
                .with("requestId", ulid())
                .with("request_id", ulid())
                .with("notifiedCount", count())
                .may("note", text()),
            json!({
                "success": true, "message": "Request sent to 50 donors in Chennai!",
                "requestId": id('B'), "request_id": id('B'), "notifiedCount": 50,
            }),
        )
}
