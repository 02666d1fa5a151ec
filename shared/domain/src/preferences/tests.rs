use std::ops::Range;

use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, Month, OffsetDateTime, Weekday};

use super::{Preferences, QuietHours, TimeOfDay, TimeZone};
use crate::moment::Moment;
use crate::notice::Urgency::{Critical, Routine, Urgent};
use crate::notice::{Channel, Topic};

fn hours(start: &str, end: &str, zone: &str) -> QuietHours {
    QuietHours::new(
        TimeOfDay::parse(start).unwrap(),
        TimeOfDay::parse(end).unwrap(),
        TimeZone::parse(zone).unwrap(),
    )
    .unwrap()
}

fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

/// How many minutes of quiet there are between two moments.
fn quiet_minutes(hours: &QuietHours, from: &str, to: &str) -> usize {
    let (mut now, end) = (moment(from), moment(to));
    let mut quiet = 0;
    while now < end {
        quiet += usize::from(hours.hold_at(now));
        now = now.plus(Duration::minutes(1));
    }
    quiet
}

#[test]
fn who_never_chose_is_pushed_at_any_hour_and_gets_no_mail() {
    let preferences = Preferences::default();
    let now = moment("2026-02-24T03:00:00Z");
    for topic in Topic::ALL {
        let allows = |channel| preferences.allows(topic, channel, Routine, now);
        assert!(allows(Channel::Push) && allows(Channel::Socket));
        assert!(!allows(Channel::Mail));
    }
}

#[test]
fn what_is_critical_passes_quiet_hours_but_no_channel_that_is_off() {
    let mut preferences = Preferences {
        quiet_hours: Some(hours("22:00", "07:00", "Asia/Kathmandu")),
        ..Preferences::default()
    };
    preferences.topics.of_mut(Topic::Blood).push = false;
    preferences.topics.of_mut(Topic::Blood).mail = true;
    let night = moment("2026-02-24T23:00:00+05:45");
    let day = moment("2026-02-24T12:00:00+05:45");
    for (topic, channel, urgency, by_day, by_night) in [
        (Topic::Medicine, Channel::Push, Routine, true, false),
        (Topic::Medicine, Channel::Push, Urgent, true, false),
        (Topic::Medicine, Channel::Push, Critical, true, true),
        (Topic::Medicine, Channel::Mail, Critical, false, false),
        (Topic::Blood, Channel::Push, Critical, false, false),
        (Topic::Blood, Channel::Mail, Urgent, true, false),
        (Topic::Blood, Channel::Mail, Critical, true, true),
        (Topic::Blood, Channel::Socket, Routine, true, true),
    ] {
        let what = format!("{topic:?} {channel:?} {urgency:?}");
        assert_eq!(
            preferences.allows(topic, channel, urgency, day),
            by_day,
            "{what}"
        );
        assert_eq!(
            preferences.allows(topic, channel, urgency, night),
            by_night,
            "{what}"
        );
    }
}

/// Zone, start, end, a moment, and whether it is quiet then.
const TABLE: &str = "
# Past midnight.
Asia/Kathmandu 22:00 07:00 2026-02-24T21:59:59.999+05:45 loud
Asia/Kathmandu 22:00 07:00 2026-02-24T22:00:00+05:45 quiet
Asia/Kathmandu 22:00 07:00 2026-02-24T23:59:59.999+05:45 quiet
Asia/Kathmandu 22:00 07:00 2026-02-25T00:00:00+05:45 quiet
Asia/Kathmandu 22:00 07:00 2026-02-25T06:59:59.999+05:45 quiet
Asia/Kathmandu 22:00 07:00 2026-02-25T07:00:00+05:45 loud
# Within a day, to midnight, and from it.
Asia/Kathmandu 13:00 14:00 2026-02-25T12:59:59+05:45 loud
Asia/Kathmandu 13:00 14:00 2026-02-25T13:00:00+05:45 quiet
Asia/Kathmandu 13:00 14:00 2026-02-25T14:00:00+05:45 loud
Asia/Kathmandu 22:00 00:00 2026-02-25T23:59:59+05:45 quiet
Asia/Kathmandu 22:00 00:00 2026-02-26T00:00:00+05:45 loud
Asia/Kathmandu 00:00 23:59 2026-02-26T00:00:00+05:45 quiet
Asia/Kathmandu 00:00 23:59 2026-02-26T23:59:00+05:45 loud
# The clock skips 02:00 to 03:00: what would have begun or ended there has done so after it.
Europe/Berlin 02:30 05:00 2026-03-29T01:59:59+01:00 loud
Europe/Berlin 02:30 05:00 2026-03-29T03:00:00+02:00 quiet
Europe/Berlin 22:00 02:30 2026-03-29T01:59:59+01:00 quiet
Europe/Berlin 22:00 02:30 2026-03-29T03:00:00+02:00 loud
America/New_York 02:30 05:00 2026-03-08T01:59:59-05:00 loud
America/New_York 02:30 05:00 2026-03-08T03:00:00-04:00 quiet
# The clock shows an hour twice, each time with what holds then.
Europe/Berlin 02:30 05:00 2026-10-25T02:29:59+02:00 loud
Europe/Berlin 02:30 05:00 2026-10-25T02:30:00+02:00 quiet
Europe/Berlin 02:30 05:00 2026-10-25T02:29:59+01:00 loud
Europe/Berlin 02:30 05:00 2026-10-25T02:30:00+01:00 quiet
America/New_York 22:00 01:30 2025-11-02T01:29:59-04:00 quiet
America/New_York 22:00 01:30 2025-11-02T01:30:00-04:00 loud
America/New_York 22:00 01:30 2025-11-02T01:00:00-05:00 quiet
America/New_York 22:00 01:30 2025-11-02T01:30:00-05:00 loud
# Samoa had no 30 December 2011, and has had no summer time since 2021.
Pacific/Apia 22:00 07:00 2011-12-29T23:59:59-10:00 quiet
Pacific/Apia 22:00 07:00 2011-12-31T00:00:00+14:00 quiet
Pacific/Apia 22:00 07:00 2011-12-31T07:00:00+14:00 loud
Pacific/Apia 22:00 07:00 2021-01-15T06:59:59+14:00 quiet
Pacific/Apia 22:00 07:00 2026-01-15T06:59:59+13:00 quiet
Pacific/Apia 22:00 07:00 2026-01-15T07:00:00+13:00 loud
";

#[test]
fn quiet_hours_start_to_the_minute_and_end_just_before() {
    let rows = TABLE.lines().filter(|line| !line.is_empty());
    for line in rows.filter(|line| !line.starts_with('#')) {
        let row: Vec<&str> = line.split(' ').collect();
        let [zone, start, end, now, expected] = row[..].try_into().unwrap();
        let quiet = hours(start, end, zone).hold_at(moment(now));
        assert_eq!(if quiet { "quiet" } else { "loud" }, expected, "{line}");
    }
}

#[test]
fn a_night_is_as_long_as_clocks_make_it() {
    for (zone, from, to, long) in [
        (
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            "2026-03-28T12:00:00Z",
            9 * 60,
        ),
        (
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            "2026-03-29T12:00:00Z",
            8 * 60,
        ),
        (
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z",
            10 * 60,
        ),
        (
            "America/New_York",
            "2026-03-07T17:00:00Z",
            "2026-03-08T17:00:00Z",
            8 * 60,
        ),
        (
            "America/New_York",
            "2025-11-01T17:00:00Z",
            "2025-11-02T17:00:00Z",
            10 * 60,
        ),
        (
            "Asia/Kathmandu",
            "2026-03-28T06:15:00Z",
            "2026-03-29T06:15:00Z",
            9 * 60,
        ),
        // From noon of the 29th to noon of the 31st is one day and one night.
        (
            "Pacific/Apia",
            "2011-12-29T22:00:00Z",
            "2011-12-30T22:00:00Z",
            9 * 60,
        ),
    ] {
        let hours = hours("22:00", "07:00", zone);
        assert_eq!(quiet_minutes(&hours, from, to), long, "{zone} {from}");
    }
}

#[test]
fn only_a_time_of_two_digits_each_is_one() {
    for good in ["00:00", "07:05", "23:59"] {
        assert_eq!(TimeOfDay::parse(good).unwrap().to_string(), good);
    }
    for bad in [
        "24:00",
        "7:00",
        "07:60",
        "",
        "07:0",
        "0700",
        "07:000",
        " 7:00",
        "+7:00",
        "-1:00",
        "07-00",
        "ab:cd",
        "07:00Z",
        "२२:00",
        "2२:0",
    ] {
        assert!(TimeOfDay::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn only_a_name_of_the_tz_database_is_a_zone() {
    for (told, name) in [
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        ("asia/kathmandu", "Asia/Kathmandu"),
        ("Asia/Katmandu", "Asia/Katmandu"),
        ("UTC", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        (
            "America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
    ] {
        assert_eq!(String::from(TimeZone::parse(told).unwrap()), name);
    }
    for bad in [
        "",
        "Kathmandu",
        "Mars/Olympus",
        "+05:45",
        "UTC+5",
        "Etc/Unknown",
        " Asia/Kathmandu",
        "Asia/Kathmandu\0",
        "../Asia/Kathmandu",
        "/etc/passwd",
        "<+0545>-5:45",
        "posixrules",
    ] {
        assert!(TimeZone::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_stored_has_one_form() {
    let default = json!({"push": true, "mail": false});
    let form = |quiet_hours: Value| {
        json!({
            "topics": {"medicine": default, "blood": default, "work": default,
                       "consultation": default, "conversation": default},
            "quiet_hours": quiet_hours,
        })
    };
    let mut preferences = Preferences::default();
    assert_eq!(
        serde_json::to_value(&preferences).unwrap(),
        form(Value::Null)
    );
    preferences.quiet_hours = Some(hours("22:00", "07:00", "Asia/Kathmandu"));
    let told = json!({"start": "22:00", "end": "07:00", "timezone": "Asia/Kathmandu"});
    assert_eq!(serde_json::to_value(&preferences).unwrap(), form(told));
    let text = serde_json::to_string(&preferences).unwrap();
    assert_eq!(
        serde_json::from_str::<Preferences>(&text).unwrap(),
        preferences
    );
}

#[test]
fn every_topic_and_nothing_else_is_in_the_form() {
    let form = serde_json::to_value(Preferences::default()).unwrap();
    let topics = form["topics"].as_object().unwrap();
    assert_eq!(topics.len(), Topic::ALL.len());
    for topic in Topic::ALL {
        let mut preferences = Preferences::default();
        preferences.topics.of_mut(topic).mail = true;
        assert!(preferences.topics.of(topic).mail);
        let form = serde_json::to_value(&preferences).unwrap();
        let on = form["topics"].as_object().unwrap().iter();
        let on: Vec<&String> = on
            .filter(|(_, w)| w["mail"] == true)
            .map(|(t, _)| t)
            .collect();
        assert_eq!(on, [topic.as_str()]);
    }
}

#[test]
fn what_was_stored_before_a_topic_was_there_reads_with_its_default() {
    let stored = json!({"topics": {"blood": {"push": false}, "not yet known": {"push": true}}});
    let read: Preferences = serde_json::from_value(stored).unwrap();
    let mut expected = Preferences::default();
    expected.topics.of_mut(Topic::Blood).push = false;
    assert_eq!(read, expected);
    let nothing: Preferences = serde_json::from_value(json!({})).unwrap();
    assert_eq!(nothing, Preferences::default());
}

#[test]
fn what_cannot_be_is_not_read() {
    for hours in [
        json!({"start": "22:00", "end": "22:00", "timezone": "UTC"}),
        json!({"start": "24:00", "end": "22:00", "timezone": "UTC"}),
        json!({"start": "22:00", "end": "07:00", "timezone": "Nowhere"}),
        json!({"start": "22:00", "end": "07:00"}),
    ] {
        let stored = json!({"quiet_hours": hours});
        assert!(
            serde_json::from_value::<Preferences>(stored).is_err(),
            "{hours}"
        );
    }
}

/// Midnight UTC of the `nth` Sunday of a month, or of its last.
fn sunday(year: i32, month: Month, nth: Option<u8>) -> OffsetDateTime {
    let days = (1..=month.length(year)).filter_map(|day| {
        let date = time::Date::from_calendar_date(year, month, day).ok()?;
        (date.weekday() == Weekday::Sunday).then(|| date.midnight().assume_utc())
    });
    let sundays: Vec<OffsetDateTime> = days.collect();
    match nth {
        Some(nth) => sundays[usize::from(nth) - 1],
        None => *sundays.last().unwrap(),
    }
}

/// When summer time starts and ends by law, without any database, since 2008.
fn summer(zone: &str, year: i32) -> Option<Range<OffsetDateTime>> {
    let (start, end) = match zone {
        "Asia/Kathmandu" => return None,
        // Directive 2000/84/EC: from 01:00 UTC of March's last Sunday to that of October's.
        "Europe/Berlin" => (
            sunday(year, Month::March, None) + Duration::hours(1),
            sunday(year, Month::October, None) + Duration::hours(1),
        ),
        // Energy Policy Act of 2005: 02:00 of March's second Sunday to 02:00 of November's first.
        "America/New_York" => (
            sunday(year, Month::March, Some(2)) + Duration::hours(7),
            sunday(year, Month::November, Some(1)) + Duration::hours(6),
        ),
        other => unreachable!("{other}"),
    };
    Some(start..end)
}

/// Zones, and their standard time in minutes east of Greenwich.
const ZONES: [(&str, i64); 3] = [
    ("Asia/Kathmandu", 345),
    ("Europe/Berlin", 60),
    ("America/New_York", -300),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn clocks_go_as_the_laws_say(
        (zone, standard) in prop::sample::select(ZONES.to_vec()),
        year in 2008..2026_i32,
        // Around a change of clocks, or anywhere in the year.
        (around, off) in prop_oneof![
            (0..1_u8, 0..31_536_000_000_i64),
            (1..3_u8, -43_200_000..43_200_000_i64),
        ],
        start in 0_u16..1440,
        length in 1_u16..1440,
    ) {
        let summer_of = |year| summer(zone, year);
        let around = match (around, summer_of(year)) {
            (1, Some(summer)) => summer.start,
            (2, Some(summer)) => summer.end,
            _ => sunday(year, Month::January, Some(1)),
        };
        let now = (around + Duration::milliseconds(off)).unix_timestamp_nanos() / 1_000_000;
        let now = Moment::from_unix_milliseconds(i64::try_from(now).unwrap()).unwrap();
        let in_summer = summer_of(now.get().year()).is_some_and(|summer| summer.contains(&now.get()));
        let offset = standard + if in_summer { 60 } else { 0 };

        let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let quiet = hours(&text(start), &text((start + length) % 1440), zone);
        let shown = now.unix_seconds().div_euclid(60) + offset;
        let since_start = (shown - i64::from(start)).rem_euclid(1440);
        prop_assert_eq!(quiet.hold_at(now), since_start < i64::from(length));
    }
}
