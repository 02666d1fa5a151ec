//! Nobody listens for somebody else: a channel is for its role, and an id in its path the token's own.

use callout_domain::consultation::Channel;
use callout_domain::role::Role;
use callout_tests::Stage;
use callout_tests::clinic::Clinic;
use serde_json::{Value, json};

#[tokio::test]
async fn a_channel_opens_for_its_role_and_its_own_id_alone() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let other = Clinic::open(&stage, "Sousse Clinic").await;
    let second = clinic.second_clerk(&stage).await;
    let pending = clinic.joins(&stage, "Third Clerk").await;
    let patient = stage.patient("John Doe").await;
    let stranger = stage.patient("Jane Roe").await;
    // Who they are, and the ids under which they may listen.
    let people = [
        (&patient, Role::Patient, Some(&patient.id)),
        (&clinic.doctor, Role::Doctor, Some(&clinic.doctor.id)),
        (&clinic.clerk, Role::Hospital, Some(&clinic.id)),
        (&second, Role::Hospital, Some(&clinic.id)),
        (&pending, Role::Hospital, None),
    ];
    let ids = [
        &patient.id,
        &stranger.id,
        &clinic.doctor.id,
        &clinic.id,
        &second.id,
        &pending.id,
        &other.id,
    ];
    for channel in Channel::ALL {
        for (person, role, own) in people {
            for id in ids {
                let name = channel.as_str();
                let opened = person.hears_of(name, id).await;
                if channel.roles().contains(&role) && own == Some(id) {
                    let greeting = opened.unwrap().greeting;
                    assert_eq!(greeting["user_id"], person.id.as_str());
                } else {
                    let (status, body) = opened.err().unwrap();
                    let what = format!("{role} on {name}/{id}");
                    assert_eq!((status, &body["code"]), (403, &json!(4003)), "{what}");
                }
            }
        }
    }
    let path = format!("/ws/notifications/hospital-new-consultation/{}/", clinic.id);
    assert_eq!(stage.handshake_at(&path).await.unwrap_err().0, 401);
    let nowhere = patient.hears_of("no-such-channel", &patient.id).await;
    assert_eq!(nowhere.err().unwrap().0, 403);
}

#[tokio::test]
async fn who_speaks_for_a_hospital_no_more_hears_no_more() {
    let stage = Stage::set().await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let second = clinic.second_clerk(&stage).await;
    let patient = stage.patient("John Doe").await;
    let channel = "hospital-new-consultation";
    let mut removed = second.hears_of(channel, &clinic.id).await.unwrap();
    let mut stays = clinic.clerk.hears_of(channel, &clinic.id).await.unwrap();
    patient.asks(&clinic).await;
    removed.expect("send_notification").await;
    stays.expect("send_notification").await;

    let path = format!("/hospital/members/{}/", second.id);
    let answer = clinic.clerk.delete(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = patient.asks(&clinic).await;
    let told = stays.expect("send_notification").await;
    assert_eq!(told["data"]["consultation_request_id"], id.as_str());
    removed.ping().await;
    assert_eq!(removed.others(), Vec::<Value>::new());
    let again = second.hears_of(channel, &clinic.id).await;
    assert_eq!(again.err().unwrap().0, 403);
    assert_eq!(second.consultation(&id).await.status, 403);
    assert_eq!(second.gives(&id, &clinic.doctor.id).await.status, 403);
}

#[tokio::test]
async fn a_channels_socket_still_answers_its_client() {
    let stage = Stage::set().await;
    let patient = stage.patient("John Doe").await;
    let channel = "patient-doctor-response";
    let mut socket = patient.hears_of(channel, &patient.id).await.unwrap();
    socket.ping().await;
    socket.send_text("not json").await;
    assert_eq!(socket.expect("error").await["code"], "malformed_message");
    assert_eq!(patient.delete("/patient/profile/").await.status, 200);
    assert_eq!(socket.expect("error").await["code"], 4001);
    socket.closed().await;
}
