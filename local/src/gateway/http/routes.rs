//! Which function a request is for, by API Gateway's precedence.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::template::model::Stack;

/// The route that takes what no other takes.
const DEFAULT: &str = "$default";

/// All routes of an HTTP API.
#[derive(Debug, Default)]
pub(super) struct RouteTable {
    routes: Vec<Route>,
    default: Option<Route>,
}

/// One route and the function behind it.
#[derive(Debug)]
pub(super) struct Route {
    /// `None` is `ANY`.
    method: Option<String>,
    segments: Vec<Segment>,
    /// `POST /medicine/request`, as the event's `routeKey` has it.
    pub(super) key: String,
    /// Logical id of the function.
    pub(super) function: String,
}

#[derive(Debug)]
enum Segment {
    Literal(String),
    Variable(String),
    /// `{name+}`: the rest of the path, even an empty rest after a slash.
    Greedy(String),
}

/// A route found, and its variables, decoded.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) route: &'a Route,
    pub(super) parameters: BTreeMap<String, String>,
}

impl RouteTable {
    /// The routes of all functions of the stack.
    pub(super) fn new(stack: &Stack) -> Self {
        let mut table = Self::default();
        for function in stack.functions.values() {
            for route in &function.routes {
                let route = Route::new(&route.method, &route.path, &function.logical_id);
                if route.key == DEFAULT {
                    table.default = Some(route);
                } else {
                    table.routes.push(route);
                }
            }
        }
        table
    }

    /// The best match: one without a greedy variable over one with it, then the one that says more,
    /// then the one that names the method, then `$default`.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let segments: Vec<&str> = path.split('/').collect();
        self.routes
            .iter()
            .filter(|route| route.method.as_deref().is_none_or(|it| it == method))
            .filter_map(|route| {
                let parameters = route.parameters(&segments)?;
                Some(Found { route, parameters })
            })
            .min_by_key(|found| found.route.rank())
            .or_else(|| {
                self.default.as_ref().map(|route| Found {
                    route,
                    parameters: BTreeMap::new(),
                })
            })
    }
}

impl Route {
    fn new(method: &str, path: &str, function: &str) -> Self {
        let is_default = path == DEFAULT || path.is_empty();
        let key = if is_default {
            DEFAULT.to_owned()
        } else {
            format!("{method} {path}")
        };
        let segments = path
            .strip_prefix('/')
            .unwrap_or(path)
            .split('/')
            .map(Segment::new)
            .collect();
        Self {
            method: (method != "ANY").then(|| method.to_owned()),
            segments,
            key,
            function: function.to_owned(),
        }
    }

    /// The variables, if the path is one of this route's.
    fn parameters(&self, path: &[&str]) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        for (index, segment) in self.segments.iter().enumerate() {
            let part = *path.get(index)?;
            match segment {
                Segment::Literal(literal) if *literal == decode(part) => {}
                Segment::Literal(_) => return None,
                Segment::Variable(_) if part.is_empty() => return None,
                Segment::Variable(name) => {
                    parameters.insert(name.clone(), decode(part));
                }
                Segment::Greedy(name) => {
                    parameters.insert(name.clone(), decode(&path[index..].join("/")));
                    return Some(parameters);
                }
            }
        }
        (path.len() == self.segments.len()).then_some(parameters)
    }

    /// Lower is better.
    fn rank(&self) -> (bool, Vec<u8>, bool) {
        let ranks: Vec<u8> = self.segments.iter().map(Segment::rank).collect();
        (
            ranks.last() == Some(&Segment::GREEDY),
            ranks,
            self.method.is_none(),
        )
    }
}

impl Segment {
    const GREEDY: u8 = 2;

    fn new(text: &str) -> Self {
        let variable = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        match variable.map(|name| (name, name.strip_suffix('+'))) {
            Some((_, Some(name))) => Self::Greedy(name.to_owned()),
            Some((name, None)) => Self::Variable(name.to_owned()),
            None => Self::Literal(text.to_owned()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Variable(_) => 1,
            Self::Greedy(_) => Self::GREEDY,
        }
    }
}

/// Percent-decoded; `+` stays, as it does in paths.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn table(routes: &[(&str, &str)]) -> RouteTable {
        RouteTable {
            routes: routes
                .iter()
                .map(|(method, path)| Route::new(method, path, "F"))
                .collect(),
            default: None,
        }
    }

    fn find(
        table: &RouteTable,
        method: &str,
        path: &str,
    ) -> Option<(String, BTreeMap<String, String>)> {
        table
            .find(method, path)
            .map(|found| (found.route.key.clone(), found.parameters))
    }

    fn key(table: &RouteTable, method: &str, path: &str) -> Option<String> {
        find(table, method, path).map(|(key, _)| key)
    }

    /// The example of the API Gateway developer guide.
    #[test]
    fn precedence_is_that_of_the_developer_guide() {
        let mut table = table(&[
            ("ANY", "/{proxy+}"),
            ("GET", "/pets/{proxy+}"),
            ("GET", "/pets/dog/{id}"),
            ("GET", "/pets/dog/1"),
        ]);
        assert_eq!(
            key(&table, "GET", "/pets/dog/1").unwrap(),
            "GET /pets/dog/1"
        );
        assert_eq!(
            key(&table, "GET", "/pets/dog/2").unwrap(),
            "GET /pets/dog/{id}"
        );
        assert_eq!(
            key(&table, "GET", "/pets/cat/1").unwrap(),
            "GET /pets/{proxy+}"
        );
        assert_eq!(key(&table, "POST", "/test/5").unwrap(), "ANY /{proxy+}");
        table.routes.remove(0);
        assert_eq!(key(&table, "POST", "/test/5"), None);
        table.default = Some(Route::new("ANY", "$default", "F"));
        assert_eq!(key(&table, "POST", "/test/5").unwrap(), "$default");
    }

    #[test]
    fn a_method_by_name_goes_before_any() {
        let table = table(&[("ANY", "/a"), ("GET", "/a")]);
        assert_eq!(key(&table, "GET", "/a").unwrap(), "GET /a");
        assert_eq!(key(&table, "PUT", "/a").unwrap(), "ANY /a");
    }

    #[test]
    fn a_greedy_variable_catches_the_bare_slash_and_a_plain_one_does_not() {
        let table = table(&[
            ("GET", "/pharmacy"),
            ("GET", "/pharmacy/{slash+}"),
            ("GET", "/pharmacy/{id}"),
            ("GET", "/pharmacy/{id}/{slash+}"),
        ]);
        assert_eq!(key(&table, "GET", "/pharmacy").unwrap(), "GET /pharmacy");
        let (bare, parameters) = find(&table, "GET", "/pharmacy/").unwrap();
        assert_eq!(bare, "GET /pharmacy/{slash+}");
        assert_eq!(parameters["slash"], "");
        let (one, parameters) = find(&table, "GET", "/pharmacy/01H/").unwrap();
        assert_eq!(one, "GET /pharmacy/{id}/{slash+}");
        assert_eq!(
            (parameters["id"].as_str(), parameters["slash"].as_str()),
            ("01H", "")
        );
        let (_, parameters) = find(&table, "GET", "/pharmacy/01H/x/y").unwrap();
        assert_eq!(parameters["slash"], "x/y");
    }

    #[test]
    fn variables_are_decoded_after_the_path_is_split() {
        let table = table(&[("GET", "/a/{id}")]);
        let (_, parameters) = find(&table, "GET", "/a/x%20y%2Fz+1").unwrap();
        assert_eq!(parameters["id"], "x y/z+1");
        assert_eq!(key(&table, "POST", "/a/x"), None);
        assert_eq!(key(&table, "GET", "/a"), None);
    }
}
