//! The period that a metric counts in.

use std::fmt;

use chrono::{Month, Weekday};
use chrono_tz::Tz;

use crate::filter::Filter;

/// Where the bounds of a period come from.
#[derive(Clone, Debug)]
pub enum Period {
    /// The API reports them: filters that give RFC 3339 or seconds since the Unix epoch.
    Reported {
        /// Gives the first instant.
        start: Filter,
        /// Gives the last instant.
        end: Filter,
    },
    /// The calendar has them.
    Calendar(Calendar),
}

impl Period {
    /// The filters that give its bounds; none when the calendar has them.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        let reported = match self {
            Period::Reported { start, end } => Some([start, end]),
            Period::Calendar(_) => None,
        };
        reported.into_iter().flatten()
    }
}

/// Periods that follow one another in a zone, each from a midnight to the next one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// How long one is, and the day on which it begins.
    pub cycle: Cycle,
    /// Whose midnight it is.
    pub zone: Tz,
}

/// How long a period is, and the day on which it begins. A day that a month does not have is its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// Every day.
    Day,
    /// Seven days.
    Week {
        /// The first of them.
        from: Weekday,
    },
    /// A month.
    Month {
        /// Its first day, 1 to 31.
        day: u32,
    },
    /// Three months.
    Quarter {
        /// A month in which one begins.
        month: Month,
        /// Its first day, 1 to 31.
        day: u32,
    },
    /// Twelve months.
    Year {
        /// The month in which it begins.
        month: Month,
        /// Its first day, 1 to 31.
        day: u32,
    },
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cycle::Day => f.write_str("day"),
            Cycle::Week { from } => write!(f, "week from {from}"),
            Cycle::Month { day } => write!(f, "month from {day}"),
            Cycle::Quarter { month, day } => write!(f, "quarter from {day} {}", month.name()),
            Cycle::Year { month, day } => write!(f, "year from {day} {}", month.name()),
        }
    }
}
