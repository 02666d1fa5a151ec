//! What remains of people who deleted their accounts in consultations: what happened, without who they
//! were. Each is done again harmlessly if it was interrupted.

use std::pin::pin;

use callout_cloud::commit::Guard;
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::requests::consultation::PartyTo;
use callout_cloud::{Cloud, clock, contention, paging};
use callout_domain::consultation::{Act, Consultation, Party, Speaker, Step};
use callout_domain::ids::{AccountId, EventId, RequestId};
use callout_domain::moment::Moment;
use futures::TryStreamExt as _;

use crate::consultations::telling::{self, Taken};
use crate::requests::retract;

/// What becomes of a consultation, and by which step, if by one that is told.
type Erased = Option<(Consultation, Option<Step>)>;

/// Calls off what a patient asked for, and takes from all of it who they were.
pub(crate) async fn patient(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.of_requester::<Consultation>(account, paging, now)
    }));
    while let Some(listed) = theirs.try_next().await? {
        // The list follows the table.
        let Some(read) = table.read::<Consultation>(listed.header.id, now).await? else {
            continue;
        };
        let others = [Party::Hospital, Party::Doctor, Party::SuggestedHospital];
        // What was said of somebody who was forgotten already does not name them.
        if !read.has_lost_its_patient() {
            retract_all(cloud, &read, &others, 0, now).await?;
        }
        let changed = change(cloud, &table, read.header.id, now, |consultation, event| {
            if consultation.has_lost_its_patient() {
                return None;
            }
            let forgotten = consultation.without_patient();
            match forgotten.after(Act::Cancel, event, now) {
                Ok(cancelled) => Some((cancelled, Some(Step::Cancel))),
                Err(_) => Some((forgotten, None)),
            }
        });
        if let Some(before) = changed.await? {
            // What was said between the two.
            let so_far = read.header.announcements().len();
            retract_all(cloud, &before, &others, so_far, now).await?;
        }
    }
    Ok(())
}

/// Takes a doctor from every consultation; those that wait for them go back to the hospital.
pub(crate) async fn doctor(
    cloud: &Cloud,
    account: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.answered_by::<PartyTo>(account, paging, now)
    }));
    while let Some(listed) = theirs.try_next().await? {
        let id = listed.consultation;
        let is_theirs =
            |consultation: &Consultation| consultation.is(Speaker::Doctor(account), Party::Doctor);
        let read: Option<Consultation> = table.read(id, now).await?;
        let Some(read) = read.filter(is_theirs) else {
            continue;
        };
        // The first of all named no doctor.
        retract_all(
            cloud,
            &read,
            &[Party::Patient, Party::Hospital, Party::SuggestedHospital],
            1,
            now,
        )
        .await?;
        change(cloud, &table, id, now, |consultation, event| {
            if !is_theirs(consultation) {
                return None;
            }
            let forgotten = consultation.without_doctor();
            match forgotten.after(Act::Decline { message: None }, event, now) {
                Ok(declined) => Some((declined, Some(Step::Decline))),
                Err(_) => Some((forgotten, None)),
            }
        })
        .await?;
    }
    Ok(())
}

/// Calls off what was asked of an organization for which nobody speaks any more.
pub(crate) async fn organization(
    cloud: &Cloud,
    organization: AccountId,
    now: Moment,
) -> Result<(), CloudError> {
    let table = cloud.requests().await?;
    let mut theirs = pin!(paging::all(|paging| {
        table.answered_by::<PartyTo>(organization, paging, now)
    }));
    while let Some(listed) = theirs.try_next().await? {
        change(
            cloud,
            &table,
            listed.consultation,
            now,
            |consultation, event| {
                if consultation.hospital.id != organization {
                    // Its doctor may suggest another.
                    return None;
                }
                let cancelled = consultation.after(Act::Cancel, event, now).ok()?;
                Some((cancelled, Some(Step::Cancel)))
            },
        )
        .await?;
    }
    Ok(())
}

/// Changes a consultation as the rule says, on what is there now; what it was, if it was changed.
async fn change(
    cloud: &Cloud,
    table: &Requests,
    id: RequestId,
    now: Moment,
    rule: impl Fn(&Consultation, EventId) -> Erased,
) -> Result<Option<Consultation>, CloudError> {
    contention::decide(&[Guard::RequestUnchanged], || async {
        let event = EventId::new(clock::fresh_ulid());
        let Some(before) = table.read::<Consultation>(id, now).await? else {
            return Ok(None);
        };
        let Some((after, step)) = rule(&before, event) else {
            return Ok(None);
        };
        let mut commit = cloud.commit().await;
        table
            .consultations()
            .change(&mut commit, &before, &after, now)?;
        if let Some(step) = step {
            let taken = Taken {
                step,
                event,
                by: None,
                now,
            };
            telling::tell(cloud, &mut commit, &before, &after, &taken).await?;
        }
        commit.run().await?;
        Ok(Some(before))
    })
    .await
}

/// Takes what was said of a consultation, but for the first so many, out of the inboxes of its parties.
async fn retract_all(
    cloud: &Cloud,
    consultation: &Consultation,
    parties: &[Party],
    but_first: usize,
    now: Moment,
) -> Result<(), CloudError> {
    let accounts = cloud.accounts().await?;
    let mut people = consultation.former_doctors.clone();
    for party in parties {
        people.extend(telling::people(&accounts, consultation, *party).await?);
    }
    people.sort_unstable();
    people.dedup();
    for said in consultation
        .header
        .announcements()
        .into_iter()
        .skip(but_first)
    {
        retract::told(cloud, consultation.header.id, said, &people, now).await?;
    }
    Ok(())
}
