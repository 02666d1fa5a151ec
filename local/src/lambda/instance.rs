//! One process of a function, from its start to its end.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, oneshot};

use super::InvokeError;
use super::logs::FunctionLog;
use super::options::LambdaOptions;
use super::runtime_api::{Desk, Init, Outcome, Work, serve};
use crate::identifiers;
use crate::template::model::Function;

/// Processes started so far.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// A running process that takes one event at a time.
pub(super) struct Instance {
    /// Its number, never used again (a process id is).
    pub(super) id: u64,
    /// Its process id.
    pub(super) pid: u32,
    desk: Arc<Desk>,
    kill: Arc<Notify>,
    /// Set before the process is told to end, so that nobody gives it an event meanwhile.
    doomed: AtomicBool,
}

/// What came of an event, as the pool sees it.
pub(super) enum Ran {
    /// It is over.
    Done(Result<Bytes, InvokeError>),
    /// The process had ended before it took the event.
    NotStarted,
}

impl Instance {
    /// Starts a process and watches it; `gone` is called once, with its number, when it has ended.
    ///
    /// The instance takes events only after [`Instance::ready`].
    ///
    /// # Errors
    /// [`InvokeError::Crashed`] when there is no process to start.
    pub(super) async fn spawn(
        options: &LambdaOptions,
        function: &Function,
        log: &Arc<FunctionLog>,
        gone: impl FnOnce(u64) + Send + 'static,
    ) -> Result<Self, InvokeError> {
        let cannot = |error: std::io::Error| {
            InvokeError::Crashed(format!(
                "{} cannot be started: {error}",
                options.artifact.display()
            ))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(cannot)?;
        let runtime_api = listener.local_addr().map_err(cannot)?.to_string();
        let id = STARTED.fetch_add(1, Ordering::Relaxed);
        let mut command = Command::new(&options.artifact);
        command
            .env_clear()
            .envs(options.environment(function, id, &runtime_api))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A terminal's Ctrl-C is for the local cloud, which then ends its functions in order.
            .process_group(0)
            .kill_on_drop(true);
        if let Some(root) = options.artifact.parent().filter(|root| root.is_dir()) {
            command.current_dir(root);
        }
        let mut child = command.spawn().map_err(cannot)?;
        let pid = child
            .id()
            .ok_or_else(|| InvokeError::Crashed("it ended at once".to_owned()))?;
        follow_output(&mut child, log);
        let desk = Arc::new(Desk::new());
        let kill = Arc::new(Notify::new());
        tokio::spawn(watch(
            child,
            listener,
            Arc::clone(&desk),
            Arc::clone(&kill),
            move || gone(id),
        ));
        Ok(Self {
            id,
            pid,
            desk,
            kill,
            doomed: AtomicBool::new(false),
        })
    }

    /// Waits for its first poll.
    ///
    /// # Errors
    /// What it reported to `init/error`, [`InvokeError::Crashed`] when it ended or was too slow.
    pub(super) async fn ready(&self, init_timeout: Duration) -> Result<(), InvokeError> {
        let mut init = self.desk.init();
        let decided =
            tokio::time::timeout(init_timeout, init.wait_for(|init| *init != Init::Pending)).await;
        let init = match decided {
            Ok(Ok(init)) => init.clone(),
            Ok(Err(_)) => Init::Ended("nobody watches it".to_owned()),
            Err(_) => Init::Ended(format!(
                "it did not ask for its first event within {} s",
                init_timeout.as_secs()
            )),
        };
        match init {
            Init::Ready => Ok(()),
            Init::Failed(body) => {
                self.kill();
                Err(InvokeError::Function(body))
            }
            Init::Ended(reason) => {
                self.kill();
                Err(InvokeError::Crashed(reason))
            }
            // wait_for returned, so it is no longer pending.
            Init::Pending => Err(InvokeError::Crashed("it never started".to_owned())),
        }
    }

    /// Runs it on `event`, for at most the function's `Timeout`.
    pub(super) async fn run(&self, function: &Function, event: Bytes) -> Ran {
        let (reply, answer) = oneshot::channel();
        self.desk.submit(Work {
            request_id: identifiers::request_id(),
            event,
            deadline: SystemTime::now() + function.timeout,
            function_arn: format!(
                "arn:aws:lambda:us-east-1:000000000000:function:{}",
                function.logical_id
            ),
            trace: format!("{};Sampled=0", identifiers::trace_root()),
            reply,
        });
        match tokio::time::timeout(function.timeout, answer).await {
            Ok(Ok(Outcome::Response(body))) => Ran::Done(Ok(body)),
            Ok(Ok(Outcome::Error(body))) => Ran::Done(Err(InvokeError::Function(body))),
            Ok(Ok(Outcome::Died(reason))) => Ran::Done(Err(InvokeError::Crashed(reason))),
            Ok(Ok(Outcome::NotStarted)) => Ran::NotStarted,
            Ok(Err(_)) => Ran::Done(Err(InvokeError::Stopping)),
            Err(_) => {
                self.kill();
                Ran::Done(Err(InvokeError::TimedOut))
            }
        }
    }

    /// Whether it can take another event.
    pub(super) fn is_alive(&self) -> bool {
        !self.doomed.load(Ordering::Acquire) && !self.desk.is_closed()
    }

    /// Ends the process, whatever it is doing, and takes no further event.
    pub(super) fn kill(&self) {
        self.doomed.store(true, Ordering::Release);
        self.kill.notify_one();
    }
}

fn follow_output(child: &mut Child, log: &Arc<FunctionLog>) {
    if let Some(stdout) = child.stdout.take() {
        let log = Arc::clone(log);
        tokio::spawn(async move { log.follow(stdout).await });
    }
    if let Some(stderr) = child.stderr.take() {
        let log = Arc::clone(log);
        tokio::spawn(async move { log.follow(stderr).await });
    }
}

/// Stands by the process until it ends, so that a crash is known at once and not at the timeout.
async fn watch(
    mut child: Child,
    listener: TcpListener,
    desk: Arc<Desk>,
    kill: Arc<Notify>,
    gone: impl FnOnce() + Send,
) {
    let ended = Arc::new(Notify::new());
    let server = tokio::spawn(serve(listener, Arc::clone(&desk), Arc::clone(&ended)));
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            () = kill.notified() => {
                let _ = child.start_kill();
            }
        }
    };
    // Only now: an answer that was sent before the end still counts.
    ended.notify_one();
    let _ = server.await;
    let reason = match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    desk.close(&reason);
    gone();
}
