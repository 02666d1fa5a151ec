//! The items of requests for medicine and of the answers to them, attribute by attribute, as far as
//! they are medicine's own.

use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, MediaId, RequestId, ResponseId};
use callout_domain::medicine::{
    Choice, LIFETIME, MedicineRequest, MedicineResponse, Pharmacy, Quantity, Reach, ReplyText,
    State,
};
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::failure::CloudError;
use crate::requests::kept::{self, Answered, Kept};
use crate::requests::medicine::{MEDICINE, OPEN};
use crate::requests::open::Place;
use crate::stored::{self, Item};

#[derive(Serialize, Deserialize)]
struct StoredRequest {
    patient_name: String,
    patient_phone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    center: Option<GeoPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    radius_km: Option<RadiusKm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directed_to: Option<AccountId>,
    quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<MediaId>,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pharmacy: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pharmacy_name: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredResponse {
    pharmacy_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pharmacy_location: Option<GeoPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distance_km: Option<f64>,
    choice: Choice,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<ReplyText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audio: Option<MediaId>,
    responded_at: Moment,
}

/// The item of a request.
pub(super) fn request(request: &MedicineRequest) -> Result<Item, CloudError> {
    let (center, radius_km, directed_to) = match request.reach {
        Reach::Around { center, radius } => (Some(center), Some(radius), None),
        Reach::Directed { pharmacy } => (None, None, Some(pharmacy)),
    };
    let pharmacy = request.pharmacy.as_ref();
    let besides = StoredRequest {
        patient_name: request.patient_name.clone(),
        patient_phone: request.patient_phone.clone(),
        center,
        radius_km,
        directed_to,
        quantity: request.quantity,
        image: request.image,
        state: request.state,
        pharmacy: pharmacy.map(|pharmacy| pharmacy.account),
        pharmacy_name: pharmacy.map(|pharmacy| pharmacy.name.clone()),
    };
    kept::request_item(MEDICINE, &request.header, &besides)
}

impl Kept for MedicineRequest {
    const KIND: &'static str = MEDICINE;
    type Id = RequestId;

    fn id(&self) -> RequestId {
        self.header.id
    }

    fn from_item(item: Item) -> Result<Self, CloudError> {
        let header = kept::header(&item)?;
        let stored: StoredRequest = stored::read("a request", item)?;
        let reach = match (stored.directed_to, stored.center, stored.radius_km) {
            (Some(pharmacy), _, _) => Reach::Directed { pharmacy },
            (None, Some(center), Some(radius)) => Reach::Around { center, radius },
            (None, _, _) => return Err(CloudError::malformed("a request")("it asks nobody")),
        };
        let pharmacy = stored.pharmacy.zip(stored.pharmacy_name);
        Ok(Self {
            header,
            patient_name: stored.patient_name,
            patient_phone: stored.patient_phone,
            reach,
            quantity: stored.quantity,
            image: stored.image,
            state: stored.state,
            pharmacy: pharmacy.map(|(account, name)| Pharmacy { account, name }),
        })
    }
}

/// The item of a request's place among the open ones.
pub(super) fn place(request: &MedicineRequest) -> Result<Item, CloudError> {
    let place = match request.reach {
        Reach::Around { center, radius } => Place::Around { center, radius },
        Reach::Directed { pharmacy } => Place::In(directed_to(pharmacy)),
    };
    place.item(OPEN, MEDICINE, &request.header, LIFETIME)
}

/// The partition of the open requests that ask one pharmacy.
pub(super) fn directed_to(pharmacy: AccountId) -> String {
    format!("{MEDICINE}#TO#{pharmacy}")
}

/// The item of an answer to a request.
pub(super) fn response(
    response: &MedicineResponse,
    request: &MedicineRequest,
) -> Result<Item, CloudError> {
    let answered = Answered {
        id: response.id,
        request: response.request,
        responder: response.pharmacy,
    };
    let besides = StoredResponse {
        pharmacy_name: response.pharmacy_name.clone(),
        pharmacy_location: response.pharmacy_location,
        distance_km: response.distance_km,
        choice: response.choice,
        text: response.text.clone(),
        audio: response.audio,
        responded_at: response.responded_at,
    };
    kept::answer_item(MEDICINE, &request.header, answered, &besides)
}

impl Kept for MedicineResponse {
    const KIND: &'static str = MEDICINE;
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
            pharmacy: answered.responder,
            pharmacy_name: stored.pharmacy_name,
            pharmacy_location: stored.pharmacy_location,
            distance_km: stored.distance_km,
            choice: stored.choice,
            text: stored.text,
            audio: stored.audio,
            responded_at: stored.responded_at,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::geo::{GeoPoint, RadiusKm};
    use callout_domain::ids::{AccountId, MediaId, RequestId, ResponseId};
    use callout_domain::medicine::{
        Choice, MedicineRequest, MedicineResponse, Pharmacy, Quantity, Reach, ReplyText, State,
    };
    use callout_domain::moment::Moment;
    use callout_domain::request::Header;
    use time::Duration;
    use ulid::Ulid;

    use crate::requests::KEPT;
    use crate::requests::kept::{self, Kept};
    use crate::stored::{self, Item};

    fn made() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    fn around() -> Reach {
        Reach::Around {
            center: GeoPoint::new(27.7172, 85.324).unwrap(),
            radius: RadiusKm::new(10.0).unwrap(),
        }
    }

    fn request(reach: Reach) -> MedicineRequest {
        MedicineRequest {
            header: Header {
                id: RequestId::new(Ulid::from(1)),
                requester: account(7),
                created_at: made(),
                told: 3,
                chunks: 1,
                announced: Vec::new(),
            },
            patient_name: "John Doe".to_owned(),
            patient_phone: "9841234567".to_owned(),
            reach,
            quantity: Quantity::try_from(10).unwrap(),
            image: Some(MediaId::new(Ulid::from(2))),
            state: State::Accepted,
            pharmacy: Some(Pharmacy {
                account: account(3),
                name: "City Pharmacy".to_owned(),
            }),
        }
    }

    fn directed() -> Reach {
        Reach::Directed {
            pharmacy: account(3),
        }
    }

    fn read<T: Kept>(item: Item) -> Option<T> {
        kept::read(item, made()).unwrap()
    }

    #[test]
    fn a_request_reads_back_as_it_was_written() {
        let bare = MedicineRequest {
            image: None,
            pharmacy: None,
            state: State::Pending,
            ..request(around())
        };
        for request in [request(around()), request(directed()), bare] {
            assert_eq!(read(super::request(&request).unwrap()), Some(request));
        }
    }

    #[test]
    fn a_request_of_another_kind_is_none_of_medicine() {
        let mut other = super::request(&request(around())).unwrap();
        other.insert("kind".to_owned(), stored::s("BLOOD"));
        assert_eq!(read::<MedicineRequest>(other), None);
    }

    #[test]
    fn a_request_that_asks_nobody_does_not_read() {
        let mut broken = super::request(&request(around())).unwrap();
        broken.remove("radius_km");
        assert!(kept::read::<MedicineRequest>(broken, made()).is_err());
    }

    #[test]
    fn a_response_reads_back_and_ends_with_its_request() {
        let response = MedicineResponse {
            id: ResponseId::new(Ulid::from(4)),
            request: RequestId::new(Ulid::from(1)),
            pharmacy: account(3),
            pharmacy_name: "City Pharmacy".to_owned(),
            pharmacy_location: GeoPoint::new(27.7, 85.32).ok(),
            distance_km: Some(2.5),
            choice: Choice::Rejected,
            text: ReplyText::parse("Come tomorrow").unwrap(),
            audio: Some(MediaId::new(Ulid::from(5))),
            responded_at: made().plus(Duration::minutes(5)),
        };
        let bare = MedicineResponse {
            pharmacy_location: None,
            distance_km: None,
            text: None,
            audio: None,
            ..response.clone()
        };
        for response in [response, bare] {
            let stored = || super::response(&response, &request(around())).unwrap();
            assert_eq!(read(stored()), Some(response.clone()));
            let late = kept::read::<MedicineResponse>(stored(), made().plus(KEPT));
            assert_eq!(late.unwrap(), None);
        }
    }

    #[test]
    fn the_place_of_an_open_request_says_nothing_personal() {
        for (reach, gpk) in [
            (around(), "MEDICINE#tuu".to_owned()),
            (directed(), format!("MEDICINE#TO#{}", account(3))),
        ] {
            let stored = super::place(&request(reach)).unwrap();
            assert_eq!(stored["gpk"], stored::s(gpk));
            let text = format!("{stored:?}");
            assert!(!text.contains("John") && !text.contains("98412"), "{text}");
        }
    }
}
