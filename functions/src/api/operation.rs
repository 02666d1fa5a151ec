//! What a function does for whoever calls it, as its handler's file says.

use callout_domain::role::Role;
use serde_json::{Map, Value, json};

use super::schema::Schema;
use super::types::ulid;
use crate::http::{Failure, Refused};

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Callers {
    Anyone,
    AnyAccount,
    /// Accounts of these roles.
    These(Vec<Role>),
}

/// A variable of the path or the query.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) place: &'static str,
    pub(super) name: &'static str,
    pub(super) sentence: &'static str,
    pub(super) schema: Schema,
    pub(super) is_required: bool,
}

/// What a body holds, by media type.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) json: Schema,
    pub(super) form: Option<Schema>,
    pub(super) is_required: bool,
    pub(super) examples: Map<String, Value>,
}

/// A good answer.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) sentence: &'static str,
    pub(super) schema: Option<Schema>,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) examples: Map<String, Value>,
}

/// What one function does.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(super) summary: &'static str,
    pub(super) details: &'static str,
    pub(super) callers: Callers,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answered>,
    pub(super) refusals: Vec<Refused>,
    pub(super) takes_key: bool,
}

/// An operation that does this.
pub(crate) fn operation(summary: &'static str) -> Operation {
    Operation {
        summary,
        details: "",
        callers: Callers::AnyAccount,
        parameters: Vec::new(),
        body: None,
        answers: Vec::new(),
        refusals: Vec::new(),
        takes_key: false,
    }
}

impl Operation {
    /// What its summary leaves open.
    pub(crate) fn that(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// By whoever has no account, or has one.
    pub(crate) fn by_anyone(mut self) -> Self {
        self.callers = Callers::Anyone;
        self
    }

    /// By accounts of these roles; any account may, where nobody is named.
    pub(crate) fn by(mut self, roles: &[Role]) -> Self {
        self.callers = Callers::These(roles.to_vec());
        self
    }

    /// With a variable of its path.
    pub(crate) fn at(mut self, name: &'static str, schema: Schema, sentence: &'static str) -> Self {
        self.parameters.push(Parameter {
            place: "path",
            name,
            sentence,
            schema,
            is_required: true,
        });
        self
    }

    /// With a variable of the query that must be there.
    pub(crate) fn asks(self, name: &'static str, schema: Schema, sentence: &'static str) -> Self {
        self.query(name, schema, sentence, true)
    }

    /// With a variable of the query that may be left out.
    pub(crate) fn may_ask(
        self,
        name: &'static str,
        schema: Schema,
        sentence: &'static str,
    ) -> Self {
        self.query(name, schema, sentence, false)
    }

    fn query(
        mut self,
        name: &'static str,
        schema: Schema,
        sentence: &'static str,
        is_required: bool,
    ) -> Self {
        self.parameters.push(Parameter {
            place: "query",
            name,
            sentence,
            schema,
            is_required,
        });
        self
    }

    /// With `limit`, and a `cursor` that is an id.
    pub(crate) fn in_pages(self) -> Self {
        self.in_pages_by(ulid())
    }

    /// With `limit`, and a `cursor` of this form.
    pub(crate) fn in_pages_by(self, cursor: Schema) -> Self {
        let limit = Schema::of(json!({
            "type": "integer", "minimum": 1, "maximum": 100, "default": 20,
        }));
        self.may_ask("limit", limit, "How many to answer with at most.")
            .may_ask("cursor", cursor, "`next_cursor` of an earlier answer.")
    }

    /// Takes a JSON object such as this one.
    pub(crate) fn takes(self, fields: impl Into<Schema>, example: Value) -> Self {
        self.body(fields.into(), None, true, example)
    }

    /// Takes a JSON object such as this one, or no body at all.
    pub(crate) fn may_take(self, fields: impl Into<Schema>, example: Value) -> Self {
        self.body(fields.into(), None, false, example)
    }

    /// Takes a JSON object such as this one, or the same fields as a form with a file.
    pub(crate) fn takes_form(
        self,
        fields: impl Into<Schema>,
        form: impl Into<Schema>,
        example: Value,
    ) -> Self {
        self.body(fields.into(), Some(form.into()), true, example)
    }

    fn body(
        mut self,
        json: Schema,
        form: Option<Schema>,
        is_required: bool,
        example: Value,
    ) -> Self {
        let examples = Map::from_iter([("example".to_owned(), json!({ "value": example }))]);
        self.body = Some(Body {
            json,
            form,
            is_required,
            examples,
        });
        self
    }

    /// Takes this as well.
    pub(crate) fn or_takes(mut self, name: &str, example: Value) -> Self {
        let body = self.body.as_mut().unwrap();
        body.examples
            .insert(name.to_owned(), json!({ "value": example }));
        self
    }

    /// Takes `Idempotency-Key`.
    pub(crate) fn once(mut self) -> Self {
        self.takes_key = true;
        self
    }

    /// Answers so when all is well.
    pub(crate) fn answers(
        mut self,
        status: u16,
        sentence: &'static str,
        schema: impl Into<Schema>,
        example: Value,
    ) -> Self {
        self.answers.push(Answered {
            status,
            sentence,
            schema: Some(schema.into()),
            headers: Vec::new(),
            examples: Map::from_iter([("example".to_owned(), json!({ "value": example }))]),
        });
        self
    }

    /// Answers with an empty object, and this header.
    pub(crate) fn answers_with_header(
        mut self,
        status: u16,
        sentence: &'static str,
        header: (&'static str, &'static str),
    ) -> Self {
        self.answers.push(Answered {
            status,
            sentence,
            schema: Some(super::schema::closed().into()),
            headers: vec![header],
            examples: Map::new(),
        });
        self
    }

    /// The same answer may also be this.
    pub(crate) fn or_answers(mut self, name: &str, example: Value) -> Self {
        let last = self.answers.last_mut().unwrap();
        last.examples
            .insert(name.to_owned(), json!({ "value": example }));
        self
    }

    /// Refuses so, besides what every operation of its kind refuses.
    pub(crate) fn refuses(self, failure: Failure) -> Self {
        match failure {
            Failure::Refused(refused) => self.refuses_as(refused),
            Failure::Invalid(_) | Failure::Broken(_) => self,
        }
    }

    /// Refuses so.
    pub(crate) fn refuses_as(mut self, refused: Refused) -> Self {
        let is_known =
            |known: &Refused| (known.status, known.code) == (refused.status, refused.code);
        if !self.refusals.iter().any(is_known) {
            self.refusals.push(refused);
        }
        self
    }

    /// Refuses in each of these ways.
    pub(crate) fn refuses_any(self, failures: impl IntoIterator<Item = Failure>) -> Self {
        failures.into_iter().fold(self, Self::refuses)
    }

    /// 404 for what there is not, or not for the caller.
    pub(crate) fn knows_none(self, sentence: &str) -> Self {
        self.refuses(Failure::unknown(sentence))
    }
}
