//! The table from a function's name to its handler. A test holds it against `template.yaml` and
//! `events/`: a name in one and not in the others fails.

use std::sync::LazyLock;

use callout_cloud::Cloud;
use callout_cloud::failure::CloudError;
use futures::future::BoxFuture;
use lambda_http::{Error, service_fn};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::http::{self, Answer, Call, Envelope, Failure};
use crate::schedule::{self, Tick};
use crate::socket::{self, SocketAnswer, SocketCall};
use crate::stream::{self, Broken, Record};

/// What the process has reached of the cloud so far; one for all its invocations.
pub(crate) static CLOUD: LazyLock<Cloud> = LazyLock::new(Cloud::new);

type HttpHandler = fn(Call) -> BoxFuture<'static, Result<Answer, Failure>>;
type SocketHandler = fn(SocketCall) -> BoxFuture<'static, Result<SocketAnswer, Failure>>;
type ScheduleHandler = fn(Tick) -> BoxFuture<'static, Result<Value, CloudError>>;
type StreamHandler = fn(Record) -> BoxFuture<'static, Result<(), Broken>>;

/// How events reach a function.
pub(crate) enum Door {
    /// Through the HTTP API.
    Http(HttpHandler),
    /// Through the HTTP API, in the envelope of the work endpoints.
    Work(HttpHandler),
    /// Through the WebSocket API.
    Socket(SocketHandler),
    /// Through a table's stream, record by record.
    Stream(StreamHandler),
    /// By the clock.
    Schedule(ScheduleHandler),
}

macro_rules! doors {
    ($($name:literal => $kind:ident $module:path;)*) => {
        /// The door of the function of that name.
        pub(crate) fn of(name: &str) -> Option<Door> {
            match name {
                $($name => {
                    use $module as function;
                    Some(Door::$kind(|event| Box::pin(function::handle(event))))
                })*
                _ => None,
            }
        }
    };
}

doors! {
    "accounts.send_otp" => Http crate::accounts::send_otp;
    "accounts.verify_otp" => Http crate::accounts::verify_otp;
    "accounts.login" => Http crate::accounts::login;
    "accounts.refresh_token" => Http crate::accounts::refresh_token;
    "accounts.logout" => Http crate::accounts::logout;
    "accounts.reset_password" => Http crate::accounts::reset_password;
    "accounts.create_ticket" => Http crate::accounts::create_ticket;
    "accounts.change_profile" => Http crate::accounts::change_profile;
    "accounts.delete_profile" => Http crate::accounts::delete_profile;
    "accounts.list_pharmacies" => Http crate::accounts::list_pharmacies;
    "accounts.read_pharmacy" => Http crate::accounts::read_pharmacy;
    "accounts.read_profile" => Http crate::accounts::read_profile;
    "accounts.register" => Http crate::accounts::register;
    "accounts.register_device" => Work crate::accounts::register_device;
    "accounts.remove_device" => Work crate::accounts::remove_device;
    "blood.create_request" => Http crate::blood::create_request;
    "blood.accept_request" => Http crate::blood::accept_request;
    "blood.withdraw_request" => Http crate::blood::withdraw_request;
    "blood.call_attender" => Http crate::blood::call_attender;
    "blood.ignore_request" => Http crate::blood::ignore_request;
    "blood.confirm_donation" => Http crate::blood::confirm_donation;
    "blood.active_requests" => Http crate::blood::active_requests;
    "blood.my_requests" => Http crate::blood::my_requests;
    "blood.close_request" => Http crate::blood::close_request;
    "consultations.create" => Http crate::consultations::create;
    "consultations.list" => Http crate::consultations::list;
    "consultations.read" => Http crate::consultations::read;
    "consultations.accept" => Http crate::consultations::accept;
    "consultations.respond" => Http crate::consultations::respond;
    "consultations.accept_offer" => Http crate::consultations::accept_offer;
    "consultations.decline_offer" => Http crate::consultations::decline_offer;
    "consultations.suggest" => Http crate::consultations::suggest;
    "consultations.list_suggestions" => Http crate::consultations::list_suggestions;
    "consultations.accept_suggestion" => Http crate::consultations::accept_suggestion;
    "consultations.complete" => Http crate::consultations::complete;
    "consultations.cancel" => Http crate::consultations::cancel;
    "hospitals.list_members" => Http crate::hospitals::list_members;
    "hospitals.approve_member" => Http crate::hospitals::approve_member;
    "hospitals.remove_member" => Http crate::hospitals::remove_member;
    "hospitals.list_doctors" => Http crate::hospitals::list_doctors;
    "conversations.list_messages" => Http crate::conversations::list_messages;
    "conversations.send_message" => Http crate::conversations::send_message;
    "media.create_upload" => Http crate::media::create_upload;
    "media.read" => Http crate::media::read;
    "medicine.create_request" => Http crate::medicine::create_request;
    "medicine.list_requests" => Http crate::medicine::list_requests;
    "medicine.read_request" => Http crate::medicine::read_request;
    "medicine.respond" => Http crate::medicine::respond;
    "medicine.cancel_request" => Http crate::medicine::cancel_request;
    "medicine.complete_request" => Http crate::medicine::complete_request;
    "notifications.list" => Http crate::notifications::list;
    "notifications.count_unread" => Http crate::notifications::count_unread;
    "notifications.mark_read" => Http crate::notifications::mark_read;
    "notifications.list_deliveries" => Http crate::notifications::list_deliveries;
    "notifications.read_preferences" => Http crate::notifications::read_preferences;
    "notifications.change_preferences" => Http crate::notifications::change_preferences;
    "work.assign" => Work crate::work::assign;
    "work.list_orders" => Work crate::work::list_orders;
    "work.respond" => Work crate::work::respond;
    "work.complete_order" => Work crate::work::complete_order;
    "work.cancel_order" => Work crate::work::cancel_order;
    "work.list_attempts" => Work crate::work::list_attempts;
    "work.change_status" => Work crate::work::change_status;
    "work.active_providers" => Work crate::work::active_providers;
    "realtime.connect" => Socket crate::realtime::connect;
    "realtime.disconnect" => Socket crate::realtime::disconnect;
    "realtime.message" => Socket crate::realtime::message;
    "realtime.sweep" => Schedule crate::realtime::sweep;
    "delivery" => Stream crate::delivery;
    "requests.expire" => Schedule crate::requests::expire;
}

impl Door {
    /// Serves events until the process is ended.
    pub(crate) async fn run(self) -> Result<(), Error> {
        match self {
            Self::Http(handler) => serve_http(handler, Envelope::Plain).await,
            Self::Work(handler) => serve_http(handler, Envelope::Work).await,
            Self::Socket(handler) => {
                lambda_runtime::run(service_fn(move |event: LambdaEvent<_>| {
                    socket::serve(handler, event)
                }))
                .await
            }
            Self::Stream(handler) => {
                lambda_runtime::run(service_fn(move |event: LambdaEvent<_>| {
                    stream::serve(handler, event)
                }))
                .await
            }
            Self::Schedule(handler) => {
                lambda_runtime::run(service_fn(move |event: LambdaEvent<_>| {
                    schedule::serve(handler, event)
                }))
                .await
            }
        }
    }
}

async fn serve_http(handler: HttpHandler, envelope: Envelope) -> Result<(), Error> {
    let serve = move |request| http::serve(handler, envelope, request);
    lambda_http::run(service_fn(serve)).await
}
