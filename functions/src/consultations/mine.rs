//! The consultations of a speaker, newest first.

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_cloud::paging::{Page, Paging};
use callout_cloud::requests::consultation::PartyTo;
use callout_domain::consultation::{Consultation, Speaker};
use callout_domain::ids::{RequestId, ResponseId};
use callout_domain::moment::Moment;

/// A part of them. The cursor is a consultation's id, whoever asks.
pub(super) async fn of(
    cloud: &Cloud,
    speaker: Speaker,
    paging: Paging<RequestId>,
    now: Moment,
) -> Result<Page<Consultation, RequestId>, CloudError> {
    let requests = cloud.requests().await?;
    let party = match speaker {
        Speaker::Patient(account) => return requests.of_requester(account, paging, now).await,
        Speaker::Doctor(party) | Speaker::Organization(party) => party,
    };
    let listed = Paging {
        limit: paging.limit,
        before: paging.before.map(ResponseId::of_party),
    };
    let page = requests.answered_by::<PartyTo>(party, listed, now).await?;
    let ids: Vec<RequestId> = page.items.iter().map(|item| item.consultation).collect();
    let next = page.next.and(ids.last().copied());
    let mut found = requests.read_many::<Consultation>(&ids, now).await?;
    Ok(Page {
        // The index follows the table: whoever was a party a moment ago is shown nothing.
        items: ids
            .iter()
            .filter_map(|id| found.remove(id))
            .filter(|consultation| consultation.knows(speaker))
            .collect(),
        next,
    })
}
