//! Every event in `events/` is one that its function takes.

use callout_local::demo::events::Blanks;
use callout_tests::clinic::{Clinic, in_days};
use callout_tests::{Stage, tiny_png, workspace_root};
use serde_json::{Value, json};

const LAT: f64 = 27.7172;
const LNG: f64 = 85.3240;

/// What each function answers to its event, on a stack where its people exist; for what is no
/// HTTP, whether it answers as it should.
const EXPECTED: &[(&str, u16)] = &[
    ("accounts.send_otp", 200),
    ("accounts.verify_otp", 400),
    ("accounts.register", 400),
    ("accounts.login", 401),
    ("accounts.read_profile", 200),
    ("accounts.change_profile", 200),
    ("accounts.list_pharmacies", 200),
    ("accounts.read_pharmacy", 200),
    ("accounts.create_ticket", 200),
    ("accounts.register_device", 200),
    ("accounts.remove_device", 200),
    ("accounts.reset_password", 400),
    ("blood.create_request", 201),
    ("blood.call_attender", 200),
    ("blood.ignore_request", 200),
    ("blood.accept_request", 200),
    ("blood.confirm_donation", 200),
    ("blood.withdraw_request", 400),
    ("blood.active_requests", 200),
    ("blood.my_requests", 200),
    ("blood.close_request", 200),
    ("consultations.create", 201),
    ("consultations.list", 200),
    ("consultations.read", 200),
    ("consultations.accept", 200),
    ("consultations.respond", 200),
    ("consultations.accept_offer", 200),
    ("consultations.decline_offer", 400),
    ("consultations.suggest", 201),
    ("consultations.list_suggestions", 200),
    ("consultations.accept_suggestion", 200),
    ("consultations.complete", 200),
    ("consultations.cancel", 400),
    ("hospitals.list_members", 200),
    ("hospitals.approve_member", 200),
    ("hospitals.remove_member", 200),
    ("hospitals.list_doctors", 200),
    ("media.create_upload", 201),
    ("media.read", 302),
    ("medicine.create_request", 201),
    ("medicine.list_requests", 200),
    ("medicine.read_request", 200),
    ("medicine.respond", 201),
    ("conversations.send_message", 201),
    ("conversations.list_messages", 200),
    ("medicine.complete_request", 200),
    ("medicine.cancel_request", 400),
    ("notifications.list", 200),
    ("notifications.count_unread", 200),
    ("notifications.mark_read", 200),
    // No administrator can be made through the API.
    ("notifications.list_deliveries", 403),
    ("notifications.read_preferences", 200),
    ("notifications.change_preferences", 200),
    ("work.change_status", 200),
    ("work.active_providers", 200),
    ("work.list_orders", 200),
    ("work.respond", 200),
    ("work.complete_order", 200),
    ("work.cancel_order", 400),
    ("work.list_attempts", 200),
    ("work.assign", 201),
    ("realtime.connect", 200),
    ("realtime.disconnect", 200),
    ("realtime.message", 200),
    ("delivery", 0),
    ("requests.expire", 0),
    ("realtime.sweep", 0),
    ("accounts.refresh_token", 200),
    ("accounts.logout", 200),
    ("accounts.delete_profile", 200),
];

#[tokio::test]
async fn every_function_takes_its_event() {
    let stage = Stage::set().await;
    let pharmacy_a = stage.pharmacy("Pharmacy A", LAT, LNG).await;
    let pharmacy_b = stage.pharmacy("Pharmacy B", LAT, LNG).await;
    let customer = stage.customer("John Doe").await;
    let request = customer.requests_medicine(LAT, LNG, 5.0).await;
    let donor = json!({"blood_group": "O+", "city": "Chennai"});
    let donor_a = stage.person("donor", "Sarah Kumar", donor.clone()).await;
    let donor_b = stage.person("donor", "Ravi Shankar", donor).await;
    let need = json!({
        "patientName": "John Doe", "patientNumber": "+91 9876543210",
        "attenderName": "Jane Doe", "attenderNumber": "+91 9876543211",
        "bloodGroup": "O+", "units": 2, "urgency": "Critical", "hospitalName": "Apollo Hospital",
        "location": "123 Main St, Chennai", "city": "Chennai"
    });
    let blood = donor_a.post("/api/donor/requests/", need).await;
    let media = customer.uploads(&stage, "image/png", &tiny_png()).await;
    let with_image = customer.requests_with(&json!({"image_id": media})).await;
    assert_eq!(with_image.status, 201, "{}", with_image.body);
    let seeker = stage.seeker("Sita Rai").await;
    let provider = stage.active_provider("Shyam Thapa").await;
    let order = seeker.assigns(&provider).await;
    let clinic = Clinic::open(&stage, "Tunis Care Hospital").await;
    let second_clerk = clinic.joins(&stage, "Second Clerk").await;
    let patient = stage.patient("Amina Ben Ali").await;
    let consultation = patient.asks(&clinic).await;
    let mut blanks = Blanks::default()
        .with("media_id", &media)
        .with("request_id", &request)
        .with("work_order_id", &order)
        .with(
            "blood_request_id",
            blood.body["requestId"].as_str().unwrap(),
        )
        .with("consultation_id", &consultation)
        .with("appointment_date", &in_days(3));
    for (name, person) in [
        ("pharmacy_a", &pharmacy_a),
        ("pharmacy_b", &pharmacy_b),
        ("customer", &customer),
        ("donor_a", &donor_a),
        ("donor_b", &donor_b),
        ("seeker", &seeker),
        ("provider", &provider),
        ("clerk", &clinic.clerk),
        ("second_clerk", &second_clerk),
        ("doctor", &clinic.doctor),
        ("patient", &patient),
    ] {
        blanks = blanks.with_account(name, &person.access, &person.refresh, &person.id);
    }
    for (handler, expected) in EXPECTED {
        if *handler == "accounts.delete_profile" {
            // Signing out has ended the session that the events before it came from.
            let again = customer.signed_in_again().await;
            blanks = blanks.with_account("customer", &again.access, &again.refresh, &again.id);
        }
        let path = workspace_root().join(format!("events/{handler}.json"));
        let text = blanks.fill(&std::fs::read_to_string(&path).unwrap());
        assert!(!text.contains("{{"), "{handler}: a blank is not filled");
        let answer: Value = stage.invoke(handler, &text).await;
        if *expected == 0 {
            let done = match *handler {
                "realtime.sweep" => json!({"asked": 0}),
                "delivery" => json!({"batchItemFailures": []}),
                _ => json!({"ended": 0, "over": 0, "waiting": 0, "failed": 0}),
            };
            assert_eq!(answer, done, "{handler}");
        } else {
            assert_eq!(answer["statusCode"], *expected, "{handler}: {answer}");
        }
    }
}
