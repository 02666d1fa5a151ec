//! Names of things. Every id that Callout gives out is a ULID
//! (<https://github.com/ulid/spec>): 26 characters that sort by the time they were made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// What is wrong with a text that should have been an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Ulid);

        impl $name {
            /// Names a new thing; the caller draws the ULID, for nothing here reads a clock.
            pub const fn new(ulid: Ulid) -> Self {
                Self(ulid)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Ulid::from_str(text).map(Self).map_err(|_| NotAnId)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// An account of any role.
    AccountId;
    /// A sign-in and all the tokens that follow from it.
    SessionId;
    /// The sessions of an account between two resets of its password.
    Generation;
    /// A request of any kind.
    RequestId;
    /// An answer to a request.
    ResponseId;
    /// Something that happened; the key by which a client knows that it has heard of it.
    EventId;
    /// An uploaded image or sound.
    MediaId;
}

impl EventId {
    /// The event by which a request becomes known bears the request's own ULID: whoever knows the
    /// request can find what people were told first.
    pub const fn announcing(request: RequestId) -> Self {
        Self(request.0)
    }

    /// The event by which an answer becomes known bears the answer's own ULID.
    pub const fn reporting(response: ResponseId) -> Self {
        Self(response.0)
    }
}

impl ResponseId {
    /// What is written of a party of a request bears the request's own ULID: there is one for each,
    /// and lists of them are lists of requests.
    pub const fn of_party(request: RequestId) -> Self {
        Self(request.0)
    }
}

/// One socket, by the name that the gateway gave it; opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Takes the gateway's name for a socket.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The gateway's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAnId, RequestId};

    #[test]
    fn only_a_ulid_is_an_id() {
        assert!("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse::<RequestId>().is_ok());
        for text in [
            "",
            "1",
            "../../etc",
            "01ARZ3NDEKTSV4RRFFQ69G5FA",
            "01ARZ3NDEKTSV4RRFFQ69G5FAVX",
            "０1ARZ3NDEKTSV4RRFFQ69G5FA",
        ] {
            assert_eq!(text.parse::<RequestId>(), Err(NotAnId), "{text:?}");
        }
    }
}
