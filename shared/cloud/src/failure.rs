//! What can go wrong with the outside world.

use std::error::Error;

/// Why the outside world did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// A call failed; its service had its retries already.
    #[error("{operation} failed")]
    Call {
        /// What was called.
        operation: &'static str,
        /// Why it failed, as the service says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Something stored does not read as what it should be.
    #[error("{what} does not read")]
    Malformed {
        /// What was read.
        what: &'static str,
        /// Where it stopped making sense.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The function's environment lacks a setting, or it makes no sense.
    #[error("the setting {0} is missing or makes no sense")]
    Setting(&'static str),
    /// Others kept changing the same items for longer than we tried.
    #[error("the commit met others on the same items too often")]
    Contended,
}

impl CloudError {
    /// For `map_err` on a call to a service.
    pub(crate) fn call<E>(operation: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |source| Self::Call {
            operation,
            source: source.into(),
        }
    }

    /// For `map_err` on reading something stored.
    pub(crate) fn malformed<E>(what: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |source| Self::Malformed {
            what,
            source: source.into(),
        }
    }

    /// The error and all that caused it, for the log; the causes of a call name the service's
    /// error and its request id, and nothing that a client sent.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
