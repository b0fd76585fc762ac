//! Stretches of time in zones, most of them with something to stumble over.

use apicron::clock::Time;
use chrono::{Duration, NaiveDate, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

pub(super) const ZONES: [Tz; 13] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
    Tz::Africa__Casablanca,
    Tz::Asia__Tehran,
    Tz::Asia__Kathmandu,
    Tz::UTC,
    Tz::Antarctica__Troll,
    Tz::America__Sao_Paulo,
    Tz::America__Santiago,
    Tz::Pacific__Kwajalein,
    Tz::Europe__Dublin,
];

/// Days on which something rare happens: Apia and Kwajalein skip a day, midnight is skipped in São Paulo,
/// Kathmandu moves by a quarter of an hour, Lord Howe by half an hour, Troll by two hours.
const RARE: [(Tz, (i32, u32, u32)); 9] = [
    (Tz::Pacific__Apia, (2011, 12, 30)),
    (Tz::Pacific__Kwajalein, (1993, 8, 21)),
    (Tz::America__Sao_Paulo, (2017, 10, 15)),
    (Tz::Asia__Kathmandu, (1986, 1, 1)),
    (Tz::Australia__Lord_Howe, (2026, 4, 4)),
    (Tz::Australia__Lord_Howe, (2026, 10, 3)),
    (Tz::Antarctica__Troll, (2026, 10, 25)),
    (Tz::Africa__Casablanca, (2027, 2, 7)),
    (Tz::America__Santiago, (2026, 9, 6)),
];

/// A zone, and a time after which and until which ticks are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) zone: Tz,
    pub(super) after: Time,
    pub(super) until: Time,
    about: Time,
}

impl Window {
    /// The middle of it, where one has to look at each second.
    pub(super) fn narrowed(self) -> Window {
        let (after, until) = (self.about - TimeDelta::hours(4), self.about + TimeDelta::hours(12));
        Window { after: after.max(self.after), until: until.min(self.until), ..self }
    }
}

fn midnight(year: i32, month: u32, day: u32) -> Time {
    let day = NaiveDate::from_ymd_opt(year, month, day).expect("a date");
    day.and_hms_opt(0, 0, 0).expect("midnight").and_utc()
}

fn offset(at: Time, zone: Tz) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// A change of the zone in a year, found by looking at each hour of it.
fn change(random: &mut StdRng, zone: Tz, year: i32) -> Option<Time> {
    let hours = (0..365 * 24).map(|hour| midnight(year, 1, 1) + TimeDelta::hours(hour));
    let changes: Vec<Time> =
        hours.filter(|hour| offset(*hour, zone) != offset(*hour + TimeDelta::hours(1), zone)).collect();
    changes.choose(random).copied()
}

/// Some days about something to stumble over.
pub(super) fn any(random: &mut StdRng) -> Window {
    let zone = *ZONES.choose(random).expect("a zone");
    let year = random.random_range(1985..2060);
    let (zone, about) = match random.random_range(0..10) {
        0 => (zone, midnight(*[2028, 2096].choose(random).expect("a year"), 2, 29)),
        1 => (zone, midnight(2100, 2, 28)),
        2 => (zone, midnight(year, 1, 1)),
        3 | 4 => {
            let (zone, (year, month, day)) = *RARE.choose(random).expect("a day");
            (zone, midnight(year, month, day))
        }
        _ => (zone, change(random, zone, year).unwrap_or_else(|| midnight(year, 6, 1))),
    };
    let mut some = |hours: i64| Duration::milliseconds(random.random_range(0..hours * 3_600_000));
    Window { zone, after: about - some(30), until: about + some(54), about }
}

/// Some months, with a leap day or a year's end in it.
pub(super) fn long(random: &mut StdRng) -> Window {
    let zone = *ZONES.choose(random).expect("a zone");
    let after = match random.random_range(0..3) {
        0 => midnight(2027, 12, 1),
        1 => midnight(2099, 12, 15),
        _ => midnight(random.random_range(1985..2060), random.random_range(1..=12), 1),
    };
    Window { zone, after, until: after + TimeDelta::days(random.random_range(60..200)), about: after }
}
