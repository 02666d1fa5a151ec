//! `DELETE /api/1/profiles/fcm-token/`, by any account: no longer pushes to one of its devices, or, when
//! no token is sent, to any of them.
//!
//! A token that is not the caller's changes nothing and is answered the same: what it belongs to is
//! nobody's business. Works with a session that was just ended, for apps sign out in either order.
//! Leaves nothing behind, also at SNS.

use super::device::{self, TOKEN};
use crate::http::{Answer, Call, Failure, Form};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    let mut form = if call.body().is_empty() {
        Form::default()
    } else {
        call.json()?
    };
    let token = if form.is_absent(TOKEN) {
        None
    } else {
        Some(device::token(&mut form).ok_or_else(|| form.reject())?)
    };
    let devices = call.cloud.devices().await?;
    let removed = Box::pin(devices.remove(caller.account, token.as_ref())).await?;
    device::retire(call.cloud, &removed.devices).await;
    Ok(device::answer(&caller, removed.others))
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{device_token, open, operation};

    let operation = operation("No longer pushes to a device, or to any of the caller's").may_take(
        open().may(TOKEN, device_token().or_null()),
        serde_json::json!({TOKEN: "cZ3v1Kq8TtO:APA91bHun4MxP5egoKMwt2KZFBaFUH"}),
    );
    device::answered(operation, false)
}
