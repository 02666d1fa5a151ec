//! SNS mobile push: devices are kept, messages are captured, shown and waited for, never sent.

mod devices;
mod messages;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::faults::{Faults, Occasion, ServiceFault};
use crate::iam::Iam;
use crate::query_api::{self, Call, Fault, Service};
use crate::state::State;
use devices::Devices;
pub use devices::{Behaviour, Device, PushError};

const KEPT: usize = 10_000;
/// SNS takes messages of 256 KB; the form's escapes come on top.
const LARGEST_CALL: usize = 2 * 1024 * 1024;

/// One captured message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Push {
    /// Its place in the order of arrival, from 1 on.
    pub number: u64,
    /// The message id that the sender was given.
    pub message_id: String,
    /// The ARN it was published to: a device's endpoint or a topic.
    pub target_arn: String,
    /// The device's token; `None` for a topic.
    pub token: Option<String>,
    /// What the device's platform is handed: JSON where the message is JSON, else a string.
    pub message: Value,
    /// The subject, if given.
    pub subject: Option<String>,
    /// Access key id of who sent it: `LOCAL<LogicalId>`.
    pub caller: String,
    /// When it was captured.
    #[serde(with = "time::serde::rfc3339")]
    pub sent_at: OffsetDateTime,
}

/// The devices and what was sent to them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pushes {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    devices: Mutex<Devices>,
    sent: Mutex<VecDeque<Push>>,
    /// The number of the newest message, watched by those who wait.
    newest: watch::Sender<u64>,
}

impl Pushes {
    /// Opens the devices kept in the state folder.
    ///
    /// # Errors
    /// [`PushError`], when their file cannot be read or written.
    pub fn open(state: &State) -> Result<Self, PushError> {
        Ok(Self {
            inner: Arc::new(Inner {
                devices: Mutex::new(Devices::open(&state.path().join("push-endpoints.jsonl"))?),
                sent: Mutex::new(VecDeque::new()),
                newest: watch::Sender::new(0),
            }),
        })
    }

    /// All captured messages, oldest first.
    pub fn sent(&self) -> Vec<Push> {
        self.messages().iter().cloned().collect()
    }

    /// The messages to that device token or ARN after message number `after` (0: any).
    pub fn sent_to(&self, target: &str, after: u64) -> Vec<Push> {
        self.messages()
            .iter()
            .filter(|push| push.number > after)
            .filter(|push| push.target_arn == target || push.token.as_deref() == Some(target))
            .cloned()
            .collect()
    }

    /// Waits for the first message to that device token or ARN after message number `after`.
    pub async fn wait_for(&self, target: &str, after: u64) -> Push {
        let mut newest = self.inner.newest.subscribe();
        loop {
            newest.borrow_and_update();
            if let Some(push) = self.sent_to(target, after).into_iter().next() {
                return push;
            }
            // The sender lives in `self`, so it cannot be closed while we wait.
            let _ = newest.changed().await;
        }
    }

    /// The registered devices.
    pub fn devices(&self) -> Vec<Device> {
        self.registry().all()
    }

    /// Makes a device behave so from now on, named by its ARN or its token.
    ///
    /// # Errors
    /// [`PushError::Unknown`] for a device that is not registered.
    pub fn set_behaviour(&self, target: &str, behaviour: Behaviour) -> Result<Device, PushError> {
        self.registry().set_behaviour(target, behaviour)
    }

    fn registry(&self) -> MutexGuard<'_, Devices> {
        self.inner
            .devices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn messages(&self) -> MutexGuard<'_, VecDeque<Push>> {
        self.inner
            .sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn capture(&self, call: &Call, target: &str, token: Option<String>, message: Value) -> String {
        let message_id = ulid::Ulid::generate().to_string();
        let mut sent = self.messages();
        let number = sent.back().map_or(1, |push| push.number + 1);
        if sent.len() >= KEPT {
            sent.pop_front();
        }
        sent.push_back(Push {
            number,
            message_id: message_id.clone(),
            target_arn: target.to_owned(),
            token,
            message,
            subject: call.field("Subject").map(str::to_owned),
            caller: call.caller.access_key.clone(),
            sent_at: OffsetDateTime::now_utc(),
        });
        drop(sent);
        self.inner.newest.send_replace(number);
        message_id
    }
}

/// Answers SNS calls on `listener` until `shutdown` is ready.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    pushes: Pushes,
    iam: Arc<Iam>,
    faults: Faults,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    query_api::serve(listener, pushes, iam, faults, shutdown).await
}

impl Service for Pushes {
    const NAMESPACE: &'static str = "http://sns.amazonaws.com/doc/2010-03-31/";
    const PREFIX: &'static str = "SNS";
    const DENIED: &'static str = "AuthorizationError";
    const LARGEST_CALL: usize = LARGEST_CALL;
    /// A call is judged as it was sent, before anything is said about what it lacks.
    type Wish = ();

    fn mishap(
        faults: &Faults,
        occasion: Occasion<'_>,
    ) -> impl Future<Output = Option<ServiceFault>> + Send {
        faults.push(occasion)
    }

    fn understand(&self, _: &Call) -> Result<(), Fault> {
        Ok(())
    }

    /// A call that names nothing is one on everything.
    fn resources(call: &Call, (): &()) -> Vec<String> {
        let named = [
            "TargetArn",
            "TopicArn",
            "PlatformApplicationArn",
            "EndpointArn",
        ];
        let resource = named.iter().find_map(|name| call.field(name));
        vec![resource.unwrap_or("*").to_owned()]
    }

    fn perform(&self, call: &Call, (): ()) -> Result<String, Fault> {
        match call.action.as_str() {
            "CreatePlatformEndpoint" => create(self, call),
            "GetEndpointAttributes" => attributes(self, call),
            "SetEndpointAttributes" => {
                let given = call.map("Attributes", "key", "value");
                self.registry()
                    .change(call.required("EndpointArn")?, &given)?;
                Ok(String::new())
            }
            "DeleteEndpoint" => {
                self.registry().delete(call.required("EndpointArn")?)?;
                Ok(String::new())
            }
            "Publish" => publish(self, call),
            other => Err(Fault::unknown_action(other)),
        }
    }
}

fn create(pushes: &Pushes, call: &Call) -> Result<String, Fault> {
    let mut given = call.map("Attributes", "key", "value");
    if let Some(data) = call.field("CustomUserData") {
        given.insert("CustomUserData".to_owned(), data.to_owned());
    }
    let application = call.required("PlatformApplicationArn")?;
    let arn = pushes
        .registry()
        .create(application, call.required("Token")?, &given)?;
    Ok(format!(
        "<EndpointArn>{}</EndpointArn>",
        query_api::escape(&arn)
    ))
}

fn attributes(pushes: &Pushes, call: &Call) -> Result<String, Fault> {
    let device = pushes.registry().get(call.required("EndpointArn")?)?;
    let mut entries = String::new();
    for (key, value) in device.attributes() {
        let value = query_api::escape(&value);
        // Writing to a String cannot fail.
        let _ = write!(
            entries,
            "<entry><key>{key}</key><value>{value}</value></entry>"
        );
    }
    Ok(format!("<Attributes>{entries}</Attributes>"))
}

fn publish(pushes: &Pushes, call: &Call) -> Result<String, Fault> {
    let target = ["TargetArn", "TopicArn"]
        .iter()
        .find_map(|name| call.field(name))
        .ok_or_else(|| {
            invalid(
                "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
            )
        })?;
    let body = call.required("Message")?;
    let is_json = match call.field("MessageStructure") {
        None | Some("") => false,
        Some("json") => true,
        Some(_) => return Err(invalid("Invalid parameter: Invalid message structure")),
    };
    let id = if target.contains(":endpoint/") {
        // The message is judged before the device is asked, as a wrong message is nobody's throttle.
        let platform = devices::platform(target).unwrap_or_default();
        let message = messages::for_platform(body, is_json, platform)?;
        let token = pushes.registry().accept(target)?;
        pushes.capture(call, target, Some(token), message)
    } else {
        pushes.capture(call, target, None, messages::for_topic(body, is_json)?)
    };
    Ok(format!("<MessageId>{id}</MessageId>"))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "InvalidParameter", message)
}

#[cfg(test)]
mod tests;
