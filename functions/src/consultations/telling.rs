//! What a step leaves to be told, and whom.

use callout_cloud::Cloud;
use callout_cloud::accounts::Accounts;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_domain::consultation::{Consultation, Party, Step, send_notification};
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;

use crate::requests::tell;

/// A step that is being taken.
pub(super) struct Taken {
    pub(super) step: Step,
    /// By which event it is told.
    pub(super) event: EventId,
    /// Who takes it, and need not be told.
    pub(super) by: Option<AccountId>,
    pub(super) now: Moment,
}

/// Adds what each party is told to the step's commit. The end of a consultation archives what everybody
/// was told of it, and a doctor who loses it has it archived without a word.
pub(super) async fn tell(
    cloud: &Cloud,
    commit: &mut Commit,
    before: &Consultation,
    after: &Consultation,
    taken: &Taken,
) -> Result<(), CloudError> {
    let accounts = cloud.accounts().await?;
    let outbox = cloud.outbox().await?;
    let mut told = Vec::new();
    for (party, news) in taken.step.tells() {
        if is_told_already(after, *party) {
            continue;
        }
        let mut people = people(&accounts, after, *party).await?;
        people.retain(|person| Some(*person) != taken.by);
        told.push((send_notification(after, *news), people));
    }
    let said = before.header.announcements();
    let mut silent = Vec::new();
    if after.state.is_over() {
        silent.extend(taken.by);
    } else if let Some(former) = former_doctor(before, after) {
        silent.push(former);
    }
    let archives = if after.state.is_over() {
        said.clone()
    } else {
        Vec::new()
    };
    let telling = tell::Each {
        request: &after.header,
        event: taken.event,
        archives,
        now: taken.now,
    };
    telling.post(&outbox, commit, told)?;
    if !silent.is_empty() {
        tell::shelve_for(&after.header, said, &silent, &outbox, commit, taken.now)?;
    }
    Ok(())
}

/// The accounts of a party.
pub(super) async fn people(
    accounts: &Accounts,
    consultation: &Consultation,
    party: Party,
) -> Result<Vec<AccountId>, CloudError> {
    let suggestion = consultation.suggestion.as_ref();
    match party {
        Party::Patient => Ok(vec![consultation.header.requester]),
        Party::Doctor => {
            let doctor = consultation.doctor.as_ref();
            Ok(doctor.map(|doctor| doctor.account).into_iter().collect())
        }
        Party::Hospital => accounts.speakers(consultation.hospital.id).await,
        Party::SuggestedHospital => match suggestion {
            Some(suggestion) => accounts.speakers(suggestion.hospital.id).await,
            None => Ok(Vec::new()),
        },
    }
}

/// Whether a party is the suggested hospital, and told as the one that was asked: where both are told,
/// they are told the same.
fn is_told_already(consultation: &Consultation, party: Party) -> bool {
    let is_the_same = consultation
        .suggestion
        .as_ref()
        .is_some_and(|suggestion| suggestion.hospital.id == consultation.hospital.id);
    party == Party::SuggestedHospital && is_the_same && consultation.state.is_over()
}

fn former_doctor(before: &Consultation, after: &Consultation) -> Option<AccountId> {
    let is_now = after.doctor.as_ref().map(|doctor| doctor.account);
    let was = before.doctor.as_ref().map(|doctor| doctor.account);
    was.filter(|_| was != is_now)
}
