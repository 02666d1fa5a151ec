//! What registering and removing a device share.

use callout_cloud::Cloud;
use callout_cloud::contacts::Device;
use callout_cloud::failure::CloudError;
use callout_domain::device::DeviceToken;
use lambda_http::tracing;
use serde_json::json;

use super::profile_fields::text;
use crate::http::{Answer, Caller, Form};

/// The field that carries a token.
pub(super) const TOKEN: &str = "fcm_token";

/// `fcm_token`.
pub(super) fn token(form: &mut Form) -> Option<DeviceToken> {
    form.required(TOKEN, text(DeviceToken::parse))
}

/// The seed's answer.
pub(super) fn answer(caller: &Caller, is_set: bool) -> Answer {
    let data = json!({
        "user_id": caller.account,
        "user_type": caller.role.path_segment(),
        "fcm_token_set": is_set,
    });
    Answer::success("FCM token updated successfully", &data)
}

/// Has SNS forget devices, and their tokens, that were removed from the table. What fails is passed
/// over: nobody is pushed there any more.
pub(super) async fn retire(cloud: &Cloud, devices: &[Device]) {
    for device in devices {
        if let Err(error) = retire_one(cloud, device).await {
            tracing::warn!(error = error.chain(), "SNS keeps an endpoint of nobody");
        }
    }
}

async fn retire_one(cloud: &Cloud, device: &Device) -> Result<(), CloudError> {
    // Somebody may have registered it meanwhile, and SNS gives one token one endpoint.
    if cloud.devices().await?.owner(&device.id).await?.is_some() {
        return Ok(());
    }
    cloud.push().await.remove(&device.endpoint).await
}

/// As [`answer`] answers.
#[cfg(test)]
pub(super) fn answered(operation: crate::api::Operation, is_set: bool) -> crate::api::Operation {
    use crate::api::{closed, flag, id, role_in_paths, success, ulid};
    let data = closed()
        .with("user_id", ulid())
        .with("user_type", role_in_paths(callout_domain::role::Role::ALL))
        .with("fcm_token_set", flag());
    operation.answers(
        200,
        "Whether the account has a device.",
        success(data),
        json!({
            "status": "success",
            "message": "FCM token updated successfully",
            "data": {"user_id": id('P'), "user_type": "provider", "fcm_token_set": is_set},
        }),
    )
}
