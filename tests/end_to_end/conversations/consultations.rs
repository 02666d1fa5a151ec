//! A patient and the doctor to whom the consultation is assigned, for as long as it is.

use callout_domain::consultation::Step;
use callout_tests::clinic::Clinic;
use callout_tests::talk::talk;
use callout_tests::{Stage, tiny_png};
use serde_json::{Value, json};

#[tokio::test]
async fn patient_and_doctor_talk_from_the_assignment_to_the_end() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let colleague = {
        let works = json!({"specialty": "Surgery", "hospital_id": clinic.id});
        stage.person("doctor", "Dr. Jones", works).await
    };
    let patient = stage.patient("John Doe").await;
    let stranger = stage.patient("Jane Roe").await;
    let asked = patient.asks(&clinic).await;
    let early = patient.reads(&asked, "").await;
    assert_eq!(
        (early.status, &early.body["code"]),
        (400, &json!("not_accepted"))
    );
    clinic.doctor.finds_no_conversation(&asked).await;
    clinic.clerk.finds_no_conversation(&asked).await;

    let mut overhearing = clinic.clerk.socket().await;
    clinic.steps(&patient, &asked, &[Step::Accept]).await;
    let parties = [(&patient, "PATIENT"), (&clinic.doctor, "DOCTOR")];
    talk(&asked, parties).await;
    clinic
        .steps(&patient, &asked, &[Step::Offer, Step::DeclineOffer])
        .await;
    // There is no offer, and it is still theirs.
    talk(&asked, [parties[1], parties[0]]).await;
    for nobody in [&clinic.clerk, &colleague, &stranger] {
        nobody.finds_no_conversation(&asked).await;
    }
    overhearing.ping().await;
    for kind in [
        "chat_message",
        "typing_indicator",
        "message_read",
        "presence",
    ] {
        assert_eq!(overhearing.all(kind), [] as [Value; 0]);
    }

    let way = [Step::Offer, Step::AcceptOffer, Step::Complete];
    clinic.steps(&patient, &asked, &way).await;
    for party in [&patient, &clinic.doctor] {
        party.finds_it_closed(&asked).await;
        assert_eq!(party.whole_history(&asked).await.len(), 4);
    }
    clinic.clerk.finds_no_conversation(&asked).await;
    stage.ended_long_ago(&asked).await;
    patient.finds_no_conversation(&asked).await;
    clinic.doctor.finds_no_conversation(&asked).await;
}

#[tokio::test]
async fn a_doctor_who_loses_it_loses_the_conversation_and_the_next_begins_a_new_one() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let works = json!({"specialty": "Surgery", "hospital_id": clinic.id});
    let next = stage.person("doctor", "Dr. Jones", works).await;
    let patient = stage.patient("John Doe").await;
    let asked = patient.asks(&clinic).await;
    clinic.steps(&patient, &asked, &[Step::Accept]).await;
    patient.says(&asked, "It hurts").await;
    let picture = patient.uploads(&stage, "image/png", &tiny_png()).await;
    let scan = json!({"media_id": picture});
    assert_eq!(patient.tries_to_say(&asked, scan).await.status, 201);
    assert_eq!(clinic.doctor.looks_at(&stage, &picture).await.0, 302);
    clinic.doctor.says(&asked, "I am away").await;
    clinic.steps(&patient, &asked, &[Step::Decline]).await;
    // Until somebody else has it.
    patient.says(&asked, "Whom can I ask?").await;
    let mut former = clinic.doctor.socket().await;
    former.ping().await;
    assert_eq!(clinic.clerk.gives(&asked, &next.id).await.status, 200);

    clinic.doctor.finds_no_conversation(&asked).await;
    for (person, status) in [(&clinic.doctor, 404), (&next, 404), (&patient, 302)] {
        assert_eq!(person.looks_at(&stage, &picture).await.0, status);
    }
    assert_eq!(next.whole_history(&asked).await, [] as [Value; 0]);
    talk(&asked, [(&patient, "PATIENT"), (&next, "DOCTOR")]).await;
    let with_former = format!("?with={}", clinic.doctor.id);
    assert_eq!(patient.reads(&asked, &with_former).await.status, 404);
    former.ping().await;
    // They were told of their own conversation, and of nothing after it.
    let theirs = format!("{asked}.{}", clinic.doctor.id);
    let heard = former.all("chat_message");
    assert!(
        heard.iter().all(|said| said["conversation_id"] == theirs),
        "{heard:?}"
    );
}

#[tokio::test]
async fn one_called_off_closes_what_was_begun_and_the_patient_takes_along_what_they_said() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let patient = stage.patient("John Doe").await;
    let never = patient.asks(&clinic).await;
    clinic.steps(&patient, &never, &[Step::Cancel]).await;
    let read = patient.reads(&never, "").await;
    assert_eq!(
        (read.status, &read.body["code"]),
        (400, &json!("not_accepted"))
    );

    let cancelled = patient.asks(&clinic).await;
    clinic.steps(&patient, &cancelled, &[Step::Accept]).await;
    patient.says(&cancelled, "It hurts").await;
    clinic.steps(&patient, &cancelled, &[Step::Cancel]).await;
    patient.finds_it_closed(&cancelled).await;
    clinic.doctor.finds_it_closed(&cancelled).await;

    let open = patient.asks(&clinic).await;
    clinic.steps(&patient, &open, &[Step::Accept]).await;
    patient.says(&open, "My number is 9841234567").await;
    clinic.doctor.says(&open, "I shall call").await;
    assert_eq!(patient.delete("/patient/profile/").await.status, 200);
    stage.settled().await;
    clinic.doctor.finds_it_closed(&open).await;
    let left = clinic.doctor.whole_history(&open).await;
    assert_eq!(left[0]["is_erased"], true);
    assert_eq!(left[1]["text"], "I shall call");
    let inbox = json!(stage.inbox(&clinic.doctor.id).await).to_string();
    assert!(!inbox.contains("9841234567"));
}
