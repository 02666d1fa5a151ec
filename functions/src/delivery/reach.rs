//! How people are reached besides sockets: on their devices and in their mailbox, as they chose.

use std::collections::{BTreeMap, HashMap};

use callout_cloud::contacts::{Contact, Device};
use callout_cloud::failure::CloudError;
use callout_cloud::mail::Letter;
use callout_cloud::notifications::{Notification, Route, Standing};
use callout_cloud::push::{PushMessage, Pushed};
use callout_cloud::{Cloud, preferences};
use callout_domain::delivery::{Attempt, Reason, Status};
use callout_domain::event::Recipient;
use callout_domain::ids::AccountId;
use callout_domain::moment::Moment;
use callout_domain::notice::{Channel, Notice};
use lambda_http::tracing;

/// How one person is reached.
#[derive(Debug, Default)]
pub(super) struct Reach {
    devices: Vec<Device>,
    mail: bool,
}

/// How these people are reached now with a notice; nobody is, without one.
pub(super) async fn of(
    cloud: &Cloud,
    notice: Option<&Notice>,
    people: &[Recipient],
    now: Moment,
) -> Result<HashMap<AccountId, Reach>, CloudError> {
    let Some(notice) = notice else {
        return Ok(HashMap::new());
    };
    let mut accounts: Vec<AccountId> = people
        .iter()
        .filter(|person| !person.quietly)
        .map(|person| person.account)
        .collect();
    if notice.topic.is_for_the_absent() {
        let presences = cloud.connections().await?.presences(&accounts, now).await?;
        let is_there = |account: &AccountId| presences.get(account).is_some_and(|is| is.online);
        accounts.retain(|account| !is_there(account));
    }
    let contacts = cloud.contacts().await?.of_accounts(&accounts).await?;
    Ok(contacts
        .into_iter()
        .map(|(account, contact)| (account, Reach::of(contact, notice, now)))
        .collect())
}

impl Reach {
    fn of(contact: Contact, notice: &Notice, now: Moment) -> Self {
        let preferences = preferences::of_text(contact.preferences.as_deref())
            .inspect_err(|error| tracing::error!(error = error.chain(), "taken as the default"))
            .unwrap_or_default();
        let allows = |channel| preferences.allows(notice.topic, channel, notice.urgency, now);
        Self {
            mail: allows(Channel::Mail),
            devices: if allows(Channel::Push) {
                contact.devices
            } else {
                Vec::new()
            },
        }
    }

    /// Each way to go.
    pub(super) fn routes(&self) -> Vec<Route> {
        let device = |device: &Device| Route::Push(device.id.to_string());
        let mail = self.mail.then_some(Route::Mail);
        self.devices.iter().map(device).chain(mail).collect()
    }
}

/// Goes every way to somebody; what became of each. What was begun for them before and has no end is
/// not begun again: it may have been handed over.
pub(super) async fn go(
    cloud: &Cloud,
    account: AccountId,
    notification: &Notification,
    reach: &Reach,
    standing: &Standing,
    now: Moment,
) -> BTreeMap<Route, Attempt> {
    match standing {
        Standing::Closed => BTreeMap::new(),
        Standing::There { attempts, .. } => interrupted(attempts, now),
        Standing::New => match &notification.message.notice {
            Some(notice) => begin(cloud, account, notification, notice, reach, now).await,
            None => BTreeMap::new(),
        },
    }
}

fn interrupted(attempts: &BTreeMap<Route, Attempt>, now: Moment) -> BTreeMap<Route, Attempt> {
    attempts
        .iter()
        .filter(|(_, attempt)| attempt.status == Status::Pending)
        .map(|(route, attempt)| {
            let ended = Attempt::failed(attempt.began_at, now, Reason::Unanswered);
            (route.clone(), ended)
        })
        .collect()
}

async fn begin(
    cloud: &Cloud,
    account: AccountId,
    notification: &Notification,
    notice: &Notice,
    reach: &Reach,
    now: Moment,
) -> BTreeMap<Route, Attempt> {
    let message = PushMessage {
        title: notice.title.clone(),
        body: notice.body.clone(),
        kind: notification.message.kind.clone(),
        request: notification.request,
        event: notification.event,
        urgency: notice.urgency,
    };
    let mut at_devices = Vec::new();
    for device in &reach.devices {
        at_devices.push(push(cloud, account, device, &message, now));
    }
    let mailing = async {
        if reach.mail {
            let outcome = mail(cloud, account, notice).await;
            Some(ended(outcome, now))
        } else {
            None
        }
    };
    let (pushed, mailed) = futures::join!(futures::future::join_all(at_devices), mailing);
    let routes = reach
        .devices
        .iter()
        .map(|device| Route::Push(device.id.to_string()));
    let mut attempts: BTreeMap<Route, Attempt> = routes.zip(pushed).collect();
    attempts.extend(mailed.map(|attempt| (Route::Mail, attempt)));
    attempts
}

async fn push(
    cloud: &Cloud,
    account: AccountId,
    device: &Device,
    message: &PushMessage,
    now: Moment,
) -> Attempt {
    let outcome = match cloud.push().await.publish(&device.endpoint, message).await {
        Ok(pushed) => outcome(pushed),
        Err(error) => {
            tracing::error!(error = error.chain(), "nothing could be pushed");
            Err(Reason::Unavailable)
        }
    };
    if outcome == Err(Reason::Disabled) {
        forget(cloud, account, device).await;
    }
    ended(outcome, now)
}

fn outcome(pushed: Pushed) -> Result<(), Reason> {
    match pushed {
        Pushed::Sent => Ok(()),
        Pushed::Disabled => Err(Reason::Disabled),
        Pushed::Throttled => Err(Reason::Throttled),
        Pushed::Unavailable => Err(Reason::Unavailable),
        Pushed::Rejected => Err(Reason::Rejected),
        Pushed::Unknown => Err(Reason::Unanswered),
    }
}

/// A device that is no more. One that cannot be forgotten now answers the same the next time.
async fn forget(cloud: &Cloud, account: AccountId, device: &Device) {
    let forgotten = async {
        let devices = cloud.devices().await?;
        Box::pin(devices.forget_device(account, device)).await
    };
    if let Err(error) = forgotten.await {
        tracing::warn!(
            error = error.chain(),
            "a device that is gone was not forgotten"
        );
    }
}

async fn mail(cloud: &Cloud, account: AccountId, notice: &Notice) -> Result<(), Reason> {
    let letter = Letter {
        subject: notice.title.clone(),
        text: format!(
            "{}\n\nOpen Callout to answer. You get this mail because you asked for it; \
             your preferences end it.\n",
            notice.body
        ),
    };
    let sent = async {
        let accounts = cloud.accounts().await?;
        let Some(account) = accounts.read(account).await? else {
            return Ok(());
        };
        cloud.mail().await?.send(&account.email, &letter).await
    };
    let sent: Result<(), CloudError> = sent.await;
    sent.map_err(|error| {
        tracing::error!(error = error.chain(), "a notice was not mailed");
        Reason::Unavailable
    })
}

fn ended(outcome: Result<(), Reason>, began_at: Moment) -> Attempt {
    let now = callout_cloud::clock::now();
    match outcome {
        Ok(()) => Attempt::sent(began_at, now),
        Err(reason) => Attempt::failed(began_at, now, reason),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use callout_cloud::contacts::{Contact, Device};
    use callout_cloud::notifications::Route;
    use callout_cloud::push::EndpointArn;
    use callout_domain::delivery::{Attempt, Reason, Status};
    use callout_domain::device::DeviceId;
    use callout_domain::moment::Moment;
    use callout_domain::notice::{Notice, Topic, Urgency};

    use super::{Reach, interrupted};

    fn now() -> Moment {
        "2026-02-24T10:30:00Z".parse().unwrap()
    }

    fn routes(preferences: Option<&str>, urgency: Urgency) -> Vec<Route> {
        let contact = Contact {
            devices: ["a", "b"]
                .map(|id| Device {
                    id: DeviceId::new(id),
                    endpoint: EndpointArn::new(format!("arn:{id}")),
                    registered_at: now(),
                })
                .to_vec(),
            preferences: preferences.map(str::to_owned),
        };
        let notice = Notice {
            topic: Topic::Medicine,
            title: String::new(),
            body: String::new(),
            urgency,
        };
        Reach::of(contact, &notice, now()).routes()
    }

    #[test]
    fn every_device_is_a_way_and_the_mailbox_for_who_asked() {
        let devices = [Route::Push("a".to_owned()), Route::Push("b".to_owned())];
        assert_eq!(routes(None, Urgency::Urgent), devices);
        let mail = r#"{"topics": {"medicine": {"push": false, "mail": true}}}"#;
        assert_eq!(routes(Some(mail), Urgency::Urgent), [Route::Mail]);
    }

    #[test]
    fn quiet_hours_hold_all_but_what_is_critical() {
        let quiet = r#"{"quiet_hours": {"start": "10:00", "end": "11:00", "timezone": "UTC"}}"#;
        assert_eq!(routes(Some(quiet), Urgency::Urgent), []);
        assert_eq!(routes(Some(quiet), Urgency::Critical).len(), 2);
    }

    #[test]
    fn preferences_that_do_not_read_keep_nobody_from_hearing() {
        assert_eq!(routes(Some("{"), Urgency::Urgent).len(), 2);
    }

    #[test]
    fn what_was_begun_and_has_no_end_is_not_begun_again() {
        let attempts = BTreeMap::from([
            (Route::Mail, Attempt::sent(now(), now())),
            (Route::Push("a".to_owned()), Attempt::begin(now())),
        ]);
        let ended = interrupted(&attempts, now());
        let [(route, attempt)]: [_; 1] = ended.into_iter().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(route, Route::Push("a".to_owned()));
        assert_eq!(attempt.status, Status::Failed);
        assert_eq!(attempt.reason, Some(Reason::Unanswered));
    }
}
