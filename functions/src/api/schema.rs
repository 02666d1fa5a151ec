//! JSON Schemas (2020-12), put together from small ones.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A schema, and those that it refers to by name.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    json: Value,
    named: BTreeMap<&'static str, Value>,
}

/// An object's schema while it is put together.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    properties: BTreeMap<String, Value>,
    required: Vec<String>,
    either: Vec<Value>,
    together: Vec<&'static [&'static str]>,
    is_closed: bool,
    named: BTreeMap<&'static str, Value>,
}

impl Schema {
    /// The schema that this JSON is.
    pub(crate) fn of(json: Value) -> Self {
        Self {
            json,
            named: BTreeMap::new(),
        }
    }

    /// The same under `components`, referred to by this name.
    pub(crate) fn named(self, name: &'static str) -> Self {
        let mut named = self.named;
        named.insert(name, self.json);
        Self {
            json: json!({"$ref": format!("#/components/schemas/{name}")}),
            named,
        }
    }

    /// The same, or null.
    pub(crate) fn or_null(mut self) -> Self {
        let kind = self.json.get("type").cloned();
        if let Some(Value::String(kind)) = kind
            && self.json.get("enum").is_none()
        {
            self.json["type"] = json!([kind, "null"]);
            return self;
        }
        any_of([self, null()])
    }

    /// The same, with what it means here.
    pub(crate) fn about(mut self, sentence: &str) -> Self {
        self.json["description"] = json!(sentence);
        self
    }

    /// The same, by this name among several.
    pub(crate) fn titled(mut self, name: &str) -> Self {
        self.json["title"] = json!(name);
        self
    }

    /// The schema itself; what it refers to goes to `named`.
    pub(crate) fn into_json(self, named: &mut BTreeMap<&'static str, Value>) -> Value {
        adopt(named, self.named);
        self.json
    }
}

/// An object with these fields and no others: what is answered.
pub(crate) fn closed() -> Object {
    Object::new(true)
}

/// An object with these fields, of which others are passed over: what is sent.
pub(crate) fn open() -> Object {
    Object::new(false)
}

/// A list of any length.
pub(crate) fn list(of: impl Into<Schema>) -> Schema {
    let Schema { json, named } = of.into();
    Schema {
        json: json!({"type": "array", "items": json}),
        named,
    }
}

/// One of several.
pub(crate) fn any_of<const N: usize>(schemas: [Schema; N]) -> Schema {
    let mut named = BTreeMap::new();
    let schemas: Vec<Value> = schemas
        .into_iter()
        .map(|schema| schema.into_json(&mut named))
        .collect();
    Schema {
        json: json!({ "anyOf": schemas }),
        named,
    }
}

/// One of these words.
pub(crate) fn one_of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Schema {
    let mut distinct: Vec<&str> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    Schema::of(json!({"type": "string", "enum": distinct}))
}

/// This and nothing else.
pub(crate) fn constant(value: impl Into<Value>) -> Schema {
    Schema::of(json!({"const": value.into()}))
}

/// Null.
pub(crate) fn null() -> Schema {
    Schema::of(json!({"type": "null"}))
}

impl Object {
    fn new(is_closed: bool) -> Self {
        Self {
            properties: BTreeMap::new(),
            required: Vec::new(),
            either: Vec::new(),
            together: Vec::new(),
            is_closed,
            named: BTreeMap::new(),
        }
    }

    /// With a field that is always there.
    pub(crate) fn with(mut self, name: &str, schema: impl Into<Schema>) -> Self {
        self.required.push(name.to_owned());
        self.may(name, schema)
    }

    /// With a field that may be left out.
    pub(crate) fn may(mut self, name: &str, schema: impl Into<Schema>) -> Self {
        let schema = schema.into().into_json(&mut self.named);
        self.properties.insert(name.to_owned(), schema);
        self
    }

    /// With a field that may come under either of two names: the first, unless it is null or not there.
    pub(crate) fn either(
        mut self,
        name: &'static str,
        twin: &'static str,
        schema: impl Into<Schema>,
    ) -> Self {
        let schema = schema.into().into_json(&mut self.named);
        self.either.push(json!({"anyOf": [
            {"required": [name], "properties": {name: schema}},
            {"required": [twin], "properties": {name: {"type": "null"}, twin: schema}},
        ]}));
        self
    }

    /// With fields of which none may be left out where one is there.
    pub(crate) fn together(mut self, names: &'static [&'static str]) -> Self {
        self.together.push(names);
        self
    }

    /// With the fields of another.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.properties.extend(other.properties);
        self.required.extend(other.required);
        self.either.extend(other.either);
        self.together.extend(other.together);
        adopt(&mut self.named, other.named);
        self
    }

    /// By this name under `components`.
    pub(crate) fn named(self, name: &'static str) -> Schema {
        Schema::from(self).named(name)
    }

    /// Or null.
    pub(crate) fn or_null(self) -> Schema {
        Schema::from(self).or_null()
    }
}

impl From<Object> for Schema {
    fn from(object: Object) -> Self {
        let mut json = Map::new();
        json.insert("type".to_owned(), json!("object"));
        json.insert("properties".to_owned(), json!(object.properties));
        if !object.required.is_empty() {
            json.insert("required".to_owned(), json!(object.required));
        }
        if object.is_closed {
            json.insert("additionalProperties".to_owned(), json!(false));
        }
        match object.either.as_slice() {
            [] => {}
            [one] => json.extend(one.as_object().cloned().unwrap_or_default()),
            [_, _, ..] => drop(json.insert("allOf".to_owned(), json!(object.either))),
        }
        let together: BTreeMap<&str, Vec<&str>> = object
            .together
            .iter()
            .flat_map(|names| names.iter().map(|name| (*name, others(names, name))))
            .collect();
        if !together.is_empty() {
            json.insert("dependentRequired".to_owned(), json!(together));
        }
        Self {
            json: Value::Object(json),
            named: object.named,
        }
    }
}

fn others<'a>(names: &[&'a str], but_for: &str) -> Vec<&'a str> {
    names
        .iter()
        .copied()
        .filter(|name| *name != but_for)
        .collect()
}

/// A name means one thing.
fn adopt(named: &mut BTreeMap<&'static str, Value>, others: BTreeMap<&'static str, Value>) {
    for (name, schema) in others {
        let before = named.insert(name, schema.clone());
        assert!(
            before.is_none_or(|before| before == schema),
            "two schemas are called {name}"
        );
    }
}
