//! Delivers every committed event to whom it is for, from the stream of the outbox.
//!
//! Nobody misses a message: the notifications are written first, then the open sockets of their
//! recipients are read, and those that have been greeted get it. A socket is greeted before it is ready,
//! and what its account missed is replayed before and after it becomes so. Whichever comes first, the
//! notification or the socket, the other finds it.
//!
//! An event may come more than once; what was heard is not said again.

mod close;
mod erase;
mod greet;
mod people;
mod post;
mod reach;
mod retract;
mod send;
mod tell;

use callout_cloud::failure::CloudError;
use callout_cloud::{clock, outbox};
use callout_domain::event::{Errand, Event};

use crate::door::CLOUD;
use crate::stream::{Broken, Record};

pub(crate) async fn handle(record: Record) -> Result<(), Broken> {
    let Event {
        id,
        subject,
        at,
        errand,
    } = outbox::read_event(record.text("event").unwrap_or_default()).map_err(Broken::Forever)?;
    let now = clock::now();
    let done: Result<(), CloudError> = match errand {
        Errand::Tell {
            message,
            to,
            archives,
        } => {
            let news = tell::News {
                event: id,
                subject,
                at,
                sequence: record.sequence,
                message,
                archives,
            };
            tell::tell(&CLOUD, &news, to, now).await
        }
        Errand::Retract { event, from } => retract::retract(&CLOUD, event, from, now).await,
        Errand::Archive {
            account,
            request,
            since,
        } => {
            let period = (since, record.sequence.as_str());
            retract::archive(&CLOUD, account, request, period, now).await
        }
        Errand::Shelve { events, of } => retract::shelve(&CLOUD, &events, of, now).await,
        Errand::Greet {
            account,
            connection,
            greeting,
        } => greet::greet(&CLOUD, id, account, &connection, &greeting, now).await,
        Errand::Close { account, session } => close::close(&CLOUD, account, session, now).await,
        Errand::Erase {
            account,
            role,
            dissolved,
        } => Box::pin(erase::erase(&CLOUD, account, role, dissolved, now)).await,
    };
    Ok(done?)
}
