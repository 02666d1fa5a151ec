//! The route selection expression, which sees nothing but the body.

use serde_json::Value;

use crate::template::model::SocketApi;

/// The key of the route that takes `body`: the value the expression finds in it, if that is a route,
/// and `$default` otherwise (not JSON, nothing found, no such route). `None` if there is neither.
pub(super) fn select<'a>(api: &'a SocketApi, body: &str) -> Option<&'a str> {
    let chosen = serde_json::from_str(body)
        .ok()
        .and_then(|body: Value| evaluate(&api.route_selection_expression, &body))
        // A client cannot play the gateway's own routes.
        .filter(|key| !key.starts_with('$'));
    chosen
        .and_then(|key| api.routes.get_key_value(&key))
        .or_else(|| api.routes.get_key_value("$default"))
        .map(|(key, _)| key.as_str())
}

/// `$request.body.action` or `${request.body.action}`: a path into the body.
fn evaluate(expression: &str, body: &Value) -> Option<String> {
    let path = expression
        .strip_prefix("${")
        .and_then(|path| path.strip_suffix('}'))
        .or_else(|| expression.strip_prefix('$'))?
        .strip_prefix("request.body.")?;
    let value = path
        .split('.')
        .try_fold(body, |value, field| value.get(field))?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(expression: &str) -> SocketApi {
        SocketApi {
            route_selection_expression: expression.to_owned(),
            routes: ["$connect", "$disconnect", "$default", "message"]
                .map(|key| (key.to_owned(), "F".to_owned()))
                .into(),
            ..SocketApi::default()
        }
    }

    #[test]
    fn the_body_chooses_the_route_and_everything_else_is_default() {
        let api = api("$request.body.action");
        let cases = [
            (r#"{"action":"message"}"#, "message"),
            (r#"{"action":"dance"}"#, "$default"),
            (r#"{"action":"$disconnect"}"#, "$default"),
            (r#"{"action":{"x":1}}"#, "$default"),
            (r#"{"type":"ping"}"#, "$default"),
            ("hello", "$default"),
            ("[1]", "$default"),
            ("", "$default"),
        ];
        for (body, route) in cases {
            assert_eq!(select(&api, body), Some(route), "{body}");
        }
    }

    #[test]
    fn the_expression_may_be_in_braces_and_deep() {
        let api = api("${request.body.a.b}");
        assert_eq!(select(&api, r#"{"a":{"b":"message"}}"#), Some("message"));
    }

    #[test]
    fn without_a_default_nobody_takes_it() {
        let mut api = api("$request.body.action");
        api.routes.remove("$default");
        assert_eq!(select(&api, "hello"), None);
    }
}
