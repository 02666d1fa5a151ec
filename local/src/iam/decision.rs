//! What comes of asking.

use std::fmt;

use crate::template::{ACCOUNT, STACK_NAME};

/// Whether a function may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed,
    /// It may not.
    Denied(Denied),
}

/// What a function may not do. Displayed as AWS words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Logical id of the function.
    pub function: String,
    /// The action, such as `dynamodb:GetItem`.
    pub action: String,
    /// ARN of the resource.
    pub resource: String,
    /// Why not.
    pub reason: Reason,
}

/// Why a function may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No statement allows it.
    NothingAllowsIt,
    /// A statement denies it.
    ExplicitlyDenied,
}

impl Denied {
    /// ARN of the caller: the function under the role that SAM makes for it.
    pub(crate) fn user(&self) -> String {
        let function = &self.function;
        format!(
            "arn:aws:sts::{ACCOUNT}:assumed-role/{STACK_NAME}-{function}Role/{STACK_NAME}-{function}"
        )
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action, resource, ..
        } = self;
        write!(
            formatter,
            "User: {} is not authorized to perform: {action} on resource: {resource} ",
            self.user()
        )?;
        match self.reason {
            Reason::NothingAllowsIt => write!(
                formatter,
                "because no identity-based policy allows the {action} action"
            ),
            Reason::ExplicitlyDenied => {
                formatter.write_str("with an explicit deny in an identity-based policy")
            }
        }
    }
}

/// Why a door does not let a call in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The access key belongs to no function of the stack.
    Unknown,
    /// The function's policies do not allow it.
    Denied(Denied),
}

impl Refused {
    /// What AWS says.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Unknown => "The security token included in the request is invalid.".to_owned(),
            Self::Denied(denied) => denied.to_string(),
        }
    }
}
