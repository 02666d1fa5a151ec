//! What SNS accepts as a message, and what of it a device is handed.

use serde_json::{Map, Value};

use super::invalid;
use crate::query_api::Fault;

/// SNS's limit for a message, in bytes.
const LARGEST: usize = 256 * 1024;

/// What a device of `platform` (`GCM`, `APNS` …) is handed of a published message.
///
/// A message to one device needs no `default`, if it has its platform's key.
pub(super) fn for_platform(body: &str, is_json: bool, platform: &str) -> Result<Value, Fault> {
    check_size(body)?;
    if !is_json {
        return Ok(Value::from(body));
    }
    let parts = parse(body)?;
    if let Some(text) = parts.get(platform) {
        return payload(text, platform);
    }
    default(&parts)
}

/// What subscribers of a topic are handed: JSON messages must carry a `default` there.
pub(super) fn for_topic(body: &str, is_json: bool) -> Result<Value, Fault> {
    check_size(body)?;
    if is_json {
        default(&parse(body)?)
    } else {
        Ok(Value::from(body))
    }
}

fn check_size(body: &str) -> Result<(), Fault> {
    if body.len() > LARGEST {
        return Err(invalid("Invalid parameter: Message too long"));
    }
    Ok(())
}

fn parse(body: &str) -> Result<Map<String, Value>, Fault> {
    serde_json::from_str(body).map_err(|_| {
        invalid("Invalid parameter: Message Structure - JSON message body failed to parse")
    })
}

fn default(parts: &Map<String, Value>) -> Result<Value, Fault> {
    match parts.get("default") {
        Some(Value::String(text)) => Ok(Value::from(text.as_str())),
        Some(_) | None => Err(invalid(
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        )),
    }
}

/// A platform's payload is a *string* of JSON; for FCM, `{"fcmV1Message": {"message": {…}}}`.
fn payload(text: &Value, platform: &str) -> Result<Value, Fault> {
    let broken = || {
        invalid(format!(
            "Invalid parameter: Invalid notification for protocol {platform}"
        ))
    };
    let json: Value = text
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .filter(Value::is_object)
        .ok_or_else(broken)?;
    let is_fcm_v1 = json.get("fcmV1Message").is_some();
    if is_fcm_v1 && !json["fcmV1Message"]["message"].is_object() {
        return Err(broken());
    }
    // FCM refuses data that is not text, so a nested value would be lost on the way to the device.
    let data = &json["fcmV1Message"]["message"]["data"];
    let is_text = |value: &Value| value.is_string();
    if data
        .as_object()
        .is_some_and(|data| !data.values().all(is_text))
    {
        return Err(broken());
    }
    Ok(json)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrapped(payload: &Value) -> String {
        json!({ "GCM": payload.to_string() }).to_string()
    }

    #[test]
    fn hands_a_device_its_platforms_part() {
        let payload = json!({"fcmV1Message": {"message": {"notification": {"title": "t"}}}});
        assert_eq!(
            for_platform(&wrapped(&payload), true, "GCM").unwrap(),
            payload
        );
        let plain = json!({"default": "hello"}).to_string();
        assert_eq!(for_platform(&plain, true, "GCM").unwrap(), json!("hello"));
        assert_eq!(
            for_platform("as it is", false, "GCM").unwrap(),
            json!("as it is")
        );
    }

    #[test]
    fn refuses_what_aws_and_fcm_refuse() {
        let not_a_string = json!({"GCM": {"fcmV1Message": {}}}).to_string();
        let no_message = wrapped(&json!({"fcmV1Message": {}}));
        let nested = wrapped(&json!({"fcmV1Message": {"message": {"data": {"count": 1}}}}));
        for body in ["{", "[]", "{}", &not_a_string, &no_message, &nested] {
            assert!(for_platform(body, true, "GCM").is_err(), "{body}");
        }
        assert!(for_topic(&wrapped(&json!({})), true).is_err());
        assert!(for_topic(&"x".repeat(LARGEST + 1), false).is_err());
    }
}
