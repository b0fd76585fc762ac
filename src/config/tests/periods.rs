//! Periods of metrics, as they come out of a file.

use chrono::{Month, Weekday};

use super::{GOOD, loaded};
use crate::job::{Calendar, Cycle, Period};

fn period(written: &str) -> Calendar {
    let metrics = format!("metrics = {{ n = {{ value = \".n\", period = {written} }} }}\n");
    let loaded =
        loaded(&format!("{}{metrics}", GOOD.replace("api = \"a\"\n", "api = \"a\"\ntimezone = \"Europe/Berlin\"\n")));
    match &loaded.jobs.jobs["x"].calls[0].metrics[0].period {
        Some(Period::Calendar(calendar)) => *calendar,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_word_is_a_period_from_its_first_day_on_in_the_jobs_zone() {
    let first = |word: &str| period(&format!("\"{word}\""));
    assert_eq!(first("day"), Calendar { cycle: Cycle::Day, zone: chrono_tz::Europe::Berlin });
    assert_eq!(first("week").cycle, Cycle::Week { from: Weekday::Mon });
    assert_eq!(first("month").cycle, Cycle::Month { day: 1 });
    assert_eq!(first("quarter").cycle, Cycle::Quarter { month: Month::January, day: 1 });
    assert_eq!(first("year").cycle, Cycle::Year { month: Month::January, day: 1 });
}

#[test]
fn an_anchor_says_on_which_day_it_begins_and_a_zone_where() {
    let anchored = |table: &str| period(&format!("{{ {table} }}"));
    let month = anchored("every = \"month\", anchor = 31, timezone = \"Asia/Tokyo\"");
    assert_eq!(month, Calendar { cycle: Cycle::Month { day: 31 }, zone: chrono_tz::Asia::Tokyo });
    assert_eq!(anchored("every = \"week\", anchor = \"Sunday\"").cycle, Cycle::Week { from: Weekday::Sun });
    assert_eq!(anchored("every = \"quarter\", anchor = 15").cycle, Cycle::Quarter { month: Month::January, day: 15 });
    let february = Cycle::Quarter { month: Month::February, day: 1 };
    assert_eq!(anchored("every = \"quarter\", anchor = \"02-01\"").cycle, february);
    let leap = Cycle::Year { month: Month::February, day: 29 };
    assert_eq!(anchored("every = \"year\", anchor = \"02-29\"").cycle, leap);
}
