//! The six fields of a cron text, and the values that each may have.

use super::PatternError;

/// Which field of a cron text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Unit {
    /// In the order of a text with six fields.
    pub(super) const ALL: [Unit; 6] = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Month, Unit::Weekday];

    /// The field's name for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Unit::Second => "second",
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day-of-month",
            Unit::Month => "month",
            Unit::Weekday => "weekday",
        }
    }

    /// The smallest value.
    pub(super) const fn first(self) -> u8 {
        match self {
            Unit::Day | Unit::Month => 1,
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Weekday => 0,
        }
    }

    /// The largest value. A weekday may also be 7, which is Sunday again.
    pub(super) const fn last(self) -> u8 {
        match self {
            Unit::Second | Unit::Minute => 59,
            Unit::Hour => 23,
            Unit::Day => 31,
            Unit::Month => 12,
            Unit::Weekday => 6,
        }
    }

    /// What the field may hold, for the help of an error.
    const fn values(self) -> &'static str {
        match self {
            Unit::Second => "seconds go from 0 to 59",
            Unit::Minute => "minutes go from 0 to 59",
            Unit::Hour => "hours go from 0 to 23",
            Unit::Day => "days of the month go from 1 to 31; `L` is the last, `15W` the weekday nearest to day 15",
            Unit::Month => "months are `JAN` to `DEC`, or 1 to 12",
            Unit::Weekday => {
                "weekdays are `SUN` to `SAT`, or 0 to 7 with 0 and 7 for Sunday; \
                 `5L` is the last Friday of a month, `1#2` its second Monday"
            }
        }
    }

    /// The letter of the duration with which `@every` keeps a pace in this unit.
    pub(super) const fn pace(self) -> Option<char> {
        match self {
            Unit::Second => Some('s'),
            Unit::Minute => Some('m'),
            Unit::Hour => Some('h'),
            Unit::Day => Some('d'),
            Unit::Month | Unit::Weekday => None,
        }
    }

    /// Reads one value of the field: a number, or the name of a month or weekday.
    pub(super) fn value(self, text: &str) -> Result<u8, PatternError> {
        let largest = if self == Unit::Weekday { 7 } else { self.last() };
        self.named(text)
            .or_else(|| number(text).filter(|value| (self.first()..=largest).contains(value)))
            .ok_or_else(|| self.wrong(text, self.refusal(text), self.values()))
    }

    /// Why a text is no value: only what is a number can be too small or too large.
    fn refusal(self, text: &str) -> &'static str {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            _ if is_number => "is out of range",
            Unit::Month => "is neither a number nor the name of a month",
            Unit::Weekday => "is neither a number nor the name of a weekday",
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => "is not a number",
        }
    }

    /// An error about a part of this field. `problem` goes on after the part and the field.
    pub(super) fn wrong(self, part: &str, problem: &str, help: &str) -> PatternError {
        let part = part.escape_debug();
        PatternError::new(format!("`{part}` in the {} field {problem}", self.name()), help)
    }

    fn named(self, text: &str) -> Option<u8> {
        let names: &[&str] = match self {
            Unit::Month => &MONTHS,
            Unit::Weekday => &WEEKDAYS,
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => &[],
        };
        let (_, value) = names.iter().zip(self.first()..).find(|(name, _)| name.eq_ignore_ascii_case(text))?;
        Some(value)
    }
}

/// A number of one to three digits. Stricter than `parse`, which also takes a sign.
pub(super) fn number(text: &str) -> Option<u8> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}
