//! Leaves in the outbox what people are to be told of a request.

use callout_cloud::clock;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_cloud::outbox::Outbox;
use callout_domain::event::{Errand, Event, Message, Recipient, Recipients, Subject};
use callout_domain::ids::{AccountId, EventId};
use callout_domain::medicine::{
    MedicineRequest, MedicineResponse, Reach, new_request, pharmacy_response,
};
use callout_domain::moment::Moment;

/// Something to tell of a request, under one event id whoever hears it.
pub(super) struct Telling<'a> {
    event: EventId,
    request: &'a MedicineRequest,
    message: Message,
    archives: Vec<EventId>,
    now: Moment,
}

impl<'a> Telling<'a> {
    /// That there is this request.
    pub(super) fn announcing(request: &'a MedicineRequest, now: Moment) -> Self {
        Self {
            event: EventId::announcing(request.id),
            ..Self::of(request, new_request(request), now)
        }
    }

    /// That somebody has answered it.
    pub(super) fn reporting(request: &'a MedicineRequest, response: &MedicineResponse) -> Self {
        Self {
            event: EventId::reporting(response.id),
            ..Self::of(request, pharmacy_response(response), response.responded_at)
        }
    }

    /// That something has happened to it.
    fn of(request: &'a MedicineRequest, message: Message, now: Moment) -> Self {
        Self {
            event: EventId::new(clock::fresh_ulid()),
            request,
            message,
            archives: Vec::new(),
            now,
        }
    }

    /// That it is over, and with it all that its audience was told before.
    pub(super) fn ending(request: &'a MedicineRequest, message: Message, now: Moment) -> Self {
        Self {
            archives: request.announcements(),
            ..Self::of(request, message, now)
        }
    }

    /// Under which event id it is told.
    pub(super) const fn event(&self) -> EventId {
        self.event
    }

    /// Tells one person.
    pub(super) fn one(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        account: AccountId,
    ) -> Result<(), CloudError> {
        post(outbox, commit, &self.events(vec![listed(account)]))
    }

    /// Tells everybody who was told of the request.
    pub(super) fn audience(self, outbox: &Outbox, commit: &mut Commit) -> Result<(), CloudError> {
        let recipients = audience(self.request, None);
        post(outbox, commit, &self.events(recipients))
    }

    /// Tells everybody who was told of the request, but for the one who has it.
    pub(super) fn others(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        winner: AccountId,
    ) -> Result<(), CloudError> {
        let recipients = audience(self.request, Some(winner));
        post(outbox, commit, &self.events(recipients))
    }

    /// Tells the one who has it, told of it or not, and everybody who was told.
    pub(super) fn winner_and_others(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        winner: AccountId,
    ) -> Result<(), CloudError> {
        let mut recipients = vec![listed(winner)];
        recipients.extend(audience(self.request, Some(winner)));
        post(outbox, commit, &self.events(recipients))
    }

    fn events(self, recipients: Vec<Recipients>) -> Vec<Event> {
        recipients
            .into_iter()
            .map(|to| Event {
                id: self.event,
                subject: Subject::Request(self.request.id),
                at: self.now,
                errand: Errand::Tell {
                    message: self.message.clone(),
                    to,
                    archives: self.archives.clone(),
                },
            })
            .collect()
    }
}

/// Whoever asked has seen it end: what they were told of it is archived, without telling them.
pub(super) fn archive_for_requester(
    request: &MedicineRequest,
    outbox: &Outbox,
    commit: &mut Commit,
    now: Moment,
) -> Result<(), CloudError> {
    let event = Event {
        id: EventId::new(clock::fresh_ulid()),
        subject: Subject::Request(request.id),
        at: now,
        errand: Errand::Archive {
            account: request.requester,
            request: request.id,
            since: request.created_at,
        },
    };
    outbox.post(commit, &event, 0)
}

fn post(outbox: &Outbox, commit: &mut Commit, events: &[Event]) -> Result<(), CloudError> {
    for (chunk, event) in (0..).zip(events) {
        outbox.post(commit, event, chunk)?;
    }
    Ok(())
}

pub(super) fn listed(account: AccountId) -> Recipients {
    Recipients::Listed(vec![Recipient::plain(account)])
}

/// The chunks of those who were told; none if there is nobody but the one left out.
pub(super) fn audience(request: &MedicineRequest, except: Option<AccountId>) -> Vec<Recipients> {
    let is_all = match request.reach {
        Reach::Around { .. } => false,
        Reach::Directed { pharmacy } => except == Some(pharmacy),
    };
    if is_all {
        return Vec::new();
    }
    (0..request.chunks)
        .map(|chunk| Recipients::Audience {
            request: request.id,
            chunk,
            except: except.into_iter().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use callout_domain::event::{Errand, Event, Recipients};
    use callout_domain::ids::AccountId;
    use callout_domain::medicine::{MedicineRequest, Reach, request_taken};
    use ulid::Ulid;

    use super::{Telling, audience};
    use crate::medicine::view::samples;

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    #[test]
    fn every_chunk_is_told_but_for_those_left_out() {
        let request = MedicineRequest {
            chunks: 3,
            ..samples::request()
        };
        let winner = account(3);
        let expected: Vec<Recipients> = (0..3)
            .map(|chunk| Recipients::Audience {
                request: request.id,
                chunk,
                except: vec![winner],
            })
            .collect();
        assert_eq!(audience(&request, Some(winner)), expected);
        assert_eq!(audience(&request, None).len(), 3);
    }

    #[test]
    fn nobody_is_told_when_only_the_one_left_out_was_asked() {
        let asked = account(3);
        let directed = MedicineRequest {
            reach: Reach::Directed { pharmacy: asked },
            chunks: 1,
            ..samples::request()
        };
        assert_eq!(audience(&directed, Some(asked)), []);
        assert_eq!(audience(&directed, None).len(), 1);
        let unheard = MedicineRequest {
            chunks: 0,
            ..samples::request()
        };
        assert_eq!(audience(&unheard, None), []);
    }

    #[test]
    fn one_telling_is_one_event_whoever_hears_it() {
        let request = MedicineRequest {
            chunks: 2,
            ..samples::request()
        };
        let telling = Telling::ending(&request, request_taken(request.id), request.created_at);
        let events = telling.events(audience(&request, None));
        let [one, other]: [Event; 2] = events.try_into().unwrap();
        assert_eq!(one.id, other.id);
        assert_eq!(one.subject, other.subject);
        for event in [one, other] {
            let Errand::Tell { message, .. } = event.errand else {
                unreachable!("it is told");
            };
            assert_eq!(message.kind, "request_taken");
        }
    }
}
