//! One step of a consultation, whoever takes it.

use callout_cloud::accounts::Accounts;
use callout_cloud::commit::{Commit, CommitError, Guard, Refusal};
use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock, contention};
use callout_domain::consultation::{Act, Consultation, Refused, Speaker};
use callout_domain::ids::{EventId, RequestId};
use callout_domain::moment::Moment;
use lambda_http::http::StatusCode;
use serde_json::json;

use crate::consultations::{telling, unknown, view};
use crate::hospitals::no_member;
use crate::http::{Answer, Caller, Failure, Linked, Once, Reply};

/// A step that somebody wants to take.
pub(super) struct Taking<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) caller: &'a Caller,
    pub(super) speaker: Speaker,
    pub(super) consultation: RequestId,
    pub(super) act: Act,
    /// 200, or 201 for a step that creates something.
    pub(super) status: StatusCode,
    /// What the answer says.
    pub(super) sentence: &'static str,
    pub(super) once: Once,
    pub(super) now: Moment,
}

impl<'a> Taking<'a> {
    /// A step that creates nothing, and so is harmless to try again.
    pub(super) fn of(
        cloud: &'a Cloud,
        caller: &'a Caller,
        speaker: Speaker,
        (consultation, act): (RequestId, Act),
        sentence: &'static str,
        now: Moment,
    ) -> Self {
        Self {
            cloud,
            caller,
            speaker,
            consultation,
            act,
            status: StatusCode::OK,
            sentence,
            once: Once::without_key(now),
            now,
        }
    }

    /// Takes it.
    ///
    /// 404 for a stranger, 403 for a party whose step it is not, 400 where the state forbids it.
    pub(super) async fn take(self) -> Result<Answer, Failure> {
        let requests = self.cloud.requests().await?;
        for tries in 0..contention::TRIES {
            let before: Option<Consultation> = requests.read(self.consultation, self.now).await?;
            let before = before.ok_or_else(unknown)?;
            let event = EventId::new(clock::fresh_ulid());
            let after = match before.taken(self.speaker, self.act.clone(), event, self.now) {
                Ok(after) => after,
                Err(refused) => return self.refused(refused).await,
            };
            let reply = self.reply(&after);
            let mut commit = self.once.commit(self.cloud, &reply).await?;
            self.guard(&mut commit).await?;
            requests
                .consultations()
                .change(&mut commit, &before, &after, self.now)?;
            let step = telling::Taken {
                step: self.act.step(),
                event,
                by: Some(self.caller.account),
                now: self.now,
            };
            telling::tell(self.cloud, &mut commit, &before, &after, &step).await?;
            match commit.run().await {
                Ok(()) => return Ok(reply.sign(self.cloud).await?),
                Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
                    // Somebody was faster: decided again on what is there now.
                    contention::wait(tries).await;
                }
                Err(CommitError::Refused(refusal)) if refusal.guard == Guard::KeyUnused => {
                    return self.once.answer_again(self.cloud).await;
                }
                Err(CommitError::Refused(refusal)) => return Err(stood_in_the_way(refusal)),
                Err(CommitError::Cloud(error)) => return Err(error.into()),
            }
        }
        Err(CloudError::Contended.into())
    }

    fn reply(&self, after: &Consultation) -> Reply {
        let body = Linked::new(json!({
            "message": self.sentence,
            "consultation_request_id": after.header.id,
            "status": after.state,
        }));
        Reply {
            status: self.status,
            body: body.with_object("data", view::consultation(after)),
        }
    }

    /// What stands in the way may be this very step, sent twice and taken meanwhile.
    async fn refused(&self, refused: Refused) -> Result<Answer, Failure> {
        let answered = self.once.answered_or(self.cloud, refusal(refused)).await?;
        Ok(answered.sign(self.cloud).await?)
    }

    /// What must be true of others when the step is taken.
    async fn guard(&self, commit: &mut Commit) -> Result<(), Failure> {
        let accounts = self.cloud.accounts().await?;
        must_still_speak(&accounts, commit, self.speaker, self.caller)?;
        match (&self.act, self.speaker) {
            (Act::Accept { doctor, .. }, Speaker::Organization(hospital)) => {
                accounts.must_have_doctor(commit, hospital, doctor.account)?;
            }
            (Act::Suggest(suggestion), _) => {
                accounts.must_be_organization(commit, suggestion.hospital.id)?;
            }
            (
                Act::Accept { .. }
                | Act::Offer(_)
                | Act::Decline { .. }
                | Act::AcceptOffer
                | Act::DeclineOffer
                | Act::AcceptSuggestion
                | Act::Complete
                | Act::Cancel,
                _,
            ) => {}
        }
        Ok(())
    }
}

/// A token outlives a deleted account and a membership by minutes; what is written then would never
/// be erased.
fn must_still_speak(
    accounts: &Accounts,
    commit: &mut Commit,
    speaker: Speaker,
    caller: &Caller,
) -> Result<(), CloudError> {
    match speaker {
        Speaker::Patient(account) | Speaker::Doctor(account) => {
            accounts.must_be_there(commit, account)
        }
        Speaker::Organization(id) => accounts.must_speak(commit, id, caller.account),
    }
}

fn stood_in_the_way(refusal: Refusal) -> Failure {
    match refusal.guard {
        Guard::AccountThere => Failure::unauthenticated(),
        Guard::SpeaksFor => no_member(),
        Guard::DoctorThere => Failure::field("doctor_id", super::fields::NOT_YOUR_DOCTOR),
        Guard::OrganizationThere => Failure::field("hospital_id", super::fields::NOT_A_HOSPITAL),
        _ => CommitError::Refused(refusal).into(),
    }
}

fn refusal(refused: Refused) -> crate::http::Refused {
    let (status, code) = match refused {
        Refused::Stranger => (StatusCode::NOT_FOUND, "not_found"),
        Refused::NotYours => (StatusCode::FORBIDDEN, "forbidden"),
        Refused::Illegal(step) => (StatusCode::BAD_REQUEST, step.code()),
        Refused::TooManyChanges => (StatusCode::BAD_REQUEST, "too_many_changes"),
    };
    crate::http::Refused::new(status, code, refused.to_string())
}

/// What a step answers and refuses, whoever takes it; the roles that may are named by the operation.
#[cfg(test)]
pub(super) fn described(
    operation: crate::api::Operation,
    status: u16,
    (sentence, state): (&str, &str),
    steps: &[callout_domain::consultation::Step],
) -> crate::api::Operation {
    use crate::api::{closed, consultation_state, id, text, ulid};
    let illegal = steps.iter().flat_map(|step| {
        let all = callout_domain::consultation::State::ALL.into_iter();
        all.filter_map(|state| state.after(*step).err().map(Refused::Illegal))
    });
    let refusals = illegal.chain([
        Refused::Stranger,
        Refused::NotYours,
        Refused::TooManyChanges,
    ]);
    operation
        .answers(
            status,
            "The consultation as it is now.",
            closed()
                .with("message", text())
                .with("consultation_request_id", ulid())
                .with("status", consultation_state())
                .with("data", view::consultation_seen()),
            json!({
                "message": sentence, "consultation_request_id": id('K'), "status": state,
                "data": view::example(state),
            }),
        )
        .refuses_any(refusals.map(|refused| refusal(refused).into()))
}
