//! The period that a metric counts in.

use chrono::{Month, Weekday};
use chrono_tz::Tz;

use super::choice::choice;
use super::metric::Compiler;
use super::policy;
use crate::config::file::{Anchor, Field, Period as Written, TextOr};
use crate::config::names::nearest;
use crate::config::place::At;
use crate::job::{Calendar, Cycle, Period};

/// How long periods of the calendar are.
#[derive(Clone, Copy)]
enum Every {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

const EVERY: [(&str, Every); 5] = [
    ("day", Every::Day),
    ("week", Every::Week),
    ("month", Every::Month),
    ("quarter", Every::Quarter),
    ("year", Every::Year),
];

const FORMS: &str = "write `\"day\"`, `\"week\"`, `\"month\"`, `\"quarter\"` or `\"year\"`, or else \
                     `{ start = \".…\", end = \".…\" }`, two filters over what the API reports";

pub(super) fn lower<'f>(
    at: &At<'f>,
    field: &Field<TextOr<Written>>,
    compiler: &mut Compiler<'_, 'f>,
) -> Option<Period> {
    let written = at.get("period", field)?;
    let at = at.key("period");
    match written {
        TextOr::Text(text) => word(&at, text, compiler.zone),
        TextOr::Table(written) if is_there(&written.every) => by_the_calendar(&at, written, compiler.zone),
        TextOr::Table(written) if is_there(&written.start) || is_there(&written.end) => {
            reported(&at, written, compiler)
        }
        TextOr::Table(_) => {
            if !["every", "start", "end"].into_iter().any(|key| at.has_misspelled(key)) {
                at.error("missing-key", "`period` has neither `every` nor `start` and `end`").help(FORMS).report();
            }
            None
        }
    }
}

fn is_there<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Absent)
}

fn word(at: &At<'_>, text: &str, zone: Tz) -> Option<Period> {
    let Some((_, every)) = EVERY.iter().find(|(word, _)| *word == text) else {
        let near = nearest(text, EVERY.iter().map(|(word, _)| *word));
        let near = near.map(|word| format!("a word with a similar spelling exists: `{word}`"));
        at.error("wrong-value", format!("`period` cannot be `{text}`")).help(FORMS).maybe_help(near).report();
        return None;
    };
    Some(Period::Calendar(Calendar { cycle: first_day(*every), zone }))
}

fn by_the_calendar(at: &At<'_>, written: &Written, zone: Tz) -> Option<Period> {
    for (key, _) in [("start", &written.start), ("end", &written.end)].iter().filter(|(_, field)| is_there(field)) {
        at.key(key)
            .key_error(
                "conflicting-keys",
                format!("`{key}` is what the API reports, and `every` what the calendar says"),
            )
            .help("leave out `every`, or else `start` and `end`")
            .related(at.key("every").as_related("the other"))
            .report();
    }
    let zone = match at.get("timezone", &written.timezone) {
        Some(text) => policy::timezone(&at.key("timezone"), text),
        None => Some(zone),
    };
    let every = choice(at, "every", &written.every, &EVERY)?;
    let cycle = match at.get("anchor", &written.anchor) {
        Some(anchor) => anchored(&at.key("anchor"), every, anchor),
        None => Some(first_day(every)),
    };
    Some(Period::Calendar(Calendar { cycle: cycle?, zone: zone? }))
}

const fn first_day(every: Every) -> Cycle {
    match every {
        Every::Day => Cycle::Day,
        Every::Week => Cycle::Week { from: Weekday::Mon },
        Every::Month => Cycle::Month { day: 1 },
        Every::Quarter => Cycle::Quarter { month: Month::January, day: 1 },
        Every::Year => Cycle::Year { month: Month::January, day: 1 },
    }
}

fn anchored(at: &At<'_>, every: Every, anchor: &Anchor) -> Option<Cycle> {
    let cycle = match (every, anchor) {
        (Every::Day, _) => {
            at.key_error("conflicting-keys", "a day has no `anchor`: it begins at midnight")
                .help("leave `anchor` out; `timezone` says whose midnight it is")
                .report();
            return None;
        }
        (Every::Week, Anchor::Text(text)) => text.parse().ok().map(|from| Cycle::Week { from }),
        (Every::Month, Anchor::Day(day)) => day_of_month(*day).map(|day| Cycle::Month { day }),
        (Every::Quarter, Anchor::Day(day)) => {
            day_of_month(*day).map(|day| Cycle::Quarter { month: Month::January, day })
        }
        (Every::Quarter, Anchor::Text(text)) => month_and_day(text).map(|(month, day)| Cycle::Quarter { month, day }),
        (Every::Year, Anchor::Text(text)) => month_and_day(text).map(|(month, day)| Cycle::Year { month, day }),
        (Every::Week | Every::Year, Anchor::Day(_)) | (Every::Month, Anchor::Text(_)) => None,
    };
    if cycle.is_none() {
        let (of, help) = match every {
            Every::Day | Every::Week => ("a week", "write the weekday that it begins with, such as `anchor = \"mon\"`"),
            Every::Month => ("a month", "write the day, such as `anchor = 15`; 31 is the last day of each month"),
            Every::Quarter => {
                ("a quarter", "write the month and the day of one that begins, such as `anchor = \"02-01\"`")
            }
            Every::Year => ("a year", "write the month and the day, such as `anchor = \"04-01\"`"),
        };
        at.error("wrong-value", format!("this is not a day on which {of} begins")).help(help).report();
    }
    cycle
}

fn day_of_month(day: i64) -> Option<u32> {
    u32::try_from(day).ok().filter(|day| (1..=31).contains(day))
}

fn reported<'f>(at: &At<'f>, written: &Written, compiler: &mut Compiler<'_, 'f>) -> Option<Period> {
    for (key, _) in [("anchor", is_there(&written.anchor)), ("timezone", is_there(&written.timezone))]
        .iter()
        .filter(|(_, is_there)| *is_there)
    {
        at.key(key)
            .key_error(
                "conflicting-keys",
                format!("`{key}` goes with `every`, and this period is as the API reports it"),
            )
            .help("leave it out, or write `every` in the place of `start` and `end`")
            .report();
    }
    let start = at.require("start", &written.start, "`period`");
    let start = start.and_then(|text| compiler.compile(&at.key("start"), text));
    let end = at.require("end", &written.end, "`period`");
    let end = end.and_then(|text| compiler.compile(&at.key("end"), text));
    Some(Period::Reported { start: start?, end: end? })
}

/// `MM-DD`, of a day that is there in a leap year.
fn month_and_day(text: &str) -> Option<(Month, u32)> {
    const LEAP_YEAR: i32 = 2028;
    let (month, day) = text.split_once('-')?;
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let day = day.parse().ok().filter(|day| (1..=u32::from(month.num_days(LEAP_YEAR).unwrap_or(31))).contains(day))?;
    Some((month, day))
}
