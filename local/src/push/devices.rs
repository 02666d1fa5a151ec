//! The registered devices: SNS platform endpoints, kept over restarts.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::invalid;
use crate::query_api::Fault;

/// One device: a platform endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its endpoint ARN.
    pub arn: String,
    /// The platform application it belongs to.
    pub application_arn: String,
    /// The token that the platform gave the device.
    pub token: String,
    /// Whether messages may be published to it.
    pub enabled: bool,
    /// What its owner keeps with it.
    pub custom_user_data: Option<String>,
    /// What happens to messages for it.
    #[serde(default)]
    pub behaviour: Behaviour,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

impl Device {
    /// Its attributes as SNS names them.
    pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("Enabled", self.enabled.to_string()),
            ("Token", self.token.clone()),
        ];
        if let Some(data) = &self.custom_user_data {
            attributes.push(("CustomUserData", data.clone()));
        }
        attributes
    }
}

/// How a device can be told to fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Messages arrive.
    #[default]
    Working,
    /// The app is gone: SNS takes one message, learns it from the platform, and disables the
    /// endpoint, so that the next one is refused.
    Unregistered,
    /// The endpoint is disabled now.
    Disabled,
    /// Messages are refused as too many.
    Throttled,
    /// SNS fails on messages.
    Failing,
}

/// Why the devices cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Their file cannot be read or written.
    #[error("the file of the push endpoints cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// No device of that ARN or token.
    #[error("no push endpoint {0}")]
    Unknown(String),
}

/// All devices, in memory and in a journal of one line a change, the last line of an ARN counting.
#[derive(Debug)]
pub(super) struct Devices {
    by_arn: BTreeMap<String, Device>,
    /// Application and token to ARN: a token is registered once an application.
    by_token: BTreeMap<(String, String), String>,
    journal: File,
}

impl Devices {
    /// Reads the journal and writes it anew without what is out of date.
    pub(super) fn open(path: &Path) -> Result<Self, PushError> {
        let mut by_arn = BTreeMap::new();
        if path.exists() {
            // A line torn by a kill in the middle of a write is no change that anybody was told of.
            let lines = std::fs::read_to_string(path)?;
            for device in lines
                .lines()
                .filter_map(|line| serde_json::from_str::<Device>(line).ok())
            {
                by_arn.insert(device.arn.clone(), device);
            }
        }
        by_arn.retain(|_, device| !device.deleted);
        let fresh = path.with_extension("new");
        let mut file = File::create(&fresh)?;
        for device in by_arn.values() {
            write_line(&mut file, device)?;
        }
        std::fs::rename(&fresh, path)?;
        let by_token = by_arn
            .values()
            .map(|device| (key(device), device.arn.clone()))
            .collect();
        Ok(Self {
            by_arn,
            by_token,
            journal: OpenOptions::new().append(true).open(path)?,
        })
    }

    pub(super) fn all(&self) -> Vec<Device> {
        self.by_arn.values().cloned().collect()
    }

    /// Registers a token: again with the same attributes it is the same endpoint, with others it
    /// is refused.
    pub(super) fn create(
        &mut self,
        application: &str,
        token: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<String, Fault> {
        let prefix = application
            .split_once(":app/")
            .filter(|(_, name)| name.split('/').filter(|part| !part.is_empty()).count() == 2)
            .map(|(account, name)| format!("{account}:endpoint/{name}"))
            .ok_or_else(|| {
                invalid(format!(
                    "Invalid parameter: PlatformApplicationArn Reason: {application} is not the ARN of a platform application"
                ))
            })?;
        if let Some(arn) = self
            .by_token
            .get(&(application.to_owned(), token.to_owned()))
        {
            return self.same_or_refuse(arn, given);
        }
        let mut device = Device {
            arn: format!("{prefix}/{}", ulid::Ulid::generate()),
            application_arn: application.to_owned(),
            token: token.to_owned(),
            enabled: true,
            custom_user_data: None,
            behaviour: Behaviour::Working,
            deleted: false,
        };
        apply(&mut device, given)?;
        let arn = device.arn.clone();
        self.keep(device)?;
        Ok(arn)
    }

    fn same_or_refuse(&self, arn: &str, given: &BTreeMap<String, String>) -> Result<String, Fault> {
        let existing = self.get(arn)?;
        let mut asked = existing.clone();
        asked.custom_user_data = None;
        apply(&mut asked, given)?;
        if asked == existing {
            return Ok(arn.to_owned());
        }
        Err(already_exists(arn))
    }

    /// The device of that ARN.
    pub(super) fn get(&self, arn: &str) -> Result<Device, Fault> {
        self.by_arn
            .get(arn)
            .cloned()
            .ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "NotFound", "Endpoint does not exist"))
    }

    /// Sets the given attributes.
    pub(super) fn change(
        &mut self,
        arn: &str,
        given: &BTreeMap<String, String>,
    ) -> Result<(), Fault> {
        let before = self.get(arn)?;
        let mut device = before.clone();
        apply(&mut device, given)?;
        match self.by_token.get(&key(&device)) {
            Some(other) if other != arn => return Err(already_exists(other)),
            Some(_) | None => {}
        }
        if device.enabled && !before.enabled {
            // Whoever enables an endpoint says that its app is back.
            device.behaviour = Behaviour::Working;
        }
        self.by_token.remove(&key(&before));
        self.keep(device)
    }

    /// Forgets a device; one that is not there is no error.
    pub(super) fn delete(&mut self, arn: &str) -> Result<(), Fault> {
        let Some(mut device) = self.by_arn.remove(arn) else {
            return Ok(());
        };
        self.by_token.remove(&key(&device));
        device.deleted = true;
        write_line(&mut self.journal, &device).map_err(|error| broken(&error))
    }

    /// Takes a message for a device, which gives its token, or fails as the device was told to.
    pub(super) fn accept(&mut self, arn: &str) -> Result<String, Fault> {
        // Publishing names what is wrong as a parameter, where the others say that it is not found.
        let mut device = self.get(arn).map_err(|_| {
            invalid("Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified")
        })?;
        if !device.enabled {
            return Err(Fault::new(
                StatusCode::BAD_REQUEST,
                "EndpointDisabled",
                "Endpoint is disabled",
            ));
        }
        let token = device.token.clone();
        match device.behaviour {
            Behaviour::Working | Behaviour::Disabled => {}
            Behaviour::Unregistered => {
                device.enabled = false;
                self.keep(device)?;
            }
            Behaviour::Throttled => {
                return Err(Fault::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "Throttled",
                    "Rate exceeded",
                ));
            }
            Behaviour::Failing => {
                return Err(Fault::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    "Internal server error",
                ));
            }
        }
        Ok(token)
    }

    pub(super) fn set_behaviour(
        &mut self,
        target: &str,
        behaviour: Behaviour,
    ) -> Result<Device, PushError> {
        let found = self
            .by_arn
            .values()
            .find(|device| device.arn == target || device.token == target);
        let Some(mut device) = found.cloned() else {
            return Err(PushError::Unknown(target.to_owned()));
        };
        device.behaviour = behaviour;
        device.enabled = behaviour != Behaviour::Disabled;
        write_line(&mut self.journal, &device)?;
        self.by_arn.insert(device.arn.clone(), device.clone());
        Ok(device)
    }

    fn keep(&mut self, device: Device) -> Result<(), Fault> {
        write_line(&mut self.journal, &device).map_err(|error| broken(&error))?;
        self.by_token.insert(key(&device), device.arn.clone());
        self.by_arn.insert(device.arn.clone(), device);
        Ok(())
    }
}

/// The platform in an endpoint's ARN: `arn:aws:sns:…:endpoint/GCM/app/id` is of `GCM`.
pub(super) fn platform(arn: &str) -> Option<&str> {
    arn.split_once(":endpoint/")?.1.split('/').next()
}

fn key(device: &Device) -> (String, String) {
    (device.application_arn.clone(), device.token.clone())
}

fn apply(device: &mut Device, given: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in given {
        match (name.as_str(), value.to_ascii_lowercase().as_str()) {
            ("Enabled", "true") => device.enabled = true,
            ("Enabled", "false") => device.enabled = false,
            ("Token", _) if !value.is_empty() => device.token.clone_from(value),
            ("CustomUserData", _) if value.len() < 2048 => {
                device.custom_user_data = (!value.is_empty()).then(|| value.clone());
            }
            _ => {
                return Err(invalid(format!(
                    "Invalid parameter: Attributes Reason: Invalid value for attribute: {name}"
                )));
            }
        }
    }
    Ok(())
}

fn already_exists(arn: &str) -> Fault {
    invalid(format!(
        "Invalid parameter: Token Reason: Endpoint {arn} already exists with the same Token, but different attributes."
    ))
}

fn broken(error: &std::io::Error) -> Fault {
    tracing::error!(%error, "the file of the push endpoints cannot be written");
    Fault::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        "Internal server error",
    )
}

fn write_line(file: &mut File, device: &Device) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(device)?;
    line.push(b'\n');
    file.write_all(&line)
}
