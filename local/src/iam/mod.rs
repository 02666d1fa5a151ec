//! What each function may do, by its `Policies` in the template: asked by every door before it acts.
//!
//! A call is allowed when a statement allows it and none denies it, as IAM has it for the policies of
//! a role. Callers are known by their access key; see [`crate::caller`]. Policies of resources (a
//! bucket's, a queue's) are not evaluated.

mod decision;
#[cfg(test)]
pub(crate) mod fixture;
mod pattern;
mod policy;
pub(crate) mod resource;
#[cfg(test)]
mod tests;
mod used;

use std::collections::{BTreeMap, BTreeSet};

pub use self::decision::{Decision, Denied, Reason, Refused};
use self::policy::{Effect, Grant, Statement};
pub use self::used::noted;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::template::model::{Function, Stack};
use crate::template::stream_arn;

/// What an event source does to a stream in the name of the function that it starts; SAM attaches
/// `AWSLambdaDynamoDBExecutionRole`, which allows them.
const STREAM_ACTIONS: [&str; 4] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
];

/// What each function of a stack may do.
#[derive(Debug)]
pub struct Iam {
    roles: BTreeMap<String, Role>,
    /// Access key of the one who may do everything.
    operator: Option<String>,
}

/// The role that SAM makes for a function.
#[derive(Debug, Default)]
struct Role {
    /// From `Policies`.
    written: Vec<Statement>,
    /// What SAM adds for the function's events.
    added: Vec<Grant>,
}

/// Why the policies of a template cannot be enforced: a sentence that names function and statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policies of function {function}: {what}")]
pub struct IamError {
    /// Logical id of the function.
    pub function: String,
    /// Which policy and statement, and what about it.
    pub what: String,
}

/// An action on a resource that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Allowance {
    /// Logical id of the function.
    pub function: String,
    /// The action, as the template has it.
    pub action: String,
    /// The resource, as the template has it, its intrinsics resolved.
    pub resource: String,
}

impl Iam {
    /// Reads the policies of every function of `stack`.
    ///
    /// # Errors
    /// [`IamError`], when something in them is not understood, or when a function may not read a
    /// stream that shall start it or write to the queue for what it fails on.
    pub fn of(stack: &Stack) -> Result<Self, IamError> {
        let mut roles = BTreeMap::new();
        for function in stack.functions.values() {
            let blame = |what| IamError {
                function: function.logical_id.clone(),
                what,
            };
            let role = Role {
                written: policy::statements(&function.policies).map_err(blame)?,
                added: Vec::new(),
            };
            roles.insert(function.logical_id.clone(), role);
        }
        let mut iam = Self {
            roles,
            operator: None,
        };
        for function in stack.functions.values() {
            iam.add_what_events_need(stack, function)?;
        }
        Ok(iam)
    }

    /// The same, letting whoever has that access key do everything, as an administrator in AWS.
    #[must_use]
    pub(crate) fn with_operator(mut self, access_key: &str) -> Self {
        self.operator = Some(access_key.to_owned());
        self
    }

    /// Whether the operator calls.
    pub(crate) fn is_operator(&self, caller: &Caller) -> bool {
        self.operator.as_ref() == Some(&caller.access_key)
    }

    /// What SAM adds; a `Deny` of the template wins over it, and AWS then refuses to make the event
    /// source.
    fn add_what_events_need(&mut self, stack: &Stack, function: &Function) -> Result<(), IamError> {
        let mut needed = Vec::new();
        for source in &function.streams {
            if let Some(table) = stack.tables.get(&source.table) {
                let stream = stream_arn(&table.name);
                needed.extend(STREAM_ACTIONS.map(|action| Grant::new(action, &stream)));
            }
            let queue = source.dead_letter_queue.as_ref();
            if let Some(name) = queue.and_then(|queue| stack.queues.get(queue)) {
                needed.push(Grant::new("sqs:SendMessage", &resource::queue(name)));
            }
        }
        let Some(role) = self.roles.get_mut(&function.logical_id) else {
            return Ok(());
        };
        for grant in needed {
            if role.denies(&grant.action, &grant.resource) {
                return Err(IamError {
                    function: function.logical_id.clone(),
                    what: format!(
                        "they deny {} on {}, which an event of the function needs",
                        grant.action, grant.resource
                    ),
                });
            }
            role.added.push(grant);
        }
        Ok(())
    }

    /// Whether `function` may do `action` (such as `dynamodb:GetItem`) to the resource of that ARN.
    /// A function that the stack does not have may do nothing.
    pub fn decide(&self, function: &str, action: &str, resource: &str) -> Decision {
        let denied = |reason| {
            Decision::Denied(Denied {
                function: function.to_owned(),
                action: action.to_owned(),
                resource: resource.to_owned(),
                reason,
            })
        };
        let Some(role) = self.roles.get(function) else {
            return denied(Reason::NothingAllowsIt);
        };
        if role.denies(action, resource) {
            return denied(Reason::ExplicitlyDenied);
        }
        match role.allowing(action, resource) {
            Some(grant) => {
                grant.mark_used();
                Decision::Allowed
            }
            None => denied(Reason::NothingAllowsIt),
        }
    }

    /// What a door asks: whether whoever signed a call may do all of what it does.
    ///
    /// # Errors
    /// [`Refused`]: nobody is known by that key, or the first thing that is not allowed.
    pub(crate) fn admit<A: AsRef<str>>(
        &self,
        caller: &Caller,
        wanted: impl IntoIterator<Item = (A, String)>,
    ) -> Result<(), Refused> {
        if self.is_operator(caller) {
            return Ok(());
        }
        let function = caller
            .function()
            .filter(|function| self.roles.contains_key(*function))
            .ok_or(Refused::Unknown)?;
        for (action, resource) in wanted {
            if let Decision::Denied(denied) = self.decide(function, action.as_ref(), &resource) {
                tracing::warn!("{denied}; see Policies of {function} in the template");
                return Err(Refused::Denied(denied));
            }
        }
        Ok(())
    }

    /// What the template allows and nobody has used so far, sorted. A wildcard counts as used by its
    /// first use; of two that allow the same call, the first is the one used.
    pub fn unused(&self) -> Vec<Allowance> {
        self.filtered(|grant| !grant.is_used())
            .into_iter()
            .collect()
    }

    /// Each function's allowances of which that holds.
    fn filtered(&self, holds: impl Fn(&Grant) -> bool) -> BTreeSet<Allowance> {
        let mut allowances = BTreeSet::new();
        for (function, role) in &self.roles {
            for grant in role.allowances().filter(|grant| holds(grant)) {
                allowances.insert(Allowance {
                    function: function.clone(),
                    action: grant.action.clone(),
                    resource: grant.resource.clone(),
                });
            }
        }
        allowances
    }
}

impl Role {
    fn denies(&self, action: &str, resource: &str) -> bool {
        self.written
            .iter()
            .filter(|statement| statement.effect == Effect::Deny)
            .flat_map(|statement| &statement.grants)
            .any(|grant| grant.covers(action, resource))
    }

    fn allowing(&self, action: &str, resource: &str) -> Option<&Grant> {
        self.allowances()
            .chain(&self.added)
            .find(|grant| grant.covers(action, resource))
    }

    /// What `Policies` allow.
    fn allowances(&self) -> impl Iterator<Item = &Grant> {
        self.written
            .iter()
            .filter(|statement| statement.effect == Effect::Allow)
            .flat_map(|statement| &statement.grants)
    }
}
