//! Donors, what they ask of each other, and what they do about it.

use serde_json::{Value, json};

use crate::Answer;
use crate::person::Person;
use crate::stage::Stage;

/// The city in which everything happens unless a test says otherwise.
pub const CITY: &str = "Chennai";
/// Its centre.
pub const LAT: f64 = 13.0827;
/// Its centre.
pub const LNG: f64 = 80.2707;
/// The patient's number of [`need`].
pub const PATIENT: &str = "+91 9876543210";
/// The attender's number of [`need`].
pub const ATTENDER: &str = "+91 9876543211";

/// The seed's form, with other fields.
pub fn need(changes: &Value) -> Value {
    let mut form = json!({
        "patientName": "John Doe",
        "patientNumber": PATIENT,
        "attenderName": "Jane Doe",
        "attenderNumber": ATTENDER,
        "bloodGroup": "O+",
        "units": "2",
        "urgency": "Critical",
        "hospitalName": "Apollo Hospital",
        "location": "123 Main St, Chennai",
        "city": CITY,
    });
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

impl Stage {
    /// A donor of O+ in the city.
    pub async fn donor(&self, name: &str) -> Person {
        self.donor_with(name, json!({})).await
    }

    /// A donor of O+ in the city, but for what is said otherwise.
    pub async fn donor_with(&self, name: &str, changes: Value) -> Person {
        let mut profile = json!({"blood_group": "O+", "city": CITY});
        for (field, value) in changes.as_object().unwrap() {
            profile[field] = value.clone();
        }
        self.person("donor", name, profile).await
    }

    /// So many donors of O+ in the city.
    pub async fn donors(&self, count: usize) -> Vec<Person> {
        let names: Vec<String> = (0..count).map(|number| format!("Donor {number}")).collect();
        futures::future::join_all(names.iter().map(|name| self.donor(name))).await
    }
}

impl Person {
    /// Asks for blood.
    pub async fn asks_for_blood(&self, changes: Value) -> Answer {
        self.post("/api/donor/requests/", need(&changes)).await
    }

    /// Asks for blood as they may; the request's id.
    pub async fn requests_blood(&self, changes: Value) -> String {
        let created = self.asks_for_blood(changes).await;
        assert_eq!(created.status, 201, "{}", created.body);
        created.text("requestId")
    }

    /// Does something about a request: `accept-request`.
    pub async fn tries_to(&self, what: &str, request: &str) -> Answer {
        let path = format!("/api/donor/{what}/");
        self.post(&path, json!({"requestId": request})).await
    }

    /// Does something about a request as they may.
    pub async fn does(&self, what: &str, request: &str) -> Answer {
        let done = self.tries_to(what, request).await;
        assert_eq!(done.status, 200, "{what}: {}", done.body);
        done
    }

    /// Closes a request.
    pub async fn closes(&self, request: &str, status: &str) -> Answer {
        let body = json!({"requestId": request, "status": status});
        self.post("/api/donor/requests/complete/", body).await
    }

    /// Their list of active requests: `?blood_group=O-`.
    pub async fn active_requests(&self, query: &str) -> Vec<Value> {
        self.array(&format!("/api/donor/active-requests/{query}"))
            .await
    }

    /// The ids of their active requests, in their order.
    pub async fn active_ids(&self, query: &str) -> Vec<String> {
        let listed = self.active_requests(query).await;
        let ids = listed.iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }

    /// One of the requests that they made, as they find it later.
    pub async fn own_blood_request(&self, request: &str) -> Value {
        let own = self.array("/api/donor/my-requests/").await;
        let found = own.iter().find(|one| one["id"] == request);
        found
            .unwrap_or_else(|| panic!("{request} is not in {own:?}"))
            .clone()
    }

    /// Their profile.
    pub async fn donor_profile(&self) -> Value {
        let profile = self.get("/donor/profile/").await;
        assert_eq!(profile.status, 200, "{}", profile.body);
        profile.body
    }

    async fn array(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let list = answer.body.as_array();
        list.unwrap_or_else(|| panic!("no array: {}", answer.body))
            .clone()
    }
}
