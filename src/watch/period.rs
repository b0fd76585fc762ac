//! Periods by the calendar: days, weeks, months, quarters and years in a zone.

use std::iter;

use chrono::{Datelike, Days, LocalResult, Month, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::{GapInfo, Tz};

use crate::clock::Time;
use crate::job::{Calendar, Cycle};

/// The period that holds an instant: its first instant, and that of the next one. `None` beyond the ends of the
/// calendar.
pub fn containing(calendar: &Calendar, at: Time) -> Option<(Time, Time)> {
    let today = at.with_timezone(&calendar.zone).date_naive();
    // A day may begin twice, where the clock is set back just after midnight: the date alone may name the next period,
    // or the former one.
    let day_before = today.checked_sub_days(Days::new(1))?;
    let first = Start::latest(calendar.cycle, day_before)?;
    let starts = iter::successors(Some(first), |start| start.next());
    let mut bounds = starts.map_while(|start| {
        let instant = |start: Start| first_instant(start.date()?, calendar.zone);
        Some((instant(start)?, instant(start.next()?)?))
    });
    bounds.find(|(_, end)| at < *end)
}

/// The day on which a period begins.
#[derive(Clone, Copy)]
enum Start {
    /// A date, and how many days there are to the next start.
    Day(NaiveDate, u64),
    /// A day of a month, counted from the beginning of the year 0, and how many months there are to the next start.
    Month { month: i32, day: u32, step: i32 },
}

impl Start {
    /// The latest start of a cycle that is not after a day.
    fn latest(cycle: Cycle, today: NaiveDate) -> Option<Start> {
        let (step, phase, day) = match cycle {
            Cycle::Day => return Some(Start::Day(today, 1)),
            Cycle::Week { from } => return Some(Start::Day(week_of(today, from)?, 7)),
            Cycle::Month { day } => (1, 0, day),
            Cycle::Quarter { month, day } => (3, index(month), day),
            Cycle::Year { month, day } => (12, index(month), day),
        };
        let this = today.year().checked_mul(12)?.checked_add(i32::try_from(today.month0()).ok()?)?;
        let start = Start::Month { month: this - (this - phase).rem_euclid(step), day, step };
        if start.date()? <= today { Some(start) } else { start.moved(-step) }
    }

    fn date(self) -> Option<NaiveDate> {
        match self {
            Start::Day(date, _) => Some(date),
            Start::Month { month, day, .. } => {
                let (year, month) = (month.div_euclid(12), u32::try_from(month.rem_euclid(12)).ok()? + 1);
                let days = u32::from(Month::try_from(u8::try_from(month).ok()?).ok()?.num_days(year)?);
                NaiveDate::from_ymd_opt(year, month, day.clamp(1, days))
            }
        }
    }

    fn next(self) -> Option<Start> {
        match self {
            Start::Day(date, step) => Some(Start::Day(date.checked_add_days(Days::new(step))?, step)),
            Start::Month { step, .. } => self.moved(step),
        }
    }

    fn moved(self, by: i32) -> Option<Start> {
        match self {
            Start::Day(..) => None,
            Start::Month { month, day, step } => Some(Start::Month { month: month.checked_add(by)?, day, step }),
        }
    }
}

fn week_of(today: NaiveDate, from: Weekday) -> Option<NaiveDate> {
    today.checked_sub_days(Days::new(u64::from(today.weekday().days_since(from))))
}

/// From 0 for January.
fn index(month: Month) -> i32 {
    i32::try_from(month.number_from_month()).map_or(0, |number| number - 1)
}

/// The first instant of a day: midnight, the first of two, or the end of the gap that midnight is in.
fn first_instant(day: NaiveDate, zone: Tz) -> Option<Time> {
    let midnight = day.and_time(NaiveTime::MIN);
    let first = match zone.from_local_datetime(&midnight) {
        LocalResult::Single(first) | LocalResult::Ambiguous(first, _) => first,
        LocalResult::None => GapInfo::new(&midnight, &zone)?.end?,
    };
    Some(first.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Europe::Berlin, UTC};
    use proptest::prelude::*;

    use super::*;

    fn of(cycle: Cycle, zone: Tz, at: &str) -> (String, String) {
        let (start, end) = containing(&Calendar { cycle, zone }, at.parse().expect(at)).expect("a period");
        let shown = |time: Time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        (shown(start), shown(end))
    }

    #[track_caller]
    fn check(cycle: Cycle, zone: Tz, at: &str, start: &str, end: &str) {
        assert_eq!(of(cycle, zone, at), (format!("{start}Z"), format!("{end}Z")), "{cycle:?} at {at}");
    }

    #[test]
    fn a_period_holds_its_first_instant_and_not_that_of_the_next() {
        let month = Cycle::Month { day: 1 };
        check(month, UTC, "2026-11-30T23:59:59.999Z", "2026-11-01T00:00:00", "2026-12-01T00:00:00");
        check(month, UTC, "2026-12-01T00:00:00Z", "2026-12-01T00:00:00", "2027-01-01T00:00:00");
    }

    #[test]
    fn an_anchor_that_a_month_does_not_have_is_its_last_day() {
        let month = Cycle::Month { day: 31 };
        check(month, UTC, "2026-02-28T00:00:00Z", "2026-02-28T00:00:00", "2026-03-31T00:00:00");
        check(month, UTC, "2026-04-29T12:00:00Z", "2026-03-31T00:00:00", "2026-04-30T00:00:00");
        check(month, UTC, "2028-02-28T12:00:00Z", "2028-01-31T00:00:00", "2028-02-29T00:00:00");
        check(month, UTC, "2026-05-31T00:00:00Z", "2026-05-31T00:00:00", "2026-06-30T00:00:00");
    }

    #[test]
    fn a_year_from_29_february_begins_on_28_february_in_common_years() {
        let year = Cycle::Year { month: Month::February, day: 29 };
        check(year, UTC, "2026-02-27T12:00:00Z", "2025-02-28T00:00:00", "2026-02-28T00:00:00");
        check(year, UTC, "2027-12-01T12:00:00Z", "2027-02-28T00:00:00", "2028-02-29T00:00:00");
        check(year, UTC, "2028-02-28T12:00:00Z", "2027-02-28T00:00:00", "2028-02-29T00:00:00");
        check(year, UTC, "2028-02-29T00:00:00Z", "2028-02-29T00:00:00", "2029-02-28T00:00:00");
    }

    #[test]
    fn a_quarter_has_three_months_from_any_of_those_in_which_one_begins() {
        for month in [Month::February, Month::May, Month::November] {
            let quarter = Cycle::Quarter { month, day: 30 };
            check(quarter, UTC, "2026-03-01T12:00:00Z", "2026-02-28T00:00:00", "2026-05-30T00:00:00");
            check(quarter, UTC, "2026-01-15T12:00:00Z", "2025-11-30T00:00:00", "2026-02-28T00:00:00");
        }
    }

    #[test]
    fn a_week_begins_on_its_day() {
        // The first of December 2026 is a Tuesday.
        let monday = Cycle::Week { from: Weekday::Mon };
        check(monday, UTC, "2026-12-01T12:00:00Z", "2026-11-30T00:00:00", "2026-12-07T00:00:00");
        let sunday = Cycle::Week { from: Weekday::Sun };
        check(sunday, UTC, "2026-12-05T23:59:00Z", "2026-11-29T00:00:00", "2026-12-06T00:00:00");
        check(sunday, UTC, "2026-12-06T00:00:00Z", "2026-12-06T00:00:00", "2026-12-13T00:00:00");
    }

    #[test]
    fn a_day_has_23_or_25_hours_when_the_clock_changes() {
        check(Cycle::Day, Berlin, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00", "2026-03-29T22:00:00");
        check(Cycle::Day, Berlin, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00", "2026-10-25T23:00:00");
        let month = Cycle::Month { day: 1 };
        check(month, Berlin, "2026-03-31T22:30:00Z", "2026-03-31T22:00:00", "2026-04-30T22:00:00");
        check(month, Berlin, "2026-03-31T21:30:00Z", "2026-02-28T23:00:00", "2026-03-31T22:00:00");
    }

    #[test]
    fn a_day_without_midnight_begins_when_the_gap_ends_and_one_with_two_begins_at_the_first() {
        // Beirut goes from midnight to one o'clock, Havana from one back to midnight.
        let beirut = chrono_tz::Asia::Beirut;
        check(Cycle::Day, beirut, "2026-03-29T12:00:00Z", "2026-03-28T22:00:00", "2026-03-29T21:00:00");
        let havana = chrono_tz::America::Havana;
        check(Cycle::Day, havana, "2026-11-01T05:30:00Z", "2026-11-01T04:00:00", "2026-11-02T05:00:00");
        // St. John's went from one past midnight back to the day before.
        let st_johns = chrono_tz::America::St_Johns;
        check(Cycle::Day, st_johns, "2010-11-07T03:00:00Z", "2010-11-07T02:30:00", "2010-11-08T03:30:00");
    }

    #[test]
    fn beyond_the_ends_of_the_calendar_there_is_no_period() {
        for cycle in [Cycle::Day, Cycle::Month { day: 1 }, Cycle::Year { month: Month::January, day: 1 }] {
            let calendar = Calendar { cycle, zone: UTC };
            assert_eq!(containing(&calendar, Time::MAX_UTC), None);
            assert_eq!(containing(&calendar, Time::MIN_UTC), None);
        }
    }

    fn cycle() -> impl Strategy<Value = Cycle> {
        let month = (1_u8..=12).prop_map(|number| Month::try_from(number).expect("a month"));
        (0..5, month, 1_u32..=31).prop_map(|(cycle, month, day)| match cycle {
            0 => Cycle::Day,
            1 => Cycle::Week { from: Weekday::Thu },
            2 => Cycle::Month { day },
            3 => Cycle::Quarter { month, day },
            _ => Cycle::Year { month, day },
        })
    }

    proptest! {
        #[test]
        fn periods_follow_one_another_without_gap_or_overlap(
            cycle in cycle(),
            zone in (0..chrono_tz::TZ_VARIANTS.len()).prop_map(|n| chrono_tz::TZ_VARIANTS[n]),
            seconds in 0_i64..4_000_000_000,
        ) {
            let calendar = Calendar { cycle, zone };
            let at = Time::from_timestamp(seconds, 0).expect("a time");
            let (start, end) = containing(&calendar, at).expect("a period");
            prop_assert!(start <= at && at < end);
            prop_assert_eq!(containing(&calendar, start), Some((start, end)));
            let following = containing(&calendar, end).expect("a period");
            prop_assert_eq!(following.0, end);
        }
    }
}
