//! A consultation: a patient asks a hospital, which assigns one of its doctors, whose offer the
//! patient accepts; the doctor may suggest a treatment, at that hospital or another.
//!
//! The machine is in `life`; `docs/consultations.md` has its drawing, and a test holds one against
//! the other. Every English sentence that anybody is told stands in `words`.

mod channel;
mod life;
mod messages;
mod note;
mod price;
mod request;
mod talk;
pub mod words;

pub use channel::Channel;
pub use life::{IllegalStep, Party, State, Step};
pub use messages::{News, SEND_NOTIFICATION, send_notification};
pub use note::{NotANote, Note};
pub use price::{NotAPrice, Price};
pub use request::{Act, Consultation, Doctor, MOST_CHANGES, Offer, Refused, Speaker, Suggestion};
