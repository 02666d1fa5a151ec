//! Which conversation somebody means, whether they take part in it, and whether it is open.
//!
//! To add a kind of request: an arm in [`conversations`], which asks its domain rule, and one in
//! [`Scene::must_stay_open`], with the condition by which its conversation is open.

use callout_cloud::Cloud;
use callout_cloud::commit::Commit;
use callout_cloud::failure::CloudError;
use callout_cloud::requests::{AnyRequest, Found, Requests};
use callout_domain::blood::{BloodRequest, DonorResponse};
use callout_domain::conversation::Conversation;
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::moment::Moment;
use callout_domain::request::Header;

use crate::http::{Failure, Form};
use crate::requests::unknown;

/// What a client says that it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    /// The conversation about this request.
    pub(crate) request: RequestId,
    /// With this account, where there are several.
    pub(crate) with: Option<AccountId>,
}

/// A conversation of which somebody is a party.
#[derive(Debug)]
pub(crate) struct Scene {
    request: AnyRequest,
    /// The conversation.
    pub(crate) conversation: Conversation,
}

impl Named {
    /// Reads `request_id` and `with` of what came over a socket; 404 for a request that can be none.
    pub(crate) fn read(form: &mut Form) -> Result<Self, Failure> {
        let name = form.either("request_id", "requestId");
        let request = form.required(name, |given| given.text().map(str::to_owned));
        let with = with(form);
        form.check()?;
        let request = request.ok_or_else(|| form.reject())?;
        Ok(Self {
            request: request.parse().map_err(|_| unknown())?,
            with,
        })
    }
}

/// The account that a form says a conversation is with.
pub(super) fn with(form: &mut Form) -> Option<AccountId> {
    form.optional("with", |given| {
        given.text()?.parse().map_err(|_| "must be an account's id")
    })
}

impl Scene {
    /// The conversation that is meant, if this account takes part in it.
    ///
    /// 404 for who does not, as if there were no such request; 400 for who asked, while nobody has
    /// accepted, and where several have and `with` does not say whom it is about.
    pub(crate) async fn find(
        cloud: &Cloud,
        account: AccountId,
        named: Named,
        now: Moment,
    ) -> Result<Self, Failure> {
        let table = cloud.requests().await?;
        let found = table.find(named.request, now).await?.ok_or_else(unknown)?;
        let all = conversations(cloud, &table, &found, account, named.with, now).await?;
        let header = found.request.header();
        let conversation = choose(header, all, account, named.with, now)?;
        Ok(Self {
            request: found.request,
            conversation,
        })
    }

    /// Whether an account takes part in the conversation that is meant, and may read it.
    pub(crate) async fn is_read_by(
        cloud: &Cloud,
        account: AccountId,
        named: Named,
        now: Moment,
    ) -> Result<bool, CloudError> {
        match Box::pin(Self::find(cloud, account, named, now)).await {
            Ok(_) => Ok(true),
            Err(Failure::Broken(error)) => Err(error),
            Err(Failure::Refused(_) | Failure::Invalid(_)) => Ok(false),
        }
    }

    /// Until when it is kept what is said now.
    pub(crate) fn kept_until(&self, now: Moment) -> Moment {
        self.request.talk_is_kept_until(now)
    }

    /// 400 where nothing can be said any more.
    pub(crate) fn must_be_open(&self) -> Result<(), Failure> {
        if self.conversation.is_open() {
            Ok(())
        } else {
            Err(closed())
        }
    }

    /// Has a commit refused by `Guard::RequestUnchanged` if the conversation is not open any more.
    pub(crate) fn must_stay_open(
        &self,
        cloud: &Cloud,
        table: &Requests,
        commit: &mut Commit,
        now: Moment,
    ) -> Result<(), CloudError> {
        let id = self.conversation.id.request;
        match &self.request {
            AnyRequest::Medicine(_) => table.medicine().must_be_accepted(commit, id),
            AnyRequest::Blood(_) => {
                let donor = self.conversation.id.responder;
                let lifetime = cloud.blood_lifetime()?;
                table
                    .blood()
                    .must_be_promised(commit, id, donor, lifetime, now)
            }
            AnyRequest::Work(_) => table.work().must_be_accepted(commit, id),
            AnyRequest::Consultation(_) => {
                let doctor = self.conversation.id.responder;
                table.consultations().must_be_assigned(commit, id, doctor)
            }
        }
    }
}

/// The conversations of a request, as far as this account, or `with`, takes part in them.
async fn conversations(
    cloud: &Cloud,
    table: &Requests,
    found: &Found,
    account: AccountId,
    with: Option<AccountId>,
    now: Moment,
) -> Result<Vec<Conversation>, CloudError> {
    match &found.request {
        AnyRequest::Medicine(request) => Ok(request.conversations(found.ended_at)),
        AnyRequest::Blood(request) => {
            let answers = answers(table, request, account, with, now).await?;
            let lifetime = cloud.blood_lifetime()?;
            Ok(request.conversations(&answers, found.ended_at, lifetime, now))
        }
        AnyRequest::Work(order) => Ok(order.conversations()),
        AnyRequest::Consultation(consultation) => Ok(consultation.conversations()),
    }
}

/// The answer of the donor of whom it is spoken, if it is not known already that they have promised.
async fn answers(
    table: &Requests,
    request: &BloodRequest,
    account: AccountId,
    with: Option<AccountId>,
    now: Moment,
) -> Result<Vec<DonorResponse>, CloudError> {
    let is_own = request.header.requester == account;
    let donor = if is_own { with } else { Some(account) };
    match donor.filter(|donor| !request.givers.contains(donor)) {
        Some(donor) => {
            let answer = table.answer(request.header.id, donor, now).await?;
            Ok(answer.into_iter().collect())
        }
        None => Ok(Vec::new()),
    }
}

fn choose(
    header: &Header,
    all: Vec<Conversation>,
    account: AccountId,
    with: Option<AccountId>,
    now: Moment,
) -> Result<Conversation, Failure> {
    let is_meant = |talk: &Conversation| {
        talk.has(account)
            && talk.is_readable(now)
            && with.is_none_or(|with| with != account && talk.has(with))
    };
    let nobody_yet = all.is_empty() && with.is_none() && header.requester == account;
    let mut meant: Vec<Conversation> = all.into_iter().filter(is_meant).collect();
    if meant.len() > 1 {
        return Err(Failure::field(
            "with",
            "is required: several have accepted, and each has a conversation of their own",
        ));
    }
    meant.pop().ok_or_else(|| {
        if nobody_yet {
            Failure::bad("not_accepted", "Nobody has accepted this request yet")
        } else {
            unknown()
        }
    })
}

/// 400: it can be read, and nothing can be added.
pub(super) fn closed() -> Failure {
    Failure::bad(
        "conversation_closed",
        "This conversation is closed; it can still be read",
    )
}

/// What everybody refuses who looks for a conversation.
#[cfg(test)]
pub(crate) fn refusals() -> [Failure; 2] {
    [
        unknown(),
        Failure::bad("not_accepted", "Nobody has accepted this request yet"),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::conversation::{Conversation, READABLE};
    use callout_domain::ids::AccountId;
    use callout_domain::moment::Moment;
    use callout_domain::request::Header;

    use super::choose;
    use crate::http::Failure;

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn account(last: char) -> AccountId {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    fn header() -> Header {
        Header {
            id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            requester: account('A'),
            created_at: now(),
            told: 3,
            chunks: 1,
            announced: Vec::new(),
        }
    }

    fn with(responder: char) -> Conversation {
        Conversation::between(&header(), account(responder), None)
    }

    /// Who answered, or the code of the refusal.
    fn chosen(all: &[Conversation], who: char, whom: Option<char>) -> Result<AccountId, String> {
        match choose(
            &header(),
            all.to_vec(),
            account(who),
            whom.map(account),
            now(),
        ) {
            Ok(talk) => Ok(talk.id.responder),
            Err(Failure::Refused(refused)) => Err(refused.code.to_owned()),
            Err(Failure::Invalid(fields)) => Err(fields.into_keys().collect()),
            Err(Failure::Broken(error)) => Err(error.chain()),
        }
    }

    #[test]
    fn each_party_finds_the_one_that_is_theirs() {
        let two = [with('B'), with('C')];
        assert_eq!(chosen(&two, 'B', None), Ok(account('B')));
        assert_eq!(chosen(&two, 'C', Some('A')), Ok(account('C')));
        assert_eq!(chosen(&two, 'A', Some('C')), Ok(account('C')));
        assert_eq!(chosen(&two[..1], 'A', None), Ok(account('B')));
    }

    #[test]
    fn who_asked_says_with_whom_where_several_have_accepted() {
        assert_eq!(
            chosen(&[with('B'), with('C')], 'A', None),
            Err("with".to_owned())
        );
    }

    #[test]
    fn nobody_else_learns_that_there_is_one() {
        let refused = Err("not_found".to_owned());
        let two = [with('B'), with('C')];
        assert_eq!(chosen(&two, 'D', None), refused);
        assert_eq!(chosen(&two, 'D', Some('A')), refused);
        assert_eq!(chosen(&two, 'B', Some('C')), refused);
        assert_eq!(chosen(&two, 'B', Some('B')), refused);
        assert_eq!(chosen(&two, 'A', Some('D')), refused);
        assert_eq!(chosen(&[], 'D', None), refused);
    }

    #[test]
    fn who_asked_is_told_that_nobody_has_accepted_yet() {
        assert_eq!(chosen(&[], 'A', None), Err("not_accepted".to_owned()));
        assert_eq!(chosen(&[], 'A', Some('B')), Err("not_found".to_owned()));
    }

    #[test]
    fn what_closed_thirty_days_ago_is_not_there_any_more() {
        let closed = |at| Conversation {
            closed_at: Some(at),
            ..with('B')
        };
        assert_eq!(chosen(&[closed(now())], 'A', None), Ok(account('B')));
        let over = closed(now().plus(-READABLE));
        assert_eq!(chosen(&[over], 'A', None), Err("not_found".to_owned()));
    }
}
