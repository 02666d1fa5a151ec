//! Whether a condition holds.

use serde_json::Value;

use super::intrinsics::{Scope, arguments, single};
use super::read::text;

impl Scope {
    /// Whether the condition of that name holds.
    pub(super) fn condition(&self, name: &str) -> Result<bool, String> {
        let condition = self
            .section("Conditions")
            .and_then(|conditions| conditions.get(name))
            .ok_or_else(|| format!("there is no condition {name}"))?;
        self.deeper(|| self.test(condition))
    }

    fn test(&self, condition: &Value) -> Result<bool, String> {
        let Some((name, argument)) = condition.as_object().and_then(single) else {
            return Err(format!("{condition} is no condition"));
        };
        match name {
            "Condition" => self.condition(&self.word(name, argument)?),
            "Fn::Equals" => {
                let [left, right] = arguments(name, argument)?;
                let (left, right) = (self.resolve(left)?, self.resolve(right)?);
                // Parameters are text, so `!Equals [!Ref Count, 3]` compares as text does.
                Ok(
                    match (left.as_ref().and_then(text), right.as_ref().and_then(text)) {
                        (Some(left), Some(right)) => left == right,
                        (Some(_) | None, _) => left == right,
                    },
                )
            }
            "Fn::Not" => {
                let [inner] = arguments(name, argument)?;
                Ok(!self.deeper(|| self.test(inner))?)
            }
            "Fn::And" | "Fn::Or" => {
                let Some(all) = argument.as_array() else {
                    return Err(format!("{name} takes a list of conditions"));
                };
                let held = all
                    .iter()
                    .map(|inner| self.deeper(|| self.test(inner)))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(if name == "Fn::And" {
                    held.iter().all(|held| *held)
                } else {
                    held.iter().any(|held| *held)
                })
            }
            _ => Err(format!("{name} is no condition")),
        }
    }
}
