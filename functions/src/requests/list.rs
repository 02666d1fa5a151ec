//! Lists of requests as they are answered: how many, which, and how the list goes on.

use callout_cloud::paging::Page;
use callout_cloud::requests::OpenRequest;
use callout_domain::ids::RequestId;
use serde_json::json;

use crate::http::Linked;

/// A list under `requests`, with how it goes on if there is more.
pub(crate) fn list<Id: serde::Serialize>(seen: Vec<Linked>, next: Option<Id>) -> Linked {
    let mut body = Linked::new(json!({"count": seen.len()})).with_list("requests", seen);
    if let Some(next) = next {
        body = body.with("next_cursor", json!(next));
    }
    body
}

/// A page of a list that is read whole, newest first: what is open within reach is never much.
pub(crate) fn page_of(
    open: Vec<OpenRequest>,
    limit: usize,
    before: Option<RequestId>,
) -> Page<OpenRequest, RequestId> {
    let mut items: Vec<OpenRequest> = open
        .into_iter()
        .filter(|open| before.is_none_or(|before| open.id < before))
        .collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|open| open.id);
    Page { items, next }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_cloud::Cloud;
    use callout_cloud::requests::OpenRequest;
    use callout_domain::geo::DistanceKm;
    use callout_domain::ids::RequestId;
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::{list, page_of};
    use crate::http::Linked;

    fn open(number: u128) -> OpenRequest {
        OpenRequest {
            id: RequestId::new(Ulid::from(number)),
            distance: DistanceKm::try_from(2.503).ok(),
        }
    }

    async fn json(view: Linked) -> Value {
        view.sign(&Cloud::new()).await.unwrap()
    }

    #[test]
    fn pages_follow_each_other_without_a_gap_whatever_comes_in_meanwhile() {
        let newest_first = |numbers: &[u128]| numbers.iter().map(|n| open(*n)).collect::<Vec<_>>();
        let ids = |page: &[OpenRequest]| page.iter().map(|open| open.id).collect::<Vec<_>>();
        let first = page_of(newest_first(&[5, 4, 3, 2, 1]), 2, None);
        assert_eq!(ids(&first.items), ids(&[open(5), open(4)]));
        // 6 comes in, 3 is taken.
        let second = page_of(newest_first(&[6, 5, 4, 2, 1]), 2, first.next);
        assert_eq!(ids(&second.items), ids(&[open(2), open(1)]));
        assert_eq!(second.next, None);
        assert_eq!(page_of(Vec::new(), 2, None).next, None);
    }

    #[tokio::test]
    async fn a_list_says_how_to_go_on_only_when_there_is_more() {
        assert_eq!(
            json(list(vec![], None::<RequestId>)).await,
            json!({"count": 0, "requests": []})
        );
        let more = list(vec![Linked::new(json!({}))], Some(open(7).id));
        let expected = json!({"count": 1, "requests": [{}], "next_cursor": open(7).id});
        assert_eq!(json(more).await, expected);
    }
}
