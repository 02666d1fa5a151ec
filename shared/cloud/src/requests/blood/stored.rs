//! The items of requests for blood and of the answers to them, attribute by attribute, as far as they
//! are blood's own.

use callout_domain::account::{Address, BloodGroup, City, HospitalName, PersonName, PhoneNumber};
use callout_domain::blood::{
    Around, BloodRequest, ContactNumber, DonorResponse, Matching, Standing, State, Units, Urgency,
};
use callout_domain::ids::{AccountId, EventId, RequestId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use serde::{Deserialize, Serialize};
use time::Duration;

use crate::failure::CloudError;
use crate::requests::blood::{BLOOD, OPEN_AROUND, OPEN_IN_CITY};
use crate::requests::kept::{self, Kept};
use crate::requests::open::Place;
use crate::stored::{self, Item};

#[derive(Serialize, Deserialize)]
struct StoredRequest {
    requester_name: PersonName,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    around: Option<Around>,
    matching: Matching,
    state: State,
    accepted: u16,
    confirmed: u16,
    ignored: u32,
    #[serde(default)]
    withdrawn: u32,
    /// A set of `DynamoDB`, which is never empty; only steps write it.
    #[serde(default, skip_serializing)]
    givers: Vec<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all_ignored_at: Option<Moment>,
}

#[derive(Serialize, Deserialize)]
struct StoredResponse {
    name: PersonName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone_number: Option<PhoneNumber>,
    blood_group: BloodGroup,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distance_km: Option<f64>,
    standing: Standing,
    at: Moment,
    was_told: bool,
    reported: Vec<EventId>,
    /// Its place in the index of [`NAMED`](super::NAMED), which is only of those who are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    named: Option<ResponseId>,
}

/// The item of a new request: nobody has promised anything yet.
pub(super) fn request(request: &BloodRequest) -> Result<Item, CloudError> {
    let new = request.clone();
    let besides = StoredRequest {
        requester_name: new.requester_name,
        patient_name: new.patient_name,
        patient_number: new.patient_number,
        attender_name: new.attender_name,
        attender_number: new.attender_number,
        blood_group: new.blood_group,
        units: new.units,
        urgency: new.urgency,
        hospital_name: new.hospital_name,
        location: new.location,
        city: new.city,
        around: new.around,
        matching: new.matching,
        state: new.state,
        accepted: new.accepted,
        confirmed: new.confirmed,
        ignored: new.ignored,
        withdrawn: new.withdrawn,
        givers: new.givers,
        all_ignored_at: new.all_ignored_at,
    };
    kept::request_item(BLOOD, &request.header, &besides)
}

impl Kept for BloodRequest {
    const KIND: &'static str = BLOOD;
    type Id = RequestId;

    fn id(&self) -> RequestId {
        self.header.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let header = kept::header(&item)?;
        let stored: StoredRequest = stored::read("a request", item)?;
        Ok(Self {
            header,
            requester_name: stored.requester_name,
            patient_name: stored.patient_name,
            patient_number: stored.patient_number,
            attender_name: stored.attender_name,
            attender_number: stored.attender_number,
            blood_group: stored.blood_group,
            units: stored.units,
            urgency: stored.urgency,
            hospital_name: stored.hospital_name,
            location: stored.location,
            city: stored.city,
            around: stored.around,
            matching: stored.matching,
            state: stored.state,
            accepted: stored.accepted,
            confirmed: stored.confirmed,
            ignored: stored.ignored,
            withdrawn: stored.withdrawn,
            givers: stored.givers,
            all_ignored_at: stored.all_ignored_at,
        })
    }
}

/// The items of a request's places among the open ones, until it has waited for so long.
pub(super) fn places(request: &BloodRequest, lifetime: Duration) -> Result<Vec<Item>, CloudError> {
    let item = |place: Place, sk| place.item(sk, BLOOD, &request.header, lifetime);
    let mut places = vec![item(Place::In(of_city(&request.city)), OPEN_IN_CITY)?];
    if let Some(Around { center, radius }) = request.around {
        places.push(item(Place::Around { center, radius }, OPEN_AROUND)?);
    }
    Ok(places)
}

/// The partition of the open requests of a city.
pub(super) fn of_city(city: &City) -> String {
    format!("{BLOOD}#CITY#{}", city.normalized())
}

/// The item of a donor's answer to a request.
pub(super) fn response(response: &DonorResponse, request: &Header) -> Result<Item, CloudError> {
    let answered = kept::Answered {
        id: response.id,
        request: response.request,
        responder: response.donor,
    };
    let besides = StoredResponse {
        name: response.name.clone(),
        phone_number: response.phone_number.clone(),
        blood_group: response.blood_group,
        distance_km: response.distance_km,
        standing: response.standing,
        at: response.at,
        was_told: response.was_told,
        reported: response.reported.clone(),
        named: response.standing.is_named().then_some(response.id),
    };
    kept::answer_item(BLOOD, request, answered, &besides)
}

impl Kept for DonorResponse {
    const KIND: &'static str = BLOOD;
    type Id = ResponseId;

    fn id(&self) -> ResponseId {
        self.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let answered = kept::answered(&item)?;
        let stored: StoredResponse = stored::read("a response", item)?;
        Ok(Self {
            id: answered.id,
            request: answered.request,
            donor: answered.responder,
            name: stored.name,
            phone_number: stored.phone_number,
            blood_group: stored.blood_group,
            distance_km: stored.distance_km,
            standing: stored.standing,
            at: stored.at,
            was_told: stored.was_told,
            reported: stored.reported,
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
