//! Hospitals as organizations: several accounts may speak for one.

use serde::{Deserialize, Serialize};

use crate::account::HospitalName;
use crate::ids::AccountId;

/// An organization, as others see it. It bears the id of the account that founded it, and outlives
/// that account as long as anybody speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its name in Callout.
    pub id: AccountId,
    /// What it is called.
    pub name: HospitalName,
}

/// Where somebody stands who belongs to an organization, or wants to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Membership {
    /// They asked to join; they see and do nothing yet.
    Pending,
    /// They speak for it.
    Approved,
}

/// The most accounts that may speak for one organization: all of them are told what it is told.
pub const MOST_MEMBERS: u32 = 100;

impl Membership {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
        }
    }
}
