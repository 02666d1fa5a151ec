//! Leaves in the outbox what people are to be told of a request, in the words of its kind.

use callout_cloud::clock;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_cloud::outbox::Outbox;
use callout_domain::event::{Errand, Event, Message, Recipient, Recipients, Subject};
use callout_domain::ids::{AccountId, EventId, ResponseId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;

/// Something to tell of a request, under one event id whoever hears it.
pub(crate) struct Telling<'a> {
    event: EventId,
    request: &'a Header,
    message: Message,
    archives: Vec<EventId>,
    now: Moment,
}

impl<'a> Telling<'a> {
    /// That there is this request.
    pub(crate) fn announcing(request: &'a Header, message: Message) -> Self {
        Self {
            event: EventId::announcing(request.id),
            ..Self::of(request, message, request.created_at)
        }
    }

    /// That somebody has answered it.
    pub(crate) fn reporting(
        request: &'a Header,
        answer: ResponseId,
        message: Message,
        now: Moment,
    ) -> Self {
        Self {
            event: EventId::reporting(answer),
            ..Self::of(request, message, now)
        }
    }

    /// That it is over, and with it all that its audience was told before.
    pub(crate) fn ending(request: &'a Header, message: Message, now: Moment) -> Self {
        Self {
            archives: request.announcements(),
            ..Self::of(request, message, now)
        }
    }

    /// That something has happened to it.
    pub(crate) fn of(request: &'a Header, message: Message, now: Moment) -> Self {
        Self {
            event: EventId::new(clock::fresh_ulid()),
            request,
            message,
            archives: Vec::new(),
            now,
        }
    }

    /// The same, which puts aside what those who hear it were told before by these events.
    pub(crate) fn putting_aside(mut self, events: &[EventId]) -> Self {
        self.archives.extend_from_slice(events);
        self
    }

    /// Under which event id it is told.
    pub(crate) const fn event(&self) -> EventId {
        self.event
    }

    /// Tells these people, told of the request or not.
    pub(crate) fn these(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        people: &[AccountId],
    ) -> Result<(), CloudError> {
        post(outbox, commit, &self.events(vec![listed(people)]))
    }

    /// Tells everybody who was told of the request.
    pub(crate) fn audience(self, outbox: &Outbox, commit: &mut Commit) -> Result<(), CloudError> {
        self.others(outbox, commit, &[])
    }

    /// Tells everybody who was told of the request, but for these people.
    pub(crate) fn others(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        but_for: &[AccountId],
    ) -> Result<(), CloudError> {
        let recipients = audience(self.request, but_for);
        post(outbox, commit, &self.events(recipients))
    }

    /// Tells these people, told of the request or not, and everybody else who was told.
    pub(crate) fn these_and_others(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        people: &[AccountId],
    ) -> Result<(), CloudError> {
        let mut recipients = vec![listed(people)];
        recipients.extend(audience(self.request, people));
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

/// Something that several hear of a request, each in their own words, under one event id. Nobody may be
/// told twice by it: an inbox has one place for an event.
pub(crate) struct Each<'a> {
    pub(crate) request: &'a Header,
    pub(crate) event: EventId,
    /// What all of them were told before and is over now.
    pub(crate) archives: Vec<EventId>,
    pub(crate) now: Moment,
}

impl Each<'_> {
    /// Tells these people these messages.
    pub(crate) fn post(
        self,
        outbox: &Outbox,
        commit: &mut Commit,
        told: Vec<(Message, Vec<AccountId>)>,
    ) -> Result<(), CloudError> {
        let events: Vec<Event> = told
            .into_iter()
            .filter(|(_, people)| !people.is_empty())
            .map(|(message, people)| Event {
                id: self.event,
                subject: Subject::Request(self.request.id),
                at: self.now,
                errand: Errand::Tell {
                    message,
                    to: listed(&people),
                    archives: self.archives.clone(),
                },
            })
            .collect();
        post(outbox, commit, &events)
    }
}

/// What these people were told of a request by these events is over for them: it is archived, without
/// telling them.
pub(crate) fn shelve_for(
    request: &Header,
    events: Vec<EventId>,
    people: &[AccountId],
    outbox: &Outbox,
    commit: &mut Commit,
    now: Moment,
) -> Result<(), CloudError> {
    let event = Event {
        id: EventId::new(clock::fresh_ulid()),
        subject: Subject::Request(request.id),
        at: now,
        errand: Errand::Shelve {
            events,
            of: listed(people),
        },
    };
    outbox.post(commit, &event, 0)
}

/// Whoever asked has seen it end: what they were told of it is archived, without telling them.
pub(crate) fn archive_for_requester(
    request: &Header,
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

/// What its audience was told of a request is over for all but these people, who are told so: it is
/// archived, without telling them.
pub(crate) fn shelve_for_others(
    request: &Header,
    but_for: &[AccountId],
    outbox: &Outbox,
    commit: &mut Commit,
    now: Moment,
) -> Result<(), CloudError> {
    let id = EventId::new(clock::fresh_ulid());
    let events: Vec<Event> = audience(request, but_for)
        .into_iter()
        .map(|of| Event {
            id,
            subject: Subject::Request(request.id),
            at: now,
            errand: Errand::Shelve {
                events: request.announcements(),
                of,
            },
        })
        .collect();
    post(outbox, commit, &events)
}

/// Its time is over: told to these people and then to whoever asked, after all else that they were told of it is
/// archived. To everybody else who was told of it, it is archived without telling them.
pub(crate) fn expired(
    request: &Header,
    news: &Message,
    people: &[AccountId],
    outbox: &Outbox,
    commit: &mut Commit,
    now: Moment,
) -> Result<(), CloudError> {
    if !people.is_empty() {
        Telling::ending(request, news.clone(), now).these(outbox, commit, people)?;
    }
    shelve_for_others(request, people, outbox, commit, now)?;
    archive_for_requester(request, outbox, commit, now)?;
    let requester = [request.requester];
    Telling::of(request, news.clone(), now).these(outbox, commit, &requester)
}

fn post(outbox: &Outbox, commit: &mut Commit, events: &[Event]) -> Result<(), CloudError> {
    for (chunk, event) in (0..).zip(events) {
        outbox.post(commit, event, chunk)?;
    }
    Ok(())
}

/// These people, by their names.
pub(super) fn listed(people: &[AccountId]) -> Recipients {
    Recipients::Listed(people.iter().copied().map(Recipient::plain).collect())
}

/// The chunks of those who were told of a request, but for some.
pub(super) fn audience(request: &Header, but_for: &[AccountId]) -> Vec<Recipients> {
    (0..request.chunks)
        .map(|chunk| Recipients::Audience {
            request: request.id,
            chunk,
            except: but_for.to_vec(),
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::event::{Errand, Event, Message, Recipients};
    use callout_domain::ids::{AccountId, EventId, RequestId};
    use callout_domain::request::Header;
    use serde_json::json;
    use ulid::Ulid;

    use super::{Telling, audience};

    fn account(number: u128) -> AccountId {
        AccountId::new(Ulid::from(number))
    }

    fn request(chunks: u16) -> Header {
        Header {
            id: RequestId::new(Ulid::from(1)),
            requester: account(7),
            created_at: "2026-02-24T10:30:00Z".parse().unwrap(),
            told: u32::from(chunks) * 500,
            chunks,
            announced: vec![EventId::new(Ulid::from(8))],
        }
    }

    #[test]
    fn every_chunk_is_told_but_for_those_left_out() {
        let request = request(3);
        let winners = [account(3), account(4)];
        let expected: Vec<Recipients> = (0..3)
            .map(|chunk| Recipients::Audience {
                request: request.id,
                chunk,
                except: winners.to_vec(),
            })
            .collect();
        assert_eq!(audience(&request, &winners), expected);
        assert_eq!(audience(&request, &[]).len(), 3);
    }

    #[test]
    fn a_request_that_nobody_was_told_of_has_nobody_to_tell() {
        assert_eq!(audience(&request(0), &[]), []);
    }

    #[test]
    fn one_telling_is_one_event_whoever_hears_it() {
        let request = request(2);
        let news = Message::new("request_taken", json!({}));
        let telling = Telling::ending(&request, news, request.created_at);
        let events = telling.events(audience(&request, &[]));
        let [one, other]: [Event; 2] = events.try_into().unwrap();
        assert_eq!(one.id, other.id);
        assert_eq!(one.subject, other.subject);
        for event in [one, other] {
            let Errand::Tell {
                message, archives, ..
            } = event.errand
            else {
                unreachable!("it is told");
            };
            assert_eq!(message.kind, "request_taken");
            assert_eq!(archives, request.announcements());
        }
    }
}
