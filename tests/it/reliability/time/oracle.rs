//! An answer to "when does it fire" that shares no code with the program: watch the clock on the wall
//! second by second, or minute by minute, and see which of the times it shows are asked for.

use apicron::clock::Time;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;

/// A tick, and what moved it, as `next --json` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) at: Time,
    pub(super) moved: Option<&'static str>,
}

/// What a schedule asks for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Every so many seconds since the Unix epoch.
    Every(i64),
    /// Times that the clock on the wall shows.
    Times(Times),
}

/// Values as bits.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub(super) seconds: u64,
    pub(super) minutes: u64,
    pub(super) hours: u64,
    pub(super) months: u64,
    pub(super) days: Days,
    pub(super) weekdays: Weekdays,
    pub(super) either_day: bool,
    /// `*` or a step in hours or minutes.
    pub(super) is_interval: bool,
    /// How finely one has to look.
    pub(super) step: TimeDelta,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Days {
    Of(u64),
    Last,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Weekdays {
    Of(u64),
    Nth(u32, u32),
    Last(u32),
}

pub(super) fn has(bits: u64, value: u32) -> bool {
    bits >> value & 1 == 1
}

impl Asked {
    /// Every tick after `after` and not after `until`.
    pub(super) fn ticks(&self, zone: Tz, after: Time, until: Time) -> Vec<Tick> {
        let mut ticks = match self {
            Asked::Every(seconds) => paced(*seconds, after, until),
            Asked::Times(times) if times.is_interval => times.each_instant(zone, after, until),
            Asked::Times(times) => times.wall_clock(zone, after, until),
        };
        ticks.retain(|tick| tick.at > after && tick.at <= until);
        ticks
    }
}

fn paced(seconds: i64, after: Time, until: Time) -> Vec<Tick> {
    let all = after.timestamp()..=until.timestamp();
    let due = all.filter(|second| second % seconds == 0);
    due.map(|second| Tick { at: DateTime::from_timestamp(second, 0).expect("a time"), moved: None }).collect()
}

fn wall(at: Time, zone: Tz) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

impl Times {
    /// Every instant that matches.
    fn each_instant(&self, zone: Tz, after: Time, until: Time) -> Vec<Tick> {
        let mut ticks = Vec::new();
        let mut at = whole_minute(after);
        while at <= until {
            if self.matches(wall(at, zone)) {
                ticks.push(Tick { at, moved: None });
            }
            at += self.step;
        }
        ticks
    }

    /// Each wall-clock time once. The clock on the wall shows a time, or it jumps over it: then it is due
    /// as the jump ends. What it showed before is not due again.
    fn wall_clock(&self, zone: Tz, after: Time, until: Time) -> Vec<Tick> {
        // Wide enough for any fold that began before or ends after.
        let margin = if self.step < TimeDelta::minutes(1) { TimeDelta::hours(6) } else { TimeDelta::days(2) };
        let mut ticks: Vec<(NaiveDateTime, Tick)> = Vec::new();
        let mut at = whole_minute(after - margin);
        let mut furthest = wall(at, zone);
        while at <= until + margin {
            at += self.step;
            let shown = wall(at, zone);
            if shown > furthest {
                let jumped = self.any_between(furthest, shown);
                if jumped || self.matches(shown) {
                    ticks.push((shown, Tick { at, moved: jumped.then_some("gap") }));
                }
                furthest = shown;
            } else if let Some((_, tick)) = ticks.iter_mut().rfind(|(former, _)| *former == shown) {
                // It shows a time again that it showed before.
                tick.moved = tick.moved.or(Some("fold"));
            }
        }
        ticks.into_iter().map(|(_, tick)| tick).collect()
    }

    /// Whether a time lies between two that the clock showed one after the other.
    fn any_between(&self, before: NaiveDateTime, shown: NaiveDateTime) -> bool {
        let mut skipped = before + self.step;
        while skipped < shown {
            if self.matches(skipped) {
                return true;
            }
            skipped += self.step;
        }
        false
    }

    fn matches(&self, shown: NaiveDateTime) -> bool {
        has(self.seconds, shown.second())
            && has(self.minutes, shown.minute())
            && has(self.hours, shown.hour())
            && self.is_on(shown.date())
    }

    pub(super) fn is_on(&self, date: NaiveDate) -> bool {
        if !has(self.months, date.month()) {
            return false;
        }
        let next_week = date + TimeDelta::days(7);
        let day = match self.days {
            Days::Of(days) => has(days, date.day()),
            Days::Last => (date + TimeDelta::days(1)).day() == 1,
        };
        let today = date.weekday().num_days_from_sunday();
        let weekday = match self.weekdays {
            Weekdays::Of(weekdays) => has(weekdays, today),
            Weekdays::Nth(weekday, nth) => weekday == today && date.day().div_ceil(7) == nth,
            Weekdays::Last(weekday) => weekday == today && next_week.month() != date.month(),
        };
        if self.either_day { day || weekday } else { day && weekday }
    }
}

fn whole_minute(at: Time) -> Time {
    at - TimeDelta::seconds(at.timestamp().rem_euclid(60)) - TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into())
}
