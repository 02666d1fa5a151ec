//! A fresh local cloud and what can be done on it without an account.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use callout_domain::moment::Moment;
use callout_local::artifact::{self, BuildOptions, Console};
use callout_local::client::{self, Account, Api, ClientError, Mailbox};
use callout_local::cloud::{LocalCloud, Options, StartError, TokenKey};
use callout_local::lambda::Invoke as _;
use callout_local::state::State;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::described;
use crate::permissions::Noted;
use crate::person::Person;
use crate::socket::{Heard, PATIENCE, Refusal};
use crate::{Answer, workspace_root};

/// A fresh local cloud; gone with the test.
pub struct Stage {
    /// The cloud itself.
    pub cloud: LocalCloud,
    api: Api,
    people: AtomicU32,
    template: PathBuf,
    _noted: Option<Noted>,
}

/// The artifact, built once for all tests of the process; what `cargo test` has built is not
/// built again. Another one is tested by its path in `CALLOUT_ARTIFACT`: what `sam build` made.
async fn artifact() -> PathBuf {
    static ARTIFACT: OnceCell<PathBuf> = OnceCell::const_new();
    ARTIFACT
        .get_or_init(|| async {
            if let Some(path) = std::env::var_os("CALLOUT_ARTIFACT") {
                return workspace_root().join(path).canonicalize().unwrap();
            }
            artifact::build(&BuildOptions {
                workspace: workspace_root(),
                release: false,
                console: Console::Silent,
            })
            .await
            .unwrap()
        })
        .await
        .clone()
}

impl Stage {
    /// Sets the stage.
    pub async fn set() -> Self {
        Self::set_with(|_| {}).await
    }

    /// Sets the stage, with a cloud of other options.
    pub async fn set_with(change: impl FnOnce(&mut Options)) -> Self {
        let template = workspace_root().join("template.yaml");
        Self::with(template, State::temporary().unwrap(), change)
            .await
            .unwrap()
    }

    /// Sets it on a copy of the template that was changed.
    ///
    /// # Errors
    /// Why the local cloud does not start on that.
    pub async fn set_on(change: impl FnOnce(&str) -> String) -> Result<Self, StartError> {
        let original = std::fs::read_to_string(workspace_root().join("template.yaml")).unwrap();
        let changed = change(&original);
        assert_ne!(changed, original, "nothing was changed");
        let state = State::temporary().unwrap();
        let template = state.path().join("template.yaml");
        std::fs::write(&template, changed).unwrap();
        Self::with(template, state, |_| {}).await
    }

    /// Ends this cloud and sets another on what it leaves, with those public keys.
    pub async fn set_again(self, public_keys: &str) -> Self {
        let state = self.cloud.state_handle().clone();
        let template = self.template;
        self.cloud.shutdown().await;
        Self::with(template, state, |options| {
            let keys = ("TokenPublicKeys".to_owned(), public_keys.to_owned());
            options.parameters.extend([keys]);
        })
        .await
        .unwrap()
    }

    /// Puts a private key into the secret that functions sign with; those that are started from now
    /// on read it.
    pub fn sign_with(&self, key: &TokenKey) {
        let text = key.private_base64();
        self.cloud.secrets().set("TokenSigningKey", &text).unwrap();
    }

    async fn with(
        template: PathBuf,
        state: State,
        change: impl FnOnce(&mut Options),
    ) -> Result<Self, StartError> {
        let mut options = Options::new(template.clone(), artifact().await, state);
        change(&mut options);
        let cloud = LocalCloud::start(options).await?;
        Ok(Self {
            api: Api::new(cloud.http_url()),
            _noted: Noted::of(&cloud),
            cloud,
            people: AtomicU32::new(0),
            template,
        })
    }

    /// `GET` without a token.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.api.get(path).await)
    }

    /// `GET` with any token.
    pub async fn get_with(&self, path: &str, token: &str) -> Answer {
        answer(self.api.with_token(token).get(path).await)
    }

    /// `POST` of JSON without a token.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        took(self.api.post_json(path, &body).await, &body)
    }

    /// The status and content behind a link.
    pub async fn download(&self, link: &str) -> (u16, Vec<u8>) {
        let answer = reqwest::get(link).await.unwrap();
        (
            answer.status().as_u16(),
            answer.bytes().await.unwrap().to_vec(),
        )
    }

    /// The newest code mailed to an address.
    pub async fn otp(&self, email: &str) -> String {
        Mailbox::new(&self.api).otp_for(email).await.unwrap()
    }

    /// Proves an address by a code.
    pub async fn prove(&self, email: &str) {
        self.api.send_otp(email).await.unwrap();
        let otp = self.otp(email).await;
        self.api.verify_otp(email, &otp).await.unwrap();
    }

    /// Registers at `/{role}/register/` an address that was proved.
    pub async fn register(&self, role: &str, email: &str, name: &str, profile: Value) -> Answer {
        let mut body = json!({"email": email, "password": "a good long password",
                              "name": name, "phone_number": "9841234567"});
        body.as_object_mut()
            .unwrap()
            .extend(profile.as_object().unwrap().clone());
        self.post(&format!("/{role}/register/"), body).await
    }

    /// Someone of a role, registered through the mail and signed in.
    pub async fn person(&self, role: &str, name: &str, profile: Value) -> Person {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let person = client::Person {
            role: role.to_owned(),
            email: format!("{role}-{number}@example.com"),
            password: format!("correct horse battery {number}"),
            name: name.to_owned(),
            phone_number: format!("98{number:08}"),
            profile,
        };
        let account = Account::open(&self.api, person).await.unwrap();
        Person::new(account, self.cloud.socket_url().to_owned())
    }

    /// A customer.
    pub async fn customer(&self, name: &str) -> Person {
        self.person("customer", name, json!({})).await
    }

    /// A customer whose name is made on the way.
    pub async fn customer_owned(&self, name: String) -> Person {
        self.customer(&name).await
    }

    /// A pharmacy at a position.
    pub async fn pharmacy(&self, name: &str, lat: f64, lng: f64) -> Person {
        let profile = json!({"lat": lat, "lng": lng, "address": "New Road 1"});
        self.person("pharmacy", name, profile).await
    }

    /// A pharmacy whose name is made on the way.
    pub async fn pharmacy_owned(&self, name: String, lat: f64, lng: f64) -> Person {
        self.pharmacy(&name, lat, lng).await
    }

    /// A handshake with any query, such as `?ticket=…`.
    ///
    /// # Errors
    /// The refusal.
    pub async fn handshake(&self, query: &str) -> Result<Heard, Refusal> {
        Heard::open(format!("{}{query}", self.cloud.socket_url())).await
    }

    /// A handshake at a path of the HTTP port, without a token.
    ///
    /// # Errors
    /// The refusal.
    pub async fn handshake_at(&self, path: &str) -> Result<Heard, Refusal> {
        Heard::open(self.api.socket_url(path)).await
    }

    /// A handshake that offers subprotocols.
    ///
    /// # Errors
    /// The refusal.
    pub async fn handshake_with_protocol(&self, protocols: &[&str]) -> Result<Heard, Refusal> {
        let mut request = self.cloud.socket_url().into_client_request().unwrap();
        request.headers_mut().insert(
            "sec-websocket-protocol",
            protocols.join(", ").parse().unwrap(),
        );
        Heard::open(request).await
    }

    /// Starts the function of a handler on an event, past the gateways.
    pub async fn invoke(&self, handler: &str, event: &str) -> Value {
        let stack = self.cloud.stack();
        let function = stack
            .functions
            .values()
            .find(|function| function.handler == handler)
            .unwrap();
        let answer = self
            .cloud
            .lambdas()
            .invoke(&function.logical_id, event.to_owned().into())
            .await
            .unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// Fires the schedule of a function, by its logical id, and waits until its run has ended; what it did.
    pub async fn fire(&self, function: &str) -> Value {
        let fired = self.tries_to_fire(function).await;
        assert_eq!(fired.status, 200, "{}", fired.body);
        fired.body["answer"].clone()
    }

    /// Fires it, however its run ends.
    pub async fn tries_to_fire(&self, function: &str) -> Answer {
        let path = format!("/_local/schedules/{function}");
        self.post(&path, Value::Null).await
    }

    /// Has a request be as old, and its time be over as soon, as if it had been made so much earlier.
    pub async fn ages(&self, request: &str, by: time::Duration) {
        let whole = json!({
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("REQUEST#{request}")}},
        });
        let found = self.table("Requests", "Query", whole).await;
        for item in found["Items"].as_array().unwrap() {
            let is_due = item["sk"]["S"] == "DUE";
            let time = if is_due { "due_at" } else { "created_at" };
            let Some(was) = item[time]["S"].as_str() else {
                continue;
            };
            let was: Moment = was.parse().unwrap();
            let is = was.plus(-by);
            let mut change = json!({
                "Key": {"pk": item["pk"], "sk": item["sk"]},
                "UpdateExpression": format!("SET {time} = :is"),
                "ExpressionAttributeValues": {":is": {"S": is.to_string()}},
            });
            if is_due {
                change["UpdateExpression"] = json!("SET due_at = :is, gsk = :place");
                change["ExpressionAttributeValues"][":place"]["S"] =
                    json!(format!("{is}#{request}"));
            }
            self.table("Requests", "UpdateItem", change).await;
        }
    }

    /// Makes the stack forget that it has just sent a code to an address, as time would.
    pub async fn forget_code_sent_to(&self, email: &str) {
        let key = json!({"pk": {"S": format!("EMAIL#{email}")}, "sk": {"S": "OTP"}});
        self.table("Accounts", "DeleteItem", json!({"Key": key}))
            .await;
    }

    /// Calls DynamoDB on a table, by its logical id, past the functions.
    pub async fn table(&self, table: &str, operation: &str, mut body: Value) -> Value {
        body["TableName"] = json!(self.cloud.stack().tables[table].name);
        self.cloud.dynamodb(operation, &body).await.unwrap()
    }

    /// Waits until something holds that nobody tells of.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let waiting = async {
            while !holds(self).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "in vain: {what}");
    }

    /// Everything in an account's inbox.
    pub async fn inbox(&self, account: &str) -> Vec<Value> {
        let condition = json!({
            // The badge stands beside the notifications, whose ids all begin with a lower digit.
            "KeyConditionExpression": "pk = :account AND sk < :end",
            "ExpressionAttributeValues": {
                ":account": {"S": format!("ACCOUNT#{account}")},
                ":end": {"S": "8"},
            },
            "ConsistentRead": true,
        });
        let found = self.table("Notifications", "Query", condition).await;
        found["Items"].as_array().unwrap().clone()
    }

    /// The private key of the stack's tokens, PKCS#8.
    pub fn signing_key(&self) -> Vec<u8> {
        self.cloud.token_key().private_pkcs8().to_vec()
    }

    /// The name of that key.
    pub fn key_id(&self) -> String {
        self.cloud.token_key().kid()
    }
}

pub(crate) fn answer(outcome: Result<client::Answer, ClientError>) -> Answer {
    let answer = outcome.unwrap();
    described::check_answer(&answer.call, answer.status, &answer.body);
    let id = answer.headers.get("x-request-id");
    Answer {
        status: answer.status,
        request_id: id.and_then(|id| Some(id.to_str().ok()?.to_owned())),
        retry_after: answer
            .headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse().ok()),
        body: answer.body,
    }
}

/// As [`answer`], and what was sent is held against the description, too.
pub(crate) fn took(outcome: Result<client::Answer, ClientError>, sent: &Value) -> Answer {
    if let Ok(answer) = &outcome {
        described::check_taken(&answer.call, answer.status, sent);
    }
    answer(outcome)
}
