//! Donors are found where they are, and only there.

use callout_tests::{Person, Stage};
use serde_json::{Value, json};

/// What the index of donors by city has in one.
async fn donors_in(stage: &Stage, normalized_city: &str) -> Vec<Value> {
    let mut donors = Vec::new();
    for shard in 0..8 {
        let query = json!({
            "IndexName": "responders",
            "KeyConditionExpression": "gpk = :city",
            "ExpressionAttributeValues": {
                ":city": {"S": format!("DONOR#CITY#{normalized_city}#{shard}")}
            },
        });
        let answer = stage.table("Accounts", "Query", query).await;
        donors.extend(answer["Items"].as_array().unwrap().clone());
    }
    donors
}

async fn ids_in(stage: &Stage, normalized_city: &str) -> Vec<String> {
    let donors = donors_in(stage, normalized_city).await;
    let id = |donor: &Value| donor["account_id"]["S"].as_str().unwrap().to_owned();
    let mut ids: Vec<String> = donors.iter().map(id).collect();
    ids.sort();
    ids
}

async fn donor(stage: &Stage, city: &str) -> Person {
    let profile = json!({"blood_group": "O+", "city": city});
    stage.person("donor", "Sarah Kumar", profile).await
}

#[tokio::test]
async fn a_city_is_one_however_its_donors_write_it() {
    let stage = Stage::set().await;
    let mut chennai = Vec::new();
    for city in ["Chennai", " chennai ", "CHENNAI"] {
        chennai.push(donor(&stage, city).await.id.clone());
    }
    chennai.sort();
    let north = donor(&stage, "Chennai North").await;
    // The second has its accents apart from their letters.
    let mut bogota = Vec::new();
    for city in ["Bogotá", "BOGOTA\u{301}"] {
        bogota.push(donor(&stage, city).await.id.clone());
    }
    bogota.sort();
    assert_eq!(ids_in(&stage, "chennai").await, chennai);
    assert_eq!(
        ids_in(&stage, "chennai north").await,
        std::slice::from_ref(&north.id)
    );
    assert_eq!(ids_in(&stage, "bogotá").await, bogota);
}

#[tokio::test]
async fn a_donor_who_moves_changes_or_leaves_is_found_as_they_are() {
    let stage = Stage::set().await;
    let donor = donor(&stage, "Chennai").await;
    assert_eq!(
        ids_in(&stage, "chennai").await,
        std::slice::from_ref(&donor.id)
    );

    let moved = json!({"city": "Delhi", "last_donation_date": "2026-01-31"});
    let changed = donor.patch("/donor/profile/", moved).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert!(ids_in(&stage, "chennai").await.is_empty());
    assert_eq!(
        ids_in(&stage, "delhi").await,
        std::slice::from_ref(&donor.id)
    );

    let corrected = json!({"blood_group": "AB-", "last_donation_date": null});
    let changed = donor.patch("/donor/profile/", corrected).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let found = donors_in(&stage, "delhi").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["blood_group"]["S"], "AB-");
    assert_eq!(found[0]["last_donation_date"], Value::Null);

    let deleted = donor.delete("/donor/profile/").await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    for city in ["chennai", "delhi"] {
        assert!(ids_in(&stage, city).await.is_empty(), "{city}");
    }
}
