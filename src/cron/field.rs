//! The grammar of one field.
//!
//! croner reads fields too, but takes more than it should (a month's name in the minute field,
//! empty parts of a list, `15Wx`) and does not say which field is wrong. So a field is read here
//! first, and croner is given what was understood.

use std::fmt;

use super::PatternError;
use super::units::{Unit, number};

/// One field of a cron text: the parts of its list, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) unit: Unit,
    pub(super) parts: Vec<Part>,
}

/// One part of a field's list. Values are in the unit's range; a weekday may be 7 for Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `*`: always the only part.
    All,
    /// `*/5`
    AllBy { step: u8 },
    /// `7`
    Value(u8),
    /// `1-5`
    Range { from: u8, to: u8 },
    /// `1-30/5`
    RangeBy { from: u8, to: u8, step: u8 },
    /// `L` among days: the last one.
    LastDay,
    /// `LW` among days: the last from Monday to Friday.
    LastWorkday,
    /// `15W` among days: the day from Monday to Friday nearest to it in the same month.
    NearestWorkday(u8),
    /// `5L` among weekdays: the last of its kind in a month.
    Last(u8),
    /// `1#2` among weekdays: the second of its kind in a month.
    Nth { weekday: u8, nth: u8 },
}

impl Field {
    /// Reads one field.
    pub(super) fn parse(unit: Unit, text: &str) -> Result<Field, PatternError> {
        let stands_for_all = text == "*" || (text == "?" && matches!(unit, Unit::Day | Unit::Weekday));
        if stands_for_all {
            return Ok(Field { unit, parts: vec![Part::All] });
        }
        let parts = text.split(',').map(|part| parse_part(unit, part, text)).collect::<Result<Vec<Part>, _>>()?;
        // croner keeps these two as one flag each for the whole list, and the second hides the first.
        if parts.contains(&Part::LastDay) && parts.contains(&Part::LastWorkday) {
            return Err(unit.wrong(
                text,
                "has both `L` and `LW`",
                "keep one of them, and make a second job for the other",
            ));
        }
        Ok(Field { unit, parts })
    }

    /// A field that was not written.
    pub(super) fn of(unit: Unit, part: Part) -> Field {
        Field { unit, parts: vec![part] }
    }

    /// Whether it is `*`.
    pub(super) fn is_all(&self) -> bool {
        self.parts == [Part::All]
    }

    /// Whether `*` or a step makes it an interval rather than a set of values.
    pub(super) fn is_interval(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::All | Part::AllBy { .. } | Part::RangeBy { .. }))
    }

    /// Whether it begins with `*`, which is what Vixie cron looks at to tell whether a field
    /// restricts the days.
    pub(super) fn begins_with_star(&self) -> bool {
        matches!(self.parts.first(), Some(Part::All | Part::AllBy { .. }))
    }
}

/// The field as croner reads it.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.parts.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { "," })?;
            match *part {
                Part::All => f.write_str("*")?,
                Part::AllBy { step } => write!(f, "*/{step}")?,
                Part::Value(value) => write!(f, "{value}")?,
                Part::Range { from, to } => write!(f, "{from}-{to}")?,
                Part::RangeBy { from, to, step } => write!(f, "{from}-{to}/{step}")?,
                Part::LastDay => f.write_str("L")?,
                Part::LastWorkday => f.write_str("LW")?,
                Part::NearestWorkday(day) => write!(f, "{day}W")?,
                Part::Last(weekday) => write!(f, "{weekday}L")?,
                Part::Nth { weekday, nth } => write!(f, "{weekday}#{nth}")?,
            }
        }
        Ok(())
    }
}

fn parse_part(unit: Unit, part: &str, field: &str) -> Result<Part, PatternError> {
    if part.is_empty() {
        return Err(unit.wrong(field, "has an empty part", "put one comma between two values, and none at the ends"));
    }
    if part == "*" {
        return Err(unit.wrong(field, "has `*` in a list", "`*` is every value already: write it alone"));
    }
    if let Some((span, step)) = part.split_once('/') {
        return parse_stepped(unit, part, span, step);
    }
    if let Some(special) = parse_special(unit, part) {
        return special;
    }
    match part.split_once('-') {
        Some((from, to)) => parse_range(unit, part, from, to).map(|(from, to)| Part::Range { from, to }),
        None => unit.value(part).map(Part::Value),
    }
}

fn parse_stepped(unit: Unit, part: &str, span: &str, step: &str) -> Result<Part, PatternError> {
    if span.is_empty() {
        return Err(unit.wrong(part, "has nothing before its step", &format!("write `*/{}`", step.escape_debug())));
    }
    let Some((from, to)) = span.split_once('-') else {
        if span == "*" {
            return Ok(Part::AllBy { step: parse_step(unit, part, step, unit.last() - unit.first())? });
        }
        let from = unit.value(span)?;
        let step = if step.is_empty() { "10".into() } else { step.escape_debug().to_string() };
        let help = format!("write `{from}-{}/{step}`", unit.last());
        return Err(unit.wrong(part, "has a step without a range", &help));
    };
    let (from, to) = parse_range(unit, part, from, to)?;
    Ok(Part::RangeBy { from, to, step: parse_step(unit, part, step, to - from)? })
}

/// A step that leads to a second value within `width`: a longer one is a misunderstanding, since
/// fields begin anew each hour, day or year.
fn parse_step(unit: Unit, part: &str, step: &str, width: u8) -> Result<u8, PatternError> {
    let is_number = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(unit.wrong(part, "has a step that is no number", "write a step such as `*/5`"));
    }
    match number(step) {
        Some(0) => Err(unit.wrong(part, "has a step of 0", "steps begin at 1")),
        Some(step) if step <= width => Ok(step),
        _ => {
            let help = match unit.pace() {
                Some(letter) if width == unit.last() - unit.first() => {
                    format!("for a pace longer than the field write `@every {step}{letter}`")
                }
                _ => format!("the step can be at most {width}"),
            };
            Err(unit.wrong(part, "has a step beyond the end of its range", &help))
        }
    }
}

fn parse_range(unit: Unit, part: &str, from: &str, to: &str) -> Result<(u8, u8), PatternError> {
    let (from, mut to) = (unit.value(from)?, unit.value(to)?);
    if unit == Unit::Weekday && to == 0 && from > 0 {
        // `FRI-SUN`: Sunday ends the week as well as it begins it.
        to = 7;
    }
    if from <= to {
        return Ok((from, to));
    }
    let help = format!("a range cannot wrap around: write `{},{}`", span(from, unit.last()), span(unit.first(), to));
    Err(unit.wrong(part, "runs backwards", &help))
}

/// A range as people write it: one value alone when that is all there is.
fn span(from: u8, to: u8) -> String {
    if from == to { from.to_string() } else { format!("{from}-{to}") }
}

/// `L`, `LW`, `15W`, `5L` and `1#2`; `None` for a part that has no such mark.
fn parse_special(unit: Unit, part: &str) -> Option<Result<Part, PatternError>> {
    let upper = part.to_ascii_uppercase();
    match unit {
        Unit::Day => match upper.as_str() {
            "L" => Some(Ok(Part::LastDay)),
            "LW" => Some(Ok(Part::LastWorkday)),
            _ => upper.strip_suffix('W').map(|day| unit.value(day).map(Part::NearestWorkday)),
        },
        Unit::Weekday if upper == "L" => Some(Err(unit.wrong(
            part,
            "names no weekday",
            "`5L` is the last Friday of a month; for every Saturday write `SAT`",
        ))),
        Unit::Weekday => match (upper.split_once('#'), upper.strip_suffix('L')) {
            (Some((weekday, nth)), _) => Some(parse_nth(unit, part, weekday, nth)),
            (None, Some(weekday)) => Some(unit.value(weekday).map(Part::Last)),
            (None, None) => None,
        },
        Unit::Second | Unit::Minute | Unit::Hour | Unit::Month => None,
    }
}

fn parse_nth(unit: Unit, part: &str, weekday: &str, nth: &str) -> Result<Part, PatternError> {
    let weekday = unit.value(weekday)?;
    match number(nth) {
        Some(nth @ 1..=5) => Ok(Part::Nth { weekday, nth }),
        _ => Err(unit.wrong(part, "counts to no weekday of a month", "after `#` stands a number from 1 to 5")),
    }
}
