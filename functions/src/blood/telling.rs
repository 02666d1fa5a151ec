//! What a donor's move leaves to be told.

use callout_cloud::Cloud;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_domain::blood::{
    Answered, BloodRequest, Consequence, DonorResponse, Step, all_ignored, donor_response,
    request_completed, request_covered,
};
use callout_domain::ids::EventId;
use callout_domain::moment::Moment;

use crate::blood::ending;
use crate::requests::tell::Telling;

/// What is told of a move, before its commit holds it.
pub(super) struct Tidings<'a> {
    request: &'a BloodRequest,
    answered: &'a Answered,
    report: Option<Telling<'a>>,
    covered: Option<Telling<'a>>,
    now: Moment,
}

impl<'a> Tidings<'a> {
    /// Of the answer to `request` that comes of a move.
    pub(super) fn of(
        request: &'a BloodRequest,
        answered: &'a Answered,
        response: &DonorResponse,
    ) -> Self {
        let now = response.at;
        let telling = |message| Telling::of(&request.header, message, now);
        let is_covered = answered.consequence == Some(Consequence::Covered);
        Self {
            request,
            answered,
            report: donor_response(response).map(telling),
            covered: is_covered.then(|| telling(request_covered(request.header.id))),
            now,
        }
    }

    /// By which event the requester is told of the donor, if they are.
    pub(super) fn report(&self) -> Option<EventId> {
        self.report.as_ref().map(Telling::event)
    }

    /// By which event the other donors are told that the units are covered, if they are.
    pub(super) fn covered(&self) -> Option<EventId> {
        self.covered.as_ref().map(Telling::event)
    }

    /// Adds all of it to the move's commit.
    pub(super) async fn post(self, cloud: &Cloud, commit: &mut Commit) -> Result<(), CloudError> {
        let outbox = cloud.outbox().await?;
        let header = &self.request.header;
        let requester = [header.requester];
        if let Some(report) = self.report {
            report.these(&outbox, commit, &requester)?;
        }
        if let Some(covered) = self.covered {
            covered.others(&outbox, commit, &self.answered.request.givers)?;
        }
        match self.answered.consequence {
            Some(Consequence::Completed) => {
                let ended = &self.answered.request;
                ending::tell(cloud, commit, ended, Step::Complete, self.now).await?;
                // Whoever asked has not ended it, and so is told, after all else is archived.
                let news = request_completed(header.id);
                Telling::of(header, news, self.now).these(&outbox, commit, &requester)
            }
            Some(Consequence::IgnoredByAll) => {
                let news = all_ignored(header.id);
                Telling::of(header, news, self.now).these(&outbox, commit, &requester)
            }
            Some(Consequence::Covered) | None => Ok(()),
        }
    }
}
