//! Which function answers where, as the template says.

use std::collections::BTreeMap;
use std::path::Path;

use saphyr::{LoadableYamlNode as _, MarkedYaml, YamlData};

/// A method and a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Route {
    pub(super) path: String,
    pub(super) method: String,
}

/// The routes of each function by its name, but for those that catch a trailing slash.
pub(super) fn of_the_template() -> BTreeMap<String, Vec<Route>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let documents = MarkedYaml::load_from_str(&text).unwrap();
    let resources = entries(field(&documents[0], "Resources").unwrap());
    let mut routes: BTreeMap<String, Vec<Route>> = BTreeMap::new();
    for (_, resource) in resources {
        let Some(properties) = field(resource, "Properties") else {
            continue;
        };
        let Some(handler) = field(properties, "Handler").and_then(word) else {
            continue;
        };
        let events = field(properties, "Events").map(entries).unwrap_or_default();
        let found = events.into_iter().filter_map(|(_, event)| route(event));
        routes
            .entry(handler)
            .or_default()
            .extend(found.filter(|route| !route.path.ends_with("{slash+}")));
    }
    routes
}

fn route(event: &MarkedYaml<'_>) -> Option<Route> {
    let properties = field(event, "Properties")?;
    Some(Route {
        path: word(field(properties, "Path")?)?,
        method: word(field(properties, "Method")?)?.to_lowercase(),
    })
}

fn entries<'a, 'y>(node: &'a MarkedYaml<'y>) -> Vec<(String, &'a MarkedYaml<'y>)> {
    match &node.data {
        YamlData::Mapping(pairs) => pairs
            .iter()
            .filter_map(|(key, value)| Some((word(key)?, value)))
            .collect(),
        _ => Vec::new(),
    }
}

fn field<'a, 'y>(node: &'a MarkedYaml<'y>, name: &str) -> Option<&'a MarkedYaml<'y>> {
    entries(node)
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

fn word(node: &MarkedYaml<'_>) -> Option<String> {
    match &node.data {
        YamlData::Value(saphyr::Scalar::String(text)) => Some(text.clone().into_owned()),
        _ => None,
    }
}
