//! GET /medicine/request/ by a customer or patient: their own, newest first. By a pharmacy: the
//! open ones that reach it, newest first, each with its distance; its `history` of answers; its
//! `stats`.
//!
//! `limit` and `cursor` page the requests, `history_cursor` the history. Leaves nothing behind.

use std::collections::HashMap;

use callout_cloud::paging::Paging;
use callout_cloud::requests::OpenRequest;
use callout_cloud::requests::medicine::Stats;
use callout_domain::geo::DistanceKm;
use callout_domain::ids::{AccountId, RequestId, ResponseId};
use callout_domain::medicine::{MedicineRequest, MedicineResponse, State};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Caller, Failure, Linked};
use crate::medicine::view;
use crate::requests::list::{list, page_of};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Customer, Role::Patient, Role::Pharmacy])?;
    // Refused where it is none, also of who has no history.
    let older = call.cursor("history_cursor")?;
    let body = if caller.role == Role::Pharmacy {
        of_pharmacy(&call, &caller, older).await?
    } else {
        of_requester(&call, &caller).await?
    };
    Ok(Answer::ok(body.sign(call.cloud).await?))
}

async fn of_requester(call: &Call, caller: &Caller) -> Result<Linked, Failure> {
    let paging = Paging {
        limit: call.limit()?,
        before: call.cursor("cursor")?,
    };
    let requests = call.cloud.requests().await?;
    let page = requests
        .of_requester(caller.account, paging, call.now)
        .await?;
    let seen = page
        .items
        .iter()
        .map(|request| view::own_request(request, call.now))
        .collect();
    Ok(list(seen, page.next))
}

async fn of_pharmacy(
    call: &Call,
    caller: &Caller,
    older: Option<ResponseId>,
) -> Result<Linked, Failure> {
    let limit = call.limit()?;
    let before: Option<RequestId> = call.cursor("cursor")?;
    let older = Paging {
        limit,
        before: older,
    };

    let accounts = call.cloud.accounts().await?;
    let pharmacy = accounts
        .read(caller.account)
        .await?
        .ok_or_else(Failure::unauthenticated)?;
    let requests = call.cloud.requests().await?;
    let medicine = requests.medicine();
    let (open, answered, stats) = futures::try_join!(
        medicine.open_to(pharmacy.id, pharmacy.position(), call.now),
        requests.answered_by::<MedicineResponse>(pharmacy.id, older, call.now),
        medicine.stats(pharmacy.id),
    )?;
    let count = open.len();
    let page = page_of(open, limit, before);
    let open_ids: Vec<RequestId> = page.items.iter().map(|open| open.id).collect();
    let mut ids = open_ids.clone();
    ids.extend(answered.items.iter().map(|answer| answer.request));
    let (found, own) = futures::try_join!(
        requests.read_many(&ids, call.now),
        requests.answers_of(pharmacy.id, &open_ids, call.now),
    )?;
    let own = own
        .into_iter()
        .map(|answer: MedicineResponse| (answer.request, answer));

    let desk = Desk {
        pharmacy: pharmacy.id,
        found,
        own: own.collect(),
        now: call.now,
    };
    let seen = page
        .items
        .iter()
        .filter_map(|open| desk.open(open))
        .collect();
    let history = answered
        .items
        .iter()
        .map(|answer| desk.answered(answer))
        .collect();
    let mut body = list(seen, page.next)
        .with_list("history", history)
        .with("stats", stats_view(stats, count));
    if let Some(next) = answered.next {
        body = body.with("next_history_cursor", json!(next));
    }
    Ok(body)
}

/// What a pharmacy looks at.
struct Desk {
    pharmacy: AccountId,
    found: HashMap<RequestId, MedicineRequest>,
    own: HashMap<RequestId, MedicineResponse>,
    now: Moment,
}

impl Desk {
    /// An open request with what the pharmacy said to it; none if it is open no more: the index
    /// follows the table by some milliseconds.
    fn open(&self, open: &OpenRequest) -> Option<Linked> {
        let request = self.found.get(&open.id)?;
        let is_open = request.state_at(self.now) == State::Pending;
        let said = self.own.get(&open.id).map(|response| response.choice);
        let distance = open.distance.map(DistanceKm::rounded);
        let seen = || {
            view::request_for_pharmacy(request, self.pharmacy, distance, self.now)
                .with("my_response", json!(said))
        };
        is_open.then(seen)
    }

    /// What the pharmacy answered, and how it ended.
    fn answered(&self, answer: &MedicineResponse) -> Linked {
        let request = self.found.get(&answer.request);
        let body = view::response_with_distance(answer);
        match request {
            Some(request) => body.with_object(
                "request",
                view::request_for_pharmacy(request, self.pharmacy, answer.distance_km, self.now),
            ),
            None => body.with("request", Value::Null),
        }
    }
}

fn stats_view(stats: Stats, open: usize) -> Value {
    json!({
        "open": open,
        "accepted": stats.accepted,
        "rejected": stats.rejected,
        "completed": stats.completed,
    })
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{any_of, choice, closed, count, cursor, list, operation, page, ulid};

    let pharmacy = || view::request_seen_by_pharmacy();
    let of_pharmacy = page(
        "requests",
        pharmacy().with("my_response", choice().or_null()),
    )
    .with(
        "history",
        list(view::response_seen_with_distance().with("request", pharmacy().or_null())),
    )
    .with(
        "stats",
        closed()
            .with("open", count())
            .with("accepted", count())
            .with("rejected", count())
            .with("completed", count()),
    )
    .may("next_history_cursor", cursor());
    operation("Lists the caller's own requests, or those that a pharmacy may answer")
        .that("A pharmacy also finds the history of its answers, and its counts.")
        .by(&[Role::Customer, Role::Patient, Role::Pharmacy])
        .in_pages()
        .may_ask(
            "history_cursor",
            ulid(),
            "`next_history_cursor` of an earlier answer.",
        )
        .answers(
            200,
            "A part of the list, newest first.",
            any_of([
                page(
                    "requests",
                    view::own_request_seen().named("OwnMedicineRequest"),
                )
                .into(),
                of_pharmacy.into(),
            ]),
            json!({"count": 1, "requests": [view::own_example("PENDING")]}),
        )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use callout_cloud::Cloud;
    use callout_cloud::requests::OpenRequest;
    use callout_cloud::requests::medicine::Stats;
    use callout_domain::geo::DistanceKm;
    use callout_domain::ids::RequestId;
    use callout_domain::medicine::{Choice, LIFETIME, MedicineRequest, MedicineResponse, State};
    use serde_json::{Value, json};
    use ulid::Ulid;

    use super::{Desk, stats_view};
    use crate::http::Linked;
    use crate::medicine::view::samples;

    fn open(number: u128) -> OpenRequest {
        OpenRequest {
            id: RequestId::new(Ulid::from(number)),
            distance: DistanceKm::try_from(2.503).ok(),
        }
    }

    fn desk(request: MedicineRequest, own: Option<MedicineResponse>) -> Desk {
        Desk {
            pharmacy: samples::account(3),
            now: request.header.created_at,
            found: HashMap::from([(request.header.id, request)]),
            own: own.into_iter().map(|own| (own.request, own)).collect(),
        }
    }

    async fn json(view: Linked) -> Value {
        view.sign(&Cloud::new()).await.unwrap()
    }

    #[tokio::test]
    async fn an_open_request_has_its_distance_and_what_was_said_to_it() {
        let seen = json(desk(samples::request(), None).open(&open(1)).unwrap()).await;
        assert_eq!(seen["distance_km"], 2.5);
        assert_eq!(seen["patient_phone"], "9841234567");
        assert_eq!(seen["my_response"], Value::Null);
        let said = MedicineResponse {
            choice: Choice::Rejected,
            ..samples::response()
        };
        let seen = json(desk(samples::request(), Some(said)).open(&open(1)).unwrap()).await;
        assert_eq!(seen["my_response"], "REJECTED");
    }

    #[test]
    fn what_is_open_no_more_is_not_listed() {
        for state in State::ALL {
            let request = MedicineRequest {
                state,
                ..samples::request()
            };
            let is_listed = desk(request, None).open(&open(1)).is_some();
            assert_eq!(is_listed, state == State::Pending, "{state:?}");
        }
        let mut late = desk(samples::request(), None);
        late.now = late.now.plus(LIFETIME);
        assert!(late.open(&open(1)).is_none());
        assert!(late.open(&open(2)).is_none());
    }

    #[tokio::test]
    async fn the_history_says_how_each_request_ended() {
        let request = MedicineRequest {
            state: State::Cancelled,
            ..samples::request()
        };
        let seen = json(desk(request, None).answered(&samples::response())).await;
        assert_eq!(seen["response_type"], "ACCEPTED");
        assert_eq!(seen["distance_km"], 2.5);
        assert_eq!(seen["request"]["status"], "CANCELLED");
        let mut gone = desk(samples::request(), None);
        gone.found.clear();
        assert_eq!(
            json(gone.answered(&samples::response())).await["request"],
            Value::Null
        );
    }

    #[test]
    fn stats_are_counts() {
        let stats = Stats {
            accepted: 3,
            rejected: 2,
            completed: 1,
        };
        let expected = json!({"open": 4, "accepted": 3, "rejected": 2, "completed": 1});
        assert_eq!(stats_view(stats, 4), expected);
    }
}
