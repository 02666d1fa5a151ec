//! POST /api/1/profiles/assign-work/ by a seeker: asks one provider, who must be active, near enough, of
//! that trade and not at work, to do something.
//!
//! Leaves behind the order, its place on the provider's list, that it is the only one that waits between
//! the two, and a `work_assigned` for the provider. Then waits a moment to read from the record of its
//! delivery what `fcm_sent` and `websocket_sent` are; see `docs/decisions/0019`.

use callout_cloud::commit::{CommitError, Guard};
use callout_cloud::requests::Requests;
use callout_cloud::{Cloud, clock, contention};
use callout_domain::account::{Account, ServiceType};
use callout_domain::audience::{Audience, Told};
use callout_domain::geo::{DistanceKm, GeoPoint};
use callout_domain::ids::{AccountId, EventId, RequestId, ResponseId};
use callout_domain::request::Header;
use callout_domain::role::Role;
use callout_domain::work::{
    Candidate, Party, State, Task, Unavailable, Wanted, WorkOrder, work_assigned,
};
use serde_json::{Value, json};

use crate::http::{Answer, Call, Caller, Failure, Form, Given, Linked, Once, Reply, Scope, Turn};
use crate::requests::place;
use crate::requests::tell::Telling;
use crate::work::handed_over;

/// The longest `distance` that an app may send; ours is computed.
const LONGEST_DISTANCE: usize = 40;

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Seeker])?;

    let mut form = call.json()?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(with_outcome(call.cloud, answer).await),
    };
    let asked = Asked::read(&mut form)?;

    let reply = match assign(&call, &caller, &asked, &once).await {
        // What stands in the way may be this very order, sent twice and made meanwhile.
        Err(Failure::Refused(refused)) => once.answered_or(call.cloud, refused).await?,
        outcome => outcome?,
    };
    let answer = reply.sign(call.cloud).await?;
    Ok(with_outcome(call.cloud, answer).await)
}

/// What a seeker asks for.
#[derive(Debug)]
struct Asked {
    provider: AccountId,
    service_type: ServiceType,
    task: Task,
    place: GeoPoint,
}

impl Asked {
    /// 400 with every field that is wrong; 404 for a provider that can be none.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let provider = form.required("provider_id", |given| given.text().map(str::to_owned));
        let service_type = form.required("service_type", |given| {
            ServiceType::parse(given.text()?).map_err(|error| error.to_string())
        });
        let task = form.required("message", |given| {
            Task::parse(given.text()?).map_err(|error| error.to_string())
        });
        form.optional("distance", distance);
        let place = place::point(form, "latitude", "longitude");
        form.check()?;
        let (Some(provider), Some(service_type), Some(task), Some(place)) =
            (provider, service_type, task, place)
        else {
            return Err(form.reject());
        };
        Ok(Self {
            provider: provider.parse().map_err(|_| no_provider())?,
            service_type,
            task,
            place,
        })
    }
}

/// What an app takes the distance to be: text, and nothing that anything is decided by.
fn distance(given: Given<'_>) -> Result<(), String> {
    let text = given.text()?;
    if text.chars().nth(LONGEST_DISTANCE).is_some() {
        return Err(format!("must be at most {LONGEST_DISTANCE} characters"));
    }
    Ok(())
}

/// Assigns it, however often something that was read changes meanwhile.
async fn assign(
    call: &Call,
    caller: &Caller,
    asked: &Asked,
    once: &Once,
) -> Result<Reply, Failure> {
    let table = call.cloud.requests().await?;
    for tries in 0..contention::TRIES {
        // Boxed: five reads at once make a large future.
        let judged = Box::pin(judge(call, &table, caller, asked)).await?;
        let order = judged.order(asked, call);
        let reply = reply(&order);
        match Box::pin(commit(call, &table, &order, once, &reply)).await {
            Ok(()) => return Ok(reply),
            Err(CommitError::Refused(refusal)) if refusal.guard == Guard::KeyUnused => {
                return once.answered(call.cloud).await;
            }
            // Somebody was faster, or has left: what that forbids is judged anew.
            Err(CommitError::Refused(_)) => contention::wait(tries).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(callout_cloud::failure::CloudError::Contended.into())
}

/// An order that nothing forbids as things were read.
struct Judged {
    seeker: Account,
    provider: Account,
    distance: DistanceKm,
}

async fn judge(
    call: &Call,
    table: &Requests,
    caller: &Caller,
    asked: &Asked,
) -> Result<Judged, Failure> {
    let most_age = call.cloud.position_lifetime()?;
    let accounts = call.cloud.accounts().await?;
    let live = call.cloud.live().await?;
    let work = table.work();
    let wanted_of = [asked.provider];
    let (seeker, provider, live, busy, is_pending) = futures::try_join!(
        accounts.read(caller.account),
        accounts.read(asked.provider),
        live.read(asked.provider, call.now),
        work.busy(&wanted_of, call.now),
        work.is_pending(caller.account, asked.provider, call.now),
    )?;
    let seeker = seeker.ok_or_else(Failure::unauthenticated)?;
    let provider = provider.ok_or_else(no_provider)?;
    let candidate = Candidate {
        account: &provider,
        live,
        is_busy: busy.contains_key(&asked.provider),
    };
    let wanted = Wanted {
        seeker: seeker.id,
        service_type: &asked.service_type,
        place: asked.place,
    };
    let distance = candidate
        .may_be_assigned(wanted, most_age, call.now)
        .map_err(unavailable)?;
    if is_pending {
        return Err(already_pending());
    }
    Ok(Judged {
        seeker,
        provider,
        distance,
    })
}

impl Judged {
    fn order(&self, asked: &Asked, call: &Call) -> WorkOrder {
        let id = RequestId::new(clock::fresh_ulid());
        let distance_km = self.distance.rounded();
        let audience = audience(self.provider.id, distance_km);
        WorkOrder {
            header: Header::new(id, self.seeker.id, &audience, call.now),
            seeker: Party::of(&self.seeker),
            provider_id: self.provider.id,
            provider: Party::of(&self.provider),
            assignment: ResponseId::new(clock::fresh_ulid()),
            service_type: asked.service_type.clone(),
            task: asked.task.clone(),
            place: asked.place,
            distance_km,
            state: State::Pending,
            answered_at: None,
            ended_at: None,
        }
    }
}

fn audience(provider: AccountId, distance_km: f64) -> Audience {
    Audience::new(vec![Told {
        account: provider,
        distance_km: Some(distance_km),
    }])
}

/// The one commit that assigns it: both accounts must be there, and the provider as they were judged.
async fn commit(
    call: &Call,
    table: &Requests,
    order: &WorkOrder,
    once: &Once,
    reply: &Reply,
) -> Result<(), CommitError> {
    let cloud = call.cloud;
    let lifetime = cloud.work_lifetime()?;
    let mut commit = once.commit(cloud, reply).await?;
    let audience = audience(order.provider_id, order.distance_km);
    table
        .work()
        .create(&mut commit, order, &audience, lifetime)?;
    let live = cloud.live().await?;
    live.must_be_live(
        &mut commit,
        order.provider_id,
        cloud.position_lifetime()?,
        call.now,
    )?;
    let accounts = cloud.accounts().await?;
    accounts.must_be_there(&mut commit, order.header.requester)?;
    accounts.must_be_there(&mut commit, order.provider_id)?;
    Telling::announcing(&order.header, work_assigned(order))
        .audience(&cloud.outbox().await?, &mut commit)?;
    commit.run().await
}

/// The seed's answer, but for what is known only once it was delivered.
fn reply(order: &WorkOrder) -> Reply {
    Reply::created(Linked::new(json!({
        "status": "success",
        "message": "Work assigned successfully",
        "data": {
            "work_order_id": order.header.id,
            "work_id": order.header.id,
            "order_id": order.header.id,
            "provider_id": order.provider_id,
            "provider_name": order.provider.name,
            "provider_mobile": order.provider.phone_number,
            "service_type": order.service_type,
            "distance_km": order.distance_km,
            "order_status": State::Pending.as_str(),
            "created_at": order.header.created_at,
        },
    })))
}

/// The answer, with what has been handed over of the order by now.
async fn with_outcome(cloud: &Cloud, answer: Answer) -> Answer {
    let data = &answer.body()["data"];
    let id = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    let (Ok(order), Ok(provider)) = (id("work_order_id").parse(), id("provider_id").parse()) else {
        // What was kept under the key is no order.
        return answer;
    };
    let handed = handed_over::wait(cloud, provider, EventId::announcing(order)).await;
    answer.map_body(|mut body| {
        body["data"]["fcm_sent"] = Value::Bool(handed.push);
        body["data"]["websocket_sent"] = Value::Bool(handed.socket);
        body
    })
}

fn unavailable(why: Unavailable) -> Failure {
    Failure::bad(why.code(), why.to_string())
}

/// 400: one at a time.
fn already_pending() -> Failure {
    Failure::bad(
        "already_pending",
        "You already have a pending work order with this provider",
    )
}

/// 404: nobody has this id.
fn no_provider() -> Failure {
    Failure::unknown("There is no such provider")
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        closed, distance, flag, given_latitude, given_longitude, id, moment, open, operation,
        person_name, phone_number, service_type, success, task, ulid, words, work_state,
    };

    let data = closed()
        .with("work_order_id", ulid())
        .with("work_id", ulid())
        .with("order_id", ulid())
        .with("provider_id", ulid())
        .with("provider_name", person_name())
        .with("provider_mobile", phone_number().or_null())
        .with("service_type", service_type())
        .with("distance_km", distance())
        .with("order_status", work_state())
        .with("created_at", moment())
        .with("fcm_sent", flag())
        .with("websocket_sent", flag());
    let unavailable = [
        Unavailable::Oneself,
        Unavailable::NotAProvider,
        Unavailable::Inactive,
        Unavailable::Stale,
        Unavailable::OtherService,
        Unavailable::OutOfCoverage,
        Unavailable::Busy,
    ]
    .map(unavailable);
    operation("Asks a provider to do something")
        .that("`fcm_sent` and `websocket_sent` say what was handed over by the time of the answer.")
        .by(&[Role::Seeker])
        .takes(
            open()
                .with("provider_id", ulid())
                .with("service_type", service_type())
                .with("message", task())
                .may(
                    "distance",
                    words(LONGEST_DISTANCE)
                        .or_null()
                        .about("Passed over: the distance is computed."),
                )
                .with("latitude", given_latitude())
                .with("longitude", given_longitude()),
            json!({
                "provider_id": id('P'), "service_type": "worker",
                "message": "Need help with painting work", "distance": "2.5km",
                "latitude": 12.345, "longitude": 67.89,
            }),
        )
        .once()
        .answers(
            201,
            "The order.",
            success(data),
            json!({
                "status": "success", "message": "Work assigned successfully",
                "data": {
                    "work_order_id": id('W'), "work_id": id('W'), "order_id": id('W'),
                    "provider_id": id('P'), "provider_name": "John Doe",
                    "provider_mobile": "9876543210", "service_type": "worker", "distance_km": 2.5,
                    "order_status": "pending", "created_at": "2025-01-30T10:30:00.000Z",
                    "fcm_sent": true, "websocket_sent": true,
                },
            }),
        )
        .refuses_any(unavailable)
        .refuses(already_pending())
        .refuses(no_provider())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
