//! What the template tells a function through its environment, read when it is first needed: a
//! function that has no business with a table has no setting for it either.

use std::env;

use crate::failure::CloudError;

/// One variable of the environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting(&'static str);

pub(crate) const ACCOUNTS_TABLE: Setting = Setting("ACCOUNTS_TABLE");
pub(crate) const REQUESTS_TABLE: Setting = Setting("REQUESTS_TABLE");
pub(crate) const CONNECTIONS_TABLE: Setting = Setting("CONNECTIONS_TABLE");
pub(crate) const NOTIFICATIONS_TABLE: Setting = Setting("NOTIFICATIONS_TABLE");
pub(crate) const OUTBOX_TABLE: Setting = Setting("OUTBOX_TABLE");
pub(crate) const MEDIA_BUCKET: Setting = Setting("MEDIA_BUCKET");
pub(crate) const MAIL_FROM: Setting = Setting("MAIL_FROM");
/// How many hours a request for blood waits for donors.
pub(crate) const BLOOD_REQUEST_HOURS: Setting = Setting("BLOOD_REQUEST_HOURS");
/// How many days a donor rests between two donations.
pub(crate) const DONATION_INTERVAL_DAYS: Setting = Setting("DONATION_INTERVAL_DAYS");
/// How many minutes a work order waits for its provider's answer.
pub(crate) const WORK_ORDER_MINUTES: Setting = Setting("WORK_ORDER_MINUTES");
/// How many minutes a provider's position counts.
pub(crate) const PROVIDER_POSITION_MINUTES: Setting = Setting("PROVIDER_POSITION_MINUTES");
/// The SNS platform application of FCM; empty where nobody is pushed.
pub(crate) const PUSH_APPLICATION_ARN: Setting = Setting("PUSH_APPLICATION_ARN");
pub(crate) const OTP_PEPPER_SECRET: Setting = Setting("OTP_PEPPER_SECRET");
pub(crate) const TOKEN_SIGNING_SECRET: Setting = Setting("TOKEN_SIGNING_SECRET");
pub(crate) const ALLOWED_ORIGINS: Setting = Setting("ALLOWED_ORIGINS");
/// The variable in which the SDK itself looks for the sockets' endpoint.
pub(crate) const SOCKETS_ENDPOINT: Setting = Setting("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI");
pub(crate) const TOKEN_PUBLIC_KEYS: Setting = Setting("TOKEN_PUBLIC_KEYS");

impl Setting {
    pub(crate) fn read(self) -> Result<String, CloudError> {
        self.read_if_given().ok_or(CloudError::Setting(self.0))
    }

    /// A setting that may be left empty.
    pub(crate) fn read_if_given(self) -> Option<String> {
        env::var(self.0).ok().filter(|value| !value.is_empty())
    }

    pub(crate) const fn missing(self) -> CloudError {
        CloudError::Setting(self.0)
    }
}
