//! People without an account who ask for a code meanwhile, and prove their address by it.

use serde_json::{Value, json};

use super::history::{Asked, Code, Proof};
use super::play::TRIES;
use super::{Campaign, play};
use crate::Answer;

const TOO_SOON: &str = "otp_too_soon";

impl Campaign<'_> {
    /// Somebody asks for a code until there is an answer, and offers the one that came, if one did.
    pub(super) async fn ask_for_code(&self, email: String) {
        let (answer, refusals) = self.insist("/send-otp", &json!({"email": &email})).await;
        let asked = match (answer.status, code(&answer)) {
            (200, _) => Asked::Sent,
            (429, TOO_SOON) => Asked::TooSoon,
            _ => Asked::Other(format!("{} {}", answer.status, answer.body)),
        };
        let mails = self.stage.cloud.mailbox().to(&email, 0);
        let sent = mails.last().and_then(|mail| digits(&mail.text));
        let mut proof = Proof::NothingToOffer;
        let mut failures = 0;
        if let Some(otp) = sent {
            let offer = json!({"email": &email, "otp": otp});
            let (answer, refused) = self.insist("/verify-otp", &offer).await;
            failures = refused;
            proof = match (answer.status, code(&answer)) {
                (200, _) => Proof::Right,
                (400, "otp_ended") => Proof::Ended,
                _ => Proof::Other(format!("{} {}", answer.status, answer.body)),
            };
        }
        self.recorder.keep_code(Code {
            email,
            refusals,
            asked,
            failures,
            proof,
        });
    }

    /// Asks until there is an answer that is no failure of the cloud; and how many were. To be told to
    /// wait a minute is an answer.
    async fn insist(&self, path: &str, body: &Value) -> (Answer, u32) {
        let mut failures = 0;
        loop {
            let answer = self.stage.post(path, body.clone()).await;
            if !play::failed(&answer) || code(&answer) == TOO_SOON || failures == TRIES {
                return (answer, failures);
            }
            failures += 1;
        }
    }
}

fn code(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

/// The first run of six digits: the code in a mail.
fn digits(text: &str) -> Option<&str> {
    text.split(|character: char| !character.is_ascii_digit())
        .find(|run| run.len() == 6)
}
