//! What happened, and whom it is for: the one thing that a commit leaves behind for delivery.
//!
//! An event knows nothing of its kind's rules. A kind of request composes [`Message`]s from its
//! own words; delivery carries any of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{AccountId, ConnectionId, EventId, MediaId, RequestId, SessionId};
use crate::moment::Moment;
use crate::notice::Notice;
use crate::role::Role;

/// Something that was committed and must now be carried to those it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its name; the same for every recipient.
    pub id: EventId,
    /// What it is about. Events of one subject are delivered in the order of their commits.
    pub subject: Subject,
    /// When it was committed.
    pub at: Moment,
    /// What is to be done about it.
    pub errand: Errand,
}

/// What an event is about, and so which events keep their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A request.
    Request(RequestId),
    /// An account.
    Account(AccountId),
}

/// What delivery has to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Tell people something.
    Tell {
        /// What is said.
        message: Message,
        /// To whom.
        to: Recipients,
        /// What they were told before and is over now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        archives: Vec<EventId>,
    },
    /// Take out of inboxes again what was said there.
    Retract {
        /// By which event it was said.
        event: EventId,
        /// To whom.
        from: Recipients,
    },
    /// Archive all that an inbox has about a request, without a word.
    Archive {
        /// Whose inbox.
        account: AccountId,
        /// About which request.
        request: RequestId,
        /// When the request was made.
        since: Moment,
    },
    /// Archive in inboxes what was said there, without a word.
    Shelve {
        /// By which events it was said.
        events: Vec<EventId>,
        /// To whom.
        of: Recipients,
    },
    /// Greet a socket that has just been admitted, and replay what its account has missed.
    Greet {
        /// Whose socket.
        account: AccountId,
        /// Which socket.
        connection: ConnectionId,
        /// The greeting, but for `event_id`.
        greeting: Message,
    },
    /// Close the sockets of an account that is no longer welcome.
    Close {
        /// Whose sockets.
        account: AccountId,
        /// Those of one session, or all.
        session: Option<SessionId>,
    },
    /// Remove what a deleted account left in other people's reach.
    Erase {
        /// The account that was deleted.
        account: AccountId,
        /// What it was.
        role: Role,
        /// The organization for which nobody speaks any more without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dissolved: Option<AccountId>,
    },
}

/// What is said to every recipient, before what is only for one of them is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `type` on the wire: `new_request`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The other fields on the wire.
    pub fields: Map<String, Value>,
    /// Fields that become short-lived links when it is sent, by their names on the wire.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, MediaId>,
    /// What is shown to those who have no socket open; without it nobody is pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// For whom a message is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipients {
    /// These.
    Listed(Vec<Recipient>),
    /// One chunk of the people who were told of a request, but for some.
    Audience {
        /// Whose audience.
        request: RequestId,
        /// Which chunk of it, from 0.
        chunk: u16,
        /// Who is left out.
        except: Vec<AccountId>,
    },
}

/// One person and what only they are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    /// Who.
    pub account: AccountId,
    /// Fields of the message that are theirs alone: `distance_km`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// Whether it is told without the notice: to who said it themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quietly: bool,
}

impl Recipient {
    /// Someone who is told what everybody is told.
    pub fn plain(account: AccountId) -> Self {
        Self {
            account,
            fields: Map::new(),
            quietly: false,
        }
    }

    /// Someone who is told it on their sockets alone.
    pub fn quiet(account: AccountId) -> Self {
        Self {
            quietly: true,
            ..Self::plain(account)
        }
    }
}

impl Message {
    /// A message of a kind; `fields` is a JSON object, anything else counts as none.
    pub fn new(kind: impl Into<String>, fields: Value) -> Self {
        let fields = if let Value::Object(map) = fields {
            map
        } else {
            Map::new()
        };
        Self {
            kind: kind.into(),
            fields,
            links: BTreeMap::new(),
            notice: None,
        }
    }

    /// Whether it stands in the inbox's list, and counts on its badge until it is read.
    pub fn is_listed(&self) -> bool {
        let notice = self.notice.as_ref();
        notice.is_none_or(|notice| notice.topic.is_listed())
    }

    /// Has it shown to those who have no socket open, too.
    #[must_use]
    pub fn with_notice(mut self, notice: Notice) -> Self {
        self.notice = Some(notice);
        self
    }

    /// Has `field` filled with a short-lived link when the message is sent, or null for no media.
    #[must_use]
    pub fn with_link(mut self, field: &str, media: Option<MediaId>) -> Self {
        match media {
            Some(media) => {
                self.links.insert(field.to_owned(), media);
            }
            None => {
                self.fields.insert(field.to_owned(), Value::Null);
            }
        }
        self
    }
}
