//! The AWS services, each on a loopback port of its own.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Services;
use crate::gateway::management;
use crate::gateway::websocket::SocketGateway;
use crate::lambda::MANAGEMENT;
use crate::s3::Credentials;
use crate::state::State;
use crate::template::model::Stack;
use crate::{dead_letters, dynamodb, mail, push, s3, secrets};

/// The ports, taken before anything is served on them: functions must be told of all of them, and
/// some doors need functions.
pub(super) struct Listeners {
    dynamodb: TcpListener,
    s3: TcpListener,
    secrets: TcpListener,
    ses: TcpListener,
    sns: TcpListener,
    management: TcpListener,
    dead_letters: TcpListener,
}

impl Listeners {
    pub(super) async fn bind() -> std::io::Result<Self> {
        let loopback = || TcpListener::bind(("127.0.0.1", 0));
        Ok(Self {
            dynamodb: loopback().await?,
            s3: loopback().await?,
            secrets: loopback().await?,
            ses: loopback().await?,
            sns: loopback().await?,
            management: loopback().await?,
            dead_letters: loopback().await?,
        })
    }

    /// What functions are told of them; `stage` is that of the WebSocket API.
    pub(super) fn endpoints(
        &self,
        stage: Option<&str>,
    ) -> std::io::Result<BTreeMap<String, String>> {
        let mut endpoints = BTreeMap::new();
        for (name, listener) in [
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb),
            ("AWS_ENDPOINT_URL_S3", &self.s3),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets),
            ("AWS_ENDPOINT_URL_SES", &self.ses),
            ("AWS_ENDPOINT_URL_SNS", &self.sns),
        ] {
            endpoints.insert(name.to_owned(), url(listener)?);
        }
        if let Some(stage) = stage {
            let url = format!("{}/{stage}", url(&self.management)?);
            endpoints.insert(MANAGEMENT.to_owned(), url);
        }
        Ok(endpoints)
    }

    /// What the operator is told of them besides.
    pub(super) fn endpoints_of_operator(&self) -> std::io::Result<BTreeMap<String, String>> {
        let url = url(&self.dead_letters)?;
        let names = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"];
        Ok(names
            .into_iter()
            .map(|name| (name.to_owned(), url.clone()))
            .collect())
    }

    /// Serves them until `closed` turns true. `secret` is what functions sign with.
    pub(super) fn open(
        self,
        stack: &Arc<Stack>,
        state: &State,
        services: &Services,
        sockets: Option<&Arc<SocketGateway>>,
        secret: String,
        closed: &watch::Sender<bool>,
    ) -> JoinSet<()> {
        let mut doors = JoinSet::new();
        let iam = || Arc::clone(&services.iam);
        let until = || turns_true(closed.subscribe());
        let serving = dynamodb::serve(
            self.dynamodb,
            services.engine.clone(),
            services.faults.clone(),
            iam(),
            until(),
        );
        doors.spawn(async move { report("the DynamoDB door", serving.await) });
        let serving = secrets::serve(self.secrets, services.secrets.clone(), iam(), until());
        doors.spawn(async move { report("the Secrets Manager door", serving.await) });
        let serving = mail::serve(
            self.ses,
            services.mailbox.clone(),
            iam(),
            services.faults.clone(),
            until(),
        );
        doors.spawn(async move { report("the SES door", serving.await) });
        let serving = push::serve(
            self.sns,
            services.pushes.clone(),
            iam(),
            services.faults.clone(),
            until(),
        );
        doors.spawn(async move { report("the SNS door", serving.await) });
        let letters = services.dead_letters.clone();
        let serving = dead_letters::serve(self.dead_letters, letters, iam(), until());
        doors.spawn(async move { report("the SQS door", serving.await) });
        let (state, stack, iam_of_s3, shutdown) =
            (state.clone(), Arc::clone(stack), iam(), until());
        doors.spawn(async move {
            let credentials = Credentials { secret };
            let serving = s3::serve(self.s3, &state, &stack, credentials, iam_of_s3, shutdown);
            report("the S3 door", serving.await);
        });
        if let Some(sockets) = sockets {
            let serving = management::serve(
                self.management,
                Arc::clone(sockets),
                iam(),
                services.faults.clone(),
                until(),
            );
            doors.spawn(async move { report("the @connections door", serving.await) });
        }
        doors
    }
}

fn url(listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// Resolves when `told` turns true, or when nobody can turn it any more.
pub(super) async fn turns_true(mut told: watch::Receiver<bool>) {
    let _ = told.wait_for(|told| *told).await;
}

/// A door that fails leaves the others open: what used it fails visibly, and the log says why.
pub(super) fn report<E: Display>(what: &str, ended: Result<(), E>) {
    if let Err(error) = ended {
        tracing::error!(%error, "{what} ended");
    }
}
