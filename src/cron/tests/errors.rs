//! Texts that are no pattern, and what people are told.

use super::*;
use proptest::prelude::*;

/// A text is refused with both parts somewhere in its message or help.
#[track_caller]
fn refused(text: &str, message: &str, help: &str) {
    let error = Pattern::parse(text).expect_err(text);
    assert!(error.message.contains(message), "{text:?}: {:?} does not say {message:?}", error.message);
    let given = error.help.unwrap_or_default();
    assert!(given.contains(help), "{text:?}: {given:?} does not say {help:?}");
}

#[test]
fn an_error_names_the_field_and_what_would_be_right() {
    refused("61 * * * *", "`61` in the minute field", "0 to 59");
    refused("0 24 * * *", "`24` in the hour field", "0 to 23");
    refused("0 0 0 * *", "`0` in the day-of-month field", "1 to 31");
    refused("0 0 * 13 *", "`13` in the month field", "`JAN` to `DEC`");
    refused("0 0 * * 8", "`8` in the weekday field", "`SUN` to `SAT`");
    refused("60 0 0 * * *", "`60` in the second field", "0 to 59");
    refused("MON 0 * * *", "`MON` in the minute field", "0 to 59");
    refused("0 0 * * MONDAY", "`MONDAY` in the weekday field", "`SUN` to `SAT`");
    refused("0 0 * * JAN", "`JAN` in the weekday field", "weekdays");
    refused("+5 * * * *", "`+5` in the minute field", "0 to 59");
}

#[test]
fn only_a_number_can_be_out_of_range() {
    refused("61 * * * *", "is out of range", "0 to 59");
    refused("999999 * * * *", "is out of range", "0 to 59");
    refused("０ * * * *", "`０` in the minute field is not a number", "0 to 59");
    refused("x * * * *", "is not a number", "0 to 59");
    refused("-5 * * * *", "is not a number", "0 to 59");
    refused("0 0 * ８ *", "is neither a number nor the name of a month", "`JAN`");
    refused("0 0 * * MONDAY", "is neither a number nor the name of a weekday", "`SUN`");
}

#[test]
fn what_croner_would_take_without_a_word_is_refused() {
    refused("1,,2 * * * *", "`1,,2` in the minute field has an empty part", "one comma");
    refused(", * * * *", "empty part", "one comma");
    refused("0 0 15W3 * *", "`15W3` in the day-of-month field", "1 to 31");
    refused("0 0 * * L", "`L` in the weekday field names no weekday", "`5L`");
    refused("0 0 L,LW * *", "has both `L` and `LW`", "keep one");
    refused("0 0 * * +MON", "`+MON` in the weekday field", "weekdays");
    refused("0 0 * * 1#L", "`1#L` in the weekday field", "1 to 5");
    refused("0 0 5 * * * 2027", "7 fields", "a year cannot be given");
}

#[test]
fn a_range_or_step_that_was_meant_otherwise_is_answered_with_what_to_write() {
    refused("0 22-5 * * *", "`22-5` in the hour field runs backwards", "`22-23,0-5`");
    refused("0 0 * * FRI-MON", "runs backwards", "`5-6,0-1`");
    refused("1-0 * * * *", "runs backwards", "`1-59,0`");
    refused("59-5 * * * *", "runs backwards", "`59,0-5`");
    refused("5/10 * * * *", "`5/10` in the minute field", "`5-59/10`");
    refused("/10 * * * *", "`/10` in the minute field", "`*/10`");
    refused("*/0 * * * *", "a step of 0", "begin at 1");
    refused("*/90 * * * *", "beyond the end of its range", "`@every 90m`");
    refused("10-20/15 * * * *", "beyond the end of its range", "at most 10");
    refused("*/x * * * *", "no number", "`*/5`");
    refused("1-2-3 * * * *", "`2-3` in the minute field", "0 to 59");
    refused("*,5 * * * *", "has `*` in a list", "alone");
    refused("0 0 L-3 * *", "`L` in the day-of-month field", "`L` is the last");
}

#[test]
fn a_wrong_number_of_fields_is_counted() {
    refused("", "is empty", "`*/5 * * * *`");
    refused(" \t ", "is empty", "`*/5 * * * *`");
    refused("5", "1 field", "5 fields");
    refused("* * * *", "4 fields", "5 fields");
    refused("TZ=Europe/Berlin 0 5 * * *", "begins with `TZ=Europe/Berlin`", "timezone");
}

#[test]
fn a_nickname_that_is_nearly_right_is_answered_with_the_right_one() {
    refused("@dayly", "no nickname `@dayly`", "`@daily`");
    refused("@anually", "no nickname", "`@annually`");
    refused("@reboot", "no nickname `@reboot`", "`@hourly`");
    refused("@daily 5", "is followed by more", "stands alone");
    refused("@every15m", "no nickname", "`@every 15m`");
}

#[test]
fn a_pace_has_a_fixed_length_of_at_least_a_second() {
    refused("@every", "no duration", "`@every 15m`");
    refused("@every 0s", "too fast", "`@every 1s`");
    refused("@every 999ms", "too fast", "`@every 1s`");
    refused("@every 1s 1us", "finer than a millisecond", "whole");
    refused("@every 15M", "cannot count in `M`", "`m` is minutes");
    refused("@every 1month", "cannot count in `month`", "`0 0 1 * *`");
    refused("@every 2 years", "cannot count in `years`", "days");
    refused("@every soon", "`soon` is no duration", "`15m`");
    refused("@every 99999999999d", "never fires", "shorter");
    refused("@every 999999999999999999999s", "is no duration", "`15m`");
}

#[test]
fn a_text_that_never_fires_is_refused() {
    refused("0 0 30 2 *", "`0 0 30 2 *` never fires", "no date");
    refused("0 0 31 4,6,9,11 *", "never fires", "no date");
    refused("0 0 31W 2 *", "never fires", "no date");
    assert!(Pattern::parse("0 0 29 2 *").is_ok());
    assert!(Pattern::parse("0 0 30 2 MON").is_ok(), "fires on the Mondays of February");
}

#[test]
fn a_text_is_at_most_256_characters_long() {
    let text = |length: usize| format!("0 5 * * *{}", " ".repeat(length - 9));
    assert!(Pattern::parse(&text(256)).is_ok());
    refused(&text(257), "257 characters", "several jobs");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = Pattern::parse(&text);
    }

    #[test]
    fn no_text_of_the_letters_of_cron_panics(text in "[@*/,#LW?0-9 \\-A-Z+]{0,40}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            prop_assert!(pattern.next_after(time("2026-11-24T12:00:00Z"), Tz::UTC).is_some());
        }
    }

    #[test]
    fn six_fields_that_look_right_are_read_or_refused_but_never_panic(
        fields in prop::collection::vec("(\\*|[0-9]{1,2}|[0-9]-[0-9]{1,2})(/[0-9]{1,2})?(,[0-9LW]{1,3})?", 5..7),
    ) {
        if let Ok(pattern) = Pattern::parse(&fields.join(" ")) {
            prop_assert!(pattern.next_after(time("2026-11-24T12:00:00Z"), Tz::UTC).is_some());
            prop_assert!(!pattern.describe().is_empty());
        }
    }
}
