//! Which wall-clock times a text names, with no zone in sight.

use chrono::{Datelike, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, CronComponent, Weekday};

use super::PatternError;
use super::parse::Fields;

/// The Gregorian calendar repeats, weekdays included, after this many years and days.
const CYCLE_YEARS: i32 = 400;
const CYCLE_DAYS: i64 = 146_097;

/// How far croner may look: one cycle beyond the one that a search starts in. What does not come
/// within a cycle never comes.
const SEARCH_YEARS: u16 = 1_199;

/// The wall-clock times of a text.
#[derive(Debug)]
pub(super) struct Calendar {
    cron: Cron,
    /// What a change of the zone's offset does to its ticks.
    pub(super) rule: Rule,
    /// Whether a day matches when its day of the month *or* its weekday does.
    pub(super) either_day: bool,
    seconds: u64,
    minutes: u64,
    hours: u64,
}

/// What a change of the zone's offset does to ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Minute and hour are values: ticks follow the wall clock, each of its times once.
    Fixed,
    /// Minute or hour is `*` or a step: ticks follow elapsed time, every instant that matches.
    Interval,
}

impl Calendar {
    pub(super) fn new(fields: &Fields<'_>) -> Result<Calendar, PatternError> {
        let both_restricted = !fields.day.is_all() && !fields.weekday.is_all();
        // Vixie cron takes a day that matches either field only when neither begins with `*`.
        let both_required = fields.day.begins_with_star() || fields.weekday.begins_with_star();
        let cron = read(fields, both_required)?;
        let is_interval = fields.minute.is_interval() || fields.hour.is_interval();
        Ok(Calendar {
            seconds: mask(&cron.pattern.seconds),
            minutes: mask(&cron.pattern.minutes),
            hours: mask(&cron.pattern.hours),
            rule: if is_interval { Rule::Interval } else { Rule::Fixed },
            either_day: both_restricted && !both_required,
            cron,
        })
    }

    /// Whether any date at all matches.
    pub(super) fn ever_fires(&self) -> bool {
        self.first_from(NaiveDateTime::default()).is_some()
    }

    /// The first wall-clock time not before `from`.
    pub(super) fn first_from(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let cycle = Cycle::of(from)?;
        let found = self.cron.find_next_occurrence(&cycle.enter(from)?, true).ok()?;
        cycle.leave(found)
    }

    /// The last wall-clock time not after `until`.
    pub(super) fn last_until(&self, until: NaiveDateTime) -> Option<NaiveDateTime> {
        let cycle = Cycle::of(until)?;
        let found = self.cron.find_previous_occurrence(&cycle.enter(until)?, true).ok()?;
        cycle.leave(found)
    }

    /// Whether any wall-clock time lies from `from` to before `until`.
    pub(super) fn any_between(&self, from: NaiveDateTime, until: NaiveDateTime) -> bool {
        from < until && self.first_from(from).is_some_and(|wall| wall < until)
    }

    /// How many wall-clock times lie from `from` to before `until`. Walks days, not times.
    pub(super) fn count(&self, from: NaiveDateTime, until: NaiveDateTime) -> u64 {
        if until <= from {
            return 0;
        }
        let days = from.date().iter_days().take_while(|day| *day < until.date()).filter(|day| self.is_on(day)).count();
        let whole_days = u64::try_from(days).unwrap_or(0) * self.count_of_day();
        let on = |at: NaiveDateTime| if self.is_on(&at.date()) { self.count_until(at.time()) } else { 0 };
        whole_days + on(until) - on(from)
    }

    fn is_on(&self, day: &impl Datelike) -> bool {
        let weekday = Weekday::from_days_from_sunday(day.weekday().num_days_from_sunday());
        let pattern = &self.cron.pattern;
        pattern.month_match(day.month()).unwrap_or(false)
            && pattern.day_match(day.year(), day.month(), day.day(), weekday).unwrap_or(false)
    }

    fn count_of_day(&self) -> u64 {
        ones(self.hours) * ones(self.minutes) * ones(self.seconds)
    }

    /// How many times of a day that matches lie before `time`.
    fn count_until(&self, time: NaiveTime) -> u64 {
        let (seconds, minutes) = (ones(self.seconds), ones(self.minutes));
        let earlier_hours = ones(below(self.hours, time.hour())) * minutes * seconds;
        let earlier_minutes = ones(below(self.minutes, time.minute())) * seconds;
        let earlier_seconds = ones(below(self.seconds, time.second()));
        let in_minute = if has(self.minutes, time.minute()) { earlier_seconds } else { 0 };
        let in_hour = if has(self.hours, time.hour()) { earlier_minutes + in_minute } else { 0 };
        earlier_hours + in_hour
    }
}

/// croner's reading of what [`super::field`] understood.
fn read(fields: &Fields<'_>, both_required: bool) -> Result<Cron, PatternError> {
    let Fields { second, minute, hour, day, month, weekday } = fields;
    let text = format!("{second} {minute} {hour} {day} {month} {weekday}");
    let parser =
        CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).dom_and_dow(both_required).build();
    let unread = |error| PatternError { message: format!("`{text}` is no cron text: {error}"), help: None };
    let mut cron = parser.parse(&text).map_err(unread)?;
    // croner keeps a byte for every year up to 5000, in every pattern.
    let mut years = CronComponent::new(1, SEARCH_YEARS, 0, 0);
    years.parse("*").map_err(unread)?;
    cron.pattern.years = years;
    Ok(cron)
}

/// The whole calendar cycles between a date and the one that croner searches in.
///
/// croner looks no further than the year 5000; so it is asked about the same day of the cycle
/// that begins with the year 400.
#[derive(Clone, Copy)]
struct Cycle(TimeDelta);

impl Cycle {
    fn of(wall: NaiveDateTime) -> Option<Cycle> {
        let cycles = i64::from(wall.year().div_euclid(CYCLE_YEARS)) - 1;
        TimeDelta::try_days(cycles * CYCLE_DAYS).map(Cycle)
    }

    fn enter(self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        wall.checked_sub_signed(self.0)
    }

    fn leave(self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        wall.checked_add_signed(self.0)
    }
}

/// The values of a field as bits.
fn mask(component: &CronComponent) -> u64 {
    component.values().into_iter().filter(|value| *value < 64).fold(0, |bits, value| bits | 1 << value)
}

fn has(bits: u64, value: u32) -> bool {
    bits >> value & 1 == 1
}

/// The bits of the values less than `value`, which is less than 64.
fn below(bits: u64, value: u32) -> u64 {
    bits & !(u64::MAX << value)
}

fn ones(bits: u64) -> u64 {
    u64::from(bits.count_ones())
}
