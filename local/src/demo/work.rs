//! What happens between a seeker and a provider: one assigns work, and the other hears of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::DemoError;
use super::narrator::{Narrator, field};
use crate::client::{Account, Api, Person};

/// Pokhara, where nobody else of the story is.
const PLACE: (f64, f64) = (28.2096, 83.9856);
const SERVICE: &str = "worker";

/// Who needs work done, and who does it.
#[derive(Debug)]
pub(super) struct Crew {
    seeker: Account,
    provider: Account,
}

impl Crew {
    /// Both, by their names in events.
    pub(super) fn people(&self) -> [(&'static str, &Account); 2] {
        [("seeker", &self.seeker), ("provider", &self.provider)]
    }
}

/// Registers them; `person` makes one of role, name, number and profile.
pub(super) async fn open(
    api: &Api,
    person: impl Fn(&str, &str, u32, Value) -> Person,
) -> Result<Crew, DemoError> {
    let (lat, lng) = PLACE;
    let works = json!({ "service_type": SERVICE, "lat": lat, "lng": lng });
    let (seeker, provider) = futures::try_join!(
        Account::open(api, person("SEEKER", "Asha Karki", 12, json!({}))),
        Account::open(api, person("PROVIDER", "Bikash Magar", 13, works)),
    )?;
    Ok(Crew { seeker, provider })
}

/// Plays it; gives the id of the order, which waits for the provider.
pub(super) async fn play(
    crew: &Crew,
    patience: Duration,
    narrator: &mut Narrator,
) -> Result<String, DemoError> {
    narrator.act("Asha assigns work to Bikash, who is about; it is left open");
    let mut socket = crew.provider.listen("/ws/work/provider/").await?;
    socket.expect("connection", patience).await?;
    let (latitude, longitude) = PLACE;
    let active = json!({
        "is_active_for_work": true, "latitude": latitude, "longitude": longitude,
    });
    let status = "/api/1/profiles/provider-status/";
    let answer = crew.provider.api.patch_json(status, &active).await?;
    answer.expect(200)?;
    let work = json!({
        "provider_id": crew.provider.session.user_id,
        "service_type": SERVICE,
        "message": "Need help with painting work",
        "latitude": latitude,
        "longitude": longitude,
    });
    let assign = "/api/1/profiles/assign-work/";
    let assigned = crew
        .seeker
        .api
        .post_json(assign, &work)
        .await?
        .expect(201)?;
    let id = assigned["data"]["work_order_id"].clone();
    field("the answer", &assigned["data"], "websocket_sent", true)?;
    let told = socket
        .expect_where("work_assigned", patience, |message| {
            message["work_id"] == id
        })
        .await?;
    field(
        "work_assigned",
        &told,
        "message",
        "Need help with painting work",
    )?;
    narrator.fact("Bikash is told of it, and Asha that it was handed to his socket");
    socket.close().await;
    Ok(id.as_str().unwrap_or_default().to_owned())
}
