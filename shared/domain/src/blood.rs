//! A need for blood: told to the donors of a city or around a place, until the units that are
//! needed have been given.

mod compatibility;
mod contact_number;
mod donation;
mod donor;
mod life;
mod messages;
mod request;
mod standing;
mod talk;
mod units;
mod urgency;

pub use compatibility::CROSS_MATCH;
pub use contact_number::{ContactNumber, NotAContactNumber};
pub use donation::{DonationInterval, NotAnInterval, TooSoon, may_confirm, may_donate};
pub use donor::{Donor, Matching, NotAMatching};
pub use life::{IllegalStep, State, Step};
pub use messages::{
    BLOOD_REQUEST, DONOR_RESPONSE, all_ignored, blood_request, donor_response, request_cancelled,
    request_completed, request_covered, request_expired, responder,
};
pub use request::{Answered, Around, BloodRequest, Consequence, DonorResponse, Refused};
pub use standing::{Counts, IllegalMove, Move, Standing};
pub use units::{NotUnits, Units};
pub use urgency::{NotAnUrgency, Urgency};
