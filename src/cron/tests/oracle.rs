//! An independent, slow answer to "when does it fire": look at every minute.

use std::collections::BTreeMap;

use chrono::{Datelike, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike};
use proptest::prelude::*;

use super::*;

/// Minutes, hours and days as the oracle understands them, with their text.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    minute: Times,
    hour: Times,
    day: Days,
    month: Option<u32>,
    weekday: Weekdays,
}

#[derive(Clone, Debug)]
enum Times {
    All,
    Every(u32),
    Values(Vec<u32>),
    Range(u32, u32),
}

#[derive(Clone, Debug)]
enum Days {
    All,
    Day(u32),
    Last,
    LastWorkday,
    NearestWorkday(u32),
}

#[derive(Clone, Debug)]
enum Weekdays {
    All,
    Weekday(u32),
    Nth(u32, u32),
    Last(u32),
}

impl Spec {
    pub(super) fn any() -> impl Strategy<Value = Spec> {
        let days = prop_oneof![
            6 => Just(Days::All),
            2 => (1..=31u32).prop_map(Days::Day),
            1 => Just(Days::Last),
            1 => Just(Days::LastWorkday),
            1 => (1..=28u32).prop_map(Days::NearestWorkday),
        ];
        let weekdays = prop_oneof![
            6 => Just(Weekdays::All),
            2 => (0..7u32).prop_map(Weekdays::Weekday),
            1 => (0..7u32, 1..=4u32).prop_map(|(weekday, nth)| Weekdays::Nth(weekday, nth)),
            1 => (0..7u32).prop_map(Weekdays::Last),
        ];
        let month = prop_oneof![4 => Just(None), 1 => prop::sample::select(vec![1, 3, 5, 7, 8, 10, 12]).prop_map(Some)];
        (Times::any(60), Times::any(24), days, month, weekdays).prop_map(|(minute, hour, day, month, weekday)| Spec {
            minute,
            hour,
            day,
            month,
            weekday,
        })
    }

    pub(super) fn text(&self) -> String {
        let day = match &self.day {
            Days::All => "*".to_owned(),
            Days::Day(day) => day.to_string(),
            Days::Last => "L".to_owned(),
            Days::LastWorkday => "LW".to_owned(),
            Days::NearestWorkday(day) => format!("{day}W"),
        };
        let weekday = match &self.weekday {
            Weekdays::All => "*".to_owned(),
            Weekdays::Weekday(weekday) => weekday.to_string(),
            Weekdays::Nth(weekday, nth) => format!("{weekday}#{nth}"),
            Weekdays::Last(weekday) => format!("{weekday}L"),
        };
        let month = self.month.map_or_else(|| "*".to_owned(), |month| month.to_string());
        format!("{} {} {day} {month} {weekday}", self.minute.text(), self.hour.text())
    }

    /// Every tick after `after` and not after `until`.
    pub(super) fn ticks(&self, zone: Tz, after: Time, until: Time) -> Vec<Occurrence> {
        let ticks =
            if self.is_interval() { self.elapsed(zone, after, until) } else { self.wall_clock(zone, after, until) };
        let inside = ticks.into_iter().filter(|(at, _)| *at > after && *at <= until);
        inside.map(|(at, moved)| Occurrence { at, moved }).collect()
    }

    fn is_interval(&self) -> bool {
        [&self.minute, &self.hour].into_iter().any(|times| matches!(times, Times::All | Times::Every(_)))
    }

    fn elapsed(&self, zone: Tz, after: Time, until: Time) -> BTreeMap<Time, Option<Moved>> {
        let mut ticks = BTreeMap::new();
        let mut at = whole_minute(after);
        while at <= until {
            if self.matches(at.with_timezone(&zone).naive_local()) {
                ticks.insert(at, None);
            }
            at += TimeDelta::minutes(1);
        }
        ticks
    }

    fn wall_clock(&self, zone: Tz, after: Time, until: Time) -> BTreeMap<Time, Option<Moved>> {
        let mut ticks = BTreeMap::new();
        let mut wall = (whole_minute(after) - TimeDelta::days(2)).naive_utc();
        while wall <= (until + TimeDelta::days(2)).naive_utc() {
            if self.matches(wall) {
                let (at, moved) = instant(wall, zone);
                let mark = ticks.entry(at).or_insert(moved);
                *mark = mark.or(moved);
            }
            wall += TimeDelta::minutes(1);
        }
        ticks
    }

    fn matches(&self, wall: NaiveDateTime) -> bool {
        wall.second() == 0
            && self.minute.has(wall.minute())
            && self.hour.has(wall.hour())
            && self.month.is_none_or(|month| month == wall.month())
            && self.day_matches(wall.date())
    }

    fn day_matches(&self, date: NaiveDate) -> bool {
        match (&self.day, &self.weekday) {
            (Days::All, Weekdays::All) => true,
            (day, Weekdays::All) => day.has(date),
            (Days::All, weekday) => weekday.has(date),
            (day, weekday) => day.has(date) || weekday.has(date),
        }
    }
}

impl Times {
    fn any(count: u32) -> impl Strategy<Value = Times> {
        prop_oneof![
            1 => Just(Times::All),
            1 => (1..count).prop_map(Times::Every),
            3 => prop::collection::vec(0..count, 1..4).prop_map(Times::Values),
            1 => (0..count, 0..count).prop_map(|(a, b)| Times::Range(a.min(b), a.max(b))),
        ]
    }

    fn text(&self) -> String {
        match self {
            Times::All => "*".to_owned(),
            Times::Every(step) => format!("*/{step}"),
            Times::Values(values) => values.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            Times::Range(from, to) => format!("{from}-{to}"),
        }
    }

    fn has(&self, value: u32) -> bool {
        match self {
            Times::All => true,
            Times::Every(step) => value.is_multiple_of(*step),
            Times::Values(values) => values.contains(&value),
            Times::Range(from, to) => (*from..=*to).contains(&value),
        }
    }
}

impl Days {
    fn has(&self, date: NaiveDate) -> bool {
        let is_workday = |date: &NaiveDate| date.weekday().num_days_from_monday() < 5;
        let month = month_of(date);
        match self {
            Days::All => true,
            Days::Day(day) => date.day() == *day,
            Days::Last => month.last() == Some(&date),
            Days::LastWorkday => month.into_iter().rfind(is_workday) == Some(date),
            Days::NearestWorkday(day) => {
                // Of two days equally near there is never a question: Saturday and Sunday are two.
                let distance = |other: &NaiveDate| other.day().abs_diff(*day);
                month.into_iter().filter(is_workday).min_by_key(distance) == Some(date)
            }
        }
    }
}

impl Weekdays {
    fn has(&self, date: NaiveDate) -> bool {
        let is = |weekday: u32| date.weekday().num_days_from_sunday() == weekday;
        let same: Vec<NaiveDate> = month_of(date).into_iter().filter(|day| day.weekday() == date.weekday()).collect();
        match self {
            Weekdays::All => true,
            Weekdays::Weekday(weekday) => is(*weekday),
            Weekdays::Nth(weekday, nth) => is(*weekday) && same.get(*nth as usize - 1) == Some(&date),
            Weekdays::Last(weekday) => is(*weekday) && same.last() == Some(&date),
        }
    }
}

fn month_of(date: NaiveDate) -> Vec<NaiveDate> {
    let first = date.with_day(1).expect("every month has a first day");
    first.iter_days().take_while(|day| day.month() == date.month()).collect()
}

fn whole_minute(at: Time) -> Time {
    at - TimeDelta::nanoseconds(at.timestamp_nanos_opt().expect("before 2262").rem_euclid(60_000_000_000))
}

/// Where a wall-clock time is due; a gap is walked minute by minute.
fn instant(wall: NaiveDateTime, zone: Tz) -> (Time, Option<Moved>) {
    let utc = |at: chrono::DateTime<Tz>| at.to_utc();
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(at) => (utc(at), None),
        LocalResult::Ambiguous(first, _) => (utc(first), Some(Moved::Fold)),
        LocalResult::None => {
            let later = std::iter::successors(Some(wall), |wall| Some(*wall + TimeDelta::minutes(1)));
            let after = later.map(|wall| zone.from_local_datetime(&wall)).find_map(LocalResult::earliest);
            (utc(after.expect("every gap ends")), Some(Moved::Gap))
        }
    }
}
