//! The items of the requests table, attribute by attribute.

use callout_domain::audience::Told;
use callout_domain::geo::{GeoPoint, RadiusKm};
use callout_domain::ids::{AccountId, EventId, MediaId, RequestId, ResponseId};
use callout_domain::medicine::{
    Choice, LIFETIME, MedicineRequest, MedicineResponse, Pharmacy, Quantity, Reach, ReplyText,
    State,
};
use callout_domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::failure::CloudError;
use crate::radius_search::{self, Located};
use crate::requests::{KEPT, requester, responder};
use crate::stored::{self, Item};

/// Tells a request for medicine from those of other kinds.
pub(super) const MEDICINE: &str = "MEDICINE";

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRequest {
    kind: String,
    id: RequestId,
    requester: AccountId,
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
    created_at: Moment,
    told: u32,
    chunks: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken: Option<EventId>,
    mine_pk: String,
    mine_sk: RequestId,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredResponse {
    id: ResponseId,
    request_id: RequestId,
    pharmacy: AccountId,
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
    mine_pk: String,
    mine_sk: ResponseId,
    expires_at: i64,
}

/// A request's place among the open ones.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOpen {
    pub(super) request_id: RequestId,
    pub(super) created_at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    center: Option<GeoPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    radius_km: Option<RadiusKm>,
    gpk: String,
    gsk: String,
    expires_at: i64,
}

/// What a search for open requests reads of [`StoredOpen`].
#[derive(Deserialize)]
pub(super) struct OpenAround {
    pub(super) request_id: RequestId,
    pub(super) created_at: Moment,
    center: GeoPoint,
    pub(super) radius_km: RadiusKm,
}

impl Located for OpenAround {
    fn position(&self) -> GeoPoint {
        self.center
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredAudience {
    pub(super) told: Vec<Told>,
    pub(super) expires_at: i64,
}

impl StoredRequest {
    pub(super) fn of(request: &MedicineRequest) -> Self {
        let (center, radius_km, directed_to) = match request.reach {
            Reach::Around { center, radius } => (Some(center), Some(radius), None),
            Reach::Directed { pharmacy } => (None, None, Some(pharmacy)),
        };
        Self {
            kind: MEDICINE.to_owned(),
            id: request.id,
            requester: request.requester,
            patient_name: request.patient_name.clone(),
            patient_phone: request.patient_phone.clone(),
            center,
            radius_km,
            directed_to,
            quantity: request.quantity,
            image: request.image,
            state: request.state,
            pharmacy: request.pharmacy.as_ref().map(|pharmacy| pharmacy.account),
            pharmacy_name: request
                .pharmacy
                .as_ref()
                .map(|pharmacy| pharmacy.name.clone()),
            created_at: request.created_at,
            told: request.told,
            chunks: request.chunks,
            taken: request.taken,
            mine_pk: requester(request.requester),
            mine_sk: request.id,
            expires_at: request.created_at.plus(KEPT).unix_seconds(),
        }
    }

    fn into_request(self) -> Result<MedicineRequest, CloudError> {
        let reach = match (self.directed_to, self.center, self.radius_km) {
            (Some(pharmacy), _, _) => Reach::Directed { pharmacy },
            (None, Some(center), Some(radius)) => Reach::Around { center, radius },
            (None, _, _) => return Err(CloudError::malformed("a request")("it asks nobody")),
        };
        let pharmacy = self.pharmacy.zip(self.pharmacy_name);
        Ok(MedicineRequest {
            id: self.id,
            requester: self.requester,
            patient_name: self.patient_name,
            patient_phone: self.patient_phone,
            reach,
            quantity: self.quantity,
            image: self.image,
            state: self.state,
            pharmacy: pharmacy.map(|(account, name)| Pharmacy { account, name }),
            created_at: self.created_at,
            told: self.told,
            chunks: self.chunks,
            taken: self.taken,
        })
    }
}

impl StoredOpen {
    pub(super) fn of(request: &MedicineRequest) -> Self {
        let (center, radius_km, (gpk, gsk)) = match request.reach {
            Reach::Around { center, radius } => {
                let keys = radius_search::keys(MEDICINE, center, request.id);
                (Some(center), Some(radius), keys)
            }
            Reach::Directed { pharmacy } => {
                (None, None, (directed_to(pharmacy), request.id.to_string()))
            }
        };
        Self {
            request_id: request.id,
            created_at: request.created_at,
            center,
            radius_km,
            gpk,
            gsk,
            expires_at: request.created_at.plus(LIFETIME).unix_seconds(),
        }
    }
}

/// The partition of the requests that ask one pharmacy.
pub(super) fn directed_to(pharmacy: AccountId) -> String {
    format!("{MEDICINE}#TO#{pharmacy}")
}

impl StoredResponse {
    /// `expires_at` is the request's.
    pub(super) fn of(response: &MedicineResponse, request: &MedicineRequest) -> Self {
        Self {
            id: response.id,
            request_id: response.request,
            pharmacy: response.pharmacy,
            pharmacy_name: response.pharmacy_name.clone(),
            pharmacy_location: response.pharmacy_location,
            distance_km: response.distance_km,
            choice: response.choice,
            text: response.text.clone(),
            audio: response.audio,
            responded_at: response.responded_at,
            mine_pk: responder(response.pharmacy),
            mine_sk: response.id,
            expires_at: request.created_at.plus(KEPT).unix_seconds(),
        }
    }

    fn into_response(self) -> MedicineResponse {
        MedicineResponse {
            id: self.id,
            request: self.request_id,
            pharmacy: self.pharmacy,
            pharmacy_name: self.pharmacy_name,
            pharmacy_location: self.pharmacy_location,
            distance_km: self.distance_km,
            choice: self.choice,
            text: self.text,
            audio: self.audio,
            responded_at: self.responded_at,
        }
    }
}

/// What is read of any item before it is read as what it is.
#[derive(Deserialize)]
struct Head {
    kind: Option<String>,
    expires_at: i64,
}

fn head(item: &Item, now: Moment) -> Result<Option<Head>, CloudError> {
    let head: Head = stored::read("an item of a request", item.clone())?;
    // TTL deletes late.
    Ok((head.expires_at > now.unix_seconds()).then_some(head))
}

/// The request for medicine of an item; none if it is one of another kind, or has ended.
pub(super) fn medicine_request(
    item: Item,
    now: Moment,
) -> Result<Option<MedicineRequest>, CloudError> {
    let is_medicine = head(&item, now)?.is_some_and(|head| head.kind.as_deref() == Some(MEDICINE));
    if !is_medicine {
        return Ok(None);
    }
    let stored: StoredRequest = stored::read("a request", item)?;
    stored.into_request().map(Some)
}

/// The response of an item; none if it has ended.
pub(super) fn medicine_response(
    item: Item,
    now: Moment,
) -> Result<Option<MedicineResponse>, CloudError> {
    if head(&item, now)?.is_none() {
        return Ok(None);
    }
    let stored: StoredResponse = stored::read("a response", item)?;
    Ok(Some(stored.into_response()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::audience::Told;
    use callout_domain::geo::{GeoPoint, RadiusKm};
    use callout_domain::ids::{AccountId, MediaId, RequestId, ResponseId};
    use callout_domain::medicine::{
        Choice, MedicineRequest, MedicineResponse, Pharmacy, Quantity, Reach, ReplyText, State,
    };
    use callout_domain::moment::Moment;
    use time::Duration;
    use ulid::Ulid;

    use super::{
        OpenAround, StoredAudience, StoredOpen, StoredRequest, StoredResponse, medicine_request,
        medicine_response,
    };
    use crate::radius_search::Located as _;
    use crate::requests::KEPT;
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
            id: RequestId::new(Ulid::from(1)),
            requester: account(7),
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
            created_at: made(),
            told: 3,
            chunks: 1,
            taken: None,
        }
    }

    fn item<T: serde::Serialize>(body: &T) -> Item {
        stored::item("pk".to_owned(), "sk".to_owned(), body).unwrap()
    }

    #[test]
    fn a_request_reads_back_as_it_was_written() {
        let directed = Reach::Directed {
            pharmacy: account(3),
        };
        let bare = MedicineRequest {
            image: None,
            pharmacy: None,
            state: State::Pending,
            ..request(around())
        };
        for request in [request(around()), request(directed), bare] {
            let read = medicine_request(item(&StoredRequest::of(&request)), made()).unwrap();
            assert_eq!(read, Some(request));
        }
    }

    #[test]
    fn a_request_of_another_kind_is_none_of_medicine() {
        let mut other = item(&StoredRequest::of(&request(around())));
        other.insert("kind".to_owned(), stored::s("BLOOD"));
        assert_eq!(medicine_request(other, made()).unwrap(), None);
    }

    #[test]
    fn a_request_that_asks_nobody_does_not_read() {
        let mut broken = item(&StoredRequest::of(&request(around())));
        broken.remove("radius_km");
        assert!(medicine_request(broken, made()).is_err());
    }

    #[test]
    fn what_ttl_should_have_deleted_is_not_there() {
        let last = made().plus(KEPT).plus(-Duration::seconds(1));
        let request = request(around());
        let stored = || item(&StoredRequest::of(&request));
        assert!(medicine_request(stored(), last).unwrap().is_some());
        assert!(
            medicine_request(stored(), made().plus(KEPT))
                .unwrap()
                .is_none()
        );
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
            let stored = || item(&StoredResponse::of(&response, &request(around())));
            assert_eq!(
                medicine_response(stored(), made()).unwrap(),
                Some(response.clone())
            );
            assert_eq!(
                medicine_response(stored(), made().plus(KEPT)).unwrap(),
                None
            );
        }
    }

    #[test]
    fn the_place_of_an_open_request_is_what_a_search_reads_and_nothing_personal() {
        let request = request(around());
        let stored = item(&StoredOpen::of(&request));
        let text = format!("{stored:?}");
        assert!(!text.contains("John") && !text.contains("98412"), "{text}");

        let read: OpenAround = stored::read("open", stored.clone()).unwrap();
        assert_eq!(read.request_id, request.id);
        assert_eq!(read.position(), GeoPoint::new(27.7172, 85.324).unwrap());
        assert!((read.radius_km.kilometres() - 10.0).abs() < f64::EPSILON);
        assert_eq!(stored["gpk"], stored::s("MEDICINE#tuu"));
        let day = Duration::days(1).whole_seconds();
        assert_eq!(stored["expires_at"], stored::n(made().unix_seconds() + day));
    }

    #[test]
    fn a_directed_request_is_open_to_its_pharmacy_alone() {
        let directed = request(Reach::Directed {
            pharmacy: account(3),
        });
        let stored = item(&StoredOpen::of(&directed));
        assert_eq!(
            stored["gpk"],
            stored::s(format!("MEDICINE#TO#{}", account(3)))
        );
        assert_eq!(stored["gsk"], stored::s(directed.id.to_string()));
        assert!(!stored.contains_key("center"));
        let read: StoredOpen = stored::read("open", stored).unwrap();
        assert_eq!(read.request_id, directed.id);
    }

    #[test]
    fn an_audience_reads_back_with_and_without_distances() {
        let chunk = StoredAudience {
            told: vec![
                Told {
                    account: account(1),
                    distance_km: Some(0.99),
                },
                Told::by_name(account(2)),
            ],
            expires_at: 9,
        };
        let read: StoredAudience = stored::read("chunk", item(&chunk)).unwrap();
        assert_eq!(read.told, chunk.told);
    }
}
