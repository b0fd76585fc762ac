//! `Retry-After`, as servers write it.

use std::time::Duration;

use crate::clock::Time;

/// What a number beyond all measure is.
const LONGEST: Duration = Duration::from_secs(u64::MAX);

/// How long an answer asks to wait (RFC 9110 section 10.2.3): seconds, or a date to be counted
/// from `now`. A date that has passed is no wait at all. Anything else is `None`; a number beyond
/// all measure is the longest wait there is.
pub fn retry_after(text: &str, now: Time) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(LONGEST, Duration::from_secs));
    }
    // Some servers send fractions.
    if let Ok(seconds) = text.parse::<f64>() {
        let is_number = seconds.is_finite() && text.starts_with(|first: char| first.is_ascii_digit());
        return is_number.then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST));
    }
    let date = Time::from(httpdate::parse_http_date(text).ok()?);
    Some((date - now).to_std().unwrap_or_default())
}

/// The server's `Date` less the local time, in seconds; `None` for a text that is no HTTP date.
pub fn date_skew(date: &str, now: Time) -> Option<i64> {
    let date = Time::from(httpdate::parse_http_date(date).ok()?);
    Some((date - now).num_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Time {
        "2026-11-24T12:00:00Z".parse().expect("a time")
    }

    #[test]
    fn seconds_and_dates_are_waits_and_garbage_is_none() {
        let s = Duration::from_secs;
        for (text, expected) in [
            ("7", Some(s(7))),
            (" 0 ", Some(s(0))),
            ("1.5", Some(Duration::from_millis(1500))),
            ("99999999999999999999999", Some(LONGEST)),
            ("1e20", Some(LONGEST)),
            ("1e999", None),
            ("-5", None),
            ("-0", None),
            ("", None),
            ("soon", None),
            ("NaN", None),
            ("inf", None),
            ("Tue, 24 Nov 2026 12:01:30 GMT", Some(s(90))),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(s(0))),
            ("Tuesday, 24-Nov-26 12:00:10 GMT", Some(s(10))),
            ("Tue, 99 Nov 2026 12:01:30 GMT", None),
        ] {
            assert_eq!(retry_after(text, noon()), expected, "{text}");
        }
    }

    #[test]
    fn a_server_that_is_ahead_has_a_positive_skew() {
        assert_eq!(date_skew("Tue, 24 Nov 2026 12:10:00 GMT", noon()), Some(600));
        assert_eq!(date_skew("Tue, 24 Nov 2026 11:59:57 GMT", noon()), Some(-3));
        assert_eq!(date_skew("yesterday", noon()), None);
    }
}
