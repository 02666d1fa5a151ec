//! What a locked screen shows of a message, and how urgent it is.

use serde::{Deserialize, Serialize};

/// What kind of request a message is about: people choose by it how they are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Medicine.
    Medicine,
    /// Blood.
    Blood,
    /// Work.
    Work,
    /// Consultations.
    Consultation,
    /// The conversation that follows a yes.
    Conversation,
}

/// How much a message may disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It can wait until somebody looks.
    Routine,
    /// It wakes a phone.
    Urgent,
    /// It wakes a person: quiet hours do not hold it.
    Critical,
}

/// By what somebody is told of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An open socket.
    Socket,
    /// A push to a device.
    Push,
    /// E-mail.
    Mail,
}

/// What is shown to somebody who has no socket open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub topic: Topic,
    /// Its first line.
    pub title: String,
    /// The rest. A locked screen shows it to anybody: no name, number or place of a patient.
    pub body: String,
    /// How much it may disturb.
    pub urgency: Urgency,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Medicine,
        Self::Blood,
        Self::Work,
        Self::Consultation,
        Self::Conversation,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Medicine => "medicine",
            Self::Blood => "blood",
            Self::Work => "work",
            Self::Consultation => "consultation",
            Self::Conversation => "conversation",
        }
    }

    /// Whether only those are shown it who are not there: in a conversation a phone need not ring for
    /// every sentence while it is being looked at.
    pub const fn is_for_the_absent(self) -> bool {
        match self {
            Self::Conversation => true,
            Self::Medicine | Self::Blood | Self::Work | Self::Consultation => false,
        }
    }

    /// Whether what is told stands in the inbox's list and counts on its badge. A conversation has its
    /// own history, with its own marks of what was read.
    pub const fn is_listed(self) -> bool {
        match self {
            Self::Conversation => false,
            Self::Medicine | Self::Blood | Self::Work | Self::Consultation => true,
        }
    }
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Socket, Self::Push, Self::Mail];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Push => "push",
            Self::Mail => "mail",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::{Channel, Topic, Urgency};

    #[test]
    fn a_topic_has_one_name_everywhere() {
        for topic in Topic::ALL {
            assert_eq!(serde_json::to_value(topic).unwrap(), json!(topic.as_str()));
        }
    }

    #[test]
    fn a_channel_has_one_name_everywhere() {
        for channel in Channel::ALL {
            assert_eq!(
                serde_json::to_value(channel).unwrap(),
                json!(channel.as_str())
            );
        }
    }

    #[test]
    fn what_is_critical_comes_before_what_is_urgent() {
        assert!(Urgency::Critical > Urgency::Urgent && Urgency::Urgent > Urgency::Routine);
    }
}
