//! Cron texts: text → pattern → instants in a zone.
//!
//! [`croner`] knows which wall-clock times a text names; what becomes of those times in a zone
//! is decided here, because croner follows the wall clock only for a single minute of a single
//! hour, and ends its search at a day that a zone skipped.

mod calendar;
mod count;
mod every;
mod field;
mod fixed;
mod interval;
mod parse;
mod units;
mod words;
mod zone;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use chrono::{TimeDelta, Timelike};
use chrono_tz::Tz;

use crate::clock::Time;
use calendar::{Calendar, Rule};
use every::Every;

/// A checked cron text. Cheap to clone: equal texts may share one parsed pattern.
///
/// Its ticks lie on whole seconds (`@every`: whole milliseconds) from the Unix epoch to the end
/// of the year 9999.
#[derive(Clone)]
pub struct Pattern(Arc<Parsed>);

struct Parsed {
    text: String,
    words: String,
    schedule: Schedule,
}

/// From the Unix epoch to the end of the year 9999.
const DAYS_IN_REACH: i64 = 2_932_897;

/// What a text says.
#[derive(Debug)]
enum Schedule {
    Every(Every),
    // Boxed, since its fields make it some hundred bytes larger than a number.
    Calendar(Box<Calendar>),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// An instant at which a pattern fires in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The instant.
    pub at: Time,
    /// Whether a change of the zone's offset moved it.
    pub moved: Option<Moved>,
}

/// How a change of offset moved a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Its wall-clock time does not exist that day: it fires at the first instant after the gap.
    Gap,
    /// Its wall-clock time comes twice: it fires the first time.
    Fold,
}

impl Pattern {
    /// Reads a cron text: five fields (minute first), six (second first), a nickname such as
    /// `@daily`, or `@every 15m`. Names and nicknames may be in any case.
    ///
    /// # Errors
    /// [`PatternError`] for a text that is no cron text, is longer than 256 characters, or never
    /// fires.
    ///
    /// ```
    /// use apicron::cron::Pattern;
    /// assert_eq!(Pattern::parse("0 5 * * *")?.describe(), "at 05:00 every day");
    /// assert!(Pattern::parse("0 0 30 2 *").is_err());
    /// # Ok::<(), apicron::cron::PatternError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        let (schedule, words) = parse::parse(text)?;
        Ok(Pattern(Arc::new(Parsed { text: text.to_owned(), words, schedule })))
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The first instant strictly after `after`; `None` when the year 9999 ends before it.
    pub fn next_after(&self, after: Time, zone: Tz) -> Option<Occurrence> {
        self.0.schedule.next_after(clamp(after), zone).filter(is_within_reach)
    }

    /// The last instant strictly before `before`: of two successive ticks, it leads from the
    /// later to the former. `None` when there is none since the Unix epoch.
    pub fn last_before(&self, before: Time, zone: Tz) -> Option<Occurrence> {
        let latest = before.checked_sub_signed(TimeDelta::nanoseconds(1))?;
        self.0.schedule.last_until(clamp(latest), zone).filter(is_within_reach)
    }

    /// How many ticks lie after `after` and not after `until`, without walking them one by one:
    /// a year of `@every 1s` costs no more than a minute of it.
    pub fn count_within(&self, after: Time, until: Time, zone: Tz) -> u64 {
        let (after, until) = (clamp(after), clamp(until));
        match &self.0.schedule {
            Schedule::Every(every) => every.count(after, until),
            Schedule::Calendar(calendar) => count::ticks(calendar, floor(after), floor(until), zone),
        }
    }

    /// The first tick after `after` and not after `until` that a change of offset moves. Only
    /// fixed times are moved: intervals follow elapsed time.
    pub fn moved_within(&self, after: Time, zone: Tz, until: Time) -> Option<Occurrence> {
        match &self.0.schedule {
            Schedule::Calendar(calendar) if calendar.rule == Rule::Fixed => {
                fixed::first_moved(calendar, floor(clamp(after)), zone, floor(clamp(until)))
            }
            Schedule::Calendar(_) | Schedule::Every(_) => None,
        }
    }

    /// Whether it follows elapsed time (`@every`, or `*` or a step in hours or minutes) and not the wall
    /// clock, as fixed times do.
    pub fn is_interval(&self) -> bool {
        match &self.0.schedule {
            Schedule::Every(_) => true,
            Schedule::Calendar(calendar) => calendar.rule == Rule::Interval,
        }
    }

    /// Whether it restricts both the day of the month and the weekday. It then fires on days
    /// that match *either*, as in Vixie cron, which is seldom what was meant.
    pub fn restricts_both_days(&self) -> bool {
        matches!(&self.0.schedule, Schedule::Calendar(calendar) if calendar.either_day)
    }

    /// The schedule in a sentence for people: "at 05:00 every day".
    pub fn describe(&self) -> String {
        self.0.words.clone()
    }
}

impl Schedule {
    fn next_after(&self, after: Time, zone: Tz) -> Option<Occurrence> {
        match self {
            Schedule::Every(every) => every.next_after(after).map(Occurrence::unmoved),
            Schedule::Calendar(calendar) => match calendar.rule {
                Rule::Fixed => fixed::next_after(calendar, floor(after), zone),
                Rule::Interval => interval::next_after(calendar, floor(after), zone).map(Occurrence::unmoved),
            },
        }
    }

    fn last_until(&self, until: Time, zone: Tz) -> Option<Occurrence> {
        match self {
            Schedule::Every(every) => every.last_until(until).map(Occurrence::unmoved),
            Schedule::Calendar(calendar) => match calendar.rule {
                Rule::Fixed => fixed::last_until(calendar, floor(until), zone),
                Rule::Interval => interval::last_until(calendar, floor(until), zone).map(Occurrence::unmoved),
            },
        }
    }
}

impl PartialEq for Pattern {
    /// By text: two texts that mean the same are still two patterns.
    fn eq(&self, other: &Pattern) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.0.text).finish()
    }
}

impl Occurrence {
    fn unmoved(at: Time) -> Occurrence {
        Occurrence { at, moved: None }
    }
}

impl PatternError {
    fn new(message: String, help: &str) -> PatternError {
        PatternError { message, help: Some(help.to_owned()) }
    }
}

/// The whole second that `at` lies in.
fn floor(at: Time) -> Time {
    at.with_nanosecond(0).unwrap_or(at)
}

/// The nearest instant from just before the first possible tick to just after the last one.
fn clamp(at: Time) -> Time {
    at.clamp(Time::UNIX_EPOCH - TimeDelta::milliseconds(1), end_of_reach() - TimeDelta::milliseconds(1))
}

/// The first instant beyond all ticks.
fn end_of_reach() -> Time {
    Time::UNIX_EPOCH + TimeDelta::days(DAYS_IN_REACH)
}

fn is_within_reach(occurrence: &Occurrence) -> bool {
    (Time::UNIX_EPOCH..end_of_reach()).contains(&occurrence.at)
}
