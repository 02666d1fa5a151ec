//! A request whose kind is not known beforehand.

use callout_domain::blood::BloodRequest;
use callout_domain::ids::RequestId;
use callout_domain::medicine::MedicineRequest;
use callout_domain::moment::Moment;
use callout_domain::request::Header;
use serde::Deserialize;

use crate::failure::CloudError;
use crate::requests::kept;
use crate::requests::{Requests, request_key};
use crate::stored;

/// A request of one kind or another. A new kind adds itself here and in [`Requests::find`].
#[derive(Debug, Clone, PartialEq)]
pub enum AnyRequest {
    /// For medicine.
    Medicine(Box<MedicineRequest>),
    /// For blood.
    Blood(Box<BloodRequest>),
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
        let medicine = kept::read::<MedicineRequest>(item.clone(), now)?;
        let blood = kept::read::<BloodRequest>(item, now)?;
        let request = medicine
            .map(|request| AnyRequest::Medicine(Box::new(request)))
            .or_else(|| blood.map(|request| AnyRequest::Blood(Box::new(request))));
        Ok(request.map(|request| Found {
            request,
            ended_at: ended.ended_at.or(ended.completed_at),
        }))
    }
}
