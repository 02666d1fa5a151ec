//! The beginning of a consultation and each step of it, as one commit. Which step leads where is the
//! domain's; here it happens to the version that it was decided on, or not at all.

use aws_sdk_dynamodb::types::Put;
use callout_domain::audience::Audience;
use callout_domain::consultation::Consultation;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;

use crate::commit::Commit;
use crate::failure::CloudError;
use crate::requests::consultation::{Consultations, stored};
use crate::requests::{Due, response_sk};
use crate::stored::{n, s};

/// The state that was read, and nothing happened since.
const IS_UNCHANGED: &str = "#state = :state AND #version = :version";

impl Consultations<'_> {
    /// Adds a new consultation, those who are told of it, and the hospital as its party.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn create(
        self,
        commit: &mut Commit,
        consultation: &Consultation,
        audience: &Audience,
    ) -> Result<(), CloudError> {
        let now = consultation.header.created_at;
        let item = stored::item(consultation, now)?;
        let parties = parties(consultation)
            .into_iter()
            .map(|party| stored::party(consultation, party, now))
            .collect::<Result<_, _>>()?;
        let header = &consultation.header;
        self.requests
            .create(commit, header, item, audience, parties, None::<Due>)
    }

    /// Adds what becomes of a consultation, whose parties find it, and those who were find it no more.
    ///
    /// Refused by [`RequestUnchanged`](crate::commit::Guard::RequestUnchanged) if it is not as it was read.
    ///
    /// # Errors
    /// When it cannot be written as items.
    pub fn change(
        self,
        commit: &mut Commit,
        before: &Consultation,
        after: &Consultation,
        now: Moment,
    ) -> Result<(), CloudError> {
        let version = i64::from(before.version);
        let put = Put::builder()
            .set_item(Some(stored::item(after, now)?))
            .condition_expression(IS_UNCHANGED)
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":state", s(before.state.as_str()))
            .expression_attribute_values(":version", n(version));
        self.requests.changed_request(commit, put)?;
        let parties_now = parties(after);
        for former in parties(before) {
            if !parties_now.contains(&former) {
                let item = response_sk(former);
                self.requests.remove(commit, before.header.id, &item)?;
            }
        }
        for party in parties_now {
            let item = stored::party(after, party, now)?;
            self.requests.put(commit, item)?;
        }
        Ok(())
    }
}

/// The doctor and the organizations that find a consultation in their lists, each once.
fn parties(consultation: &Consultation) -> Vec<AccountId> {
    let doctor = consultation.doctor.as_ref().map(|doctor| doctor.account);
    let suggested = consultation
        .suggestion
        .as_ref()
        .map(|suggestion| suggestion.hospital.id)
        .filter(|suggested| *suggested != consultation.hospital.id);
    [Some(consultation.hospital.id), doctor, suggested]
        .into_iter()
        .flatten()
        .collect()
}
