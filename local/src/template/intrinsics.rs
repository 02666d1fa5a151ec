//! What intrinsic functions, parameters and conditions stand for.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::names::{self, Named};
use super::parameters;
use super::read::text;
use super::{ACCOUNT, REGION, STACK_NAME, TemplateError};

/// How deep references may go before they are taken for a circle.
const DEEPEST: usize = 64;

/// A template with its parameters filled in: what a reference is looked up in.
pub(super) struct Scope {
    document: Map<String, Value>,
    parameters: BTreeMap<String, Value>,
    depth: Cell<usize>,
}

impl Scope {
    /// Fills in the parameters of `document`.
    pub(super) fn new(
        document: &Value,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let Value::Object(document) = document else {
            return Err(TemplateError::new("must be a map with Resources"));
        };
        for section in [
            "Parameters",
            "Conditions",
            "Mappings",
            "Globals",
            "Resources",
        ] {
            if document
                .get(section)
                .is_some_and(|found| !found.is_object())
            {
                return Err(TemplateError::new(format!("{section} must be a map")));
            }
        }
        let mut scope = Self {
            document: document.clone(),
            parameters: BTreeMap::new(),
            depth: Cell::new(0),
        };
        let declared = scope.section("Parameters").cloned().unwrap_or_default();
        if let Some(unknown) = overrides.keys().find(|name| !declared.contains_key(*name)) {
            return Err(TemplateError::new(format!("has no parameter {unknown}")));
        }
        for (name, declaration) in &declared {
            let value = parameters::value(declaration, overrides.get(name))
                .map_err(|what| TemplateError::new(format!("parameter {name} {what}")))?;
            scope.parameters.insert(name.clone(), value);
        }
        Ok(scope)
    }

    /// A top-level section.
    pub(super) fn section(&self, name: &str) -> Option<&Map<String, Value>> {
        self.document.get(name).and_then(Value::as_object)
    }

    /// The parameters as they were filled in.
    pub(super) fn parameters(&self) -> &BTreeMap<String, Value> {
        &self.parameters
    }

    /// `value` with its intrinsics resolved; `None` is `AWS::NoValue`, which removes the property
    /// or list item that it is the value of.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, String> {
        match value {
            Value::Array(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items {
                    resolved.extend(self.resolve(item)?);
                }
                Ok(Some(Value::Array(resolved)))
            }
            Value::Object(map) => match single(map) {
                Some((name, argument)) if is_intrinsic(name) => {
                    self.deeper(|| self.intrinsic(name, argument))
                }
                Some(_) | None => {
                    let mut resolved = Map::new();
                    for (key, found) in map {
                        if let Some(found) = self.resolve(found)? {
                            resolved.insert(key.clone(), found);
                        }
                    }
                    Ok(Some(Value::Object(resolved)))
                }
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(Some(value.clone()))
            }
        }
    }

    fn intrinsic(&self, name: &str, argument: &Value) -> Result<Option<Value>, String> {
        match name {
            "Ref" => self.reference(&self.word(name, argument)?),
            "Fn::GetAtt" => self.get_att(argument).map(Some),
            "Fn::Sub" => self.sub(argument).map(|text| Some(Value::String(text))),
            "Fn::Join" => self.join(argument).map(|text| Some(Value::String(text))),
            "Fn::Split" => self.split(argument).map(Some),
            "Fn::Select" => self.select(argument).map(Some),
            "Fn::FindInMap" => self.find_in_map(argument).map(Some),
            "Fn::If" => {
                let [condition, yes, no] = arguments(name, argument)?;
                let condition = self.word(name, condition)?;
                self.resolve(if self.condition(&condition)? { yes } else { no })
            }
            "Condition" | "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" => {
                Err(format!("{name} may stand only in a condition"))
            }
            _ => Err(format!("the intrinsic {name} is not supported locally")),
        }
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, String> {
        let pseudo = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => Some(json!(REGION)),
            "AWS::AccountId" => Some(json!(ACCOUNT)),
            "AWS::Partition" => Some(json!("aws")),
            "AWS::URLSuffix" => Some(json!("amazonaws.com")),
            "AWS::StackName" => Some(json!(STACK_NAME)),
            "AWS::StackId" => Some(json!(format!(
                "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/00000000-0000-0000-0000-000000000000"
            ))),
            "AWS::NotificationARNs" => Some(json!([])),
            _ => None,
        };
        if pseudo.is_some() {
            return Ok(pseudo);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(named) = self.named(name)? {
            return Ok(Some(Value::String(named.reference())));
        }
        if let Some(made) = self.made_by_sam(name)? {
            return Ok(Some(Value::String(made.reference())));
        }
        Err(format!(
            "refers to {name}, which is neither a parameter nor a resource"
        ))
    }

    fn get_att(&self, argument: &Value) -> Result<Value, String> {
        let (resource, attribute) = if let Some(path) = argument.as_str() {
            let (resource, attribute) = path
                .split_once('.')
                .ok_or_else(|| format!("Fn::GetAtt {path} names no attribute"))?;
            (resource.to_owned(), attribute.to_owned())
        } else {
            let [resource, attribute] = arguments("Fn::GetAtt", argument)?;
            (
                self.word("Fn::GetAtt", resource)?,
                self.word("Fn::GetAtt", attribute)?,
            )
        };
        self.attribute(&resource, &attribute).map(Value::String)
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<String, String> {
        let named = match self.named(resource)? {
            Some(named) => named,
            None => self.made_by_sam(resource)?.ok_or_else(|| {
                format!("refers to {resource}.{attribute}, but there is no resource {resource}")
            })?,
        };
        named.attribute(attribute)
    }

    /// The resource of that logical id with its physical name.
    pub(super) fn named(&self, logical_id: &str) -> Result<Option<Named>, String> {
        let Some(resource) = self
            .section("Resources")
            .and_then(|resources| resources.get(logical_id))
        else {
            return Ok(None);
        };
        if let Some(condition) = resource.get("Condition").and_then(Value::as_str)
            && !self.condition(condition)?
        {
            return Err(format!(
                "refers to {logical_id}, which is left out by its condition {condition}"
            ));
        }
        let kind = resource
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let own_name = names::name_property(kind)
            .and_then(|property| resource.get("Properties")?.get(property));
        let own_name = match own_name {
            None => None,
            Some(name) => self.deeper(|| self.resolve(name))?,
        };
        let own_name = own_name
            .map(|name| text(&name).ok_or_else(|| format!("the name of {logical_id} must be text")))
            .transpose()?;
        Ok(Some(Named::new(logical_id, kind, own_name)))
    }

    /// What SAM makes around its own resources, and lets a template refer to: the role and alias
    /// of a function, the stage of an API, and the API that events without an `ApiId` share.
    fn made_by_sam(&self, name: &str) -> Result<Option<Named>, String> {
        if name == super::functions::IMPLICIT_API {
            return Ok(Some(Named::new(name, names::HTTP_API, None)));
        }
        let suffixes = [
            ("Role", names::FUNCTION, names::ROLE),
            (".Alias", names::FUNCTION, names::FUNCTION),
            (".Version", names::FUNCTION, names::FUNCTION),
            (".Stage", names::HTTP_API, ""),
            (".Stage", names::SOCKET_API, ""),
            ("ApiGatewayDefaultStage", names::HTTP_API, ""),
        ];
        for (suffix, of, made) in suffixes {
            let Some(owner) = name.strip_suffix(suffix) else {
                continue;
            };
            if let Some(owner) = self.named(owner)?.filter(|owner| owner.kind == of) {
                // An alias or version goes by its function's ARN: there is one version here.
                let reference = if made == names::FUNCTION {
                    owner.arn()
                } else {
                    name.to_owned()
                };
                return Ok(Some(Named::new(name, made, Some(reference))));
            }
        }
        Ok(None)
    }

    fn sub(&self, argument: &Value) -> Result<String, String> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern.as_str(), Map::new()),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(pattern), Value::Object(own)] => (pattern.as_str(), own.clone()),
                _ => return Err("Fn::Sub takes text, or text and a map".to_owned()),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                return Err("Fn::Sub takes text, or text and a map".to_owned());
            }
        };
        let mut result = String::new();
        let mut rest = pattern;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else {
                return Err(format!("Fn::Sub has a ${{ without its }} in {pattern:?}"));
            };
            let variable = rest[start + 2..start + length].trim();
            rest = &rest[start + length + 1..];
            if let Some(literal) = variable.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
                continue;
            }
            result.push_str(&self.variable(variable, &own)?);
        }
        result.push_str(rest);
        Ok(result)
    }

    fn variable(&self, variable: &str, own: &Map<String, Value>) -> Result<String, String> {
        let value = match (own.get(variable), variable.split_once('.')) {
            (Some(value), _) => self.resolve(value)?,
            (None, Some((resource, attribute))) => {
                return self.attribute(resource, attribute);
            }
            (None, None) => self.reference(variable)?,
        };
        value
            .as_ref()
            .and_then(text)
            .ok_or_else(|| format!("${{{variable}}} is not text"))
    }

    fn join(&self, argument: &Value) -> Result<String, String> {
        let [delimiter, parts] = arguments("Fn::Join", argument)?;
        let delimiter = self.word("Fn::Join", delimiter)?;
        let parts = self.list("Fn::Join", parts)?;
        let parts = parts
            .iter()
            .map(|part| text(part).ok_or_else(|| "Fn::Join joins text only".to_owned()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(parts.join(&delimiter))
    }

    fn split(&self, argument: &Value) -> Result<Value, String> {
        let [delimiter, whole] = arguments("Fn::Split", argument)?;
        let delimiter = self.word("Fn::Split", delimiter)?;
        let whole = self.word("Fn::Split", whole)?;
        if delimiter.is_empty() {
            return Err("Fn::Split needs a delimiter".to_owned());
        }
        Ok(whole.split(delimiter.as_str()).map(Value::from).collect())
    }

    fn select(&self, argument: &Value) -> Result<Value, String> {
        let [index, list] = arguments("Fn::Select", argument)?;
        let index = self.word("Fn::Select", index)?;
        let list = self.list("Fn::Select", list)?;
        index
            .parse::<usize>()
            .ok()
            .and_then(|index| list.get(index))
            .cloned()
            .ok_or_else(|| format!("Fn::Select has no item {index} in a list of {}", list.len()))
    }

    fn find_in_map(&self, argument: &Value) -> Result<Value, String> {
        let [mapping, first, second] = arguments("Fn::FindInMap", argument)?;
        let name = "Fn::FindInMap";
        let (mapping, first, second) = (
            self.word(name, mapping)?,
            self.word(name, first)?,
            self.word(name, second)?,
        );
        self.section("Mappings")
            .and_then(|mappings| mappings.get(&mapping)?.get(&first)?.get(&second))
            .cloned()
            .ok_or_else(|| format!("Fn::FindInMap finds no {mapping}.{first}.{second}"))
    }

    /// An argument that must resolve to text.
    pub(super) fn word(&self, function: &str, value: &Value) -> Result<String, String> {
        self.resolve(value)?
            .as_ref()
            .and_then(text)
            .ok_or_else(|| format!("{function} takes text where it has {value}"))
    }

    /// An argument that must resolve to a list.
    fn list(&self, function: &str, value: &Value) -> Result<Vec<Value>, String> {
        match self.resolve(value)? {
            Some(Value::Array(items)) => Ok(items),
            Some(_) | None => Err(format!("{function} takes a list where it has {value}")),
        }
    }

    pub(super) fn deeper<T>(&self, inner: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        if self.depth.get() >= DEEPEST {
            return Err("refers to itself in a circle".to_owned());
        }
        self.depth.set(self.depth.get() + 1);
        let result = inner();
        self.depth.set(self.depth.get() - 1);
        result
    }
}

pub(super) fn single(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut pairs = map.iter();
    let (name, value) = pairs.next()?;
    pairs.next().is_none().then_some((name.as_str(), value))
}

/// `Condition` alone is no intrinsic outside the Conditions section: an IAM statement has one.
fn is_intrinsic(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

pub(super) fn arguments<'a, const N: usize>(
    name: &str,
    value: &'a Value,
) -> Result<[&'a Value; N], String> {
    value
        .as_array()
        .and_then(|items| items.iter().collect::<Vec<_>>().try_into().ok())
        .ok_or_else(|| format!("{name} takes a list of {N}"))
}
