//! Lists as donors get them: an array, as the seed answers it; or in parts, as every list of the
//! contract is, for whoever asks by `limit` or `cursor`.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::http::{Call, Failure};

/// Which part of a list a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<C> {
    /// All of it.
    Whole,
    /// So many at most, of those after where the last part ended.
    Page { limit: usize, after: Option<C> },
}

impl<C: FromStr> Part<C> {
    pub(super) fn read(call: &Call) -> Result<Self, Failure> {
        if call.query("limit").is_none() && call.query("cursor").is_none() {
            return Ok(Self::Whole);
        }
        Ok(Self::Page {
            limit: call.limit()?,
            after: call.cursor("cursor")?,
        })
    }
}

impl<C: Ord + Copy + Display> Part<C> {
    /// The answer with this part of a list that is read whole, in the order of its cuts.
    pub(super) fn of(self, all: Vec<(C, Value)>) -> Value {
        let (limit, after) = match self {
            Self::Whole => return all.into_iter().map(|(_, view)| view).collect(),
            Self::Page { limit, after } => (limit, after),
        };
        let start = after.map_or(0, |after| all.partition_point(|(cut, _)| *cut <= after));
        let more = all.len() - start > limit;
        let shown: Vec<(C, Value)> = all.into_iter().skip(start).take(limit).collect();
        let next = shown.last().filter(|_| more).map(|(cut, _)| *cut);
        let views: Vec<Value> = shown.into_iter().map(|(_, view)| view).collect();
        page(&views, next)
    }
}

/// One part of a list, with how it goes on if there is more.
pub(super) fn page<C: Display>(requests: &[Value], next: Option<C>) -> Value {
    let mut body = json!({"count": requests.len(), "requests": requests});
    if let Some(next) = next {
        body["next_cursor"] = json!(next.to_string());
    }
    body
}

/// A list of these, whole or in parts.
#[cfg(test)]
pub(super) fn listed(item: &crate::api::Schema) -> crate::api::Schema {
    use crate::api::{any_of, list, page};
    any_of([list(item.clone()), page("requests", item.clone()).into()])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Part;

    fn all(numbers: &[u32]) -> Vec<(u32, Value)> {
        numbers.iter().map(|n| (*n, json!(n))).collect()
    }

    #[test]
    fn whoever_asks_for_no_part_gets_an_array() {
        assert_eq!(Part::Whole.of(all(&[1, 2, 3])), json!([1, 2, 3]));
        assert_eq!(Part::Whole.of(all(&[])), json!([]));
    }

    #[test]
    fn parts_follow_each_other_without_a_gap_whatever_comes_and_goes() {
        let page = |after, of: &[u32]| Part::Page { limit: 2, after }.of(all(of));
        let first = json!({"count": 2, "requests": [1, 2], "next_cursor": "2"});
        assert_eq!(page(None, &[1, 2, 3, 4]), first);
        // 1 and 2 go, 0 comes.
        let second = json!({"count": 2, "requests": [3, 4]});
        assert_eq!(page(Some(2), &[0, 3, 4]), second);
        assert_eq!(page(Some(9), &[1]), json!({"count": 0, "requests": []}));
    }
}
