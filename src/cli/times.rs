//! Times and words, as people write and read them.

use std::time::Duration;

use chrono_tz::Tz;

use crate::clock::{self, Time};
use crate::run::RunState;

/// Characters.
const MOST_OF_A_REASON: usize = 500;

/// A moment in RFC 3339.
pub(super) fn parse_moment(text: &str) -> Result<Time, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(Time::from)
        .map_err(|_| "not a moment in RFC 3339: write 2026-03-28T12:00:00Z".to_owned())
}

/// A zone of the IANA database.
pub(super) fn parse_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "not a time zone: write a name such as Europe/Berlin or UTC".to_owned())
}

/// A state of a run.
pub(super) fn parse_state(text: &str) -> Result<RunState, String> {
    RunState::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = RunState::ALL.iter().map(|state| state.as_str()).collect();
        format!("not a state of a run: write one of {}", words.join(", "))
    })
}

/// A moment, or a duration before `now`.
pub(super) fn parse_since(text: &str, now: Time) -> Result<Time, String> {
    match humantime::parse_duration(text) {
        Ok(duration) => Ok(clock::subtract(now, duration)),
        Err(_) => parse_moment(text).map_err(|_| format!("`{text}` is neither a duration such as 24h nor a moment")),
    }
}

/// Beyond this no time could be shown.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A duration that is not nothing.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration > LONGEST => Err("longer than 100 years: leave it out to have no end".to_owned()),
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("not a duration: write 90s, 2h or 1h 30m".to_owned()),
    }
}

/// A reason, as people give one, in one line.
pub(super) fn parse_reason(text: &str) -> Result<String, String> {
    let is_space = |c: char| c.is_whitespace() || c.is_control();
    let text = text.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err("an empty reason: leave --reason out".to_owned()),
        1..=MOST_OF_A_REASON => Ok(text),
        _ => Err(format!("a reason has {MOST_OF_A_REASON} characters at most")),
    }
}

/// How long ago, or how far ahead, in one or two units: "3m ago", "in 2h 5m", "now".
pub(super) fn relative(now: Time, at: Time) -> String {
    let millis = clock::millis_between(at, now);
    let rounded = rounded(Duration::from_millis(millis.unsigned_abs()));
    match (millis, rounded.is_zero()) {
        (_, true) => "now".to_owned(),
        (1.., _) => format!("{} ago", humantime::format_duration(rounded)),
        _ => format!("in {}", humantime::format_duration(rounded)),
    }
}

/// To the two units that matter at its size.
fn rounded(duration: Duration) -> Duration {
    let seconds = duration.as_secs();
    let grain = match seconds {
        0..60 => 1,
        60..3600 => 10,
        3600..86_400 => 60,
        _ => 3600,
    };
    Duration::from_secs(seconds / grain * grain)
}

/// A duration in milliseconds for people: "12 ms", "1.3 s", "2m 5s".
pub(super) fn millis(millis: i64) -> String {
    match millis {
        ..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => humantime::format_duration(Duration::from_secs(millis.unsigned_abs() / 1000)).to_string(),
    }
}

/// "1 run", "2 runs".
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// As [`count`], for large numbers: "1,000 elements".
pub(super) fn large_count(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(n)) }
}

/// A number with its digits in groups of three.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        parse_moment(text).expect("a moment")
    }

    #[test]
    fn relative_times_have_the_two_units_that_matter() {
        let noon = at("2026-11-24T12:00:00Z");
        assert_eq!(relative(noon, at("2026-11-24T12:00:00.400Z")), "now");
        assert_eq!(relative(noon, at("2026-11-24T11:56:57Z")), "3m ago");
        assert_eq!(relative(noon, at("2026-11-24T14:05:20Z")), "in 2h 5m");
        assert_eq!(relative(noon, at("2026-11-26T13:30:00Z")), "in 2days 1h");
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        let numbers = [0, 999, 1_000, 123_456, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!(large_count(1, "page"), "1 page");
        assert_eq!(large_count(1_000, "page"), "1,000 pages");
    }

    #[test]
    fn since_takes_a_duration_or_a_moment() {
        let noon = at("2026-11-24T12:00:00Z");
        assert_eq!(parse_since("24h", noon), Ok(at("2026-11-23T12:00:00Z")));
        assert_eq!(parse_since("2026-11-01T00:00:00+01:00", noon), Ok(at("2026-10-31T23:00:00Z")));
        assert!(parse_since("yesterday", noon).is_err());
    }
}
