//! The part of a list that a call asks for: `limit` and a cursor, as every list of the contract
//! takes them.

use std::str::FromStr;

use crate::http::{Call, Failure};

const DEFAULT_LIMIT: usize = 20;
const LARGEST_LIMIT: usize = 100;

impl Call {
    /// How many things of a list to answer with: `limit`, 1 to 100, or 20.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        read_limit(self.query("limit"))
    }

    /// Where a list goes on: what `next_cursor` was answered before.
    pub(crate) fn cursor<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        read_cursor(name, self.query(name))
    }
}

fn read_limit(given: Option<&str>) -> Result<usize, Failure> {
    let Some(text) = given else {
        return Ok(DEFAULT_LIMIT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
        .ok_or_else(|| Failure::field("limit", "must be between 1 and 100"))
}

fn read_cursor<T: FromStr>(name: &str, given: Option<&str>) -> Result<Option<T>, Failure> {
    given
        .map(|text| {
            text.parse()
                .map_err(|_| Failure::field(name, "must be a cursor of an earlier answer"))
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use callout_domain::ids::RequestId;

    use super::{read_cursor, read_limit};

    #[test]
    fn a_limit_is_1_to_100_and_20_where_none_is_given() {
        assert_eq!(read_limit(None).ok(), Some(20));
        assert_eq!(read_limit(Some("1")).ok(), Some(1));
        assert_eq!(read_limit(Some("100")).ok(), Some(100));
        for wrong in ["0", "101", "-1", "", "ten", "1e1", "99999999999999999999"] {
            assert!(read_limit(Some(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_cursor_is_what_was_answered_or_refused() {
        let cursor = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let read = read_cursor::<RequestId>("cursor", Some(cursor));
        assert_eq!(
            read.ok().flatten().map(String::from).as_deref(),
            Some(cursor)
        );
        assert_eq!(read_cursor::<RequestId>("cursor", None).ok(), Some(None));
        for wrong in ["", "20", "; DROP TABLE"] {
            assert!(
                read_cursor::<RequestId>("cursor", Some(wrong)).is_err(),
                "{wrong:?}"
            );
        }
    }
}
