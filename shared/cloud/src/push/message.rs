//! What SNS is handed for a device, in the form of FCM v1
//! (<https://docs.aws.amazon.com/sns/latest/dg/sns-fcm-v1-payloads.html>,
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>).

use callout_domain::notice::Urgency;
use serde_json::{Map, Value, json};

use super::PushMessage;

/// How long FCM keeps a message for a device that is off: what was not heard within a day is over.
const KEPT: &str = "86400s";
/// FCM takes 4,096 bytes; a locked screen shows far less than this.
const LONGEST_TITLE: usize = 150;
const LONGEST_BODY: usize = 500;

impl PushMessage {
    /// The `Message` of a publication whose `MessageStructure` is `json`: one text a platform, each
    /// JSON once more.
    pub(super) fn body(&self) -> String {
        let platform = json!({ "fcmV1Message": { "message": self.fcm() } });
        let default = shortened(&self.body, LONGEST_BODY);
        json!({ "default": default, "GCM": platform.to_string() }).to_string()
    }

    fn fcm(&self) -> Value {
        let (android, apns) = match self.urgency {
            Urgency::Urgent | Urgency::Critical => ("HIGH", "10"),
            Urgency::Routine => ("NORMAL", "5"),
        };
        let event = self.event.to_string();
        json!({
            "notification": {
                "title": shortened(&self.title, LONGEST_TITLE),
                "body": shortened(&self.body, LONGEST_BODY),
            },
            "data": self.data(),
            // Tag and collapse id have a device show one event once, should it come twice after all.
            "android": {
                "priority": android,
                "ttl": KEPT,
                "notification": { "tag": event },
            },
            "apns": {
                "headers": { "apns-priority": apns, "apns-collapse-id": event },
            },
        })
    }

    /// What the app is handed: FCM takes texts alone.
    fn data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        data.insert("type".to_owned(), self.kind.as_str().into());
        data.insert("event_id".to_owned(), self.event.to_string().into());
        if let Some(request) = self.request {
            data.insert("requestId".to_owned(), request.to_string().into());
        }
        data
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::notice::Urgency;
    use serde_json::{Value, json};

    use super::PushMessage;

    fn message(urgency: Urgency) -> PushMessage {
        PushMessage {
            title: "Emergency Blood Request".to_owned(),
            body: "\"O+\" needed in Chennai".to_owned(),
            kind: "blood_request".to_owned(),
            request: Some("01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap()),
            event: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            urgency,
        }
    }

    fn fcm(message: &PushMessage) -> Value {
        let body: Value = serde_json::from_str(&message.body()).unwrap();
        let platform: Value = serde_json::from_str(body["GCM"].as_str().unwrap()).unwrap();
        platform["fcmV1Message"]["message"].clone()
    }

    #[test]
    fn it_is_in_the_form_of_fcm_v1() {
        let critical = message(Urgency::Critical);
        assert_eq!(
            fcm(&critical),
            json!({
                "notification": {
                    "title": "Emergency Blood Request",
                    "body": "\"O+\" needed in Chennai",
                },
                "data": {
                    "type": "blood_request",
                    "requestId": "01ARZ3NDEKTSV4RRFFQ69G5FAW",
                    "event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                },
                "android": {
                    "priority": "HIGH",
                    "ttl": "86400s",
                    "notification": { "tag": "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
                },
                "apns": {
                    "headers": {
                        "apns-priority": "10",
                        "apns-collapse-id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                    },
                },
            })
        );
        let body: Value = serde_json::from_str(&critical.body()).unwrap();
        assert_eq!(body["default"], "\"O+\" needed in Chennai");
    }

    #[test]
    fn only_what_is_urgent_wakes_a_phone() {
        let priorities = |urgency| {
            let fcm = fcm(&message(urgency));
            let apns = fcm["apns"]["headers"]["apns-priority"].clone();
            (fcm["android"]["priority"].clone(), apns)
        };
        assert_eq!(priorities(Urgency::Urgent), (json!("HIGH"), json!("10")));
        assert_eq!(priorities(Urgency::Routine), (json!("NORMAL"), json!("5")));
    }

    #[test]
    fn what_is_about_no_request_names_none_and_what_is_long_fits() {
        let mut long = message(Urgency::Routine);
        long.request = None;
        long.title = "𝕏".repeat(5_000);
        long.body = "𝕏".repeat(5_000);
        let fcm = fcm(&long);
        assert_eq!(fcm["data"].get("requestId"), None);
        let shown = fcm["notification"]["body"].as_str().unwrap();
        assert_eq!(shown.chars().count(), 500);
        assert!(shown.ends_with('…'));
        assert!(fcm.to_string().len() < 4_096, "{}", fcm.to_string().len());
    }
}
