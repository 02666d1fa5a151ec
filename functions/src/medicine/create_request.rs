//! POST /medicine/request/ by a customer or patient: tells the pharmacies around a place, or one.
//!
//! Leaves behind the request, its place among the open ones, who is told of it, and a `new_request`
//! for each chunk of them, and what the picture belongs to. A picture is stored before; if the commit does not
//! happen it is an orphan that the bucket's lifecycle ends.

use callout_cloud::accounts::Accounts;
use callout_cloud::clock;
use callout_domain::audience::{Audience, Told};
use callout_domain::ids::{AccountId, RequestId};
use callout_domain::media::BelongsTo;
use callout_domain::medicine::{MedicineRequest, Pharmacy, Quantity, Reach, State, new_request};
use callout_domain::request::Header;
use callout_domain::role::Role;
use serde_json::json;

use crate::http::{Answer, Call, Failure, Form, Given, Linked, Once, Reply, Scope, Turn};
use crate::media::attached::{self, Attached};
use crate::medicine::view;
use crate::requests::create::{announce, requester};
use crate::requests::place::{self, Names};

/// How the form calls the place of the need.
const PLACE: Names = Names {
    lat: "patient_lat",
    lng: "patient_lng",
    radius: "radius_km",
};
const NO_PHARMACY: &str = "must be the id of a pharmacy";

pub(crate) async fn handle(call: Call) -> Result<Answer, Failure> {
    let caller = call.caller()?;
    caller.must_be(&[Role::Customer, Role::Patient])?;

    let mut form = call.form().await?;
    let once = match Once::begin(&call, Scope::Account(caller.account), &form).await? {
        Turn::First(once) => once,
        Turn::Again(answer) => return Ok(answer),
    };
    let asked = Asked::read(&mut form)?;

    let cloud = call.cloud;
    let accounts = cloud.accounts().await?;
    let (asking, Found { audience, pharmacy }) = futures::try_join!(
        requester(&accounts, caller.account),
        find(&accounts, asked.reach)
    )?;
    let image = match asked.image {
        Some(image) => Some(image.store(cloud, caller.account).await?),
        None => None,
    };
    let request = MedicineRequest {
        header: Header::new(
            RequestId::new(clock::fresh_ulid()),
            asking.id,
            &audience,
            call.now,
        ),
        patient_name: asking.name.as_str().to_owned(),
        patient_phone: asking.phone_number.as_str().to_owned(),
        reach: asked.reach,
        quantity: asked.quantity,
        image: image.as_ref().map(|image| image.id),
        state: State::Pending,
        pharmacy,
    };

    let reply = reply(&request);
    let mut commit = once.commit(cloud, &reply).await?;
    let requests = cloud.requests().await?;
    requests
        .medicine()
        .create(&mut commit, &request, &audience)?;
    let belongs_to = BelongsTo::Request {
        request: request.header.id,
    };
    attached::keep(cloud, &mut commit, image.as_ref(), belongs_to, call.now).await?;
    let news = new_request(&request);
    announce(cloud, once, commit, &request.header, news, reply).await
}

/// What a customer asks for.
struct Asked {
    reach: Reach,
    quantity: Quantity,
    image: Option<Attached>,
}

impl Asked {
    /// 400 with every field that is wrong.
    fn read(form: &mut Form) -> Result<Self, Failure> {
        let quantity = form.required("quantity", quantity);
        let image = Attached::image(form);
        let reach = if form.is_absent("pharmacy") {
            place::around(form, PLACE).map(|(center, radius)| Reach::Around { center, radius })
        } else {
            form.required("pharmacy", pharmacy)
                .map(|pharmacy| Reach::Directed { pharmacy })
        };
        form.check()?;
        match (reach, quantity) {
            (Some(reach), Some(quantity)) => Ok(Self {
                reach,
                quantity,
                image,
            }),
            (None, _) | (_, None) => Err(form.reject()),
        }
    }
}

fn pharmacy(given: Given<'_>) -> Result<AccountId, &'static str> {
    given.text()?.parse().map_err(|_| NO_PHARMACY)
}

fn quantity(given: Given<'_>) -> Result<Quantity, String> {
    let units = given.whole_number().map_err(str::to_owned)?;
    Quantity::try_from(units).map_err(|error| error.to_string())
}

/// Who is told.
struct Found {
    audience: Audience,
    /// The one that was asked by name.
    pharmacy: Option<Pharmacy>,
}

async fn find(accounts: &Accounts, reach: Reach) -> Result<Found, Failure> {
    match reach {
        Reach::Around { center, radius } => {
            let near = accounts
                .responders_near(Role::Pharmacy, center, radius)
                .await?;
            let told = near
                .into_iter()
                .map(|(pharmacy, distance)| Told::near(pharmacy.id, distance));
            Ok(Found {
                audience: Audience::new(told.collect()),
                pharmacy: None,
            })
        }
        Reach::Directed { pharmacy } => {
            let asked = accounts.read(pharmacy).await?;
            let asked = asked
                .filter(|account| account.role == Role::Pharmacy)
                .ok_or_else(|| Failure::field("pharmacy", NO_PHARMACY))?;
            Ok(Found {
                audience: Audience::new(vec![Told::by_name(asked.id)]),
                pharmacy: Some(Pharmacy {
                    account: asked.id,
                    name: asked.name.as_str().to_owned(),
                }),
            })
        }
    }
}

fn reply(request: &MedicineRequest) -> Reply {
    let body = Linked::new(json!({
        "message": sentence(request),
        "request_id": request.header.id,
        "pharmacies_notified": request.header.told,
    }));
    Reply::created(body.with_object("data", view::request(request, request.header.created_at)))
}

fn sentence(request: &MedicineRequest) -> String {
    match (request.reach, request.header.told) {
        (Reach::Directed { .. }, _) => "Medicine request sent successfully".to_owned(),
        (Reach::Around { radius, .. }, 0) => {
            format!("No pharmacies found within {} km", radius.kilometres())
        }
        (Reach::Around { .. }, 1) => "Medicine request sent to 1 nearby pharmacy".to_owned(),
        (Reach::Around { .. }, told) => {
            format!("Medicine request sent to {told} nearby pharmacies")
        }
    }
}

#[cfg(test)]
pub(crate) fn describe() -> crate::api::Operation {
    use crate::api::{
        any_of, closed, count, file, given_latitude, given_longitude, given_quantity, given_radius,
        id, no_file, null, open, operation, text, ulid, upload_id,
    };

    let around = || {
        open()
            .with(PLACE.lat, given_latitude())
            .with(PLACE.lng, given_longitude())
            .with(PLACE.radius, given_radius())
            .with("quantity", given_quantity())
    };
    let directed = || {
        open()
            .with("pharmacy", ulid())
            .with("quantity", given_quantity())
    };
    let image = || file("A JPEG, PNG, WebP or HEIC image.");
    operation("Asks the pharmacies around a place for medicine, or one by its id")
        .that("The first to accept has it.")
        .by(&[Role::Customer, Role::Patient])
        .takes_form(
            any_of([
                around()
                    .may("pharmacy", null())
                    .may("image", no_file())
                    .may("image_id", upload_id())
                    .into(),
                directed()
                    .may("image", no_file())
                    .may("image_id", upload_id())
                    .into(),
            ]),
            any_of([
                around()
                    .may("image", image())
                    .may("image_id", upload_id())
                    .into(),
                directed()
                    .may("image", image())
                    .may("image_id", upload_id())
                    .into(),
            ]),
            json!({"patient_lat": 27.7172, "patient_lng": 85.324, "radius_km": 5, "quantity": 10}),
        )
        .or_takes("directed", json!({"pharmacy": id('P'), "quantity": 5}))
        .once()
        .answers(
            201,
            "The request, and how many pharmacies are told of it.",
            closed()
                .with("message", text())
                .with("request_id", ulid())
                .with("pharmacies_notified", count())
                .with("data", view::new_request_seen()),
            json!({
                "message": "Medicine request sent to 3 nearby pharmacies", "request_id": id('R'),
                "pharmacies_notified": 3, "data": view::request_example("PENDING"),
            }),
        )
        .refuses_any(attached::refusals())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
