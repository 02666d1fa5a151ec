//! Work: a seeker assigns it to one provider who is about just now, and that provider says yes or no.

mod availability;
mod life;
mod live;
mod messages;
mod order;
mod talk;
mod task;

pub use availability::{Candidate, DEFAULT_COVERAGE_KM, Unavailable, Wanted};
pub use life::{IllegalStep, State, Step};
pub use live::Live;
pub use messages::{
    DISTANCE_UPDATE, TELL_DISTANCE_EVERY, WORK_ASSIGNED, WORK_RESPONSE, distance_text,
    distance_update, work_assigned, work_cancelled, work_completed, work_expired, work_response,
};
pub use order::{Assignment, Party, Side, WorkOrder};
pub use task::{NotATask, Task};
