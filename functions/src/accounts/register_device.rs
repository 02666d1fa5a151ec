//! `POST /api/1/profiles/fcm-token/`, by any account: has it pushed to a device from now on.
//!
//! An account may have several devices, a device one account: it leaves the one that had it. Leaves
//! behind an endpoint of SNS that works, and the device with it; of more than 20 devices the one that
//! was registered longest ago goes.
//!
//! A deployment without `PushApplicationArn` refuses with 400, `push_not_configured`: a device that was
//! noted and is never reached would be a promise that nobody keeps, and 5xx would have apps try for ever
//! and alarms ring for what somebody chose.

use callout_cloud::devices::Registered;
use callout_cloud::push::Registration;
use lambda_http::tracing;

use super::device::{self, TOKEN};
use crate::http::{Answer, Call, Failure};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let mut form = call.json()?;
    let token = device::token(&mut form).ok_or_else(|| form.reject())?;
    let push = call.cloud.push().await;
    if !push.is_on() {
        tracing::warn!("a device was turned away: the stack has no PushApplicationArn");
        return Err(Failure::bad(
            "push_not_configured",
            "Push notifications are not set up here",
        ));
    }
    // A device is pushed to for longer than a token of a session that was ended holds.
    let sessions = call.cloud.sessions().await?;
    let is_alive = sessions.is_alive(caller.account, caller.session, call.now);
    if !Box::pin(is_alive).await? {
        return Err(Failure::unauthenticated());
    }

    let devices = call.cloud.devices().await?;
    let known = devices.endpoint_of(&token).await?;
    let endpoint = match push.register(&token, known).await? {
        Registration::At(endpoint) => endpoint,
        Registration::NotAToken => {
            return Err(Failure::field(
                TOKEN,
                "must be a token as Firebase gives it",
            ));
        }
    };
    let registered = devices.register(caller.account, &token, &endpoint, call.now);
    match Box::pin(registered).await? {
        Registered::Here { mut dropped } => {
            dropped.retain(|dropped| dropped.endpoint != endpoint);
            device::retire(call.cloud, &dropped).await;
            Ok(device::answer(&caller, true))
        }
        Registered::AccountGone => Err(Failure::unauthenticated()),
    }
}
