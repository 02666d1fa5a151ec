//! A need for medicine: told to the pharmacies around it or to one, until the first of them says
//! yes.

mod answer;
mod life;
mod messages;
mod quantity;
mod request;
mod talk;

pub use answer::{Choice, MedicineResponse, NotAChoice, ReplyText, TooLong};
pub use life::{IllegalStep, LIFETIME, State, Step};
pub use messages::{
    NEW_REQUEST, PHARMACY_RESPONSE, new_request, pharmacy_response, request_cancelled,
    request_completed, request_expired, request_taken,
};
pub use quantity::{NotAQuantity, Quantity};
pub use request::{MedicineRequest, OutOfReach, Pharmacy, Reach};
