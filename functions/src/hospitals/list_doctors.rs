//! GET /hospital/{id}/doctors/ by any account: the doctors of a hospital, whom it can assign. Leaves
//! nothing behind.

use callout_cloud::paging::Paging;
use callout_domain::ids::AccountId;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Failure};

const NO_HOSPITAL: &str = "There is no such hospital";

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    call.caller()?;
    let hospital: AccountId = call.path_id("id", NO_HOSPITAL)?;
    let paging = Paging {
        limit: call.limit()?,
        before: call.cursor("cursor")?,
    };
    let accounts = call.cloud.accounts().await?;
    let (organization, page) = futures::try_join!(
        accounts.organization(hospital),
        accounts.doctors(hospital, paging),
    )?;
    let organization = organization.ok_or_else(|| Failure::unknown(NO_HOSPITAL))?;

    let doctors: Vec<Value> = page
        .items
        .iter()
        .map(|doctor| {
            json!({
                "id": doctor.account,
                "name": doctor.name,
                "specialty": doctor.specialty,
            })
        })
        .collect();
    let mut body = json!({
        "organization": organization,
        "count": doctors.len(),
        "doctors": doctors,
    });
    if let Some(next) = page.next {
        body["next_cursor"] = json!(next);
    }
    Ok(Answer::ok(body))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{closed, id, operation, organization, page, person_name, specialty, ulid};

    let doctor = closed()
        .with("id", ulid())
        .with("name", person_name())
        .with("specialty", specialty());
    operation("Lists the doctors of a hospital")
        .at("id", ulid(), "The hospital's id.")
        .in_pages()
        .answers(
            200,
            "A part of the list.",
            page("doctors", doctor.named("DoctorOfHospital")).with("organization", organization()),
            json!({
                "organization": {"id": id('H'), "name": "City Hospital"}, "count": 1,
                "doctors": [{"id": id('D'), "name": "Dr. Rai", "specialty": "Cardiology"}],
            }),
        )
        .knows_none(NO_HOSPITAL)
}
