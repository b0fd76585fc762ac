//! `@every`: a pace that counts from the Unix epoch.
//!
//! Counting from a fixed instant, it does not drift, and a restart changes nothing.

use chrono::DateTime;

use super::PatternError;
use crate::clock::Time;

/// A pace in whole milliseconds, at least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Every {
    millis: i64,
}

/// A longer one has no tick after the epoch itself.
const LONGEST_MILLIS: i64 = super::DAYS_IN_REACH * 86_400_000 - 1;

impl Every {
    /// Reads the duration after `@every`.
    pub(super) fn parse(text: &str) -> Result<Every, PatternError> {
        if text.is_empty() {
            return Err(PatternError::new(
                "`@every` has no duration".to_owned(),
                "write a duration such as `@every 15m`",
            ));
        }
        if let Some(unit) = unit_without_a_length(text) {
            let message = format!("`@every` cannot count in `{unit}`: months and years differ in length");
            let help = if unit == "M" { "`m` is minutes" } else { "count in days, or write fields, as in `0 0 1 * *`" };
            return Err(PatternError::new(message, help));
        }
        let duration = humantime::parse_duration(text).map_err(|error| {
            let message = format!("`{}` is no duration: {error}", text.escape_debug());
            PatternError::new(message, "write a duration such as `15m`, `90s` or `1h 30m`")
        })?;
        if duration.subsec_nanos() % 1_000_000 != 0 {
            let message = format!("`@every {text}` is finer than a millisecond");
            return Err(PatternError::new(message, "write whole milliseconds"));
        }
        match i64::try_from(duration.as_millis()) {
            Ok(0..1000) => {
                let message = format!("`@every {text}` is too fast");
                Err(PatternError::new(message, "the shortest pace is `@every 1s`"))
            }
            Ok(millis) if millis <= LONGEST_MILLIS => Ok(Every { millis }),
            _ => Err(PatternError::new(format!("`@every {text}` never fires"), "write a shorter duration")),
        }
    }

    /// The pace in milliseconds.
    pub(super) fn millis(self) -> i64 {
        self.millis
    }

    /// The first tick strictly after `after`.
    pub(super) fn next_after(self, after: Time) -> Option<Time> {
        self.tick(self.number_until(after) + 1)
    }

    /// The last tick not after `latest`.
    pub(super) fn last_until(self, latest: Time) -> Option<Time> {
        self.tick(self.number_until(latest))
    }

    /// How many ticks lie after `after` and not after `until`.
    pub(super) fn count(self, after: Time, until: Time) -> u64 {
        u64::try_from(self.number_until(until) - self.number_until(after)).unwrap_or(0)
    }

    fn number_until(self, at: Time) -> i64 {
        at.timestamp_millis().div_euclid(self.millis)
    }

    fn tick(self, number: i64) -> Option<Time> {
        number.checked_mul(self.millis).and_then(DateTime::from_timestamp_millis)
    }
}

/// The first unit of months or years. humantime gives them an average length, and `15M` for
/// fifteen minutes would be fifteen months.
fn unit_without_a_length(text: &str) -> Option<&str> {
    let mut units = text.split(|c: char| !c.is_ascii_alphabetic());
    units.find(|unit| matches!(*unit, "M" | "month" | "months" | "y" | "yr" | "yrs" | "year" | "years"))
}
