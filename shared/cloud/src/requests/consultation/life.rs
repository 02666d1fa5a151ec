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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use callout_domain::audience::Audience;
    use callout_domain::consultation::{Consultation, State};
    use callout_domain::conversation::Conversation;
    use callout_domain::ids::{AccountId, RequestId};
    use ulid::Ulid;

    use crate::commit::{Commit, CommitError, Guard};
    use crate::fixture;
    use crate::requests::Requests;
    use crate::requests::consultation::stored::tests::whole;

    /// Whether something is said between the patient and a doctor while it stands so.
    async fn can_talk(table: &Requests, one: &Consultation, doctor: AccountId) -> bool {
        let mut commit = Commit::new(table.table.client.clone());
        let consultations = table.consultations();
        consultations
            .must_be_assigned(&mut commit, one.header.id, doctor)
            .unwrap();
        match commit.run().await {
            Ok(()) => true,
            Err(CommitError::Refused(refusal)) => {
                assert_eq!(refusal.guard, Guard::RequestUnchanged);
                false
            }
            Err(CommitError::Cloud(error)) => panic!("{}", error.chain()),
        }
    }

    #[tokio::test]
    async fn a_message_is_committed_only_while_the_rule_has_the_conversation_open() {
        let table = Requests {
            table: fixture::table("requests").await,
        };
        let doctor = whole().doctor.unwrap().account;
        let someone_else = AccountId::new(Ulid::from(11));
        let each = State::ALL.into_iter().flat_map(|state| {
            let doctors = [None, whole().doctor];
            doctors.map(|doctor| (state, doctor))
        });
        for (number, (state, to)) in (100..).zip(each) {
            if state == State::Pending && to.is_some() {
                continue;
            }
            let mut one = Consultation {
                state,
                doctor: to,
                ..whole()
            };
            one.header.id = RequestId::new(Ulid::from(number));
            let mut commit = Commit::new(table.table.client.clone());
            let audience = Audience::new(Vec::new());
            let consultations = table.consultations();
            consultations.create(&mut commit, &one, &audience).unwrap();
            commit.run().await.unwrap();

            let is_open = one.conversations().iter().any(Conversation::is_open);
            assert_eq!(can_talk(&table, &one, doctor).await, is_open, "{state:?}");
            assert!(!can_talk(&table, &one, someone_else).await, "{state:?}");
        }
    }
}
