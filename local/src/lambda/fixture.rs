#![allow(clippy::unwrap_used)]

//! A `bootstrap` for tests: this test binary itself, told to run one ignored test that is no test but
//! the function. So processes are real and speak through the real `lambda_runtime`, and there is no
//! second binary to keep built.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

/// Writes a `bootstrap` that runs the test of that full name.
pub(crate) fn bootstrap(folder: &Path, test: &str) -> PathBuf {
    let script = folder.join("bootstrap");
    let this = std::env::current_exe().unwrap();
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh\nexec '{}' --exact {test} --include-ignored --nocapture\n",
            this.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    script
}

/// What such a test does: polls for events until the Runtime API is gone. `None` where nobody
/// started it as a function.
pub(crate) fn run<F, A>(handle: F) -> Option<Result<(), lambda_runtime::Error>>
where
    F: Fn(LambdaEvent<Value>) -> A,
    A: Future<Output = Result<Value, lambda_runtime::Error>>,
{
    std::env::var_os("_HANDLER")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let handle = async |event| {
        // For the log, where a test that fails looks for the cause.
        handle(event)
            .await
            .inspect_err(|error| eprintln!("failed: {error:?}"))
    };
    Some(runtime.block_on(lambda_runtime::run(service_fn(handle))))
}
