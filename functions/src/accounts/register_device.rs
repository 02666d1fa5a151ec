//! `POST /api/1/profiles/fcm-token/`, by any account: has it pushed to a device from now on.
//!
//! An account may have several devices, a device one account: it leaves the one that had it. Leaves
//! behind an endpoint of SNS that works, and the device with it; of more than 20 devices the one that
//! was registered longest ago goes.
//!
//! A deployment without `PushApplicationArn` refuses with 400, `push_not_configured`: a device that was
//! noted and is never reached would be a promise that nobody keeps, and 5xx would have apps try for ever
//! and alarms ring for what somebody chose.

use callout_cloud::devices::{Devices, Registered};
use callout_cloud::push::{EndpointArn, Push, Registration};
use callout_domain::device::DeviceToken;
use lambda_http::tracing;

use super::device::{self, TOKEN};
use crate::http::{Answer, Call, Caller, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let mut form = call.json()?;
    let token = device::token(&mut form).ok_or_else(|| form.reject())?;
    let push = call.cloud.push().await;
    if !push.is_on() {
        tracing::warn!("a device was turned away: the stack has no PushApplicationArn");
        return Err(not_set_up());
    }
    // A device is pushed to for longer than a token of a session that was ended holds.
    let sessions = call.cloud.sessions().await?;
    let is_alive = sessions.is_alive(caller.account, caller.session, call.now);
    if !Box::pin(is_alive).await? {
        return Err(Failure::unauthenticated());
    }

    let devices = call.cloud.devices().await?;
    let known = devices.known(&token).await?;
    let was_own = known
        .as_ref()
        .is_some_and(|(owner, _)| *owner == caller.account);
    let endpoint = reach(&push, &token, known.map(|(_, endpoint)| endpoint)).await?;
    keep(&call, &devices, &caller, &token, &endpoint).await?;
    if !was_own {
        // Whose device it was may have had SNS forget it until just now.
        let again = reach(&push, &token, Some(endpoint.clone())).await?;
        if again != endpoint {
            keep(&call, &devices, &caller, &token, &again).await?;
        }
    }
    Ok(device::answer(&caller, true))
}

fn not_set_up() -> Failure {
    Failure::bad(
        "push_not_configured",
        "Push notifications are not set up here",
    )
}

/// Has SNS take messages for a token.
async fn reach(
    push: &Push,
    token: &DeviceToken,
    known: Option<EndpointArn>,
) -> Result<EndpointArn, Failure> {
    match push.register(token, known).await? {
        Registration::At(endpoint) => Ok(endpoint),
        Registration::NotAToken => Err(Failure::field(
            TOKEN,
            "must be a token as Firebase gives it",
        )),
    }
}

/// Makes the device the caller's, and has SNS forget what it took the place of.
async fn keep(
    call: &Call,
    devices: &Devices,
    caller: &Caller,
    token: &DeviceToken,
    endpoint: &EndpointArn,
) -> Result<(), Failure> {
    let registered = devices.register(caller.account, token, endpoint, call.now);
    match Box::pin(registered).await? {
        Registered::Here { mut dropped } => {
            dropped.retain(|dropped| dropped.endpoint != *endpoint);
            device::retire(call.cloud, &dropped).await;
            Ok(())
        }
        Registered::AccountGone { unused } => {
            device::retire(call.cloud, &[unused]).await;
            Err(Failure::unauthenticated())
        }
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{device_token, open, operation};

    let operation = operation("Has the caller pushed to on a device")
        .that("An account may have 20 devices; a device belongs to who registered it last.")
        .takes(
            open().with(TOKEN, device_token()),
            serde_json::json!({TOKEN: "cZ3v1Kq8TtO:APA91bHun4MxP5egoKMwt2KZFBaFUH"}),
        )
        .refuses(not_set_up());
    device::answered(operation, true)
}
