//! What a bucket says of browsers, and of the end of its objects.

use serde_json::Value;

use super::model::{Bucket, CorsRule, Expiration};
use super::read::{property_number, property_text, property_texts};

/// A bucket of that name with these properties.
pub(super) fn bucket(name: String, properties: &Value) -> Result<Bucket, String> {
    let cors = rules(properties, "CorsConfiguration", "CorsRules")?;
    let lifecycle = rules(properties, "LifecycleConfiguration", "Rules")?;
    let mut expirations = Vec::new();
    for rule in lifecycle {
        expirations.extend(expiration(rule)?);
    }
    Ok(Bucket {
        name,
        cors: cors.iter().map(cors_rule).collect::<Result<_, _>>()?,
        expirations,
    })
}

fn rules<'a>(properties: &'a Value, section: &str, name: &str) -> Result<&'a [Value], String> {
    match properties.get(section).map(|section| section.get(name)) {
        None | Some(Some(Value::Null)) => Ok(&[]),
        Some(Some(Value::Array(rules))) => Ok(rules),
        Some(_) => Err(format!("{section}.{name} must be a list")),
    }
}

fn cors_rule(rule: &Value) -> Result<CorsRule, String> {
    let rule = CorsRule {
        allowed_origins: property_texts(rule, "AllowedOrigins")?,
        allowed_methods: property_texts(rule, "AllowedMethods")?,
        allowed_headers: property_texts(rule, "AllowedHeaders")?,
        exposed_headers: property_texts(rule, "ExposedHeaders")?,
        max_age_seconds: property_number(rule, "MaxAge")?,
    };
    if rule.allowed_origins.is_empty() || rule.allowed_methods.is_empty() {
        return Err("a rule of CorsRules needs AllowedOrigins and AllowedMethods".to_owned());
    }
    Ok(rule)
}

/// What a rule ends, if it ends objects. What is not understood is refused: objects would live on that
/// are meant to end.
fn expiration(rule: &Value) -> Result<Option<Expiration>, String> {
    match property_text(rule, "Status")?.as_deref() {
        Some("Enabled") => {}
        Some("Disabled") => return Ok(None),
        Some(_) | None => return Err("Status of a lifecycle rule is Enabled or Disabled".into()),
    }
    for unknown in [
        "TagFilters",
        "ExpirationDate",
        "ObjectSizeGreaterThan",
        "ObjectSizeLessThan",
    ] {
        if rule.get(unknown).is_some() {
            return Err(format!(
                "{unknown} of a lifecycle rule is not understood locally"
            ));
        }
    }
    let days = property_number(rule, "ExpirationInDays")?;
    let prefix = property_text(rule, "Prefix")?.unwrap_or_default();
    match days {
        Some(0) => Err("ExpirationInDays must be at least 1".to_owned()),
        Some(days) => Ok(Some(Expiration { prefix, days })),
        None => Ok(None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::bucket;
    use crate::template::model::Expiration;

    #[test]
    fn a_bucket_says_what_ends_and_what_browsers_may() {
        let properties = json!({
            "CorsConfiguration": {"CorsRules": [{
                "AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"],
                "AllowedHeaders": ["content-type"], "MaxAge": 60,
            }]},
            "LifecycleConfiguration": {"Rules": [
                {"Status": "Enabled", "Prefix": "uploads/", "ExpirationInDays": "1"},
                {"Status": "Disabled", "Prefix": "media/", "ExpirationInDays": 90},
                {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
                {"Status": "Enabled", "ExpirationInDays": 400},
            ]},
        });
        let bucket = bucket("media".to_owned(), &properties).unwrap();
        let ends = |prefix: &str, days| Expiration {
            prefix: prefix.to_owned(),
            days,
        };
        assert_eq!(bucket.expirations, [ends("uploads/", 1), ends("", 400)]);
        assert_eq!(bucket.cors[0].allowed_methods, ["GET", "PUT"]);
        assert_eq!(bucket.cors[0].max_age_seconds, Some(60));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for properties in [
            json!({"LifecycleConfiguration": {"Rules": {}}}),
            json!({"LifecycleConfiguration": {}}),
            json!({"LifecycleConfiguration": {"Rules": [{"ExpirationInDays": 1}]}}),
            json!({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 0}]}}),
            json!({"LifecycleConfiguration": {"Rules": [
                {"Status": "Enabled", "ExpirationInDays": 1, "TagFilters": []}
            ]}}),
            json!({"CorsConfiguration": {"CorsRules": [{"AllowedOrigins": ["*"]}]}}),
        ] {
            assert!(bucket(String::new(), &properties).is_err(), "{properties}");
        }
    }
}
