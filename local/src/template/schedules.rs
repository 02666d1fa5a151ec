//! `Schedule` and `ScheduleV2` events: EventBridge's rules, and its Scheduler.

use std::time::Duration;

use serde_json::Value;

use super::model::{Schedule, ScheduleService};
use super::read::{property_flag, property_text};

/// What changes what is sent or when, and is not understood.
const NOT_UNDERSTOOD: [&str; 4] = ["Input", "StartDate", "EndDate", "GroupName"];

/// The schedule of that event of a function; none while it is disabled.
pub(super) fn schedule(
    service: ScheduleService,
    function: &str,
    event: &str,
    properties: &Value,
) -> Result<Option<Schedule>, String> {
    for name in NOT_UNDERSTOOD {
        if properties.get(name).is_some_and(|value| !value.is_null()) {
            return Err(format!("{name} is not understood locally"));
        }
    }
    let property = match service {
        ScheduleService::Rules => "Schedule",
        ScheduleService::Scheduler => "ScheduleExpression",
    };
    let expression =
        property_text(properties, property)?.ok_or_else(|| format!("{property} is missing"))?;
    let rate = rate(&expression)?;
    if !is_enabled(properties)? {
        return Ok(None);
    }
    let name = property_text(properties, "Name")?.unwrap_or_else(|| format!("{function}{event}"));
    Ok(Some(Schedule {
        name,
        rate,
        service,
    }))
}

fn is_enabled(properties: &Value) -> Result<bool, String> {
    if properties.get("Enabled").is_some() && !property_flag(properties, "Enabled")? {
        return Ok(false);
    }
    match property_text(properties, "State")?.as_deref() {
        None | Some("ENABLED") => Ok(true),
        Some("DISABLED") => Ok(false),
        Some(other) => Err(format!("State {other} is neither ENABLED nor DISABLED")),
    }
}

/// `rate(5 minutes)`.
fn rate(expression: &str) -> Result<Duration, String> {
    let wrong = || {
        format!("{expression} is not understood locally: only rate(<number> minutes|hours|days) is")
    };
    let inner = expression
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(wrong)?;
    let (number, unit) = inner.trim().split_once(' ').ok_or_else(wrong)?;
    let seconds: u64 = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 60 * 60,
        "day" | "days" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    if number == 0 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(properties: &Value) -> Result<Option<Schedule>, String> {
        schedule(ScheduleService::Scheduler, "Sweep", "Often", properties)
    }

    fn every(expression: &str) -> Result<Option<Schedule>, String> {
        read(&json!({"ScheduleExpression": expression}))
    }

    #[test]
    fn rates_are_understood() {
        for (expression, minutes) in [
            ("rate(1 minute)", 1),
            ("rate(5 minutes)", 5),
            ("rate(2 hours)", 120),
            ("rate(1 day)", 1_440),
        ] {
            let schedule = every(expression).unwrap().unwrap();
            assert_eq!(schedule.rate, Duration::from_secs(minutes * 60));
            assert_eq!(schedule.name, "SweepOften");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for expression in [
            "cron(0 12 * * ? *)",
            "at(2026-11-20T13:00:00)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(1 second)",
            "rate(minutes)",
            "rate(1 minute",
            "",
        ] {
            let said = every(expression).unwrap_err();
            assert!(said.starts_with(expression), "{said}");
            assert!(said.contains("only rate("), "{said}");
        }
        assert_eq!(
            read(&json!({})).unwrap_err(),
            "ScheduleExpression is missing"
        );
        let given = json!({"ScheduleExpression": "rate(1 minute)", "Input": "{}"});
        assert_eq!(read(&given).unwrap_err(), "Input is not understood locally");
    }

    #[test]
    fn what_is_disabled_starts_nothing() {
        for (state, starts) in [("ENABLED", true), ("DISABLED", false)] {
            let given = json!({"ScheduleExpression": "rate(1 minute)", "State": state});
            assert_eq!(read(&given).unwrap().is_some(), starts);
        }
        let off = json!({"Schedule": "rate(1 minute)", "Enabled": false});
        let rule = schedule(ScheduleService::Rules, "Sweep", "Often", &off);
        assert_eq!(rule, Ok(None));
        let odd = json!({"ScheduleExpression": "rate(1 minute)", "State": "ASLEEP"});
        assert!(read(&odd).unwrap_err().contains("ASLEEP"));
    }
}
