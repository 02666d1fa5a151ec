//! What a handshake must show: a page that may, a credential, and a channel that is the account's own.

use callout_domain::consultation::Channel;
use callout_domain::ids::AccountId;
use callout_domain::role::Role;
use callout_domain::socket::channel_is_for;
use lambda_http::http::StatusCode;
use lambda_http::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use serde_json::json;

use crate::socket::{SocketAnswer, SocketCall};

/// The subprotocol whose next item is an access token: a browser can set no other header.
const BEARER: &str = "bearer";

/// By what a client says who it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// An access token.
    Token(String),
    /// A ticket, which is spent by showing it.
    Ticket(String),
}

/// Why a handshake is refused, with the codes of the seeds: API Gateway cannot close with a code of
/// its own, so they are in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No credential that holds.
    Unauthenticated,
    /// A page of an origin that may not.
    Origin,
    /// A channel of another role, or somebody else's.
    Channel,
    /// A pharmacy that nobody could find.
    NoPosition,
}

impl Refusal {
    pub(super) fn answer(self) -> SocketAnswer {
        let (status, code, sentence) = match self {
            Self::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                4001,
                "A valid access token is required",
            ),
            Self::Origin => (
                StatusCode::FORBIDDEN,
                4003,
                "Pages of this origin may not open sockets",
            ),
            Self::Channel => (
                StatusCode::FORBIDDEN,
                4003,
                "This channel is not for your account",
            ),
            Self::NoPosition => (
                StatusCode::NOT_FOUND,
                4004,
                "This pharmacy has no position yet; add one to its profile",
            ),
        };
        SocketAnswer::refused(status, json!({"error": sentence, "code": code}))
    }
}

/// The credential that a handshake shows, of three places where it may be.
pub(super) fn credential(call: &SocketCall) -> Option<Credential> {
    if let Some(ticket) = call.query("ticket") {
        return Some(Credential::Ticket(ticket.to_owned()));
    }
    if let Some(token) = call.query("token") {
        return Some(Credential::Token(token.to_owned()));
    }
    let offered = call.header(SEC_WEBSOCKET_PROTOCOL.as_str())?;
    let mut offered = offered.split(',').map(str::trim);
    offered.find(|protocol| *protocol == BEARER)?;
    offered
        .next()
        .filter(|token| !token.is_empty())
        .map(|token| Credential::Token(token.to_owned()))
}

/// The subprotocol to choose: a browser that offers some breaks off if none of them is.
pub(super) fn protocol(call: &SocketCall) -> Option<&'static str> {
    call.header(SEC_WEBSOCKET_PROTOCOL.as_str())?
        .split(',')
        .any(|protocol| protocol.trim() == BEARER)
        .then_some(BEARER)
}

/// Only browsers say an origin, and cannot lie about it; whoever says none is no page.
pub(super) fn check_origin(call: &SocketCall, allowed: &[String]) -> Result<(), Refusal> {
    let Some(origin) = call.header(ORIGIN.as_str()) else {
        return Ok(());
    };
    if allowed.iter().any(|known| known == "*" || *known == origin) {
        Ok(())
    } else {
        Err(Refusal::Origin)
    }
}

/// A channel, where one is named, must be for the role; an id, where there is one, must be the
/// account's. A hospital's notification channels bear the id of its organization, for which the account
/// must speak: that one comes back, to be checked.
pub(super) fn check_channel(
    call: &SocketCall,
    account: AccountId,
    role: Role,
) -> Result<Option<AccountId>, Refusal> {
    let channel = call.query("channel");
    if !channel.is_none_or(|channel| channel_is_for(channel, role)) {
        return Err(Refusal::Channel);
    }
    let Some(id) = call.query("id") else {
        return Ok(None);
    };
    let id: AccountId = id.parse().map_err(|_| Refusal::Channel)?;
    let is_organizations = role == Role::Hospital && channel.and_then(Channel::named).is_some();
    if is_organizations {
        Ok(Some(id))
    } else if id == account {
        Ok(None)
    } else {
        Err(Refusal::Channel)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::ids::AccountId;
    use callout_domain::role::Role;
    use serde_json::{Value, json};

    use super::{Credential, Refusal, check_channel, check_origin, credential, protocol};
    use crate::socket::SocketCall;
    use crate::socket::tests::call;

    fn token(text: &str) -> Credential {
        Credential::Token(text.to_owned())
    }

    fn offering(protocols: &str) -> SocketCall {
        call(&json!({"headers": {"Sec-WebSocket-Protocol": protocols}}))
    }

    fn asking(query: &Value) -> SocketCall {
        call(&json!({"queryStringParameters": query}))
    }

    #[test]
    fn a_credential_is_found_in_each_of_its_three_places() {
        assert_eq!(
            credential(&asking(&json!({"token": "t"}))),
            Some(token("t"))
        );
        assert_eq!(credential(&offering("bearer, t")), Some(token("t")));
        assert_eq!(credential(&offering("chat,bearer,t")), Some(token("t")));
        assert_eq!(
            credential(&asking(&json!({"ticket": "k", "token": "t"}))),
            Some(Credential::Ticket("k".to_owned()))
        );
    }

    #[test]
    fn nothing_else_is_a_credential() {
        for call in [
            call(&json!({})),
            asking(&json!({"token": "", "ticket": ""})),
            offering("bearer"),
            offering("bearer,"),
            offering("t"),
            offering("Bearer t"),
            call(&json!({"headers": {"Authorization": "Bearer t"}})),
        ] {
            assert_eq!(credential(&call), None);
        }
    }

    #[test]
    fn bearer_is_chosen_where_it_was_offered() {
        assert_eq!(protocol(&offering("bearer, t")), Some("bearer"));
        assert_eq!(protocol(&offering("chat")), None);
        assert_eq!(protocol(&call(&json!({}))), None);
    }

    #[test]
    fn a_page_needs_an_origin_that_is_allowed() {
        let page = |origin: &str| call(&json!({"headers": {"Origin": origin}}));
        let allowed = [
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ];
        assert_eq!(check_origin(&page("https://b.example"), &allowed), Ok(()));
        assert_eq!(check_origin(&call(&json!({})), &allowed), Ok(()));
        for stranger in [
            "https://c.example",
            "https://b.example.evil.example",
            "null",
            "",
        ] {
            assert_eq!(
                check_origin(&page(stranger), &allowed),
                Err(Refusal::Origin),
                "{stranger:?}"
            );
        }
        assert_eq!(check_origin(&page("null"), &["*".to_owned()]), Ok(()));
    }

    #[test]
    fn a_channel_must_be_of_the_role_and_an_id_the_accounts() {
        let own: AccountId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let admitted = |query: Value| check_channel(&asking(&query), own, Role::Customer).is_ok();
        assert!(admitted(json!({})));
        assert!(admitted(json!({"channel": "customer"})));
        assert!(admitted(json!({"channel": "user", "id": own})));
        assert!(!admitted(json!({"channel": "pharmacy"})));
        assert!(!admitted(json!({"channel": "nobody"})));
        assert!(!admitted(
            json!({"channel": "user", "id": "01ARZ3NDEKTSV4RRFFQ69G5FAW"})
        ));
        assert!(!admitted(json!({"channel": "user", "id": "123"})));
    }

    #[test]
    fn an_id_on_a_hospitals_channel_is_its_organizations() {
        let own: AccountId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let other: AccountId = "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap();
        let check = |role, channel: &str, id: AccountId| {
            check_channel(&asking(&json!({"channel": channel, "id": id})), own, role)
        };
        for channel in ["hospital-new-consultation", "patient-offer-accepted"] {
            assert_eq!(check(Role::Hospital, channel, other), Ok(Some(other)));
            assert_eq!(check(Role::Hospital, channel, own), Ok(Some(own)));
        }
        assert_eq!(check(Role::Hospital, "hospital", own), Ok(None));
        let refused = Err(Refusal::Channel);
        assert_eq!(check(Role::Hospital, "hospital", other), refused);
        assert_eq!(
            check(Role::Doctor, "patient-offer-accepted", other),
            refused
        );
        assert_eq!(
            check(Role::Patient, "hospital-new-consultation", own),
            refused
        );
    }

    #[test]
    fn refusals_carry_the_codes_of_the_seeds() {
        for (refusal, status, code) in [
            (Refusal::Unauthenticated, 401, 4001),
            (Refusal::Origin, 403, 4003),
            (Refusal::Channel, 403, 4003),
            (Refusal::NoPosition, 404, 4004),
        ] {
            let response = json!(refusal.answer().into_response());
            assert_eq!(response["statusCode"], json!(status));
            let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["code"], json!(code));
            assert!(body["error"].is_string());
        }
    }
}
