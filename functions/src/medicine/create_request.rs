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
#[allow(clippy::unwrap_used)]
mod tests {
    use callout_domain::geo::RadiusKm;
    use callout_domain::medicine::{MedicineRequest, Reach};
    use serde_json::{Value, json};

    use super::{Asked, reply, sentence};
    use crate::http::{Failure, Form, Upload};
    use crate::medicine::view::samples;

    const PHARMACY: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn form(fields: &Value) -> Form {
        Form::read_json(Some("application/json"), fields.to_string().as_bytes()).unwrap()
    }

    fn broadcast() -> Value {
        json!({"patient_lat": 27.7172, "patient_lng": 85.324, "radius_km": 10.0, "quantity": 10})
    }

    /// The fields that are wrong with a request that differs from a good one in one field.
    fn wrong_fields(field: &str, value: Value) -> Vec<String> {
        let mut fields = broadcast();
        fields[field] = value;
        match Asked::read(&mut form(&fields)) {
            Err(Failure::Invalid(fields)) => fields.into_keys().collect(),
            Err(_) | Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn a_broadcast_is_read_from_numbers_and_from_the_text_of_a_form() {
        let text = json!({
            "patient_lat": "27.7172", "patient_lng": "85.3240", "radius_km": "10.0", "quantity": "10"
        });
        for fields in [broadcast(), text] {
            let asked = Asked::read(&mut form(&fields)).ok().unwrap();
            assert_eq!(asked.reach, samples::request().reach);
            assert_eq!(asked.quantity.get(), 10);
            assert!(asked.image.is_none());
        }
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_by_their_field() {
        for (field, values) in [
            (
                "radius_km",
                vec![
                    json!(0),
                    json!(-1),
                    json!(51),
                    json!(50_000),
                    json!("NaN"),
                    json!("inf"),
                    json!(true),
                    Value::Null,
                ],
            ),
            (
                "patient_lat",
                vec![
                    json!(91),
                    json!(-90.1),
                    json!("NaN"),
                    json!("north"),
                    Value::Null,
                ],
            ),
            (
                "patient_lng",
                vec![json!(180.1), json!(-181), json!("NaN"), Value::Null],
            ),
            (
                "quantity",
                vec![
                    json!(0),
                    json!(-5),
                    json!(1_000_000_000_000_i64),
                    json!(1e12),
                    json!("NaN"),
                    json!(1.5),
                    Value::Null,
                ],
            ),
        ] {
            for value in values {
                assert_eq!(wrong_fields(field, value.clone()), [field], "{value}");
            }
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let fields = json!({"patient_lat": 91, "patient_lng": 181, "radius_km": 51});
        let mut form = form(&fields);
        let bytes = Vec::new();
        form.files.insert("image".to_owned(), Upload { bytes });
        let Err(Failure::Invalid(fields)) = Asked::read(&mut form) else {
            unreachable!("it must be refused");
        };
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "image",
                "patient_lat",
                "patient_lng",
                "quantity",
                "radius_km"
            ]
        );
        assert_eq!(fields["radius_km"], "must be between 1 and 50");
        assert_eq!(fields["quantity"], "is required");
    }

    #[test]
    fn a_directed_request_needs_no_place() {
        let fields = json!({"patient": "1", "pharmacy": PHARMACY, "quantity": "5"});
        let asked = Asked::read(&mut form(&fields)).ok().unwrap();
        let pharmacy = PHARMACY.parse().unwrap();
        assert_eq!(asked.reach, Reach::Directed { pharmacy });
    }

    #[test]
    fn what_is_no_id_names_no_pharmacy() {
        for wrong in [json!("2"), json!(2), json!("nobody"), json!("")] {
            let fields = json!({"pharmacy": wrong, "quantity": 5});
            let Err(Failure::Invalid(fields)) = Asked::read(&mut form(&fields)) else {
                unreachable!("it must be refused");
            };
            assert!(fields.keys().eq(["pharmacy"]), "{wrong}");
        }
    }

    #[test]
    fn the_customer_reads_how_many_were_told() {
        let told = |told| {
            sentence(&MedicineRequest {
                header: samples::header(told),
                ..samples::request()
            })
        };
        assert_eq!(told(0), "No pharmacies found within 10 km");
        assert_eq!(told(1), "Medicine request sent to 1 nearby pharmacy");
        assert_eq!(told(3), "Medicine request sent to 3 nearby pharmacies");
        let Reach::Around { center, .. } = samples::request().reach else {
            unreachable!("it is a broadcast");
        };
        let reach = Reach::Around {
            center,
            radius: RadiusKm::new(2.5).unwrap(),
        };
        let nobody = MedicineRequest {
            header: samples::header(0),
            reach,
            ..samples::request()
        };
        assert_eq!(sentence(&nobody), "No pharmacies found within 2.5 km");
        let pharmacy = PHARMACY.parse().unwrap();
        let directed = MedicineRequest {
            reach: Reach::Directed { pharmacy },
            ..samples::request()
        };
        assert_eq!(sentence(&directed), "Medicine request sent successfully");
    }

    #[test]
    fn the_answer_has_the_seeds_shape() {
        let (body, links) = reply(&samples::request()).body.to_keep();
        let body: Value = serde_json::from_str(&body).unwrap();
        let names: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            ["data", "message", "pharmacies_notified", "request_id"]
        );
        assert_eq!(body["pharmacies_notified"], 3);
        assert_eq!(body["request_id"], body["data"]["id"]);
        assert!(links.is_empty());
    }
}
