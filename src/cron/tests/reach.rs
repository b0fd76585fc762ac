//! What texts mean without a change of offset, and how far ticks reach.

use super::*;
use chrono::TimeDelta;
use chrono_tz::{Africa, America, Asia, Europe, Pacific};

#[track_caller]
fn check_next(text: &str, after: &str, expected: &str) {
    let next = pattern(text).next_after(time(after), Tz::UTC).map(|next| next.at);
    assert_eq!(next, Some(time(expected)), "{text} after {after}");
}

#[test]
fn the_next_tick_is_strictly_after_the_given_instant() {
    check_next("0 5 * * *", "2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z");
    check_next("0 5 * * *", "2026-11-24T04:59:59.999Z", "2026-11-24T05:00:00Z");
    check_next("* * * * * *", "2026-11-24T05:00:00.001Z", "2026-11-24T05:00:01Z");
}

#[test]
fn the_last_tick_is_strictly_before_the_given_instant() {
    let last = |at| pattern("0 5 * * *").last_before(time(at), Tz::UTC).map(|last| last.at);
    assert_eq!(last("2026-11-24T05:00:00Z"), Some(time("2026-11-23T05:00:00Z")));
    assert_eq!(last("2026-11-24T05:00:00.001Z"), Some(time("2026-11-24T05:00:00Z")));
}

#[test]
fn marks_and_names_mean_what_people_expect() {
    let after = "2026-11-24T12:00:00Z"; // a Tuesday
    check_next("0 0 29 2 *", after, "2028-02-29T00:00:00Z");
    check_next("0 0 L * *", after, "2026-11-30T00:00:00Z");
    check_next("0 0 LW 1 *", after, "2027-01-29T00:00:00Z");
    check_next("0 0 28W * *", after, "2026-11-27T00:00:00Z");
    check_next("0 0 1W 5 *", after, "2027-05-03T00:00:00Z");
    check_next("0 0 * * 5L", after, "2026-11-27T00:00:00Z");
    check_next("0 0 * * thu#1", after, "2026-12-03T00:00:00Z");
    check_next("0 0 * * 7", after, "2026-11-29T00:00:00Z");
    check_next("0 0 * * Fri-Sun", after, "2026-11-27T00:00:00Z");
    check_next("0 0 ? dec ?", after, "2026-12-01T00:00:00Z");
    check_next("@WEEKLY", after, "2026-11-29T00:00:00Z");
    check_next("@midnight", after, "2026-11-25T00:00:00Z");
    check_next("@annually", after, "2027-01-01T00:00:00Z");
}

#[test]
fn a_day_matches_either_field_unless_one_begins_with_a_star() {
    // As in Vixie cron: the 13th of each month and every Friday, but odd days only if they are a Monday.
    check_next("0 0 13 * FRI", "2026-11-24T12:00:00Z", "2026-11-27T00:00:00Z");
    check_next("0 0 13 * FRI", "2026-12-12T12:00:00Z", "2026-12-13T00:00:00Z");
    check_next("0 0 */2 * MON", "2026-11-24T12:00:00Z", "2026-12-07T00:00:00Z");
    assert!(pattern("0 0 13 * FRI").restricts_both_days());
    for text in ["0 0 */2 * MON", "0 0 13 * *", "0 0 * * FRI", "0 0 13 * ?", "@every 1d"] {
        assert!(!pattern(text).restricts_both_days(), "{text}");
    }
}

#[test]
fn a_pace_counts_from_the_epoch_in_any_zone() {
    let every = pattern("@every 7m");
    let next = every.next_after(time("2026-11-24T12:00:00Z"), Europe::Berlin).expect("a tick").at;
    assert_eq!(next.timestamp() % 420, 0);
    assert_eq!(every.next_after(next, Tz::UTC).expect("a tick").at - next, TimeDelta::minutes(7));
    assert_eq!(every.last_before(next + TimeDelta::minutes(7), Tz::UTC).expect("a tick").at, next);
    assert_eq!(every.count_within(next, next + TimeDelta::minutes(70), Tz::UTC), 10);
}

#[test]
fn ticks_lie_from_the_epoch_to_the_year_9999() {
    for text in ["* * * * *", "0 0 * * *", "@every 1m"] {
        let pattern = pattern(text);
        let at = |tick: Option<Occurrence>| tick.map(|tick| tick.at.to_rfc3339());
        let next = |after| at(pattern.next_after(after, Tz::UTC));
        let last = |before| at(pattern.last_before(before, Tz::UTC));
        assert_eq!(next(Time::MIN_UTC).as_deref(), Some("1970-01-01T00:00:00+00:00"), "{text}");
        assert_eq!(last(Time::UNIX_EPOCH), None, "{text}");
        assert_eq!(next(time("9999-12-31T23:59:00Z")), None, "{text}");
        assert!(last(Time::MAX_UTC).is_some_and(|last| last.starts_with("9999-12-31T")), "{text}");
        assert_eq!(next(Time::MAX_UTC), None, "{text}");
        assert_eq!(last(Time::MIN_UTC), None, "{text}");
        assert_eq!(pattern.count_within(Time::MAX_UTC, Time::MIN_UTC, Tz::UTC), 0, "{text}");
    }
}

#[test]
fn the_far_future_has_the_same_calendar() {
    check_next("0 0 29 2 *", "7999-03-01T00:00:00Z", "8000-02-29T00:00:00Z");
    check_next("0 0 29 2 *", "9096-03-01T00:00:00Z", "9104-02-29T00:00:00Z");
    check_next("0 0 * * MON", "9500-01-01T00:00:00Z", "9500-01-08T00:00:00Z");
}

#[test]
fn the_ends_of_time_are_safe_in_zones_far_from_utc() {
    for zone in [Pacific::Kiritimati, Pacific::Pago_Pago, Africa::Monrovia, America::Juneau, Asia::Manila] {
        for text in ["* * * * * *", "*/7 3 * * *", "0 0 * * *", "59 23 31 12 *"] {
            let pattern = pattern(text);
            for at in [Time::MIN_UTC, Time::UNIX_EPOCH, time("9999-12-31T12:00:00Z"), Time::MAX_UTC] {
                let (next, last) = (pattern.next_after(at, zone), pattern.last_before(at, zone));
                assert!(next.is_none_or(|next| next.at > at), "{text} in {zone} after {at}");
                assert!(last.is_none_or(|last| last.at < at), "{text} in {zone} before {at}");
                let _ = pattern.moved_within(at, zone, Time::MAX_UTC);
            }
        }
    }
}

#[test]
fn patterns_are_equal_by_text() {
    assert_eq!(pattern("0 5 * * *"), pattern("0 5 * * *"));
    assert_ne!(pattern("@daily"), pattern("0 0 * * *"));
    assert_eq!(format!("{:?}", pattern("@daily")), r#"Pattern("@daily")"#);
}
