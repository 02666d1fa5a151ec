//! Against an embedded DynamoDB, over its real protocol.

use callout_domain::audience::{Audience, Told};
use callout_domain::conversation::Conversation;
use callout_domain::moment::Moment;
use callout_domain::work::{State, Step, WorkOrder};
use time::Duration;

use crate::commit::{Commit, CommitError, Guard};
use crate::fixture;
use crate::requests::Requests;
use crate::requests::work::stored::tests::{LIFETIME, account, made, order};

async fn none() -> Requests {
    Requests {
        table: fixture::table("requests").await,
    }
}

fn at(minutes: i64) -> Moment {
    made().plus(Duration::minutes(minutes))
}

impl Requests {
    async fn assign(&self, order: &WorkOrder) -> Result<(), Guard> {
        let mut commit = Commit::new(self.table.client.clone());
        let audience = Audience::new(vec![Told::by_name(order.provider_id)]);
        self.work()
            .create(&mut commit, order, &audience, LIFETIME)
            .unwrap();
        guard(commit.run().await)
    }

    async fn steps(&self, order: &WorkOrder, step: Step, minutes: i64) -> Result<(), Guard> {
        let before = self.as_it_is(order).await;
        let after = before.after(step, LIFETIME, at(minutes)).unwrap();
        self.commits(&before, &after, minutes).await
    }

    async fn commits(
        &self,
        before: &WorkOrder,
        after: &WorkOrder,
        minutes: i64,
    ) -> Result<(), Guard> {
        let mut commit = Commit::new(self.table.client.clone());
        self.work()
            .step(&mut commit, before, after, LIFETIME, at(minutes))
            .unwrap();
        guard(commit.run().await)
    }

    async fn as_it_is(&self, order: &WorkOrder) -> WorkOrder {
        self.read(order.header.id, made()).await.unwrap().unwrap()
    }

    async fn is_busy(&self, provider: u128) -> bool {
        let busy = self
            .work()
            .busy(&[account(provider)], made())
            .await
            .unwrap();
        busy.contains_key(&account(provider))
    }
}

fn guard(outcome: Result<(), CommitError>) -> Result<(), Guard> {
    outcome.map_err(|error| match error {
        CommitError::Refused(refusal) => refusal.guard,
        CommitError::Cloud(error) => panic!("{}", error.chain()),
    })
}

#[tokio::test]
async fn one_order_waits_between_two_people_until_it_is_answered_or_its_time_is_over() {
    let table = none().await;
    let first = order(1, 7, 3);
    table.assign(&first).await.unwrap();
    assert_eq!(table.assign(&order(2, 7, 3)).await, Err(Guard::NonePending));
    // Others may.
    table.assign(&order(3, 8, 3)).await.unwrap();
    table.assign(&order(4, 7, 4)).await.unwrap();
    table.steps(&first, Step::Reject, 1).await.unwrap();
    table.assign(&order(2, 7, 3)).await.unwrap();

    let mut late = order(5, 7, 3);
    late.header.created_at = at(29);
    assert_eq!(table.assign(&late).await, Err(Guard::NonePending));
    late.header.created_at = at(30);
    table.assign(&late).await.unwrap();
    // That the one before has expired is written down later, and takes nothing from the next.
    table
        .steps(&order(2, 7, 3), Step::Expire, 31)
        .await
        .unwrap();
    let pending = table.work().is_pending(account(7), account(3), at(31));
    assert!(pending.await.unwrap());
}

#[tokio::test]
async fn whoever_is_at_work_is_assigned_nothing_and_accepts_nothing_until_it_ends() {
    for end in [Step::Complete, Step::Cancel, Step::GiveBack] {
        let table = none().await;
        let (one, other) = (order(1, 7, 3), order(2, 8, 3));
        table.assign(&one).await.unwrap();
        table.assign(&other).await.unwrap();
        table.steps(&one, Step::Accept, 1).await.unwrap();
        assert!(table.is_busy(3).await);
        assert_eq!(
            table.steps(&other, Step::Accept, 1).await,
            Err(Guard::ProviderFree)
        );
        assert_eq!(
            table.assign(&order(3, 9, 3)).await,
            Err(Guard::ProviderFree)
        );
        // They may still say no.
        table.steps(&other, Step::Reject, 1).await.unwrap();
        assert!(table.is_busy(3).await);
        table.steps(&one, end, 2).await.unwrap();
        assert!(!table.is_busy(3).await);
        table.assign(&order(3, 9, 3)).await.unwrap();
    }
}

#[tokio::test]
async fn a_step_is_taken_from_where_the_order_stood_or_not_at_all() {
    let table = none().await;
    let one = order(1, 7, 3);
    table.assign(&one).await.unwrap();
    let pending = table.as_it_is(&one).await;
    let then = |step| pending.after(step, LIFETIME, at(1)).unwrap();
    table.steps(&one, Step::Accept, 1).await.unwrap();
    for step in [Step::Accept, Step::Reject, Step::Cancel, Step::Expire] {
        assert_eq!(
            table.commits(&pending, &then(step), 1).await,
            Err(Guard::RequestUnchanged),
            "{step:?}"
        );
    }
    assert_eq!(table.as_it_is(&one).await.state, State::Accepted);
    assert!(table.is_busy(3).await);
    let accepted = table.as_it_is(&one).await;
    let done = accepted.after(Step::Complete, LIFETIME, at(90)).unwrap();
    table.commits(&accepted, &done, 90).await.unwrap();
    assert_eq!(table.as_it_is(&one).await, done);
}

#[tokio::test]
async fn what_has_expired_is_answered_no_more_and_what_has_not_does_not_expire() {
    let table = none().await;
    let one = order(1, 7, 3);
    table.assign(&one).await.unwrap();
    let pending = table.as_it_is(&one).await;
    let accepted = pending.after(Step::Accept, LIFETIME, at(1)).unwrap();
    let expired = pending.after(Step::Expire, LIFETIME, at(1)).unwrap();
    for (after, minutes) in [(&accepted, 30), (&expired, 29)] {
        let refused = table.commits(&pending, after, minutes).await;
        assert_eq!(refused, Err(Guard::RequestUnchanged));
    }
    table.commits(&pending, &expired, 30).await.unwrap();
    assert!(table.as_it_is(&one).await.state.is_expired());
}

#[tokio::test]
async fn a_seeker_is_due_to_be_told_every_five_seconds_while_the_order_is_underway() {
    let table = none().await;
    let one = order(1, 7, 3);
    table.assign(&one).await.unwrap();
    let due = async |seconds| {
        let now = made().plus(Duration::seconds(seconds));
        let due = table.work().tells_distance(account(3), now).await.unwrap();
        due.map(|underway| (underway.order, underway.seeker, underway.place))
    };
    assert_eq!(due(0).await, None);
    table.steps(&one, Step::Accept, 1).await.unwrap();
    let told = Some((one.header.id, account(7), one.place));
    // Two sockets at once: one tells.
    let (a, b) = futures::join!(due(60), due(60));
    assert_eq!([a, b].iter().flatten().count(), 1);
    assert_eq!(due(64).await, None);
    assert_eq!(due(65).await, told);
    table.steps(&one, Step::Complete, 2).await.unwrap();
    assert_eq!(due(120).await, None);
}

#[tokio::test]
async fn what_is_left_of_people_who_left_names_nobody() {
    let table = none().await;
    let one = order(1, 7, 3);
    table.assign(&one).await.unwrap();
    for _ in 0..2 {
        table.work().forget_seeker(&one).await.unwrap();
        table.work().forget_provider(&one).await.unwrap();
    }
    let left = table.as_it_is(&one).await;
    for party in [&left.seeker, &left.provider] {
        assert_eq!(party.name.as_str(), "Deleted account");
        assert_eq!(party.phone_number, None);
    }
    assert_eq!(left.task.as_str(), "Deleted account");
    assert!((left.place.lat() - 12.0).abs() < f64::EPSILON);
    assert_eq!(left.state, State::Pending);
    // Of one that is not there nothing is made.
    let another = order(2, 7, 3);
    table.work().forget_seeker(&another).await.unwrap();
    let read = table.read::<WorkOrder>(another.header.id, made()).await;
    assert_eq!(read.unwrap(), None);
}

#[tokio::test]
async fn a_message_is_committed_only_while_the_rule_has_the_conversation_open() {
    let table = none().await;
    let ways: [&[Step]; 7] = [
        &[],
        &[Step::Reject],
        &[Step::Cancel],
        &[Step::Expire],
        &[Step::Accept],
        &[Step::Accept, Step::Complete],
        &[Step::Accept, Step::GiveBack],
    ];
    for (number, way) in (1..).zip(ways) {
        let order = order(number, 100 + number, 200 + number);
        table.assign(&order).await.unwrap();
        for step in way {
            let minutes = if *step == Step::Expire { 31 } else { 1 };
            table.steps(&order, *step, minutes).await.unwrap();
        }
        let mut talk = Commit::new(table.table.client.clone());
        let work = table.work();
        work.must_be_accepted(&mut talk, order.header.id).unwrap();
        let now = table.as_it_is(&order).await;
        let is_open = now.conversations().iter().any(Conversation::is_open);
        let expected = is_open.then_some(()).ok_or(Guard::RequestUnchanged);
        assert_eq!(guard(talk.run().await), expected, "{way:?}");
    }
}
