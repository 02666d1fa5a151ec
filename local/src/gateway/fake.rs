#![allow(clippy::unwrap_used)]

//! Functions that are closures, for the tests of the gateways.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;

use crate::lambda::{Invoke, InvokeError};

type Answer = BoxFuture<'static, Result<Value, InvokeError>>;
type Function = Box<dyn Fn(Value) -> Answer + Send + Sync>;

/// Functions by name, and the events they were given.
#[derive(Default)]
pub(crate) struct FakeFunctions {
    functions: BTreeMap<String, Function>,
    events: Mutex<Vec<(String, Value)>>,
    invoked: Notify,
}

impl FakeFunctions {
    pub(crate) fn with<F, A>(mut self, name: &str, function: F) -> Self
    where
        F: Fn(Value) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, InvokeError>> + Send + 'static,
    {
        let function = move |event| -> Answer { Box::pin(function(event)) };
        self.functions.insert(name.to_owned(), Box::new(function));
        self
    }

    /// The events of a function so far.
    pub(crate) fn events(&self, function: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        let of = events.iter().filter(|(name, _)| name == function);
        of.map(|(_, event)| event.clone()).collect()
    }

    /// Waits for the `count`th event of a function.
    pub(crate) async fn event(&self, function: &str, count: usize) -> Value {
        loop {
            let invoked = self.invoked.notified();
            tokio::pin!(invoked);
            invoked.as_mut().enable();
            if let Some(event) = self.events(function).get(count - 1) {
                return event.clone();
            }
            invoked.await;
        }
    }

    pub(crate) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}

impl Invoke for FakeFunctions {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: Bytes,
    ) -> BoxFuture<'a, Result<Bytes, InvokeError>> {
        let event: Value = serde_json::from_slice(&event).unwrap();
        self.events
            .lock()
            .unwrap()
            .push((function.to_owned(), event.clone()));
        self.invoked.notify_waiters();
        Box::pin(async move {
            let function = self
                .functions
                .get(function)
                .ok_or_else(|| InvokeError::Unknown(function.to_owned()))?;
            let answer = function(event).await?;
            // A string stands for the raw bytes of an answer that is no JSON.
            Ok(
                match answer.as_str().filter(|raw| raw.starts_with("raw:")) {
                    Some(raw) => Bytes::from(raw.to_owned()),
                    None => Bytes::from(answer.to_string()),
                },
            )
        })
    }
}
