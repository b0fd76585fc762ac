//! What changes of a zone's offset do to ticks, case by case.

use super::*;
use chrono_tz::{Africa, America, Australia, Europe, Pacific};

/// One span: each line of `expected` is a tick, with how it was moved.
#[track_caller]
fn check(text: &str, zone: Tz, after: &str, until: &str, expected: &[&str]) {
    let (pattern, after, until) = (pattern(text), time(after), time(until));
    let found = ticks(&pattern, zone, after, until);
    let shown: Vec<String> = found.iter().map(show).collect();
    assert_eq!(shown, expected, "{text} in {zone}");
    assert_eq!(ticks_backward(&pattern, zone, after, until), found, "{text} in {zone}, backward");
    assert_eq!(pattern.count_within(after, until, zone), found.len() as u64, "{text} in {zone}, counted");
    let moved = found.into_iter().find(|tick| tick.moved.is_some());
    assert_eq!(pattern.moved_within(after, zone, until), moved, "{text} in {zone}, moved");
}

fn show(tick: &Occurrence) -> String {
    let mark = match tick.moved {
        None => "",
        Some(Moved::Gap) => " gap",
        Some(Moved::Fold) => " fold",
    };
    format!("{}{mark}", tick.at.format("%m-%dT%H:%M"))
}

#[test]
fn a_tick_in_the_spring_gap_fires_once_after_it() {
    let spring = |text, expected: &[&str]| {
        check(text, Europe::Berlin, "2026-03-28T12:00:00Z", "2026-03-30T02:30:00Z", expected);
    };
    spring("30 2 * * *", &["03-29T01:00 gap", "03-30T00:30"]);
    spring("0,30 2 * * *", &["03-29T01:00 gap", "03-30T00:00", "03-30T00:30"]);
    spring("*/20 30 2 * * *", &["03-29T01:00 gap", "03-30T00:30", "03-30T00:30", "03-30T00:30"]);
    spring(
        "30 1-3 * * *",
        &["03-29T00:30", "03-29T01:00 gap", "03-29T01:30", "03-29T23:30", "03-30T00:30", "03-30T01:30"],
    );
}

#[test]
fn a_tick_moved_onto_another_is_one_tick_and_marked() {
    check("0 2,3 * * *", Europe::Berlin, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", &["03-29T01:00 gap"]);
    check("0 3 * * *", Europe::Berlin, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", &["03-29T01:00"]);
}

#[test]
fn a_wall_clock_time_that_comes_twice_in_autumn_fires_the_first_time() {
    let autumn = |text, expected: &[&str]| {
        check(text, Europe::Berlin, "2026-10-24T22:00:00Z", "2026-10-26T00:30:00Z", expected);
    };
    autumn("30 2 * * *", &["10-25T00:30 fold"]);
    autumn("0,30 2 * * *", &["10-25T00:00 fold", "10-25T00:30 fold"]);
    autumn("30 1-3 * * *", &["10-24T23:30", "10-25T00:30 fold", "10-25T02:30", "10-26T00:30"]);
}

#[test]
fn a_span_that_begins_or_ends_amid_the_autumn_hours_holds_each_time_once() {
    let (first_pass, second_pass) = ("2026-10-25T00:10:00Z", "2026-10-25T01:10:00Z");
    let check = |after, until, expected: &[&str]| check("0,30 2 * * *", Europe::Berlin, after, until, expected);
    check("2026-10-24T12:00:00Z", first_pass, &["10-25T00:00 fold"]);
    check("2026-10-24T12:00:00Z", second_pass, &["10-25T00:00 fold", "10-25T00:30 fold"]);
    check(first_pass, second_pass, &["10-25T00:30 fold"]);
    check(first_pass, "2026-10-26T01:10:00Z", &["10-25T00:30 fold", "10-26T01:00"]);
    check(second_pass, "2026-10-26T01:10:00Z", &["10-26T01:00"]);
}

#[test]
fn intervals_keep_their_pace_through_both_changes() {
    check(
        "*/15 * * * *",
        Europe::Berlin,
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:30:00Z",
        &["03-29T00:45", "03-29T01:00", "03-29T01:15", "03-29T01:30"],
    );
    check(
        "*/30 * * * *",
        Europe::Berlin,
        "2026-10-25T00:00:00Z",
        "2026-10-25T02:00:00Z",
        &["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"],
    );
    // The wall clock shows 02:00 to 02:59 twice in autumn, and not at all in spring.
    check(
        "*/30 2 * * *",
        Europe::Berlin,
        "2026-10-24T12:00:00Z",
        "2026-10-25T12:00:00Z",
        &["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30"],
    );
    check("*/30 2 * * *", Europe::Berlin, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", &[]);
}

#[test]
fn half_an_hour_is_a_gap_and_a_fold_too() {
    // Lord Howe moves by 30 minutes: 02:00 to 02:30 is missing in October, 01:30 to 02:00 comes twice in April.
    let day = |text, date: &str, expected: &[&str]| {
        let (after, until) = (format!("{date}T12:00:00Z"), format!("{date}T20:00:00Z"));
        check(text, Australia::Lord_Howe, &after, &until, expected);
    };
    day("15 2 * * *", "2026-10-03", &["10-03T15:30 gap"]);
    day("0,45 1,2 * * *", "2026-10-03", &["10-03T14:30", "10-03T15:15", "10-03T15:30 gap", "10-03T15:45"]);
    day("45 1 * * *", "2026-04-04", &["04-04T14:45 fold"]);
    day(
        "45 * * * *",
        "2026-04-04",
        &[
            "04-04T12:45",
            "04-04T13:45",
            "04-04T14:45",
            "04-04T15:15",
            "04-04T16:15",
            "04-04T17:15",
            "04-04T18:15",
            "04-04T19:15",
        ],
    );
}

#[test]
fn a_day_that_a_zone_skipped_is_a_gap() {
    // Apia went from the end of 29 December 2011 (10:00 UTC on the 30th) to 31 December.
    let apia = |text, expected: &[&str]| {
        check(text, Pacific::Apia, "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z", expected);
    };
    apia("0 5 * * *", &["12-29T15:00", "12-30T10:00 gap", "12-30T15:00", "12-31T15:00"]);
    apia("0 5 30 12 *", &["12-30T10:00 gap"]);
    apia("0 0 * * *", &["12-30T10:00 gap", "12-31T10:00"]);
    apia("0 */12 * * *", &["12-29T22:00", "12-30T10:00", "12-30T22:00", "12-31T10:00", "12-31T22:00"]);
}

#[test]
fn a_midnight_that_does_not_exist_is_the_first_instant_of_its_day() {
    check(
        "0 0 * * *",
        America::Sao_Paulo,
        "2018-11-03T12:00:00Z",
        "2018-11-05T12:00:00Z",
        &["11-04T03:00 gap", "11-05T02:00"],
    );
}

#[test]
fn a_zone_that_changes_around_ramadan_is_followed() {
    check(
        "30 2 * * *",
        Africa::Casablanca,
        "2026-02-14T12:00:00Z",
        "2026-02-16T12:00:00Z",
        &["02-15T01:30 fold", "02-16T02:30"],
    );
}

#[test]
fn a_tick_that_a_change_moves_is_found_within_a_year() {
    let moved = |text: &str, zone| {
        let moved = pattern(text).moved_within(time("2026-11-24T12:00:00Z"), zone, time("2027-11-24T12:00:00Z"));
        moved.map(|tick| show(&tick))
    };
    assert_eq!(moved("30 2 * * *", Europe::Berlin).as_deref(), Some("03-28T01:00 gap"));
    assert_eq!(moved("30 2 * 9-12 *", Europe::Berlin).as_deref(), Some("10-31T00:30 fold"));
    assert_eq!(moved("30 4 * * *", Europe::Berlin), None);
    assert_eq!(moved("*/5 * * * *", Europe::Berlin), None);
    assert_eq!(moved("@every 1h", Europe::Berlin), None);
    assert_eq!(moved("30 2 * * *", Tz::UTC), None);
}
