//! POST /api/consultation-request/{id}/accept/ by whoever speaks for the hospital that was asked: gives
//! it to one of the hospital's doctors, while nobody has it.
//!
//! Leaves behind the consultation assigned, and told of it, patient and doctor.

use callout_domain::consultation::{Act, Consultation, Doctor, Speaker, words};
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;

use crate::consultations::fields::{NOT_YOUR_DOCTOR, account, all_of, upcoming};
use crate::consultations::take::Taking;
use crate::consultations::{named_by_path, unknown};
use crate::hospitals::spoken_for;
use crate::http::{Answer, Call, Failure, Form};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let accounts = call.cloud.accounts().await?;
    let hospital = spoken_for(&accounts, &caller).await?;
    let id = named_by_path(&call)?;
    let mut form = call.json()?;
    let (doctor, appointment_date) = read(&mut form, call.now)?;

    // Before the doctor is judged: a stranger learns nothing of either.
    let requests = call.cloud.requests().await?;
    let found: Option<Consultation> = requests.read(id, call.now).await?;
    let speaker = Speaker::Organization(hospital);
    found
        .filter(|consultation| consultation.knows(speaker))
        .ok_or_else(unknown)?;
    let doctor = accounts
        .doctor(hospital, doctor)
        .await?
        .ok_or_else(|| Failure::field("doctor_id", NOT_YOUR_DOCTOR))?;
    let act = Act::Accept {
        doctor: Doctor {
            account: doctor.account,
            name: doctor.name,
        },
        appointment_date,
    };
    let step = (id, act);
    Taking::of(
        call.cloud,
        &caller,
        speaker,
        step,
        words::ASSIGNED,
        call.now,
    )
    .take()
    .await
}

fn read(form: &mut Form, now: Moment) -> Result<(AccountId, Option<Moment>), Failure> {
    let doctor = form.required("doctor_id", account(NOT_YOUR_DOCTOR));
    let appointment_date = form.optional("appointment_date", upcoming(now));
    all_of(form, doctor.map(|doctor| (doctor, appointment_date)))
}
