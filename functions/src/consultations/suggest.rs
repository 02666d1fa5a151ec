//! POST /api/doctor-suggest/ by the doctor of an accepted consultation: suggests a treatment, at the
//! hospital that was asked or another. Again, it takes the place of what was suggested before.
//!
//! Leaves behind the suggestion, which bears the consultation's id, and told of it, the patient and the
//! suggested hospital. Takes `Idempotency-Key`.

use callout_domain::consultation::{Act, Consultation, Note, Speaker, Suggestion, words};
use callout_domain::ids::AccountId;
use callout_domain::role::Role;
use lambda_http::http::StatusCode;

use crate::consultations::fields::{NOT_A_HOSPITAL, account, all_of, text};
use crate::consultations::take::Taking;
use crate::consultations::unknown;
use crate::http::{Answer, Call, Failure, Form, Once, Scope, Turn};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Doctor])?;
    let mut form = call.json()?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let suggested = Suggested::read(&mut form)?;
    let id = suggested.consultation.parse().map_err(|_| unknown())?;

    // Before the hospital is judged: a stranger learns nothing.
    let speaker = Speaker::Doctor(caller.account);
    let requests = call.cloud.requests().await?;
    let found: Option<Consultation> = requests.read(id, call.now).await?;
    found
        .filter(|consultation| consultation.knows(speaker))
        .ok_or_else(unknown)?;
    let accounts = call.cloud.accounts().await?;
    let hospital = accounts.organization(suggested.hospital).await?;
    let suggestion = Suggestion {
        hospital: hospital.ok_or_else(|| Failure::field("hospital_id", NOT_A_HOSPITAL))?,
        text: Some(suggested.text),
        is_accepted: false,
        at: call.now,
    };
    let step = (id, Act::Suggest(suggestion));
    let taking = Taking::of(
        call.cloud,
        &caller,
        speaker,
        step,
        words::SUGGESTED,
        call.now,
    );
    Taking {
        status: StatusCode::CREATED,
        once,
        ..taking
    }
    .take()
    .await
}

/// What a doctor suggests.
struct Suggested {
    consultation: String,
    hospital: AccountId,
    text: Note,
}

impl Suggested {
    /// 400 with every field that is wrong.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let consultation = form.required("consultation_request_id", |given| {
            given.text().map(str::to_owned)
        });
        let hospital = form.required("hospital_id", account(NOT_A_HOSPITAL));
        let text = form.required("suggestion", text(Note::parse));
        let suggested =
            consultation
                .zip(hospital)
                .zip(text)
                .map(|((consultation, hospital), text)| Self {
                    consultation,
                    hospital,
                    text,
                });
        all_of(form, suggested)
    }
}
