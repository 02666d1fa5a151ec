//! The `callout` binary as a person runs it.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustix::process::{Pid, Signal, kill_process};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  TokenPublicKeys: { Type: String }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: hello
      Runtime: provided.al2023
      CodeUri: .
      Events:
        Route: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /hello } }
";

/// A folder with a template and something to run as its functions.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), TEMPLATE).unwrap();
    std::fs::write(folder.path().join("bootstrap"), "").unwrap();
    folder
}

fn callout(project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callout"));
    command
        .args(arguments)
        .args(["--artifact", "bootstrap"])
        .current_dir(project);
    command
}

fn run(project: &Path, arguments: &[&str]) -> Output {
    callout(project, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running `callout`, ended with the test.
struct Running {
    process: Child,
    url: String,
}

impl Running {
    fn start(project: &Path, arguments: &[&str]) -> Self {
        let mut process = callout(project, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            Some(line.trim().strip_prefix("HTTP")?.trim().to_owned())
        });
        let Some(url) = url else {
            let mut error = String::new();
            process
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut error)
                .unwrap();
            unreachable!("it did not start: {error}");
        };
        Self { process, url }
    }

    fn stop(mut self, signal: Signal) -> Option<i32> {
        let id = i32::try_from(self.process.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

#[tokio::test]
async fn starts_answers_and_stops_on_a_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let project = project();
        let running = Running::start(project.path(), &["--port", "0"]);
        callout_local::demo::find(&running.url).await.unwrap();
        let url = running.url.clone();
        assert_eq!(running.stop(signal), Some(0));
        assert!(callout_local::demo::find(&url).await.is_err());
        assert!(project.path().join(".callout").is_dir());
    }
}

#[test]
fn a_memory_run_leaves_nothing() {
    let project = project();
    let running = Running::start(project.path(), &["--memory", "--port", "0"]);
    assert_eq!(running.stop(Signal::TERM), Some(0));
    assert!(!project.path().join(".callout").exists());
}

#[test]
fn a_taken_port_is_said() {
    let project = project();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let output = run(project.path(), &["--memory", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{said}"
    );
    assert!(said.contains("--port"), "{said}");
}

#[test]
fn a_state_folder_in_use_is_said() {
    let project = project();
    let running = Running::start(project.path(), &["--port", "0"]);
    let output = run(project.path(), &["--port", "0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("another callout is running"),
        "{}",
        said(&output)
    );
    running.stop(Signal::TERM);
}

#[test]
fn a_broken_template_is_said_before_anything_is_built() {
    let project = project();
    let broken = TEMPLATE.replace("!Ref Api", "!Ref Nobody");
    std::fs::write(project.path().join("template.yaml"), broken).unwrap();
    // No artifact is given, so the functions would be built, in a folder that is no workspace.
    let output = Command::new(env!("CARGO_BIN_EXE_callout"))
        .args(["--memory", "--port", "0"])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("template.yaml") && said.contains("Nobody"),
        "{said}"
    );
}

#[test]
fn a_failed_build_is_said() {
    let project = project();
    let output = Command::new(env!("CARGO_BIN_EXE_callout"))
        .args(["--memory", "--port", "0"])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("the functions do not build"), "{said}");
    assert!(said.contains("could not find `Cargo.toml`"), "{said}");
}

#[test]
fn a_demo_without_a_stack_at_its_url_is_said() {
    let project = project();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", holder.local_addr().unwrap());
    drop(holder);
    let output = run(project.path(), &["demo", "--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("no local cloud of Callout answers"),
        "{}",
        said(&output)
    );
}

#[test]
fn keys_come_in_two_halves_of_one_pair() {
    let keys = Command::new(env!("CARGO_BIN_EXE_callout"))
        .arg("keys")
        .output()
        .unwrap();
    let said = String::from_utf8(keys.stdout).unwrap();
    let half = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().to_owned()
    };
    let entry = half("TokenPublicKeys=");
    let (_, public) = entry.split_once(':').unwrap();
    let private = STANDARD.decode(half("TokenSigningKey=")).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(&private).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(pair.public_key()), public);
}

/// A project whose function may do two things.
fn project_with_policies() -> tempfile::TempDir {
    let project = project();
    let policies = "
      Policies:
        - Statement:
            - { Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: '*' }
";
    let template = TEMPLATE.replace("\n      Events:", &format!("{policies}      Events:"));
    std::fs::write(project.path().join("template.yaml"), template).unwrap();
    project
}

#[test]
fn what_each_function_may_do_is_listed() {
    let project = project_with_policies();
    let listed = Command::new(env!("CARGO_BIN_EXE_callout"))
        .arg("permissions")
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{listed:?}");
    assert_eq!(
        String::from_utf8_lossy(&listed.stdout),
        "HelloFunction\n    s3:GetObject, s3:PutObject on *\n2 permissions of 1 functions\n"
    );
}

#[test]
fn what_the_template_allows_and_nobody_used_is_named() {
    let project = project_with_policies();
    let notes = project.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    let permissions = || {
        Command::new(env!("CARGO_BIN_EXE_callout"))
            .args(["permissions", "--used", "notes"])
            .current_dir(project.path())
            .output()
            .unwrap()
    };
    let note = |name: &str, action: &str| {
        let used =
            format!(r#"[{{"function": "HelloFunction", "action": "{action}", "resource": "*"}}]"#);
        std::fs::write(notes.join(name), used).unwrap();
    };

    let nothing = permissions();
    assert!(!nothing.status.success());
    assert!(said(&nothing).contains("nothing is noted"), "{nothing:?}");

    note("1.json", "s3:GetObject");
    let half = permissions();
    assert!(!half.status.success());
    let named = String::from_utf8_lossy(&half.stdout).into_owned();
    assert_eq!(named, "HelloFunction: s3:PutObject on *\n");
    assert!(said(&half).contains("1 of 2 permissions"), "{half:?}");

    note("2.json", "s3:PutObject");
    assert!(permissions().status.success());
}
