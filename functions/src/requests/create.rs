//! How a new request of any kind begins: who makes it, and the one commit that makes it known.

use callout_cloud::Cloud;
use callout_cloud::accounts::Accounts;
use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_domain::account::Account;
use callout_domain::event::Message;
use callout_domain::ids::AccountId;
use callout_domain::request::Header;

use crate::http::{Answer, Failure, Once, Reply};
use crate::media::attached;
use crate::requests::tell::Telling;

/// The account of whoever makes a request.
pub(crate) async fn requester(accounts: &Accounts, id: AccountId) -> Result<Account, Failure> {
    // A token outlives a deleted account by some minutes.
    accounts
        .read(id)
        .await?
        .ok_or_else(Failure::unauthenticated)
}

/// Makes a request of which `commit`, begun with `once`, holds what its kind keeps: its requester's
/// account must be there still, and `news` is told to its whole audience. The same key is answered
/// the same.
pub(crate) async fn announce(
    cloud: &Cloud,
    once: Once,
    commit: Commit,
    request: &Header,
    news: Message,
    reply: Reply,
) -> Result<Answer, Failure> {
    announce_unless(cloud, once, commit, request, news, reply, |_| None).await
}

/// The same for a kind whose own conditions stand in `commit`: `refused` says what they mean.
pub(crate) async fn announce_unless(
    cloud: &Cloud,
    once: Once,
    mut commit: Commit,
    request: &Header,
    news: Message,
    reply: Reply,
    refused: impl FnOnce(Guard) -> Option<Failure>,
) -> Result<Answer, Failure> {
    let accounts = cloud.accounts().await?;
    accounts.must_be_there(&mut commit, request.requester)?;
    Telling::announcing(request, news).audience(&cloud.outbox().await?, &mut commit)?;
    match commit.run().await {
        Ok(()) => Ok(reply.sign(cloud).await?),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::KeyUnused => {
            once.answer_again(cloud).await
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
            Err(Failure::unauthenticated())
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::MediaFree => {
            Err(attached::used())
        }
        Err(CommitError::Refused(refusal)) => {
            Err(refused(refusal.guard).unwrap_or_else(|| CommitError::Refused(refusal).into()))
        }
        Err(error) => Err(error.into()),
    }
}
