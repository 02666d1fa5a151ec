//! `ping`: a client keeps its socket from idling away. Gets `pong`.

use serde_json::{Map, Value};

use crate::socket::frame;

pub(super) fn answer() -> Value {
    frame::reply("pong", Map::new())
}
