//! What happens among donors: one asks for blood, two accept, one has given when it ends.

use std::time::Duration;

use serde_json::{Value, json};

use super::narrator::{Narrator, Wrong, equal, field};
use super::{DemoError, cast};
use crate::client::{Account, Socket};

const PATIENT: &str = "+977 9800000001";

/// A donor with their open socket.
struct Donor<'a> {
    account: &'a Account,
    socket: Socket,
    patience: Duration,
}

/// Plays it; gives the id of a request that stays open.
pub(super) async fn play(
    donors: &[Account; 3],
    patience: Duration,
    narrator: &mut Narrator,
) -> Result<String, DemoError> {
    let [mut maya, mut first, mut second] = connect(donors, patience).await?;
    narrator.act("Maya needs two units of blood, and asks the donors of her city");
    let request = ask(&maya, 2, narrator).await?;
    for donor in [&mut first, &mut second] {
        let told = donor.hears("blood_request", &request, None).await?;
        field("blood_request", &told, "patientNumber", Value::Null)?;
        narrator.fact(&format!("{}: \"{}\"", donor.name(), text(&told, "message")));
    }

    narrator.act("Both accept, and Maya hears of each");
    for donor in [&first, &second] {
        let accepted = donor.does("accept-request", &request).await?;
        field("the answer", &accepted, "patientNumber", PATIENT)?;
        let told = maya
            .hears("donor_response", &request, Some("Accepted"))
            .await?;
        let name = donor.name();
        field("donor_response", &told, "name", name)?;
        narrator.fact(&format!(
            "{name} is shown the patient's number, and Maya theirs"
        ));
    }

    narrator.act("One gives, and Maya has what she needs");
    second.does("confirm-donation", &request).await?;
    maya.hears("donor_response", &request, Some("Confirmed"))
        .await?;
    narrator.fact(&format!("Maya hears that {} gave", second.name()));
    let end = json!({ "requestId": request, "status": "Completed" });
    let closed = maya
        .account
        .api
        .post_json("/api/donor/requests/complete/", &end)
        .await?;
    field("the answer", &closed.expect(200)?, "status", "Completed")?;
    for donor in [&mut first, &mut second] {
        donor
            .hears("blood_request_completed", &request, None)
            .await?;
    }
    narrator.fact("both are told that it is completed");
    let own = own(&maya, &request).await?;
    let counts = [&own["acceptedCount"], &own["confirmedCount"]];
    equal("the counts of the record", &[&json!(2), &json!(1)], &counts)?;
    narrator.fact("the record says Completed, two accepted, one gave");

    narrator.act("She asks for one unit more, which is left open");
    let open = ask(&maya, 1, narrator).await?;
    for donor in [maya, first, second] {
        donor.socket.close().await;
    }
    Ok(open.as_str().unwrap_or_default().to_owned())
}

async fn connect(donors: &[Account; 3], patience: Duration) -> Result<[Donor<'_>; 3], DemoError> {
    let open = async |account| -> Result<Donor<'_>, DemoError> {
        let account: &Account = account;
        let path = format!("/ws/notifications/donor/{}/", account.session.user_id);
        let mut socket = account.listen(&path).await?;
        socket.expect("connection", patience).await?;
        Ok(Donor {
            account,
            socket,
            patience,
        })
    };
    let [maya, first, second] = donors;
    Ok([open(maya).await?, open(first).await?, open(second).await?])
}

/// Asks for so many units; gives the request's id.
async fn ask(asking: &Donor<'_>, units: u32, narrator: &mut Narrator) -> Result<Value, DemoError> {
    let need = json!({
        "patientName": "Hari Gurung", "patientNumber": PATIENT,
        "attenderName": "Gita Gurung", "attenderNumber": "+977 9800000002",
        "bloodGroup": cast::BLOOD_GROUP, "units": units, "urgency": "Critical",
        "hospitalName": "Bir Hospital", "location": "Mahaboudha", "city": cast::CITY,
    });
    let answer = asking
        .account
        .api
        .post_json("/api/donor/requests/", &need)
        .await?;
    let body = answer.expect(201)?;
    // There may be other donors in the city.
    if body["notifiedCount"].as_u64().is_none_or(|count| count < 2) {
        return Err(Wrong {
            what: "notifiedCount in the answer".to_owned(),
            expected: "two or more".to_owned(),
            got: body["notifiedCount"].to_string(),
        }
        .into());
    }
    narrator.fact(&format!("201: {}", text(&body, "message")));
    Ok(body["requestId"].clone())
}

async fn own(asking: &Donor<'_>, request: &Value) -> Result<Value, DemoError> {
    let list = asking.account.api.get("/api/donor/my-requests/").await?;
    let list = list.expect(200)?;
    let all = list.as_array().cloned().unwrap_or_default();
    let own = all.into_iter().find(|own| own["id"] == *request);
    let own = own.unwrap_or_default();
    field("the record", &own, "status", "Completed")?;
    Ok(own)
}

impl Donor<'_> {
    fn name(&self) -> &str {
        &self.account.person.name
    }

    async fn does(&self, step: &str, request: &Value) -> Result<Value, DemoError> {
        let path = format!("/api/donor/{step}/");
        let body = json!({ "requestId": request });
        let answer = self.account.api.post_json(&path, &body).await?;
        Ok(answer.expect(200)?)
    }

    /// Waits for a message about a request, that a donor stands there if one is named.
    async fn hears(
        &mut self,
        kind: &str,
        request: &Value,
        response: Option<&str>,
    ) -> Result<Value, DemoError> {
        let wanted = |message: &Value| {
            message["type"] == kind
                && message["requestId"] == *request
                && response.is_none_or(|response| message["response"] == response)
        };
        Ok(self
            .socket
            .expect_where(kind, self.patience, wanted)
            .await?)
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
