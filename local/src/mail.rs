//! SES: mail is captured, shown and waited for, never sent.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::faults::{Faults, Occasion, ServiceFault};
use crate::iam::{Iam, resource};
use crate::query_api::{self, Call, Fault, Service};

/// SES takes messages of 10 MB; base64 and the form's escapes come on top.
const LARGEST_CALL: usize = 40 * 1024 * 1024;
/// Enough for a run of many thousand registrations to read each of its codes.
const KEPT: usize = 10_000;
/// SES's limit of recipients of one message.
const MOST_RECIPIENTS: usize = 50;

/// One captured mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Its place in the order of arrival, from 1 on.
    pub number: u64,
    /// The message id that the sender was given.
    pub message_id: String,
    /// The sender's address.
    pub from: String,
    /// The recipients: to, cc and bcc.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text body; empty when there is none.
    pub text: String,
    /// The HTML body, if there is one.
    pub html: Option<String>,
    /// Access key id of who sent it: `LOCAL<LogicalId>`.
    pub caller: String,
    /// When it was captured.
    #[serde(with = "time::serde::rfc3339")]
    pub sent_at: OffsetDateTime,
}

impl Mail {
    /// Whether it is for that address; letter case is ignored.
    pub fn is_for(&self, address: &str) -> bool {
        self.to
            .iter()
            .any(|to| bare(to).eq_ignore_ascii_case(bare(address)))
    }
}

/// The address inside `Name <address>`.
fn bare(address: &str) -> &str {
    let inner = address.rsplit_once('<').map_or(address, |(_, rest)| rest);
    inner.trim_end_matches('>').trim()
}

/// All captured mail, newest last. Cheap to clone; bounded.
#[derive(Debug, Clone)]
pub struct Mailbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    mails: Mutex<VecDeque<Mail>>,
    /// The number of the newest mail, watched by those who wait.
    newest: watch::Sender<u64>,
    kept: usize,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Mailbox {
    /// A mailbox that forgets the oldest mail beyond `kept`.
    pub fn keeping(kept: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                mails: Mutex::new(VecDeque::new()),
                newest: watch::Sender::new(0),
                kept,
            }),
        }
    }

    /// All mail, oldest first.
    pub fn all(&self) -> Vec<Mail> {
        self.mails().iter().cloned().collect()
    }

    /// The mail for `address` that came after mail number `after` (0: any), oldest first.
    pub fn to(&self, address: &str, after: u64) -> Vec<Mail> {
        self.mails()
            .iter()
            .filter(|mail| mail.number > after && mail.is_for(address))
            .cloned()
            .collect()
    }

    /// Waits for the first mail to `address` after mail number `after` (0: any).
    pub async fn wait_for(&self, address: &str, after: u64) -> Mail {
        let mut newest = self.inner.newest.subscribe();
        loop {
            newest.borrow_and_update();
            if let Some(mail) = self.to(address, after).into_iter().next() {
                return mail;
            }
            // The sender lives in `self`, so it cannot be closed while we wait.
            let _ = newest.changed().await;
        }
    }

    fn add(&self, draft: Draft, caller: &str) -> String {
        let message_id = ulid::Ulid::generate().to_string();
        let mut mails = self.mails();
        let number = mails.back().map_or(1, |mail| mail.number + 1);
        if mails.len() >= self.inner.kept {
            mails.pop_front();
        }
        mails.push_back(Mail {
            number,
            message_id: message_id.clone(),
            from: draft.from,
            to: draft.to,
            subject: draft.subject,
            text: draft.text,
            html: draft.html,
            caller: caller.to_owned(),
            sent_at: OffsetDateTime::now_utc(),
        });
        drop(mails);
        self.inner.newest.send_replace(number);
        message_id
    }

    fn mails(&self) -> MutexGuard<'_, VecDeque<Mail>> {
        self.inner
            .mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mail before it has a number.
#[derive(Debug)]
pub(crate) struct Draft {
    from: String,
    to: Vec<String>,
    subject: String,
    text: String,
    html: Option<String>,
}

/// Answers SES calls on `listener` until `shutdown` is ready.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    mailbox: Mailbox,
    iam: Arc<Iam>,
    faults: Faults,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    query_api::serve(listener, mailbox, iam, faults, shutdown).await
}

impl Service for Mailbox {
    const NAMESPACE: &'static str = "http://ses.amazonaws.com/doc/2010-12-01/";
    const PREFIX: &'static str = "ses";
    const DENIED: &'static str = "AccessDenied";
    const LARGEST_CALL: usize = LARGEST_CALL;
    type Wish = Draft;

    fn mishap(
        faults: &Faults,
        occasion: Occasion<'_>,
    ) -> impl Future<Output = Option<ServiceFault>> + Send {
        faults.mail(occasion)
    }

    fn understand(&self, call: &Call) -> Result<Draft, Fault> {
        let draft = match call.action.as_str() {
            "SendEmail" => simple(call)?,
            "SendRawEmail" => raw(call)?,
            other => return Err(Fault::unknown_action(other)),
        };
        check(&draft)?;
        Ok(draft)
    }

    /// SES asks for the identity that was verified, which is the domain or the address and not known
    /// here: either will do.
    fn resources(_: &Call, draft: &Draft) -> Vec<String> {
        let address = bare(&draft.from);
        let domain = address
            .rsplit_once('@')
            .map_or(address, |(_, domain)| domain);
        [domain, address].map(resource::mail_identity).to_vec()
    }

    fn perform(&self, call: &Call, draft: Draft) -> Result<String, Fault> {
        let id = self.add(draft, &call.caller.access_key);
        Ok(format!("<MessageId>{id}</MessageId>"))
    }
}

fn simple(call: &Call) -> Result<Draft, Fault> {
    let to = ["ToAddresses", "CcAddresses", "BccAddresses"]
        .iter()
        .flat_map(|kind| call.list(&format!("Destination.{kind}")))
        .collect();
    let text = call.field("Message.Body.Text.Data");
    let html = call.field("Message.Body.Html.Data");
    if text.is_none() && html.is_none() {
        return Err(rejected("Body is required"));
    }
    Ok(Draft {
        from: call.required("Source")?.to_owned(),
        to,
        subject: call.required("Message.Subject.Data")?.to_owned(),
        text: text.unwrap_or_default().to_owned(),
        html: html.map(str::to_owned),
    })
}

fn raw(call: &Call) -> Result<Draft, Fault> {
    let bytes = STANDARD
        .decode(call.required("RawMessage.Data")?)
        .map_err(|_| rejected("RawMessage.Data is not base64"))?;
    let message = mail_parser::MessageParser::default()
        .parse(&bytes)
        .ok_or_else(|| rejected("RawMessage.Data is not a message"))?;
    let named = call.list("Destinations");
    let to = if named.is_empty() {
        [message.to(), message.cc(), message.bcc()]
            .into_iter()
            .flatten()
            .flat_map(addresses)
            .collect()
    } else {
        named
    };
    let from = call.field("Source").map(str::to_owned).or_else(|| {
        message
            .from()
            .and_then(|from| addresses(from).into_iter().next())
    });
    Ok(Draft {
        from: from.unwrap_or_default(),
        to,
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message
            .html_part(0)
            .filter(|part| part.is_text_html())
            .and_then(|_| message.body_html(0))
            .map(std::borrow::Cow::into_owned),
    })
}

fn addresses(header: &mail_parser::Address<'_>) -> Vec<String> {
    header
        .iter()
        .filter_map(|address| address.address())
        .map(str::to_owned)
        .collect()
}

fn check(draft: &Draft) -> Result<(), Fault> {
    if draft.from.is_empty() {
        return Err(rejected("Missing required header 'From'."));
    }
    if draft.to.is_empty() {
        return Err(rejected("Empty required header 'To'."));
    }
    if draft.to.len() > MOST_RECIPIENTS {
        return Err(rejected("Recipient count exceeds 50."));
    }
    let broken = |address: &&String| {
        let address = bare(address);
        address
            .split_once('@')
            .is_none_or(|(local, domain)| local.is_empty() || domain.is_empty())
            || address
                .chars()
                .any(|character| character.is_whitespace() || character.is_control())
    };
    if draft
        .to
        .iter()
        .chain([&draft.from])
        .any(|address| broken(&address))
    {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValue",
            "Missing final '@domain'",
        ));
    }
    Ok(())
}

fn rejected(message: &str) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "MessageRejected", message)
}

#[cfg(test)]
mod tests;
