//! A schedule in a sentence for people.

use super::every::Every;
use super::field::{Field, Part};
use super::parse::Fields;

/// Up to this many times of a day are named one by one.
const NAMED_TIMES: usize = 6;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 8] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// "every 1 hour 30 minutes"
pub(super) fn every(every: Every) -> String {
    let mut left = every.millis();
    let mut parts = Vec::new();
    for (unit, length) in
        [("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000), ("millisecond", 1)]
    {
        let count = left / length;
        left %= length;
        if count > 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        }
    }
    let words = parts.join(" ");
    match words.strip_prefix("1 ") {
        Some(unit) if parts.len() == 1 => format!("every {unit}"),
        _ => format!("every {words}"),
    }
}

/// "every 15 minutes of hours 9 to 17 on Monday to Friday"
pub(super) fn calendar(fields: &Fields<'_>) -> String {
    let days = days(fields);
    match times_of_day(fields) {
        Some(times) if days.is_empty() => format!("at {times} every day"),
        Some(times) => format!("at {times} {days}"),
        None => [pace(fields), days].join(" ").trim_end().to_owned(),
    }
}

/// "02:00 and 02:30", when the times of a day are few.
fn times_of_day(fields: &Fields<'_>) -> Option<String> {
    let (hours, minutes, seconds) = (values(fields.hour)?, values(fields.minute)?, values(fields.second)?);
    if hours.len() * minutes.len() * seconds.len() > NAMED_TIMES {
        return None;
    }
    let mut times = Vec::new();
    for hour in &hours {
        for minute in &minutes {
            for second in &seconds {
                let seconds = if seconds == [0] { String::new() } else { format!(":{second:02}") };
                times.push(format!("{hour:02}:{minute:02}{seconds}"));
            }
        }
    }
    Some(list(&times, "and"))
}

/// "every 5 minutes", "at minute 7 of every hour": from the finest field that is more than 0.
fn pace(fields: &Fields<'_>) -> String {
    let (second, minute, hour) = (fields.second, fields.minute, fields.hour);
    let of_hour = if hour.is_all() { None } else { Some(format!("of {}", counted(hour, "hour"))) };
    let every_hour = || of_hour.clone().unwrap_or_else(|| "of every hour".to_owned());
    let mut words = Vec::new();
    if values(second).is_some_and(|seconds| seconds == [0]) {
        match steady(minute, "minute") {
            Some(steady) => words.extend([Some(steady), of_hour].into_iter().flatten()),
            None => words.extend([format!("at {}", counted(minute, "minute")), every_hour()]),
        }
        return words.join(" ");
    }
    match steady(second, "second") {
        Some(steady) if minute.is_all() => words.extend([Some(steady), of_hour].into_iter().flatten()),
        Some(steady) => words.extend([steady, format!("of {}", counted(minute, "minute")), every_hour()]),
        None => words.extend([
            format!("at {}", counted(second, "second")),
            format!("of {}", counted(minute, "minute")),
            every_hour(),
        ]),
    }
    words.join(" ")
}

/// "every 5 minutes": for a field whose step divides the next larger unit.
fn steady(field: &Field, unit: &str) -> Option<String> {
    match field.parts.as_slice() {
        [Part::All | Part::AllBy { step: 1 }] => Some(format!("every {unit}")),
        [Part::AllBy { step }] if (u16::from(field.unit.last()) + 1) % u16::from(*step) == 0 => {
            Some(format!("every {step} {unit}s"))
        }
        _ => None,
    }
}

/// "minute 7", "hours 9 to 17", "every 2nd hour from 0", "every hour"
fn counted(field: &Field, unit: &str) -> String {
    match field.parts.as_slice() {
        [Part::All | Part::AllBy { step: 1 }] => format!("every {unit}"),
        [Part::AllBy { step }] => format!("every {} {unit} from {}", ordinal(*step), field.unit.first()),
        [Part::Value(value)] => format!("{unit} {value}"),
        _ => format!("{unit}s {}", list(&spans(field, |value| value.to_string()), "and")),
    }
}

/// "on day 1 of every month", "on Monday to Friday", "every day in May", or nothing.
fn days(fields: &Fields<'_>) -> String {
    let month = months(fields.month);
    let of_month = month.as_deref().map_or_else(|| "of every month".to_owned(), |month| format!("of {month}"));
    let day = || format!("{} {of_month}", list(&day_parts(fields.day), "and"));
    let weekday = || list(&weekday_parts(fields.weekday), "and");
    let in_month = month.as_deref().map_or_else(String::new, |month| format!(" in {month}"));
    match (fields.day.is_all(), fields.weekday.is_all()) {
        (true, true) if month.is_none() => String::new(),
        (true, true) => format!("every day{in_month}"),
        (false, true) => format!("on {}", day()),
        (true, false) => format!("on {}{in_month}", weekday()),
        (false, false) if fields.day.begins_with_star() || fields.weekday.begins_with_star() => {
            format!("on {}, if that is {}", day(), list(&weekday_parts(fields.weekday), "or"))
        }
        (false, false) => format!("on {}, and on {}{in_month}", day(), weekday()),
    }
}

fn months(field: &Field) -> Option<String> {
    let name = |value: u8| named(&MONTHS, value.saturating_sub(1));
    if field.is_all() { None } else { Some(list(&spans(field, name), "and")) }
}

fn day_parts(field: &Field) -> Vec<String> {
    let part = |part: &Part| match *part {
        Part::LastDay => "the last day".to_owned(),
        Part::LastWorkday => "the last day from Monday to Friday".to_owned(),
        Part::NearestWorkday(day) => format!("the day from Monday to Friday nearest to day {day}"),
        Part::AllBy { step } => format!("every {} day from day 1", ordinal(step)),
        Part::Value(day) => format!("day {day}"),
        part => format!("days {}", list(&span(part, field, &|day| day.to_string()), "and")),
    };
    field.parts.iter().map(part).collect()
}

fn weekday_parts(field: &Field) -> Vec<String> {
    let name = |value: u8| named(&WEEKDAYS, value);
    let part = |part: &Part| match *part {
        Part::Last(weekday) => vec![format!("the last {} of the month", name(weekday))],
        Part::Nth { weekday, nth } => vec![format!("the {} {} of the month", ordinal(nth), name(weekday))],
        part => span(part, field, &name),
    };
    field.parts.iter().flat_map(part).collect()
}

/// Values and ranges in words; steps as the values that they lead to.
fn spans(field: &Field, name: impl Fn(u8) -> String) -> Vec<String> {
    field.parts.iter().flat_map(|part| span(*part, field, &name)).collect()
}

fn span(part: Part, field: &Field, name: &impl Fn(u8) -> String) -> Vec<String> {
    let stepped = |from: u8, to: u8, step: u8| (from..=to).step_by(usize::from(step)).map(name).collect();
    match part {
        Part::Value(value) => vec![name(value)],
        Part::Range { from, to } if from == to => vec![name(from)],
        Part::Range { from, to } => vec![format!("{} to {}", name(from), name(to))],
        Part::RangeBy { from, to, step } => stepped(from, to, step),
        Part::AllBy { step } => stepped(field.unit.first(), field.unit.last(), step),
        // What only day fields have, and they word it themselves.
        Part::All | Part::LastDay | Part::LastWorkday | Part::NearestWorkday(_) | Part::Last(_) | Part::Nth { .. } => {
            Vec::new()
        }
    }
}

/// The values of a field without stars and steps, in order.
fn values(field: &Field) -> Option<Vec<u8>> {
    let mut values = Vec::new();
    for part in &field.parts {
        match *part {
            Part::Value(value) => values.push(value),
            Part::Range { from, to } => values.extend(from..=to),
            _ => return None,
        }
    }
    values.sort_unstable();
    values.dedup();
    Some(values)
}

fn named(names: &[&str], value: u8) -> String {
    names.get(usize::from(value)).copied().unwrap_or_default().to_owned()
}

fn ordinal(value: u8) -> String {
    let ending = match (value % 10, value % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{value}{ending}")
}

/// "1, 2 and 3"
fn list(parts: &[String], conjunction: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}
