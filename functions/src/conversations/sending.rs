//! Saying something in a conversation, whichever door it came through: who may, what the rule says, the
//! one commit, and the answer.
//!
//! Leaves behind the message at its number, what its client calls it, and a `chat_message` for every party:
//! for the others with a notice, for whoever said it on their other sockets alone.

use callout_cloud::commit::{Commit, CommitError, Guard, Refusal};
use callout_cloud::failure::CloudError;
use callout_cloud::media::Claimed;
use callout_cloud::requests::Requests;
use callout_cloud::requests::conversations::Sent;
use callout_cloud::{Cloud, clock, contention};
use callout_domain::conversation::{ChatMessage, MessageKey, chat_message};
use callout_domain::event::{Errand, Event, Recipient, Recipients, Subject};
use callout_domain::ids::EventId;
use callout_domain::media::BelongsTo;
use callout_domain::moment::Moment;
use lambda_http::http::StatusCode;

use crate::conversations::draft::{Draft, Settled};
use crate::conversations::scene::{Named, Scene, closed};
use crate::conversations::view;
use crate::http::{Caller, Failure, Once, Refused, Reply};
use crate::media::attached;

/// How often a number is tried for; each that fails is one that another message has got.
const TRIES: u32 = 200;
/// The waits between tries shrink from here: somebody always gets through, and it is to be who has waited
/// longest.
const FIRST_WAIT: u32 = 3;

/// Says something; the same `message_id` is said once, and answered the same.
pub(crate) async fn send(
    cloud: &Cloud,
    caller: &Caller,
    named: Named,
    draft: Draft,
    once: &Once,
    now: Moment,
) -> Result<Reply, Failure> {
    let scene = Box::pin(Scene::find(cloud, caller.account, named, now)).await?;
    let key = draft.key.clone();
    let saying = Saying {
        cloud,
        table: cloud.requests().await?,
        caller,
        scene,
        fingerprint: draft.fingerprint(),
        key: key.clone().map_or_else(fresh_key, Ok)?,
        now,
    };
    if key.is_some()
        && let Some(sent) = saying.sent().await?
    {
        return saying.again(sent).await;
    }
    saying.scene.must_be_open()?;
    let settled = draft.settle(cloud, caller.account).await?;
    Box::pin(saying.say(settled, once)).await
}

/// A name for a message whose client has none for it.
fn fresh_key() -> Result<MessageKey, CloudError> {
    MessageKey::parse(&clock::fresh_ulid().to_string()).map_err(|error| CloudError::Malformed {
        what: "a message's id",
        source: error.into(),
    })
}

/// Somebody says something somewhere.
struct Saying<'a> {
    cloud: &'a Cloud,
    table: Requests,
    caller: &'a Caller,
    scene: Scene,
    key: MessageKey,
    fingerprint: String,
    now: Moment,
}

/// What became of a try.
enum Tried {
    Said,
    /// Another message has the number; the newest has this one.
    Overtaken(u64),
    /// It was said before.
    Before,
    /// Its idempotency key was used before.
    KeyUsed,
}

impl Saying<'_> {
    async fn say(&self, settled: Settled, once: &Once) -> Result<Reply, Failure> {
        let id = self.scene.conversation.id;
        let event = EventId::new(clock::fresh_ulid());
        let mut last = self.table.conversations().last(id).await?;
        for tries in 0..TRIES {
            let message = ChatMessage {
                conversation: id,
                sequence: last + 1,
                key: self.key.clone(),
                event,
                sender: self.caller.account,
                role: self.caller.role,
                content: Some(settled.content.clone()),
                sent_at: self.now,
            };
            let reply = Reply::created(view::fresh(&message));
            let commit = once.commit(self.cloud, &reply).await?;
            match self
                .attempt(commit, &message, settled.file.as_ref())
                .await?
            {
                Tried::Said => return Ok(reply),
                Tried::Overtaken(newest) => last = newest,
                Tried::KeyUsed => return once.answered(self.cloud).await,
                Tried::Before => {
                    let sent = self.sent().await?.ok_or(CloudError::Contended)?;
                    return self.again(sent).await;
                }
            }
            contention::wait(FIRST_WAIT.saturating_sub(tries)).await;
        }
        Err(CloudError::Contended.into())
    }

    async fn attempt(
        &self,
        mut commit: Commit,
        message: &ChatMessage,
        file: Option<&Claimed>,
    ) -> Result<Tried, Failure> {
        let conversations = self.table.conversations();
        let parties = &self.scene.conversation.parties;
        let kept_until = self.scene.kept_until(self.now);
        conversations.say(&mut commit, message, parties, &self.fingerprint, kept_until)?;
        self.scene
            .must_stay_open(self.cloud, &self.table, &mut commit, self.now)?;
        let accounts = self.cloud.accounts().await?;
        accounts.must_be_there(&mut commit, self.caller.account)?;
        let belongs_to = BelongsTo::Conversation {
            request: self.scene.conversation.id.request,
            parties: parties.clone(),
        };
        attached::keep(self.cloud, &mut commit, file, belongs_to, self.now).await?;
        self.tell(&mut commit, message).await?;
        match commit.run().await {
            Ok(()) => Ok(Tried::Said),
            Err(CommitError::Refused(refusal)) => self.refused(&refusal),
            Err(error) => Err(error.into()),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Result<Tried, Failure> {
        match refusal.guard {
            Guard::KeyUnused => Ok(Tried::KeyUsed),
            Guard::NewMessage => Ok(Tried::Before),
            _ if refusal.is_by(Guard::MediaFree) => Err(attached::used()),
            _ if refusal.is_by(Guard::RequestUnchanged) => Err(closed()),
            _ if refusal.is_by(Guard::AccountThere) => Err(Failure::unauthenticated()),
            _ if refusal.is_by(Guard::NextInLine) => {
                let last = self.table.conversations().last_of(refusal)?;
                Ok(Tried::Overtaken(last))
            }
            _ => Err(CloudError::Contended.into()),
        }
    }

    async fn tell(&self, commit: &mut Commit, message: &ChatMessage) -> Result<(), CloudError> {
        let recipient = |party: &_| {
            if *party == self.caller.account {
                Recipient::quiet(*party)
            } else {
                Recipient::plain(*party)
            }
        };
        let parties = self.scene.conversation.parties.iter().map(recipient);
        let event = Event {
            id: message.event,
            subject: Subject::Request(message.conversation.request),
            at: self.now,
            errand: Errand::Tell {
                message: chat_message(message),
                to: Recipients::Listed(parties.collect()),
                archives: Vec::new(),
            },
        };
        self.cloud.outbox().await?.post(commit, &event, 0)
    }

    async fn sent(&self) -> Result<Option<Sent>, CloudError> {
        let id = self.scene.conversation.id;
        let conversations = self.table.conversations();
        conversations.sent(id, self.caller.account, &self.key).await
    }

    /// What was answered the first time.
    async fn again(&self, sent: Sent) -> Result<Reply, Failure> {
        if sent.fingerprint != self.fingerprint {
            return Err(reused());
        }
        let id = self.scene.conversation.id;
        let conversations = self.table.conversations();
        let message = conversations.message(id, sent.sequence).await?;
        let message = message.ok_or(CloudError::Contended)?;
        Ok(Reply::created(view::fresh(&message)))
    }
}

/// 422: the id of the message stands for something else that was sent.
pub(crate) fn reused() -> Failure {
    Refused::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "message_id_reused",
        "This message_id was sent before, with something else",
    )
    .into()
}
