//! What browsers are told, by the rules of the bucket; s3s knows no CORS.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::template::model::{CorsRule, Stack};

/// The rules of each bucket, by its name.
pub(super) struct Rules(BTreeMap<String, Vec<CorsRule>>);

impl Rules {
    pub(super) fn of(stack: &Stack) -> Self {
        let buckets = stack.buckets.values();
        Self(
            buckets
                .map(|bucket| (bucket.name.clone(), bucket.cors.clone()))
                .collect(),
        )
    }

    /// The first rule of the bucket that allows what is asked.
    fn first(&self, asked: &Asked) -> Option<&CorsRule> {
        let bucket = asked.path.trim_start_matches('/').split('/').next()?;
        let origin = asked.origin.to_str().ok()?;
        let names = asked.headers.split(',').map(str::trim);
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        self.0.get(bucket)?.iter().find(|rule| {
            let allowed = |patterns: &[String], text: &str| {
                patterns.iter().any(|pattern| matches(pattern, text))
            };
            allowed(&rule.allowed_origins, origin)
                && rule.allowed_methods.contains(&asked.method)
                && names
                    .iter()
                    .all(|name| allowed(&rule.allowed_headers, name))
        })
    }
}

/// What a browser asks.
struct Asked {
    path: String,
    origin: HeaderValue,
    /// What it does, or would do.
    method: String,
    /// Which headers it would send.
    headers: String,
    is_preflight: bool,
}

impl Asked {
    fn of(request: &Request) -> Option<Self> {
        let text = |name: HeaderName| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let wanted = text(header::ACCESS_CONTROL_REQUEST_METHOD)
            .filter(|_| request.method() == Method::OPTIONS);
        Some(Self {
            path: request.uri().path().to_owned(),
            origin: request.headers().get(header::ORIGIN)?.clone(),
            is_preflight: wanted.is_some(),
            method: wanted.unwrap_or_else(|| request.method().to_string()),
            headers: text(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default(),
        })
    }
}

/// Answers preflights, and lets browsers read what they may.
pub(super) async fn answer(
    State(rules): State<Arc<Rules>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(asked) = Asked::of(&request) else {
        return next.run(request).await;
    };
    let rule = rules.first(&asked);
    if asked.is_preflight {
        return match rule {
            Some(rule) => preflight(rule, &asked),
            None => StatusCode::FORBIDDEN.into_response(),
        };
    }
    let mut answer = next.run(request).await;
    if let Some(rule) = rule {
        allow(rule, &asked.origin, answer.headers_mut());
    }
    answer
}

fn preflight(rule: &CorsRule, asked: &Asked) -> Response {
    let mut answer = StatusCode::OK.into_response();
    let headers = answer.headers_mut();
    allow(rule, &asked.origin, headers);
    set(
        headers,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        &rule.allowed_methods.join(", "),
    );
    set(
        headers,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        &asked.headers,
    );
    let age = rule.max_age_seconds.map(|age| age.to_string());
    set(
        headers,
        header::ACCESS_CONTROL_MAX_AGE,
        &age.unwrap_or_default(),
    );
    answer
}

fn allow(rule: &CorsRule, origin: &HeaderValue, headers: &mut HeaderMap) {
    if rule.allowed_origins.iter().any(|allowed| allowed == "*") {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
    } else {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    set(
        headers,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        &rule.exposed_headers.join(", "),
    );
    headers.append(
        header::VARY,
        HeaderValue::from_static(
            "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        ),
    );
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}

/// Whether a text is what a rule names, in which one `*` may stand for anything; letter case does not
/// matter in the names of headers, nor do browsers write origins in capitals.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            text.len() >= before.len() + after.len()
                && text.starts_with(before)
                && text.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn one_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("*", "https://app.example", true),
            ("https://*.example", "https://app.example", true),
            ("https://*.example", "http://app.example", false),
            ("https://a.example", "https://a.example", true),
            ("https://a.example", "https://a.example.org", false),
            ("ab*ba", "aba", false),
            ("content-type", "Content-Type", true),
            ("x-amz-*", "authorization", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
