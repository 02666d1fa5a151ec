//! POST /api/consultation-response/{id}/doctor-response/ by the doctor to whom the consultation is
//! assigned: offers an appointment, or declines. `{id}` is the consultation's.
//!
//! The seed leaves `status` silent: `Offered` or `Accepted` is an offer, `Declined` or `Rejected` is
//! none, in any case. Leaves behind the offer or its absence, and told of it, the patient, and the
//! hospital where it has to find another doctor.

use callout_domain::consultation::{Act, Offer, Speaker, words};
use callout_domain::moment::Moment;
use callout_domain::role::Role;

use crate::consultations::fields::{all_of, note, price, upcoming};
use crate::consultations::named_by_path;
use crate::consultations::take::Taking;
use crate::http::{Answer, Call, Failure, Form, Given};

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Doctor])?;
    let id = named_by_path(&call)?;
    let mut form = call.json()?;
    let (act, sentence) = read(&mut form, call.now)?;

    let speaker = Speaker::Doctor(caller.account);
    Taking::of(call.cloud, &caller, speaker, (id, act), sentence, call.now)
        .take()
        .await
}

/// What a doctor may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Offer,
    Decline,
}

fn read(form: &mut Form, now: Moment) -> Result<(Act, &'static str), Failure> {
    let answered = form.required("status", answered);
    let message = note(form, "message");
    let read = match answered {
        Some(Answered::Offer) => {
            let appointment_date = form.required("appointment_date", upcoming(now));
            let price = form.optional("price", price);
            appointment_date.map(|appointment_date| {
                let offer = Offer {
                    appointment_date,
                    price,
                    message,
                };
                (Act::Offer(offer), words::OFFERED)
            })
        }
        Some(Answered::Decline) => Some((Act::Decline { message }, words::DECLINED)),
        None => None,
    };
    all_of(form, read)
}

fn answered(given: Given<'_>) -> Result<Answered, &'static str> {
    match given.text()?.trim().to_ascii_lowercase().as_str() {
        "offered" | "accepted" => Ok(Answered::Offer),
        "declined" | "rejected" => Ok(Answered::Decline),
        _ => Err("must be Offered or Declined"),
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{given_moment, one_of_texts, open, operation, price_given, ulid};

    use callout_domain::consultation::Step;
    let operation = operation("Offers an appointment, or declines")
        .by(&[Role::Doctor])
        .at("id", ulid(), "The consultation's id.")
        .takes(
            open()
                .with(
                    "status",
                    one_of_texts([
                        "Offered", "Accepted", "Declined", "Rejected", "offered", "accepted",
                        "declined", "rejected",
                    ])
                    .about("In whichever case."),
                )
                .may("appointment_date", given_moment().or_null())
                .may("price", price_given().or_null())
                .may(
                    "message",
                    crate::api::Schema::of(
                        serde_json::json!({"type": ["string", "null"], "maxLength": 2000}),
                    ),
                ),
            serde_json::json!({
                "status": "Offered", "appointment_date": "2026-03-01T09:00:00.000Z", "price": 50,
                "message": "Please come fasting",
            }),
        );
    crate::consultations::take::described(
        operation,
        200,
        (words::OFFERED, "Offered"),
        &[Step::Offer, Step::Decline],
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::consultation::Act;
    use serde_json::{Value, json};

    use super::read;
    use crate::http::{Failure, Form};

    fn of(fields: Value) -> Result<Act, Failure> {
        let Value::Object(fields) = fields else {
            unreachable!("it is an object");
        };
        let now = "2026-02-24T10:30:00Z".parse().unwrap();
        read(&mut Form::of(fields), now).map(|(act, _)| act)
    }

    #[test]
    fn both_answers_are_read_by_all_their_names() {
        for status in ["Offered", "accepted", " ACCEPTED "] {
            let offer = json!({"status": status, "appointment_date": "2026-03-01T09:00:00Z",
                               "price": "150.00", "message": "Come early"});
            let Act::Offer(offer) = of(offer).unwrap() else {
                unreachable!("it is an offer");
            };
            assert_eq!(offer.price.unwrap().as_str(), "150.00");
            assert_eq!(offer.message.unwrap().as_str(), "Come early");
        }
        for status in ["Declined", "rejected"] {
            let declined = of(json!({"status": status})).unwrap();
            assert_eq!(declined, Act::Decline { message: None });
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let names = |fields| match of(fields) {
            Err(Failure::Invalid(problems)) => problems.into_keys().collect::<Vec<_>>(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(names(json!({})), ["status"]);
        assert_eq!(names(json!({"status": "Reviewed"})), ["status"]);
        assert_eq!(
            names(json!({"status": "Offered", "price": -1, "message": "a\u{0}"})),
            ["appointment_date", "message", "price"]
        );
    }
}
