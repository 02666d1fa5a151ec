//! The first message on a socket: the seeds' `connection`.

use callout_domain::account::Account;
use callout_domain::consultation::Channel;
use callout_domain::event::Message;
use callout_domain::role::Role;
use serde_json::{Value, json};

/// What an account is greeted with on a channel. One that is told of nothing else greets by its own
/// name, any other by the role's.
pub(super) fn greeting(account: &Account, channel: &str) -> Message {
    let named = match Channel::named(channel) {
        Some(channel) => channel.as_str(),
        None => account.role.path_segment(),
    };
    let message = format!("Connected to {named} channel");
    let name = account.name.as_str();
    let fields = match account.role {
        Role::Pharmacy => json!({
            "message": message,
            "pharmacy_id": account.id,
            "pharmacy_name": name,
            "location": account.position().map_or(Value::Null, |position| {
                json!({"lat": position.lat(), "lng": position.lng()})
            }),
        }),
        Role::Customer
        | Role::Donor
        | Role::Seeker
        | Role::Provider
        | Role::Patient
        | Role::Doctor
        | Role::Hospital
        | Role::Admin => json!({
            "message": message,
            "user_id": account.id,
            "user_name": name,
        }),
    };
    Message::new("connection", fields)
}
