//! POST /api/consultation-request/ by a patient: asks a hospital.
//!
//! Leaves behind the consultation and, told of it, everybody who speaks for the hospital. Takes
//! `Idempotency-Key`.

use callout_cloud::accounts::Accounts;
use callout_cloud::clock;
use callout_cloud::commit::Guard;
use callout_domain::account::{Account, Specialty};
use callout_domain::audience::{Audience, Told};
use callout_domain::consultation::{Consultation, News, Note, State, send_notification, words};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::organization::Organization;
use callout_domain::request::Header;
use callout_domain::role::Role;
use serde_json::json;

use crate::consultations::fields::{NOT_A_HOSPITAL, account, all_of, text, upcoming};
use crate::consultations::view;
use crate::http::{Answer, Call, Failure, Form, Linked, Once, Reply, Scope, Turn};
use crate::requests::create::{announce_unless, requester};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Patient])?;

    let mut form = call.json()?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let asked = Asked::read(&mut form, call.now)?;

    let cloud = call.cloud;
    let accounts = cloud.accounts().await?;
    let asking = requester(&accounts, caller.account).await?;
    let (hospital, audience) = find(&accounts, asked.hospital).await?;
    let consultation = asked.consultation(&asking, hospital, &audience, call.now);

    let reply = reply(&consultation);
    let mut commit = once.commit(cloud, &reply).await?;
    let requests = cloud.requests().await?;
    requests
        .consultations()
        .create(&mut commit, &consultation, &audience)?;
    accounts.must_be_organization(&mut commit, consultation.hospital.id)?;
    let news = send_notification(&consultation, News::Asked);
    let header = &consultation.header;
    announce_unless(cloud, once, commit, header, news, reply, |guard| {
        (guard == Guard::OrganizationThere).then(no_hospital)
    })
    .await
}

/// What a patient asks for.
#[derive(Debug)]
struct Asked {
    hospital: AccountId,
    specialty: Option<Specialty>,
    description: Note,
    preferred_date: Option<Moment>,
}

impl Asked {
    /// 400 with every field that is wrong.
    fn read(form: &mut Form, now: Moment) -> Result<Self, Failure> {
        let hospital = form.required("hospital_id", account(NOT_A_HOSPITAL));
        let specialty = form.optional("specialty", text(Specialty::parse));
        let description = form.required("description", text(Note::parse));
        let preferred_date = form.optional("preferred_date", upcoming(now));
        let asked = hospital
            .zip(description)
            .map(|(hospital, description)| Self {
                hospital,
                specialty,
                description,
                preferred_date,
            });
        all_of(form, asked)
    }

    fn consultation(
        self,
        asking: &Account,
        hospital: Organization,
        audience: &Audience,
        now: Moment,
    ) -> Consultation {
        let id = RequestId::new(clock::fresh_ulid());
        Consultation {
            header: Header::new(id, asking.id, audience, now),
            patient_name: asking.name.as_str().to_owned(),
            hospital,
            specialty: self.specialty,
            description: Some(self.description),
            preferred_date: self.preferred_date,
            state: State::Pending,
            doctor: None,
            former_doctors: Vec::new(),
            appointment_date: None,
            price: None,
            doctor_message: None,
            suggestion: None,
            ended_at: None,
            version: 0,
        }
    }
}

/// The hospital, and everybody who speaks for it.
async fn find(
    accounts: &Accounts,
    hospital: AccountId,
) -> Result<(Organization, Audience), Failure> {
    let (organization, speakers) =
        futures::try_join!(accounts.organization(hospital), accounts.speakers(hospital))?;
    let told = speakers.into_iter().map(Told::by_name).collect();
    Ok((organization.ok_or_else(no_hospital)?, Audience::new(told)))
}

fn no_hospital() -> Failure {
    Failure::field("hospital_id", NOT_A_HOSPITAL)
}

fn reply(consultation: &Consultation) -> Reply {
    let body = Linked::new(json!({
        "message": words::ASKED,
        "consultation_request_id": consultation.header.id,
        "status": consultation.state,
    }));
    Reply::created(body.with_object("data", view::consultation(consultation)))
}
