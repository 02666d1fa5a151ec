//! A request whose kind is not known beforehand.

use callout_domain::blood::BloodRequest;
use callout_domain::consultation::Consultation;
use callout_domain::ids::RequestId;
use callout_domain::medicine::MedicineRequest;
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use callout_domain::work::WorkOrder;
use serde::Deserialize;

use crate::failure::CloudError;
use crate::requests::{KEPT, Requests, consultation, kept, request_key};
use crate::stored::{self, Item};

/// A request of one kind or another. A new kind adds itself here and in [`Requests::find`].
#[derive(Debug, Clone, PartialEq)]
pub enum AnyRequest {
    /// For medicine.
    Medicine(Box<MedicineRequest>),
    /// For blood.
    Blood(Box<BloodRequest>),
    /// For work.
    Work(Box<WorkOrder>),
    /// For a consultation.
    Consultation(Box<Consultation>),
}

/// A request that was found by its id alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The request.
    pub request: AnyRequest,
    /// When somebody ended it, if somebody has.
    pub ended_at: Option<Moment>,
}

/// When a request ended, as the steps of its kind write it.
#[derive(Deserialize)]
struct Ended {
    #[serde(default)]
    ended_at: Option<Moment>,
    #[serde(default)]
    completed_at: Option<Moment>,
}

impl AnyRequest {
    /// What every request has.
    pub fn header(&self) -> &Header {
        match self {
            Self::Medicine(request) => &request.header,
            Self::Blood(request) => &request.header,
            Self::Work(order) => &order.header,
            Self::Consultation(consultation) => &consultation.header,
        }
    }

    /// Until when it is kept what somebody says about it now.
    pub fn talk_is_kept_until(&self, now: Moment) -> Moment {
        match self {
            Self::Medicine(_) | Self::Blood(_) | Self::Work(_) => {
                self.header().created_at.plus(KEPT)
            }
            Self::Consultation(one) => consultation::talk_is_kept_until(one, now),
        }
    }
}

impl Requests {
    /// A request of any kind.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn find(&self, id: RequestId, now: Moment) -> Result<Option<Found>, CloudError> {
        let Some(item) = self.item(request_key(id)).await? else {
            return Ok(None);
        };
        let ended: Ended = stored::read("the end of a request", item.clone())?;
        Ok(of_any_kind(item, now)?.map(|request| Found {
            request,
            ended_at: ended.ended_at.or(ended.completed_at),
        }))
    }
}

fn of_any_kind(item: Item, now: Moment) -> Result<Option<AnyRequest>, CloudError> {
    if let Some(request) = kept::read(item.clone(), now)? {
        return Ok(Some(AnyRequest::Medicine(Box::new(request))));
    }
    if let Some(request) = kept::read(item.clone(), now)? {
        return Ok(Some(AnyRequest::Blood(Box::new(request))));
    }
    if let Some(order) = kept::read(item.clone(), now)? {
        return Ok(Some(AnyRequest::Work(Box::new(order))));
    }
    let consultation = kept::read(item, now)?;
    Ok(consultation.map(|one| AnyRequest::Consultation(Box::new(one))))
}
