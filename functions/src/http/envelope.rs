//! The form of answers: the contract's own, and that of the seed of work, whose endpoints under
//! `/api/1/profiles/` keep it.

use serde_json::{Value, json};

use crate::http::Answer;

/// In what form an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// The body as it is; a failure is `{"error", "code", …}`.
    Plain,
    /// `{"status": "success", "message", "data"}`, by [`Answer::success`]; a failure is
    /// `{"status": "error", "message", "code", …}`.
    Work,
}

impl Envelope {
    /// The answer that carries a failure, from the contract's own form.
    pub(crate) fn failed(self, answer: Answer) -> Answer {
        match self {
            Self::Plain => answer,
            Self::Work => answer.map_body(|mut body| {
                let sentence = body.as_object_mut().and_then(|body| body.remove("error"));
                body["message"] = sentence.unwrap_or_default();
                body["status"] = json!("error");
                body
            }),
        }
    }
}

impl Answer {
    /// 200 as the work endpoints say it.
    pub(crate) fn success(message: &str, data: &Value) -> Self {
        Self::ok(json!({"status": "success", "message": message, "data": data}))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Envelope;
    use crate::http::{Answer, Failure};

    #[test]
    fn a_failure_of_a_work_endpoint_has_its_seeds_form_and_all_that_the_contract_adds() {
        let failed = || Failure::field("fcm_token", "is required").answer("1");
        let answer = Envelope::Work.failed(failed());
        assert_eq!(answer.status(), 400);
        assert_eq!(
            answer.into_body(),
            json!({
                "status": "error",
                "message": "Some fields are not valid",
                "code": "invalid_input",
                "fields": {"fcm_token": "is required"},
            })
        );
        let plain = Envelope::Plain.failed(failed());
        assert_eq!(plain.into_body(), failed().into_body());
    }

    #[test]
    fn when_to_come_back_stays_a_header() {
        let failed = Failure::too_many("too_many", "Too many", 7).answer("1");
        let response = Envelope::Work.failed(failed).into_response("r");
        assert_eq!(response.headers()["retry-after"], "7");
    }

    #[test]
    fn success_carries_a_sentence_and_data() {
        let answer = Answer::success("Done", &json!({"id": 1}));
        assert_eq!(
            answer.into_body(),
            json!({"status": "success", "message": "Done", "data": {"id": 1}})
        );
    }
}
