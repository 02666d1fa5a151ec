//! A function that does nothing: what `lambda_runtime` alone costs. `callout bench` measures it
//! beside the real functions; it is never deployed.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_: LambdaEvent<Value>| async {
        Ok::<_, Error>(json!({"statusCode": 200, "body": "Hello, world"}))
    }))
    .await
}
