//! JSON with media in it: where a client finds a link, what is kept is the media's id, for a link
//! ends soon.

use std::collections::BTreeMap;

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use callout_domain::ids::MediaId;
use serde_json::{Map, Value};

/// A JSON object, and the places in it (RFC 6901) that become links when it is given to somebody.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linked {
    fields: Map<String, Value>,
    links: BTreeMap<String, MediaId>,
}

impl Linked {
    /// An object without media; anything else than an object counts as an empty one.
    pub(crate) fn new(fields: Value) -> Self {
        let fields = if let Value::Object(fields) = fields {
            fields
        } else {
            Map::new()
        };
        Self {
            fields,
            links: BTreeMap::new(),
        }
    }

    /// An object whose links were kept beside it.
    pub(crate) fn kept(fields: Value, links: BTreeMap<String, MediaId>) -> Self {
        Self {
            links,
            ..Self::new(fields)
        }
    }

    /// Adds a field without media.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    /// Adds a field that becomes a link, or is null for no media.
    #[must_use]
    pub(crate) fn with_link(mut self, name: &str, media: Option<MediaId>) -> Self {
        let place = format!("/{name}");
        match media {
            Some(media) => self.links.insert(place, media),
            None => self.links.remove(&place),
        };
        self.fields.insert(name.to_owned(), Value::Null);
        self
    }

    /// Adds an object with all its media.
    #[must_use]
    pub(crate) fn with_object(mut self, name: &str, object: Self) -> Self {
        let Self { fields, links } = object;
        self.fields.insert(name.to_owned(), Value::Object(fields));
        self.adopt(&format!("/{name}"), links);
        self
    }

    /// Adds a list of objects with all their media.
    #[must_use]
    pub(crate) fn with_list(mut self, name: &str, objects: Vec<Self>) -> Self {
        let mut list = Vec::with_capacity(objects.len());
        for (place, Self { fields, links }) in objects.into_iter().enumerate() {
            list.push(Value::Object(fields));
            self.adopt(&format!("/{name}/{place}"), links);
        }
        self.fields.insert(name.to_owned(), Value::Array(list));
        self
    }

    /// The object as text, its links still null, and the media that belong there.
    pub(crate) fn to_keep(&self) -> (String, BTreeMap<String, MediaId>) {
        let body = Value::Object(self.fields.clone()).to_string();
        (body, self.links.clone())
    }

    /// The object with its links, which end soon.
    pub(crate) async fn sign(self, cloud: &Cloud) -> Result<Value, CloudError> {
        let mut body = Value::Object(self.fields);
        if self.links.is_empty() {
            return Ok(body);
        }
        let media = cloud.media().await?;
        for (place, id) in self.links {
            let link = media.link(id).await?;
            if let Some(field) = body.pointer_mut(&place) {
                *field = Value::String(link);
            }
        }
        Ok(body)
    }

    fn adopt(&mut self, below: &str, links: BTreeMap<String, MediaId>) {
        let links = links
            .into_iter()
            .map(|(place, media)| (format!("{below}{place}"), media));
        self.links.extend(links);
    }
}

#[cfg(test)]
mod tests {
    use callout_cloud::Cloud;
    use callout_domain::ids::MediaId;
    use serde_json::{Value, json};

    use super::Linked;

    const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn media() -> Option<MediaId> {
        ID.parse().ok()
    }

    #[test]
    fn links_are_kept_by_their_places_and_never_in_the_text() {
        let inner = || Linked::new(json!({"id": 1})).with_link("image", media());
        let outer = Linked::new(json!({"count": 2}))
            .with("none", Value::Null)
            .with_object("data", inner())
            .with_list(
                "requests",
                vec![inner(), inner().with_link("image", None), inner()],
            );
        let (body, links) = outer.to_keep();
        assert!(!body.contains(ID), "{body}");
        let places: Vec<&str> = links.keys().map(String::as_str).collect();
        assert_eq!(
            places,
            ["/data/image", "/requests/0/image", "/requests/2/image"]
        );
        let body: Value = serde_json::from_str(&body).unwrap();
        for place in places.into_iter().chain(["/requests/1/image"]) {
            assert_eq!(body.pointer(place), Some(&Value::Null), "{place}");
        }
        assert_eq!(Linked::kept(body, links), outer);
    }

    #[tokio::test]
    async fn what_has_no_media_needs_no_cloud() {
        let signed = Linked::new(json!({"a": 1}))
            .with_link("image", None)
            .sign(&Cloud::new())
            .await;
        assert_eq!(signed.unwrap(), json!({"a": 1, "image": null}));
    }
}
