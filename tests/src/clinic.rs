//! Hospitals with their clerks and doctors, patients, and what they do about consultations.

use callout_domain::consultation::Step;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::Answer;
use crate::person::Person;
use crate::socket::{Heard, Refusal};
use crate::stage::Stage;

/// A hospital with whoever founded it and one doctor.
pub struct Clinic {
    /// The organization's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Who founded it.
    pub clerk: Person,
    /// Its doctor, called Dr. Smith.
    pub doctor: Person,
}

/// A whole day so far ahead, as the wire writes it.
pub fn in_days(days: i64) -> String {
    let day = OffsetDateTime::now_utc() + Duration::days(days);
    let noon = day.replace_time(time::Time::from_hms(12, 0, 0).unwrap());
    let written = noon.format(&Rfc3339).unwrap();
    written.replace('Z', ".000Z")
}

impl Clinic {
    /// Founds one.
    pub async fn open(stage: &Stage, name: &str) -> Self {
        let described = json!({"hospital_name": name, "city": "Tunis", "lat": 36.8, "lng": 10.18});
        let clerk = stage.person("hospital", "First Clerk", described).await;
        let works = json!({"specialty": "Cardiology", "hospital_id": clerk.id});
        let doctor = stage.person("doctor", "Dr. Smith", works).await;
        Self {
            id: clerk.id.clone(),
            name: name.to_owned(),
            clerk,
            doctor,
        }
    }

    /// As messages name it.
    pub fn organization(&self) -> Value {
        json!({"id": self.id, "name": self.name})
    }

    /// Somebody who asks to join it.
    pub async fn joins(&self, stage: &Stage, name: &str) -> Person {
        let joins = json!({"hospital_id": self.id});
        stage.person("hospital", name, joins).await
    }

    /// A second clerk, approved by the first.
    pub async fn second_clerk(&self, stage: &Stage) -> Person {
        let clerk = self.joins(stage, "Second Clerk").await;
        let path = format!("/hospital/members/{}/approve/", clerk.id);
        let approved = self.clerk.post(&path, json!({})).await;
        assert_eq!(approved.status, 200, "{}", approved.body);
        clerk
    }

    /// Its clerk accepts with its doctor.
    pub async fn accepts(&self, consultation: &str) -> Answer {
        self.clerk.gives(consultation, &self.doctor.id).await
    }

    /// Whoever of the clinic or the patient takes a step, takes it as they may.
    pub async fn step(&self, patient: &Person, consultation: &str, step: Step) -> Answer {
        let request = |what: &str| format!("/api/consultation-request/{consultation}/{what}/");
        let response = |what: &str| format!("/api/consultation-response/{consultation}/{what}/");
        let suggest = format!("/api/doctor-suggest/{consultation}/hospital-accept/");
        match step {
            Step::Accept => self.accepts(consultation).await,
            Step::Offer => self.doctor.offers(consultation).await,
            Step::Decline => {
                let declined = json!({"status": "Declined", "message": "I am away"});
                let path = response("doctor-response");
                self.doctor.post(&path, declined).await
            }
            Step::AcceptOffer => patient.post(&response("accept-offer"), json!({})).await,
            Step::DeclineOffer => patient.post(&response("decline-offer"), json!({})).await,
            Step::Suggest => self.doctor.suggests(consultation, &self.id).await,
            Step::AcceptSuggestion => self.clerk.post(&suggest, json!({})).await,
            Step::Complete => self.doctor.post(&request("complete"), json!({})).await,
            Step::Cancel => patient.post(&request("cancel"), json!({})).await,
        }
    }

    /// Steps that must be possible, one after the other.
    pub async fn steps(&self, patient: &Person, consultation: &str, steps: &[Step]) {
        for step in steps {
            let taken = self.step(patient, consultation, *step).await;
            assert!(taken.status < 300, "{step:?}: {}", taken.body);
        }
    }
}

impl Stage {
    /// A patient.
    pub async fn patient(&self, name: &str) -> Person {
        self.person("patient", name, json!({})).await
    }
}

impl Person {
    /// Tries to ask a hospital for a consultation, in other words.
    pub async fn tries_to_ask(&self, changes: Value) -> Answer {
        let mut form = json!({"specialty": "Cardiology", "description": "Pain in the chest"});
        for (name, value) in changes.as_object().unwrap() {
            form[name] = value.clone();
        }
        self.post("/api/consultation-request/", form).await
    }

    /// Asks a hospital for a consultation; its id.
    pub async fn asks(&self, clinic: &Clinic) -> String {
        let asked = self.tries_to_ask(json!({"hospital_id": clinic.id})).await;
        assert_eq!(asked.status, 201, "{}", asked.body);
        asked.text("consultation_request_id")
    }

    /// Gives a consultation to a doctor.
    pub async fn gives(&self, consultation: &str, doctor: &str) -> Answer {
        let path = format!("/api/consultation-request/{consultation}/accept/");
        self.post(&path, json!({"doctor_id": doctor})).await
    }

    /// Offers an appointment in three days.
    pub async fn offers(&self, consultation: &str) -> Answer {
        let path = format!("/api/consultation-response/{consultation}/doctor-response/");
        let offer = json!({"status": "Offered", "appointment_date": in_days(3),
                           "price": "150.00", "message": "Come early"});
        self.post(&path, offer).await
    }

    /// Suggests a treatment at a hospital.
    pub async fn suggests(&self, consultation: &str, hospital: &str) -> Answer {
        let suggestion = json!({"consultation_request_id": consultation, "hospital_id": hospital,
                                "suggestion": "A stress test"});
        self.post("/api/doctor-suggest/", suggestion).await
    }

    /// How a consultation stands for them.
    pub async fn consultation(&self, consultation: &str) -> Answer {
        self.get(&format!("/api/consultation-request/{consultation}/"))
            .await
    }

    /// Opens a socket of the seed's notification channels.
    ///
    /// # Errors
    /// The refusal.
    pub async fn hears_of(&self, channel: &str, id: &str) -> Result<Heard, Refusal> {
        self.socket_at(&format!("/ws/notifications/{channel}/{id}/"))
            .await
    }
}
