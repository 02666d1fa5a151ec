//! POST /medicine/response/ by a pharmacy in reach: yes or no, once; the first yes has the request.
//! The socket's `response` goes by the same rule, [`answer`].
//!
//! Leaves behind the response, the request assigned if it was the first yes, the pharmacy's
//! counters, a `pharmacy_response` for the customer, and for a yes a `request_taken` for everybody
//! else who was told, and what the recording belongs to. What was recorded is stored before; if the commit does not happen it is an
//! orphan that the bucket's lifecycle ends.

use callout_cloud::commit::{Commit, CommitError, Guard};
use callout_cloud::failure::CloudError;
use callout_cloud::requests::Requests;
use callout_cloud::{Cloud, clock};
use callout_domain::account::Account;
use callout_domain::geo::DistanceKm;
use callout_domain::ids::{MediaId, RequestId, ResponseId};
use callout_domain::media::BelongsTo;
use callout_domain::medicine::{
    Choice, MedicineRequest, MedicineResponse, NotAChoice, OutOfReach, Reach, ReplyText,
    pharmacy_response, request_taken,
};
use callout_domain::moment::Moment;
use callout_domain::role::Role;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::http::{Answer, Call, Caller, Failure, Form, Given, Once, Refused, Reply, Scope, Turn};
use crate::media::attached::{self, Attached};
use crate::medicine::{illegal, overtaken, view};
use crate::requests::tell::Telling;
use crate::requests::unknown;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Pharmacy])?;

    let mut form = call.form().await?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let answer = MedicineAnswer::read(&mut form)?;

    let reply = match record(call.cloud, &caller, answer, call.now, &once).await {
        // What stands in the way may be this very answer, sent twice and recorded meanwhile.
        Err(Failure::Refused(refused)) => once.answered_or(call.cloud, refused).await?,
        outcome => outcome?,
    };
    Ok(reply.sign(call.cloud).await?)
}

/// What a pharmacy answers, whichever way it came.
#[derive(Debug)]
pub(crate) struct MedicineAnswer {
    /// To what.
    pub(crate) request: RequestId,
    /// Yes or no.
    pub(crate) choice: Choice,
    /// What it says besides.
    pub(crate) text: Option<ReplyText>,
    /// What it recorded; over a socket, only what was uploaded before.
    pub(crate) audio: Option<Attached>,
}

impl MedicineAnswer {
    /// Reads either spelling of each field. 400 with every field that is wrong; 404 for a request
    /// that can be none.
    pub(crate) fn read(form: &mut Form) -> Result<Self, Failure> {
        let request = form.required("request_id", |given| given.text().map(str::to_owned));
        let choice = form.required(form.either("response_type", "status"), choice);
        let text = form.optional(form.either("text_message", "message"), text);
        let audio = Attached::audio(form);
        form.check()?;
        let (Some(request), Some(choice)) = (request, choice) else {
            return Err(form.reject());
        };
        Ok(Self {
            request: request.parse().map_err(|_| unknown())?,
            choice,
            text: text.flatten(),
            audio,
        })
    }
}

fn choice(given: Given<'_>) -> Result<Choice, String> {
    let text = given.text().unwrap_or_default();
    text.parse().map_err(|error: NotAChoice| error.to_string())
}

fn text(given: Given<'_>) -> Result<Option<ReplyText>, String> {
    let typed = given.text().map_err(str::to_owned)?;
    ReplyText::parse(typed).map_err(|error| error.to_string())
}

/// Records a pharmacy's answer that came over its socket; what the REST twin answers comes back.
///
/// The caller must be a pharmacy; everything else is checked here.
pub(crate) async fn answer(
    cloud: &Cloud,
    caller: &Caller,
    answer: MedicineAnswer,
    now: Moment,
) -> Result<Value, Failure> {
    caller.must_be(&[Role::Pharmacy])?;
    let reply = record(cloud, caller, answer, now, &Once::without_key(now)).await?;
    Ok(reply.body.sign(cloud).await?)
}

async fn record(
    cloud: &Cloud,
    caller: &Caller,
    answer: MedicineAnswer,
    now: Moment,
    once: &Once,
) -> Result<Reply, Failure> {
    let requests = cloud.requests().await?;
    // Boxed: three reads at once make a large future.
    let judged = Box::pin(judge(cloud, &requests, caller, &answer, now)).await?;

    let audio = match answer.audio {
        Some(audio) => Some(audio.store(cloud, caller.account).await?),
        None => None,
    };
    let step = answer.choice.step();
    let response = judged.response(
        answer.choice,
        answer.text,
        audio.as_ref().map(|audio| audio.id),
        now,
    );
    let reply = reply(&response);
    let mut commit = once.commit(cloud, &reply).await?;
    let header = &judged.request.header;
    let taken = Telling::ending(header, request_taken(header.id), now);
    requests
        .medicine()
        .answer(&mut commit, &judged.request, &response, taken.event())?;
    let accounts = cloud.accounts().await?;
    accounts.must_be_there(&mut commit, judged.pharmacy.id)?;
    let belongs_to = BelongsTo::Request { request: header.id };
    attached::keep(cloud, &mut commit, audio.as_ref(), belongs_to, now).await?;
    tell(cloud, &mut commit, &response, &judged.request, taken).await?;
    match commit.run().await {
        Ok(()) => Ok(reply),
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::KeyUnused => {
            once.answered(cloud).await
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::AccountThere => {
            Err(Failure::unauthenticated())
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::MediaFree => {
            Err(attached::used())
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::FirstResponse => {
            Err(answered_before())
        }
        Err(CommitError::Refused(refusal)) if refusal.guard == Guard::RequestUnchanged => {
            Err(overtaken(&requests, header.id, step, now).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// An answer that nothing forbids as things were read.
struct Judged {
    request: MedicineRequest,
    pharmacy: Account,
    distance: Option<DistanceKm>,
}

async fn judge(
    cloud: &Cloud,
    requests: &Requests,
    caller: &Caller,
    answer: &MedicineAnswer,
    now: Moment,
) -> Result<Judged, Failure> {
    let accounts = cloud.accounts().await?;
    let (pharmacy, request, earlier) = futures::try_join!(
        accounts.read(caller.account),
        requests.read::<MedicineRequest>(answer.request, now),
        requests.answer::<MedicineResponse>(answer.request, caller.account, now),
    )?;
    let pharmacy = pharmacy.ok_or_else(Failure::unauthenticated)?;
    let request = request.ok_or_else(unknown)?;
    if earlier.is_some() {
        return Err(answered_before());
    }
    let distance = request
        .reach
        .admits(pharmacy.id, pharmacy.position())
        .map_err(out_of_reach)?;
    let state = request.state_at(now);
    state.after(answer.choice.step()).map_err(illegal)?;
    Ok(Judged {
        request,
        pharmacy,
        distance,
    })
}

impl Judged {
    fn response(
        &self,
        choice: Choice,
        text: Option<ReplyText>,
        audio: Option<MediaId>,
        now: Moment,
    ) -> MedicineResponse {
        MedicineResponse {
            id: ResponseId::new(clock::fresh_ulid()),
            request: self.request.header.id,
            pharmacy: self.pharmacy.id,
            pharmacy_name: self.pharmacy.name.as_str().to_owned(),
            pharmacy_location: self.pharmacy.position(),
            distance_km: self.distance.map(DistanceKm::rounded),
            choice,
            text,
            audio,
            responded_at: now,
        }
    }
}

async fn tell(
    cloud: &Cloud,
    commit: &mut Commit,
    response: &MedicineResponse,
    request: &MedicineRequest,
    taken: Telling<'_>,
) -> Result<(), CloudError> {
    let outbox = cloud.outbox().await?;
    Telling::reporting(
        &request.header,
        response.id,
        pharmacy_response(response),
        response.responded_at,
    )
    .these(&outbox, commit, &[request.header.requester])?;
    match (response.choice, request.reach) {
        (Choice::Accepted, Reach::Around { .. }) => {
            taken.others(&outbox, commit, &[response.pharmacy])
        }
        // Nobody else was told.
        (Choice::Accepted, Reach::Directed { .. }) | (Choice::Rejected, _) => Ok(()),
    }
}

fn reply(response: &MedicineResponse) -> Reply {
    let sentence = "Response recorded. Customer will be notified.";
    Reply::created(view::response(response).with("message", json!(sentence)))
}

fn out_of_reach(error: OutOfReach) -> Failure {
    Refused::new(StatusCode::FORBIDDEN, "out_of_reach", error.to_string()).into()
}

fn answered_before() -> Failure {
    Failure::bad(
        "already_responded",
        "You have already responded to this request",
    )
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        choice, file, id, no_file, open, operation, reply_text, text, ulid, upload_id,
    };

    use callout_domain::medicine::Step;
    let fields = || {
        open()
            .with("request_id", ulid())
            .either("response_type", "status", choice())
            .may("text_message", reply_text().or_null())
            .may("message", reply_text().or_null())
            .may("audio_id", upload_id())
    };
    let mut example = view::response_example();
    example["message"] = json!("Response recorded. Customer will be notified.");
    operation("Answers a request for medicine; the first to accept has it")
        .by(&[Role::Pharmacy])
        .takes_form(
            fields().may("audio", no_file()),
            fields().may("audio", file("WebM, MP3, M4A, OGG or WAV audio.")),
            json!({
                "request_id": id('R'), "response_type": "ACCEPTED",
                "text_message": "We have this medicine in stock!",
            }),
        )
        .once()
        .answers(
            201,
            "The response.",
            view::response_seen().with("message", text()),
            example,
        )
        .refuses(out_of_reach(OutOfReach))
        .refuses(unknown())
        .refuses(answered_before())
        .refuses_any(crate::medicine::illegal_steps(Step::Accept))
        .refuses_any(crate::medicine::illegal_steps(Step::Reject))
        .refuses_any(crate::media::attached::refusals())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
