//! A device that moves from one account to another, and everybody at once.

use callout_tests::Stage;
use futures::future::join_all;
use serde_json::json;

use super::{PATH, at_sns, endpoint_at_sns, endpoints_of, in_the_table, must_register, registers};

#[tokio::test]
async fn a_token_that_moves_to_another_account_leaves_the_first() {
    let stage = Stage::set().await;
    let first = stage.customer("John Doe").await;
    let second = stage.customer("Jane Doe").await;
    must_register(&first, "phone").await;
    must_register(&first, "tablet").await;
    must_register(&second, "phone").await;
    let phone = endpoint_at_sns(&stage, "phone");
    let tablet = endpoint_at_sns(&stage, "tablet");
    assert_eq!(endpoints_of(&stage, &first).await, [tablet]);
    assert_eq!(endpoints_of(&stage, &second).await, [phone]);
    // The first signs out late, and does not take the phone from the second.
    let late = first.delete_with(PATH, json!({"fcm_token": "phone"})).await;
    assert_eq!(late.status, 200, "{}", late.body);
    assert_eq!(endpoints_of(&stage, &second).await.len(), 1);
    assert_eq!(at_sns(&stage), ["phone", "tablet"]);
}

#[tokio::test]
async fn of_those_who_register_one_token_at_once_one_has_it_whatever_fails() {
    let stage = Stage::set().await;
    let mut people = Vec::new();
    for name in ["Ram", "Sita", "Hari", "Gita"] {
        people.push(stage.customer(name).await);
    }
    let plans = [
        "dynamodb.conflict 0%",
        "dynamodb.conflict 30%; dynamodb.lost 10%",
    ];
    for plan in plans {
        let plan = format!("seed 4: {plan}");
        stage.cloud.faults().set(plan.parse().unwrap());
        for _ in 0..4 {
            let all = people.iter().map(|person| registers(person, "phone"));
            let answers = join_all(all).await;
            assert!(answers.iter().any(|answer| answer.status == 200), "{plan}");
            let owners = in_the_table(&stage).await;
            assert_eq!(owners.len(), 1, "{plan}: {owners:?}");
            assert_eq!(
                owners.into_values().next().unwrap(),
                [endpoint_at_sns(&stage, "phone")]
            );
            assert_eq!(at_sns(&stage), ["phone"]);
        }
    }
    stage.cloud.faults().clear();
    // Whoever asks last has it.
    for person in &people {
        must_register(person, "phone").await;
        assert_eq!(endpoints_of(&stage, person).await.len(), 1);
    }
}

#[tokio::test]
async fn who_registers_and_removes_at_once_leaves_both_sides_agreeing() {
    let stage = Stage::set().await;
    let first = stage.customer("John Doe").await;
    let second = stage.customer("Jane Doe").await;
    for round in 0..6 {
        must_register(&first, "phone").await;
        let (moved, _, _) = tokio::join!(
            registers(&second, "phone"),
            first.delete(PATH),
            registers(&first, "tablet"),
        );
        assert_eq!(moved.status, 200, "{}", moved.body);
        // Panics where a device is one account's here and another's there.
        in_the_table(&stage).await;
        assert_eq!(endpoints_of(&stage, &second).await.len(), 1, "{round}");
    }
}

#[tokio::test]
async fn who_signs_in_while_another_signs_out_has_an_endpoint_that_works() {
    let stage = Stage::set().await;
    let leaving = stage.customer("John Doe").await;
    let coming = stage.customer("Jane Doe").await;
    must_register(&leaving, "phone").await;
    let slow = "dynamodb.slow(2000ms) 100% action=TransactWriteItems function=";
    let plan = format!("seed 1: {slow}RegisterDeviceFunction");
    stage.cloud.faults().set(plan.parse().unwrap());
    let leaves = async {
        stage
            .until("the new owner has seen the endpoint", async |stage| {
                stage.cloud.faults().hits()[0] > 0
            })
            .await;
        let removed = leaving.delete(PATH).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
    };
    let ((), ()) = tokio::join!(must_register(&coming, "phone"), leaves);
    assert_eq!(
        endpoints_of(&stage, &coming).await,
        [endpoint_at_sns(&stage, "phone")]
    );
}

#[tokio::test]
async fn who_signs_out_slowly_takes_nothing_from_who_has_signed_in() {
    let stage = Stage::set().await;
    let leaving = stage.customer("John Doe").await;
    let coming = stage.customer("Jane Doe").await;
    must_register(&leaving, "phone").await;
    let slow = "dynamodb.slow(2000ms) 100% action=GetItem function=RemoveDeviceFunction";
    let plan = format!("seed 1: {slow}");
    stage.cloud.faults().set(plan.parse().unwrap());
    let comes = async {
        // The second read is for SNS: the device is gone from the table.
        stage
            .until("the device was removed", async |stage| {
                stage.cloud.faults().hits()[0] > 1
            })
            .await;
        must_register(&coming, "phone").await;
    };
    let (removed, ()) = tokio::join!(leaving.delete(PATH), comes);
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(
        endpoints_of(&stage, &coming).await,
        [endpoint_at_sns(&stage, "phone")]
    );
}
