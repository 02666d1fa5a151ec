//! By which channels somebody wants to be told of what, and when not to be disturbed.
//!
//! What is stored is what the wire shows. A stored text that lacks a topic reads as if it had the
//! topic's default, so that a new topic changes nothing for those who chose before.

mod quiet_hours;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::notice::{Channel, Topic, Urgency};

pub use quiet_hours::{QuietHours, QuietHoursError, TimeOfDay, TimeZone};

/// What somebody has chosen. The default is what those have who never chose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Which channels are wanted for which topic.
    pub topics: Topics,
    /// When nothing but what is critical may disturb.
    pub quiet_hours: Option<QuietHours>,
}

/// Which channels are wanted, topic by topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Topics {
    medicine: Wanted,
    blood: Wanted,
    work: Wanted,
    consultation: Wanted,
    conversation: Wanted,
}

/// Which channels are wanted for one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Pushes to devices.
    pub push: bool,
    /// E-mail.
    pub mail: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            push: true,
            mail: false,
        }
    }
}

impl Topics {
    /// What is wanted for a topic.
    pub const fn of(&self, topic: Topic) -> Wanted {
        match topic {
            Topic::Medicine => self.medicine,
            Topic::Blood => self.blood,
            Topic::Work => self.work,
            Topic::Consultation => self.consultation,
            Topic::Conversation => self.conversation,
        }
    }

    /// What is wanted for a topic, to be changed.
    pub const fn of_mut(&mut self, topic: Topic) -> &mut Wanted {
        match topic {
            Topic::Medicine => &mut self.medicine,
            Topic::Blood => &mut self.blood,
            Topic::Work => &mut self.work,
            Topic::Consultation => &mut self.consultation,
            Topic::Conversation => &mut self.conversation,
        }
    }
}

impl Preferences {
    /// Whether somebody may be told by a channel now. What is critical passes quiet hours, but no
    /// channel that is switched off. Sockets are always told: who has one open is looking.
    pub fn allows(&self, topic: Topic, channel: Channel, urgency: Urgency, now: Moment) -> bool {
        let wanted = self.topics.of(topic);
        let wanted = match channel {
            Channel::Socket => return true,
            Channel::Push => wanted.push,
            Channel::Mail => wanted.mail,
        };
        wanted && (urgency == Urgency::Critical || !self.is_quiet(now))
    }

    fn is_quiet(&self, now: Moment) -> bool {
        self.quiet_hours
            .as_ref()
            .is_some_and(|hours| hours.hold_at(now))
    }
}
