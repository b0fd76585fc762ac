//! Rules that hold for every pattern, zone and time.

use std::collections::BTreeSet;

use chrono::{TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

use super::oracle::Spec;
use super::*;
use crate::cron::zone::{SWING, first_change, offset};

/// Instants near which something happens to a zone's wall clock.
const CHANGES: [(Tz, &str); 16] = [
    (Tz::Europe__Berlin, "2026-03-29T01:00:00Z"),
    (Tz::Europe__Berlin, "2026-10-25T01:00:00Z"),
    (Tz::America__New_York, "2027-03-14T07:00:00Z"),
    (Tz::America__New_York, "2027-11-07T06:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-10-03T15:30:00Z"),
    (Tz::Australia__Lord_Howe, "2027-04-03T15:00:00Z"),
    (Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
    (Tz::Pacific__Kwajalein, "1993-08-21T12:00:00Z"),
    (Tz::America__Sao_Paulo, "2018-11-04T03:00:00Z"),
    (Tz::America__Sao_Paulo, "2018-02-18T02:00:00Z"),
    (Tz::Asia__Kathmandu, "1985-12-31T18:30:00Z"),
    (Tz::Antarctica__Troll, "2026-03-29T01:00:00Z"),
    (Tz::Antarctica__Troll, "2026-10-25T01:00:00Z"),
    (Tz::Africa__Casablanca, "2026-02-15T02:00:00Z"),
    (Tz::Asia__Pyongyang, "2018-05-04T15:00:00Z"),
    (Tz::America__Caracas, "2007-12-09T07:00:00Z"),
];

fn near_a_change() -> impl Strategy<Value = (Tz, Time)> {
    const HOUR: i64 = 3_600_000;
    let distance = prop_oneof![-48 * HOUR..24 * HOUR, -2 * HOUR..2 * HOUR];
    (prop::sample::select(CHANGES.to_vec()), distance)
        .prop_map(|((zone, change), millis)| (zone, time(change) + TimeDelta::milliseconds(millis)))
}

fn anywhere() -> impl Strategy<Value = (Tz, Time)> {
    let modern = 400_000_000_000..4_000_000_000_000i64;
    (prop::sample::select(CHANGES.map(|(zone, _)| zone).to_vec()), modern)
        .prop_map(|(zone, millis)| (zone, Utc.timestamp_millis_opt(millis).single().expect("a time")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn ticks_are_those_of_a_walk_over_every_minute(
        spec in Spec::any(),
        (zone, after) in prop_oneof![2 => near_a_change(), 1 => anywhere()],
        minutes in prop_oneof![1..60 * 60i64, 1..180i64],
    ) {
        let Ok(pattern) = Pattern::parse(&spec.text()) else {
            // A day of the month that the month does not have.
            return Ok(());
        };
        let until = after + TimeDelta::minutes(minutes);
        let expected = spec.ticks(zone, after, until);
        prop_assert_eq!(&ticks(&pattern, zone, after, until), &expected, "{} in {}", spec.text(), zone);
        prop_assert_eq!(&ticks_backward(&pattern, zone, after, until), &expected, "{} in {}", spec.text(), zone);
        prop_assert_eq!(pattern.count_within(after, until, zone), expected.len() as u64);
        let moved = expected.iter().find(|tick| tick.moved.is_some()).copied();
        prop_assert_eq!(pattern.moved_within(after, zone, until), moved);
    }

    #[test]
    fn each_tick_leads_to_the_next_and_back(
        seconds in prop_oneof![Just("*"), Just("*/7"), Just("0,30"), Just("59")],
        spec in Spec::any(),
        (zone, after) in prop_oneof![near_a_change(), anywhere()],
    ) {
        let Ok(pattern) = Pattern::parse(&format!("{seconds} {}", spec.text())) else { return Ok(()) };
        let mut former = pattern.next_after(after, zone).expect("a tick");
        prop_assert!(former.at > after);
        prop_assert!(pattern.last_before(former.at, zone).is_none_or(|last| last.at <= after));
        for _ in 0..80 {
            let next = pattern.next_after(former.at, zone).expect("a tick");
            prop_assert!(next.at > former.at);
            prop_assert_eq!(pattern.last_before(next.at, zone), Some(former));
            prop_assert_eq!(pattern.count_within(former.at, next.at, zone), 1);
            former = next;
        }
    }

    #[test]
    fn counts_add_up_however_a_span_is_cut(
        spec in Spec::any(),
        (zone, after) in near_a_change(),
        first in 0..400_000i64,
        second in 0..40_000_000i64,
    ) {
        let Ok(pattern) = Pattern::parse(&format!("*/9 {}", spec.text())) else { return Ok(()) };
        let cut = after + TimeDelta::seconds(first);
        let until = cut + TimeDelta::seconds(second);
        let parts = pattern.count_within(after, cut, zone) + pattern.count_within(cut, until, zone);
        prop_assert_eq!(pattern.count_within(after, until, zone), parts);
    }
}

#[test]
fn offsets_of_a_zone_lie_less_than_the_assumed_swing_apart() {
    let times = || (0..430).map(|n| Time::UNIX_EPOCH + TimeDelta::days(n * 60));
    for zone in TZ_VARIANTS {
        let offsets = || times().map(|at| offset(at, zone));
        assert!(offsets().max() < offsets().min().map(|least| least + SWING), "{zone}");
    }
}

#[test]
fn changes_are_further_apart_than_the_step_that_looks_for_them() {
    let zones: BTreeSet<&str> = CHANGES.iter().map(|(zone, _)| zone.name()).collect();
    for zone in zones.into_iter().map(|name| name.parse::<Tz>().expect("a zone")) {
        let mut changes = Vec::new();
        let (from, until) = (time("1985-01-01T00:00:00Z"), time("2035-01-01T00:00:00Z"));
        while let Some(change) = first_change(*changes.last().unwrap_or(&from), until, zone) {
            changes.push(change);
        }
        let hours = std::iter::successors(Some(from), |at| Some(*at + TimeDelta::hours(6)).filter(|at| *at < until));
        let offsets: Vec<TimeDelta> = hours.map(|at| offset(at, zone)).collect();
        let slow = offsets.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert_eq!(changes.len(), slow, "{zone}");
        assert!(changes.windows(2).all(|pair| pair[1] - pair[0] > TimeDelta::days(6)), "{zone}");
    }
}
