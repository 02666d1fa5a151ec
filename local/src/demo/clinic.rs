//! What happens between a patient and a hospital: one asks, and the other hears of it.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::DemoError;
use super::narrator::{Narrator, field};
use crate::client::{Account, Person};

const NAME: &str = "Tunis Care Hospital";

/// A hospital, and who asks it for a consultation.
#[derive(Debug)]
pub(super) struct Clinic {
    /// Who founded it: it bears this account's id.
    clerk: Account,
    /// Who asks to join it.
    second_clerk: Account,
    doctor: Account,
    patient: Account,
}

impl Clinic {
    /// Everybody, by their names in events.
    pub(super) fn people(&self) -> [(&'static str, &Account); 4] {
        [
            ("clerk", &self.clerk),
            ("second_clerk", &self.second_clerk),
            ("doctor", &self.doctor),
            ("patient", &self.patient),
        ]
    }
}

/// Registers them; `person` makes one of role, name, number and profile.
pub(super) async fn open(
    api: &crate::client::Api,
    person: impl Fn(&str, &str, u32, Value) -> Person,
) -> Result<Clinic, DemoError> {
    let described = json!({ "hospital_name": NAME, "city": "Tunis", "lat": 36.8, "lng": 10.18 });
    let clerk = Account::open(api, person("HOSPITAL", "Salma Trabelsi", 8, described)).await?;
    let hospital = &clerk.session.user_id;
    let joins = json!({ "hospital_id": hospital });
    let works = json!({ "hospital_id": hospital, "specialty": "Cardiology" });
    let (second_clerk, doctor, patient) = futures::try_join!(
        Account::open(api, person("HOSPITAL", "Karim Jaziri", 9, joins)),
        Account::open(api, person("DOCTOR", "Dr. Leila Haddad", 10, works)),
        Account::open(api, person("PATIENT", "Amina Ben Ali", 11, json!({}))),
    )?;
    Ok(Clinic {
        clerk,
        second_clerk,
        doctor,
        patient,
    })
}

/// Plays it; gives the id of the consultation, which waits for the hospital.
pub(super) async fn play(
    clinic: &Clinic,
    patience: Duration,
    narrator: &mut Narrator,
) -> Result<String, DemoError> {
    narrator.act("Amina asks the hospital for a consultation, which is left open");
    let hospital = &clinic.clerk.session.user_id;
    let channel = "hospital-new-consultation";
    let path = format!("/ws/notifications/{channel}/{hospital}/");
    let mut socket = clinic.clerk.listen(&path).await?;
    socket.expect("connection", patience).await?;
    let form = json!({
        "hospital_id": hospital,
        "specialty": "Cardiology",
        "description": "Pain in the chest since Monday",
    });
    let api = &clinic.patient.api;
    let asked = api.post_json("/api/consultation-request/", &form).await?;
    let asked = asked.expect(201)?;
    field("the answer", &asked, "status", "Pending")?;
    let id = asked["consultation_request_id"].clone();
    let told = socket
        .expect_where("send_notification", patience, |message| {
            message["data"]["consultation_request_id"] == id
        })
        .await?;
    field("send_notification", &told, "channel", channel)?;
    field("data", &told["data"], "patient", "Amina Ben Ali")?;
    narrator.fact(&format!(
        "its clerk: \"{}\"",
        told["data"]["message"].as_str().unwrap_or_default()
    ));
    socket.close().await;
    Ok(id.as_str().unwrap_or_default().to_owned())
}

/// A day for an appointment, as the wire writes it.
pub(super) fn next_week() -> String {
    let day = OffsetDateTime::now_utc() + time::Duration::days(7);
    day.format(&Rfc3339).unwrap_or_default()
}
