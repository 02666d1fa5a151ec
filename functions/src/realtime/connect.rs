//! `$connect`: admits a socket. Anyone with a live session, by access token or ticket, on a channel of
//! their role.
//!
//! Leaves behind the connection, not yet ready, and the event that has it greeted: the gateway takes
//! nothing for a socket whose upgrade is pending, so the greeting cannot be sent from here.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::connections::{EndsLast, Owner};
use callout_cloud::failure::CloudError;
use callout_cloud::{Cloud, clock, contention};
use callout_domain::account::Account;
use callout_domain::event::{Errand, Event, Subject};
use callout_domain::ids::{AccountId, EventId};
use callout_domain::moment::Moment;
use callout_domain::organization::Membership;
use callout_domain::role::Role;

use crate::http::Failure;
use crate::realtime::admission::{self, Credential, Refusal};
use crate::realtime::greeting::greeting;
use crate::socket::{SocketAnswer, SocketCall};

/// Why a socket was not admitted.
enum Denied {
    Refused(Refusal),
    Broken(CloudError),
}

pub(crate) async fn handle(call: SocketCall) -> Result<SocketAnswer, Failure> {
    match Box::pin(admit(&call)).await {
        Ok((owner, account)) => {
            record(&call, &owner, &account).await?;
            Ok(SocketAnswer::ok().with_protocol(admission::protocol(&call)))
        }
        Err(Denied::Refused(refusal)) => Ok(refusal.answer()),
        Err(Denied::Broken(error)) => Err(error.into()),
    }
}

async fn admit(call: &SocketCall) -> Result<(Owner, Account), Denied> {
    // Before a ticket is spent for somebody else's page.
    admission::check_origin(call, &call.cloud.allowed_origins()?)?;
    let owner = identify(call).await?;
    let organization = admission::check_channel(call, owner.account, owner.role)?;
    let account = read_if_signed_in(call.cloud, &owner, call.now).await?;
    if account.role == Role::Pharmacy && account.position().is_none() {
        return Err(Refusal::NoPosition.into());
    }
    if let Some(organization) = organization {
        check_member(call.cloud, &account, organization).await?;
    }
    let name = account.name.as_str().to_owned();
    Ok((Owner { name, ..owner }, account))
}

/// The channels of an organization are for those who speak for it, as its members have it now.
async fn check_member(
    cloud: &Cloud,
    account: &Account,
    organization: AccountId,
) -> Result<(), Denied> {
    if account.organization() != Some(organization) {
        return Err(Refusal::Channel.into());
    }
    let accounts = cloud.accounts().await?;
    let member = accounts.member(organization, account.id).await?;
    match member.map(|member| member.membership) {
        Some(Membership::Approved) => Ok(()),
        Some(Membership::Pending) | None => Err(Refusal::Channel.into()),
    }
}

async fn identify(call: &SocketCall) -> Result<Owner, Denied> {
    match admission::credential(call).ok_or(Refusal::Unauthenticated)? {
        Credential::Token(token) => {
            let claims = call
                .cloud
                .tokens()
                .verify(&token, call.now)?
                .map_err(|_| Refusal::Unauthenticated)?;
            Ok(Owner {
                account: claims.sub,
                role: claims.role,
                name: claims.name,
                session: claims.sid,
            })
        }
        Credential::Ticket(ticket) => {
            let tickets = call.cloud.tickets().await?;
            let spent = tickets.spend(&ticket, call.now).await?;
            let ticket = spent.ok_or(Refusal::Unauthenticated)?;
            Ok(Owner {
                account: ticket.account,
                role: ticket.role,
                name: ticket.name,
                session: ticket.session,
            })
        }
    }
}

/// A token outlives its session by minutes and a socket would by hours: it must be alive now.
async fn read_if_signed_in(cloud: &Cloud, owner: &Owner, now: Moment) -> Result<Account, Denied> {
    let sessions = cloud.sessions().await?;
    let holder = sessions.holder(owner.account, owner.session, now).await?;
    holder.ok_or(Refusal::Unauthenticated.into())
}

async fn record(call: &SocketCall, owner: &Owner, account: &Account) -> Result<(), Failure> {
    let channel = call
        .query("channel")
        .unwrap_or_else(|| owner.role.path_segment());
    let event = Event {
        id: EventId::new(clock::fresh_ulid()),
        subject: Subject::Account(owner.account),
        at: call.now,
        errand: Errand::Greet {
            account: owner.account,
            connection: call.connection.clone(),
            greeting: greeting(account, channel),
        },
    };
    let connections = call.cloud.connections().await?;
    let outbox = call.cloud.outbox().await?;
    let (id, now) = (&call.connection, call.now);
    // Again only where another admission's clock is ahead.
    let mut last = EndsLast::This;
    for _ in 0..contention::TRIES {
        let mut commit = call.cloud.commit().await;
        connections.open(&mut commit, id, owner, channel, now, last)?;
        outbox.post(&mut commit, &event, 0)?;
        match commit.run().await {
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::EndsLast => {
                last = last.otherwise();
            }
            outcome => return Ok(outcome?),
        }
    }
    Err(CloudError::Contended.into())
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CloudError> for Denied {
    fn from(error: CloudError) -> Self {
        Self::Broken(error)
    }
}
