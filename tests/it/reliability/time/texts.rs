//! Cron texts by chance, each with what it asks for.

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::oracle::{Asked, Days, Times, Weekdays};

const MONTHS: [&str; 12] = ["jan", "FEB", "Mar", "apr", "MAY", "Jun", "jul", "AUG", "Sep", "oct", "NOV", "Dec"];
const WEEKDAYS: [&str; 7] = ["SUN", "mon", "Tue", "WED", "thu", "Fri", "SAT"];

/// How often it fires.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// On most days.
    Daily,
    /// On few days of a year.
    Seldom,
}

/// A field: its text, its values as bits, and whether it has `*` or a step.
struct Field {
    text: String,
    bits: u64,
    is_interval: bool,
}

impl Field {
    fn all(first: u32, last: u32) -> Field {
        Field { text: "*".to_owned(), bits: bits(first, last, 1), is_interval: true }
    }

    /// A list of values and ranges, now and then one with a step.
    fn some(random: &mut StdRng, first: u32, last: u32, names: &[&str]) -> Field {
        let mut field = Field { text: String::new(), bits: 0, is_interval: false };
        for n in 0..random.random_range(1..=3) {
            let from = random.random_range(first..=last);
            let to = random.random_range(from..=last.min(from + 12));
            let (from_text, to_text) = (named(random, from, first, names), named(random, to, first, names));
            let part = match random.random_range(0..6) {
                0 | 1 => {
                    field.bits |= bits(from, to, 1);
                    format!("{from_text}-{to_text}")
                }
                2 if to > from && random.random() => {
                    let step = random.random_range(1..=to - from);
                    field.bits |= bits(from, to, step);
                    field.is_interval = true;
                    format!("{from_text}-{to_text}/{step}")
                }
                _ => {
                    field.bits |= 1 << from;
                    from_text
                }
            };
            field.text += &format!("{}{part}", if n == 0 { "" } else { "," });
        }
        field
    }

    fn stepped(random: &mut StdRng, first: u32, last: u32) -> Field {
        let step = random.random_range(1..=(last - first));
        Field { text: format!("*/{step}"), bits: bits(first, last, step), is_interval: true }
    }

    fn begins_with_star(&self) -> bool {
        self.text.starts_with('*')
    }
}

fn bits(from: u32, to: u32, step: u32) -> u64 {
    (from..=to).step_by(step as usize).fold(0, |bits, value| bits | 1 << value)
}

fn named(random: &mut StdRng, value: u32, first: u32, names: &[&str]) -> String {
    match names.get((value - first) as usize) {
        Some(name) if random.random() => (*name).to_owned(),
        _ => value.to_string(),
    }
}

/// A text by chance.
pub(super) fn any(random: &mut StdRng, pace: Pace) -> (String, Asked) {
    if pace == Pace::Daily && random.random_range(0..15) == 0 {
        return every(random);
    }
    let has_seconds = pace == Pace::Daily && random.random_range(0..4) == 0;
    let second = if has_seconds { seconds(random) } else { Field { text: String::new(), bits: 1, is_interval: false } };
    let minute = times(random, 59, pace);
    // What changes of offset touch is mostly in the small hours.
    let hour = match random.random_range(0..4) {
        0 => Field { text: "0-3".to_owned(), bits: 0b1111, is_interval: false },
        1 | 2 => Field::some(random, 0, 4, &[]),
        _ => times(random, 23, pace),
    };
    let day_is_restricted = pace == Pace::Seldom || random.random_range(0..5) == 0;
    let (day, days) = if day_is_restricted { some_days(random) } else { (Field::all(1, 31), Days::Of(u64::MAX)) };
    let month = if pace == Pace::Seldom { months(random) } else { Field::all(1, 12) };
    let (weekday, weekdays) =
        if random.random_range(0..4) == 0 { some_weekdays(random) } else { (Field::all(0, 6), Weekdays::Of(u64::MAX)) };
    let text = [&second, &minute, &hour, &day, &month, &weekday].map(|field| field.text.as_str()).join(" ");
    let times = Times {
        seconds: second.bits,
        minutes: minute.bits,
        hours: hour.bits,
        months: month.bits,
        days,
        weekdays,
        either_day: !day.begins_with_star() && !weekday.begins_with_star(),
        is_interval: minute.is_interval || hour.is_interval,
        step: if has_seconds { TimeDelta::seconds(1) } else { TimeDelta::minutes(1) },
    };
    (text.trim_start().to_owned(), Asked::Times(times))
}

fn every(random: &mut StdRng) -> (String, Asked) {
    let (n, (unit, seconds)) =
        (random.random_range(1..50_i64), *[("s", 1), ("m", 60), ("h", 3600)].choose(random).expect("a unit"));
    (format!("@every {n}{unit}"), Asked::Every(n * seconds))
}

fn seconds(random: &mut impl Rng) -> Field {
    match random.random_range(0..3) {
        0 => Field::all(0, 59),
        1 => Field { text: "*/20".to_owned(), bits: bits(0, 59, 20), is_interval: true },
        _ => Field { text: "7,31".to_owned(), bits: 1 << 7 | 1 << 31, is_interval: false },
    }
}

fn times(random: &mut StdRng, last: u32, pace: Pace) -> Field {
    match random.random_range(0..6) {
        0 if pace == Pace::Daily => Field::all(0, last),
        1 if pace == Pace::Daily => Field::stepped(random, 0, last),
        _ => Field::some(random, 0, last, &[]),
    }
}

fn months(random: &mut StdRng) -> Field {
    match random.random_range(0..3) {
        0 => Field { text: "2".to_owned(), bits: 1 << 2, is_interval: false },
        1 => Field::some(random, 1, 12, &MONTHS),
        _ => Field::stepped(random, 1, 12),
    }
}

fn some_days(random: &mut StdRng) -> (Field, Days) {
    let field = match random.random_range(0..6) {
        0 => return (Field { text: "L".to_owned(), bits: 0, is_interval: false }, Days::Last),
        1 => Field { text: "29".to_owned(), bits: 1 << 29, is_interval: false },
        2 => Field::stepped(random, 1, 31),
        _ => Field::some(random, 1, 31, &[]),
    };
    let days = Days::Of(field.bits);
    (field, days)
}

fn some_weekdays(random: &mut StdRng) -> (Field, Weekdays) {
    let weekday = random.random_range(0..7);
    let special = |text: String| Field { text, bits: 0, is_interval: false };
    match random.random_range(0..7) {
        0 => {
            let nth = random.random_range(1..=4);
            (special(format!("{weekday}#{nth}")), Weekdays::Nth(weekday, nth))
        }
        1 => (special(format!("{}L", named(random, weekday, 0, &WEEKDAYS))), Weekdays::Last(weekday)),
        2 => (special("5-7".to_owned()), Weekdays::Of(1 << 5 | 1 << 6 | 1)),
        3 => (special("FRI-SUN".to_owned()), Weekdays::Of(1 << 5 | 1 << 6 | 1)),
        4 => {
            let field = Field::stepped(random, 0, 6);
            let weekdays = Weekdays::Of(field.bits);
            (field, weekdays)
        }
        _ => {
            let field = Field::some(random, 0, 6, &WEEKDAYS);
            let weekdays = Weekdays::Of(field.bits);
            (field, weekdays)
        }
    }
}
