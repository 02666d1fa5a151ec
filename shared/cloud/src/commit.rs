//! The one commit of a function: a transaction whose every condition is named by the invariant that
//! it guards, so that a refusal says which rule stood in the way.
//!
//! `DynamoDB` cancels a transaction that meets another on the same item, without either being
//! wrong; those are tried again, after a wait that grows and is drawn at random, for as long as a
//! person would wait. A refused condition is never tried again.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use crate::contention;
use crate::failure::CloudError;
use crate::stored::Item;

/// The most that one transaction may hold.
pub const MOST_ITEMS: usize = 100;

/// The invariant that a condition guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing can refuse this item.
    None,
    /// The e-mail address has no account yet.
    AddressFree,
    /// The address was proved by a one-time code that has not been used up.
    AddressProved,
    /// Nothing happened to the address's one-time codes since they were read.
    CodeUnspent,
    /// The address has the same account and the same password as when they were read.
    CredentialsUnchanged,
    /// The account has not been deleted.
    AccountThere,
    /// The account is as it was read, and not deleted.
    AccountUnchanged,
    /// The account speaks for the organization.
    SpeaksFor,
    /// The membership is as it was read, and so is how many there are.
    MembershipUnchanged,
    /// The organization is there.
    OrganizationThere,
    /// The organization is there, and may have one more member.
    OrganizationHasRoom,
    /// The doctor is of the organization.
    DoctorThere,
    /// The account's preferences are as they were read.
    PreferencesUnchanged,
    /// The device, and the devices of its account, are as they were read.
    DeviceUnchanged,
    /// The session has not been ended.
    SessionThere,
    /// The request is still in the state that the rule was decided on.
    RequestUnchanged,
    /// This responder has not answered this request before.
    FirstResponse,
    /// The responder's answer is as it was read.
    ResponseUnchanged,
    /// The provider is not at work on an order that they accepted.
    ProviderFree,
    /// The provider is active for work, and has said where.
    ProviderLive,
    /// There is no pending order between the seeker and the provider.
    NonePending,
    /// The provider's position is as it was read.
    LiveUnchanged,
    /// The socket of the account that is kept longest is the one that was taken for it.
    EndsLast,
    /// The idempotency key has not been used.
    KeyUnused,
    /// The sender's client has not sent this message before.
    NewMessage,
    /// No other message of the conversation has this number.
    NextInLine,
    /// The file belongs to nothing yet.
    MediaFree,
    /// The inbox's account has not been deleted.
    InboxOpen,
    /// The message is not in this inbox yet.
    NewInInbox,
    /// The notification is as it was read.
    NotificationUnchanged,
}

/// Why a commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A condition did not hold.
    #[error("refused by {:?}", .0.guard)]
    Refused(Refusal),
    /// The outside world failed; whether the commit happened is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
}

/// The first condition that did not hold.
#[derive(Debug)]
pub struct Refusal {
    /// What it guards.
    pub guard: Guard,
    /// All conditions that did not hold.
    pub(crate) all: Vec<Refused>,
}

impl Refusal {
    /// Whether a condition that guards this was among those that did not hold.
    pub fn is_by(&self, guard: Guard) -> bool {
        self.all.iter().any(|refused| refused.guard == guard)
    }
}

/// One condition that did not hold.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Which item of the transaction, by the order in which they were added.
    pub(crate) place: usize,
    /// What it guards.
    pub(crate) guard: Guard,
    /// What was there instead, where the item asks to be told.
    pub(crate) found: Option<Item>,
}

/// A transaction being filled.
#[derive(Debug)]
pub struct Commit {
    client: aws_sdk_dynamodb::Client,
    items: Vec<TransactWriteItem>,
    guards: Vec<Guard>,
}

impl Commit {
    pub(crate) fn new(client: aws_sdk_dynamodb::Client) -> Self {
        Self {
            client,
            items: Vec::new(),
            guards: Vec::new(),
        }
    }

    /// Adds an item and the invariant that its condition guards.
    pub(crate) fn push(&mut self, guard: Guard, item: TransactWriteItem) {
        self.guards.push(guard);
        self.items.push(item);
    }

    /// How many items it holds, of [`MOST_ITEMS`].
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it holds nothing yet.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Does all of it, or nothing.
    ///
    /// # Errors
    /// [`CommitError::Refused`] when a condition did not hold; [`CommitError::Cloud`] when it is
    /// not known what happened.
    pub async fn run(self) -> Result<(), CommitError> {
        // One token for all tries: DynamoDB then does a transaction once, however often an answer
        // is lost on the way.
        let token = ulid::Ulid::generate().to_string();
        for tries in 0..contention::TRIES {
            match self.attempt(&token).await? {
                Attempt::Done => return Ok(()),
                Attempt::Refused(refusal) => return Err(CommitError::Refused(refusal)),
                Attempt::MetAnother => contention::wait(tries).await,
            }
        }
        Err(CloudError::Contended.into())
    }

    fn refusal(&self, reasons: &[CancellationReason]) -> Option<Refusal> {
        let all: Vec<Refused> = (0..)
            .zip(reasons)
            .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
            .filter_map(|(place, reason)| {
                Some(Refused {
                    place,
                    guard: *self.guards.get(place)?,
                    found: reason.item().cloned(),
                })
            })
            .collect();
        let guard = all.first()?.guard;
        Some(Refusal { guard, all })
    }

    async fn attempt(&self, token: &str) -> Result<Attempt, CloudError> {
        let outcome = self
            .client
            .transact_write_items()
            .set_transact_items(Some(self.items.clone()))
            .client_request_token(token)
            .send()
            .await;
        let Err(error) = outcome else {
            return Ok(Attempt::Done);
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons();
                if let Some(refusal) = self.refusal(reasons) {
                    return Ok(Attempt::Refused(refusal));
                }
                let passing = reasons.iter().all(|reason| {
                    matches!(
                        reason.code(),
                        None | Some(
                            "None"
                                | "TransactionConflict"
                                | "ThrottlingError"
                                | "ProvisionedThroughputExceeded"
                        )
                    )
                });
                if passing {
                    return Ok(Attempt::MetAnother);
                }
            }
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
                return Ok(Attempt::MetAnother);
            }
            _ => {}
        }
        Err(CloudError::call("TransactWriteItems")(error))
    }
}

enum Attempt {
    Done,
    Refused(Refusal),
    MetAnother,
}
