//! Against an embedded DynamoDB, over its real protocol.

#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType,
};
use callout_domain::audience::Audience;
use callout_domain::blood::{
    Answered, BloodRequest, Consequence, DonorResponse, Move, Refused, Standing, State,
};
use callout_domain::ids::EventId;
use futures::future::join_all;
use tokio::net::TcpListener;

use super::Moved;
use crate::commit::{Commit, CommitError, Guard};
use crate::requests::Requests;
use crate::requests::blood::stored::tests::{LIFETIME, account, made, request, response};
use crate::{Table, clock, contention};

/// A table without requests, gone with the test.
async fn none() -> Requests {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(
        listener,
        dynoxide::Database::memory().unwrap(),
    ));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("LOCAL", "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    let client = Client::from_conf(config);
    let mut create = client
        .create_table()
        .table_name("requests")
        .billing_mode(BillingMode::PayPerRequest);
    let key = |name, key_type| {
        let key = KeySchemaElement::builder().key_type(key_type);
        key.attribute_name(name).build().unwrap()
    };
    for name in ["pk", "sk", "named"] {
        let string = AttributeDefinition::builder().attribute_type(ScalarAttributeType::S);
        create = create.attribute_definitions(string.attribute_name(name).build().unwrap());
    }
    let all = Projection::builder().projection_type(ProjectionType::All);
    let named = LocalSecondaryIndex::builder()
        .index_name("named")
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("named", KeyType::Range))
        .projection(all.build());
    create
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .local_secondary_indexes(named.build().unwrap())
        .send()
        .await
        .unwrap();
    Requests {
        table: Table {
            client,
            name: "requests".to_owned(),
        },
    }
}

/// A table with this request.
pub(in crate::requests::blood) async fn with(request: &BloodRequest) -> Requests {
    let table = none().await;
    let mut commit = Commit::new(table.table.client.clone());
    let nobody = Audience::new(Vec::new());
    let made = table
        .blood()
        .create(&mut commit, request, &nobody, LIFETIME);
    made.unwrap();
    commit.run().await.unwrap();
    table
}

impl Requests {
    pub(in crate::requests::blood) async fn now(&self) -> BloodRequest {
        self.read(request().header.id, made())
            .await
            .unwrap()
            .unwrap()
    }

    async fn standing(&self, donor: u128) -> Option<DonorResponse> {
        let id = request().header.id;
        self.answer(id, account(donor), made()).await.unwrap()
    }
}

/// A donor's move as it is decided on what is there now.
struct Decided {
    request: BloodRequest,
    earlier: Option<DonorResponse>,
    answered: Answered,
    response: DonorResponse,
    covered: Option<EventId>,
}

async fn decide(table: &Requests, donor: u128, step: Move) -> Result<Decided, Refused> {
    let (request, earlier) = (table.now().await, table.standing(donor).await);
    let standing = earlier.as_ref().map(|was| was.standing).unwrap_or_default();
    let at = response(donor, standing).at;
    let answered = request.answer(account(donor), (standing, true), step, LIFETIME, at)?;
    let mut next = response(donor, answered.standing);
    next.reported = earlier
        .as_ref()
        .map(|was| was.reported.clone())
        .unwrap_or_default();
    if step != Move::Ignore {
        next.reported.push(EventId::new(clock::fresh_ulid()));
    }
    let covered = (answered.consequence == Some(Consequence::Covered))
        .then(|| EventId::new(clock::fresh_ulid()));
    Ok(Decided {
        request,
        earlier,
        answered,
        response: next,
        covered,
    })
}

impl Decided {
    async fn commit(&self, table: &Requests) -> Result<(), Guard> {
        let mut commit = Commit::new(table.table.client.clone());
        let moved = Moved {
            request: &self.request,
            earlier: self.earlier.as_ref(),
            answered: &self.answered,
            response: &self.response,
            covered: self.covered,
        };
        table.blood().answer(&mut commit, moved, LIFETIME).unwrap();
        run(commit).await
    }
}

async fn run(commit: Commit) -> Result<(), Guard> {
    match commit.run().await {
        Ok(()) => Ok(()),
        Err(CommitError::Refused(refusal)) => Err(refusal.guard),
        Err(CommitError::Cloud(error)) => panic!("{}", error.chain()),
    }
}

/// Decided again for as long as others are faster; what followed, or why not.
pub(in crate::requests::blood) async fn moves(
    table: &Requests,
    donor: u128,
    step: Move,
) -> Result<Option<Consequence>, &'static str> {
    for tries in 0..contention::TRIES {
        let decided = decide(table, donor, step).await.map_err(Refused::code)?;
        if decided.commit(table).await.is_ok() {
            return Ok(decided.answered.consequence);
        }
        contention::wait(tries).await;
    }
    panic!("others were faster too often");
}

#[tokio::test]
async fn of_twenty_who_accept_two_units_at_once_two_do_and_one_of_them_covers_it() {
    let table = with(&request()).await;
    let all = join_all((10..30).map(|donor| moves(&table, donor, Move::Accept))).await;
    let count = |outcome| all.iter().filter(|one| **one == outcome).count();
    assert_eq!(count(Ok(None)), 1);
    assert_eq!(count(Ok(Some(Consequence::Covered))), 1);
    assert_eq!(count(Err("covered")), 18);
    let now = table.now().await;
    assert_eq!((now.accepted, now.givers.len()), (2, 2));
    assert_eq!(now.header.announced.len(), 1);
    for donor in 10..30 {
        let stands = table.standing(donor).await.map(|one| one.standing);
        let accepted = now.givers.contains(&account(donor));
        assert_eq!(stands, accepted.then_some(Standing::Accepted), "{donor}");
    }
}

#[tokio::test]
async fn who_withdraws_makes_room_and_nobody_is_told_again_that_it_is_covered() {
    let table = with(&request()).await;
    moves(&table, 10, Move::Accept).await.unwrap();
    moves(&table, 11, Move::Accept).await.unwrap();
    let covered = table.now().await.header.announced;
    assert_eq!(moves(&table, 10, Move::Withdraw).await, Ok(None));
    let now = table.now().await;
    assert_eq!((now.accepted, now.givers), (1, vec![account(11)]));
    assert_eq!(moves(&table, 12, Move::Accept).await, Ok(None));
    assert_eq!(moves(&table, 10, Move::Accept).await, Err("covered"));
    let now = table.now().await;
    assert_eq!((now.accepted, now.header.announced), (2, covered));
}

#[tokio::test]
async fn of_two_who_confirm_the_last_unit_at_once_one_completes_it() {
    let table = with(&request()).await;
    for donor in [10, 11] {
        moves(&table, donor, Move::Accept).await.unwrap();
    }
    let both = join_all([10, 11].map(|donor| moves(&table, donor, Move::Confirm))).await;
    let completed = Ok(Some(Consequence::Completed));
    assert_eq!(both.iter().filter(|one| **one == completed).count(), 1);
    assert!(both.contains(&Ok(None)), "{both:?}");
    let now = table.now().await;
    assert_eq!(
        (now.state, now.confirmed, now.accepted),
        (State::Completed, 2, 2)
    );
    let again = moves(&table, 10, Move::Confirm).await;
    assert_eq!(again, Err("already_completed"));
}

#[tokio::test]
async fn that_all_have_ignored_it_follows_once_however_many_do_at_once() {
    let table = with(&request()).await;
    let all = join_all((10..13).map(|donor| moves(&table, donor, Move::Ignore))).await;
    let alone = Ok(Some(Consequence::IgnoredByAll));
    assert_eq!(
        all.iter().filter(|one| **one == alone).count(),
        1,
        "{all:?}"
    );
    assert_eq!(table.now().await.ignored, 3);
    moves(&table, 10, Move::Accept).await.unwrap();
    moves(&table, 10, Move::Withdraw).await.unwrap();
    assert_eq!(moves(&table, 10, Move::Ignore).await, Ok(None));
    let now = table.now().await;
    assert!(now.is_ignored_by_all() && now.all_ignored_at.is_some());
}

#[tokio::test]
async fn what_was_decided_on_what_is_no_more_is_refused() {
    let table = with(&request()).await;
    let stale = decide(&table, 10, Move::Accept).await.unwrap();
    moves(&table, 10, Move::Ignore).await.unwrap();
    assert_eq!(stale.commit(&table).await, Err(Guard::FirstResponse));

    let stale = decide(&table, 10, Move::Accept).await.unwrap();
    moves(&table, 10, Move::Accept).await.unwrap();
    assert_eq!(stale.commit(&table).await, Err(Guard::ResponseUnchanged));

    // It would be the second, which covers it.
    let stale = decide(&table, 11, Move::Accept).await.unwrap();
    moves(&table, 12, Move::Accept).await.unwrap();
    assert_eq!(stale.commit(&table).await, Err(Guard::RequestUnchanged));
}

#[tokio::test]
async fn it_ends_once_and_never_without_those_who_have_just_accepted() {
    for (end, state) in [(0, State::Completed), (1, State::Cancelled)] {
        let table = with(&request()).await;
        let close = async |read: &BloodRequest| {
            let mut commit = Commit::new(table.table.client.clone());
            let blood = table.blood();
            let closed = match end {
                0 => blood.complete(&mut commit, read, LIFETIME, made()),
                _ => blood.cancel(&mut commit, read, LIFETIME, made()),
            };
            closed.unwrap();
            run(commit).await
        };
        let nobody_yet = table.now().await;
        moves(&table, 10, Move::Accept).await.unwrap();
        assert_eq!(close(&nobody_yet).await, Err(Guard::RequestUnchanged));
        let one = table.now().await;
        assert_eq!(close(&one).await, Ok(()));
        assert_eq!(close(&one).await, Err(Guard::RequestUnchanged));
        assert_eq!(table.now().await.state, state);
    }
}

#[tokio::test]
async fn who_had_accepted_confirms_also_after_it_was_completed_and_not_after_it_was_cancelled() {
    let ended = async |end: State| {
        let table = with(&request()).await;
        for donor in [10, 11] {
            moves(&table, donor, Move::Accept).await.unwrap();
        }
        let read = table.now().await;
        let mut commit = Commit::new(table.table.client.clone());
        let blood = table.blood();
        let closed = match end {
            State::Cancelled => blood.cancel(&mut commit, &read, LIFETIME, made()),
            State::Active | State::Completed | State::Expired => {
                blood.complete(&mut commit, &read, LIFETIME, made())
            }
        };
        closed.unwrap();
        // Decided while it was open: overtaken by the end.
        let stale = decide(&table, 10, Move::Confirm).await.unwrap();
        run(commit).await.unwrap();
        assert_eq!(stale.commit(&table).await, Err(Guard::RequestUnchanged));
        table
    };
    let table = ended(State::Completed).await;
    let both = join_all([10, 11].map(|donor| moves(&table, donor, Move::Confirm))).await;
    assert_eq!(both, [Ok(None), Ok(None)]);
    let now = table.now().await;
    assert_eq!(
        (now.state, now.confirmed, now.accepted),
        (State::Completed, 2, 2)
    );
    assert_eq!(
        moves(&table, 12, Move::Accept).await,
        Err("already_completed")
    );

    let table = ended(State::Cancelled).await;
    assert_eq!(moves(&table, 10, Move::Confirm).await, Err("cancelled"));
    assert_eq!(table.now().await.confirmed, 0);
}

#[tokio::test]
async fn nothing_happens_to_what_has_expired() {
    let table = with(&request()).await;
    let mut late = decide(&table, 10, Move::Accept).await.unwrap();
    late.response.at = made().plus(LIFETIME);
    assert_eq!(late.commit(&table).await, Err(Guard::RequestUnchanged));
}

#[tokio::test]
async fn it_expires_once_its_time_is_over_and_never_without_those_who_have_just_accepted() {
    let table = with(&request()).await;
    let expire = async |read: &BloodRequest, now| {
        let mut commit = Commit::new(table.table.client.clone());
        let blood = table.blood();
        blood.expire(&mut commit, read, LIFETIME, now).unwrap();
        run(commit).await
    };
    let nobody_yet = table.now().await;
    let end = made().plus(LIFETIME);
    let just_before = end.plus(-time::Duration::milliseconds(1));
    let refused = Err(Guard::RequestUnchanged);
    assert_eq!(expire(&nobody_yet, just_before).await, refused);
    // By a clock that is behind.
    moves(&table, 10, Move::Accept).await.unwrap();
    assert_eq!(expire(&nobody_yet, end).await, refused);
    let one = table.now().await;
    assert_eq!(expire(&one, end).await, Ok(()));
    assert_eq!(expire(&one, end).await, refused);
    assert_eq!(table.now().await.state, State::Expired);
    let late = decide(&table, 11, Move::Accept).await;
    assert_eq!(late.map(|_| ()).map_err(Refused::code), Err("expired"));
}

#[tokio::test]
async fn of_a_donor_who_left_remains_what_they_did() {
    let table = with(&request()).await;
    moves(&table, 10, Move::Accept).await.unwrap();
    let answer = table.standing(10).await.unwrap();
    for _ in 0..2 {
        table.blood().forget_donor(&answer).await.unwrap();
        let left = table.standing(10).await.unwrap();
        assert_eq!(left, table.blood().without_donor(&answer).unwrap());
        assert_eq!(
            (left.standing, left.phone_number),
            (Standing::Accepted, None)
        );
    }
    for _ in 0..2 {
        table.blood().forget_request(&request()).await.unwrap();
        let id = request().header.id;
        assert_eq!(table.read::<BloodRequest>(id, made()).await.unwrap(), None);
    }
}
