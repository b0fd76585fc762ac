use proptest::prelude::*;

use super::*;
use crate::job::{BurnStep, MetricRule, Severity};
use crate::run::Sample;
use crate::watch::support::{DAY, HOUR, at, counted, sample};

fn track(kind: MetricKind, samples: impl IntoIterator<Item = Sample>) -> Track {
    filled(Plan::new(kind, Some(HOUR), None, &[]), samples)
}

fn filled(plan: Plan, samples: impl IntoIterator<Item = Sample>) -> Track {
    let mut track = Track::new(plan);
    for sample in samples {
        track.add(&sample);
    }
    track
}

#[test]
fn full_buckets_have_a_pace_and_the_one_that_is_not_over_has_no_part_in_it() {
    let hourly = (0..=7 * 24 + 12).map(|hour: i32| {
        let value = 10 * hour.min(7 * 24);
        sample(MetricKind::Counter, at(hour.into()), value)
    });
    let pace = track(MetricKind::Counter, hourly).pace(LONG).expect("a pace");
    assert_eq!((pace.span, pace.full), (7, 7));
    assert!((pace.mean - 240.0).abs() < 1e-9 && pace.variance < 1e-9);
}

#[test]
fn a_gap_of_more_than_three_polls_keeps_its_sum_and_leaves_the_variance() {
    let hours = (0..=20 * 24).filter(|hour| !(100..150).contains(hour));
    let pace = track(MetricKind::Counter, hours.map(|hour: i32| sample(MetricKind::Counter, at(hour.into()), hour)));
    let pace = pace.pace(LONG).expect("a pace");
    assert!((pace.mean - 24.0).abs() < 1e-9, "{pace:?}");
    // Hours 99 to 150 touch the days 4, 5 and 6.
    assert_eq!((pace.span, pace.full), (20, 17));
}

#[test]
fn a_top_up_leaves_the_rate_and_the_variance() {
    let hourly = (0..=10 * 24).map(|hour: i32| {
        let value = if hour < 100 { 5_000 - hour } else { 90_000 - hour };
        sample(MetricKind::Balance, at(hour.into()), value)
    });
    let pace = track(MetricKind::Balance, hourly).pace(LONG).expect("a pace");
    assert!((pace.mean - 24.0).abs() < 1e-9 && pace.variance < 1e-9, "{pace:?}");
}

#[test]
fn the_first_period_may_be_a_part_of_one() {
    // Reading begins on the 20th with what was used before: that is no use of the days that were seen.
    let hourly = (19 * 24..=36 * 24).map(|hour: i32| {
        let used = if hour < 720 { 5_000 + 2 * hour } else { 2 * (hour - 720) };
        counted(at(hour.into()), used, 10_000.0)
    });
    let pace = track(MetricKind::Counter, hourly).pace(LONG).expect("a pace");
    assert!((pace.mean - 48.0).abs() < 1e-9, "{pace:?}");
    assert_eq!((pace.span, pace.full), (17, 17));
}

#[test]
fn a_limit_that_is_raised_in_mid_period_is_no_use() {
    let hourly = (0..=240).map(|hour: i32| {
        let limit = if hour < 120 { 500.0 } else { 2_000.0 };
        counted(at(hour.into()), hour, limit)
    });
    let track = track(MetricKind::Counter, hourly);
    assert_eq!((track.used(), track.remaining()), (Some(240.0), Some(1_760.0)));
    assert!((track.pace(LONG).expect("a pace").mean - 24.0).abs() < 1e-9);
}

#[test]
fn it_is_known_since_when_the_value_is_the_same_and_nothing_was_used() {
    let values = [(0, 5), (1, 7), (2, 7), (3, 6), (4, 6)];
    let track = track(MetricKind::Counter, values.map(|(hour, value)| sample(MetricKind::Counter, at(hour), value)));
    assert_eq!((track.same_since(), track.used_at()), (Some(at(3)), Some(at(1))));
}

#[test]
fn a_reading_is_old_after_three_polls() {
    let track = track(MetricKind::Gauge, [sample(MetricKind::Gauge, at(0), 1)]);
    assert_eq!((track.is_old(at(3)), track.is_old(at(4))), (Some(false), Some(true)));
    assert_eq!(Track::new(track.plan().clone()).is_old(at(0)), None);
}

#[test]
fn a_reading_of_the_same_time_and_an_older_one_change_nothing() {
    let mut track = track(MetricKind::Counter, [1, 2].map(|hour| sample(MetricKind::Counter, at(hour.into()), hour)));
    let before = track.clone();
    assert_eq!(track.add(&sample(MetricKind::Counter, at(2), 9)), Added::Same);
    assert_eq!(track.add(&sample(MetricKind::Counter, at(1), 9)), Added::Older);
    assert_eq!(track, before);
}

fn burning(window: Duration) -> Plan {
    let step = BurnStep { window, rate: 2.0, severity: Severity::Page };
    Plan::new(MetricKind::Counter, Some(HOUR), None, &[MetricRule::Burn(vec![step])])
}

#[test]
fn a_burn_window_has_a_pace_once_nine_tenths_of_it_are_known() {
    let hourly = |last: i32| (0..=last).map(|hour| sample(MetricKind::Counter, at(hour.into()), 36 * hour.max(22)));
    assert_eq!(filled(burning(DAY), hourly(21)).burn(DAY), None);
    let (long, short) = filled(burning(DAY), hourly(24)).burn(DAY).expect("a pace");
    assert!((long - 72.0 / 86_400.0).abs() < 1e-9 && (short - 0.01).abs() < 1e-9, "{long} {short}");
    assert_eq!(filled(burning(DAY), hourly(24)).burn(HOUR), None);
}

proptest! {
    #[test]
    fn a_track_made_of_the_samples_in_reach_is_the_one_that_saw_them_all(
        steps in prop::collection::vec((1_i64..40, 0_i32..100), 80..200),
        counter in prop::bool::ANY,
    ) {
        let kind = if counter { MetricKind::Counter } else { MetricKind::Balance };
        let (mut hour, mut value) = (0, 0);
        let mut samples = Vec::new();
        for (step, change) in steps {
            hour += step;
            value = if change < 5 { 0 } else { value + change };
            samples.push(sample(kind, at(hour), value));
        }
        let plan = Plan { kind, ..burning(7 * DAY) };
        let seen = filled(plan.clone(), samples.clone());
        let now = at(hour + 1);
        let first = samples.partition_point(|sample| sample.at < seen.reach(now)).saturating_sub(1);
        let made = filled(plan, samples[first..].to_vec());
        let told = |track: &Track| (track.latest().copied(), track.pace(SHORT), track.pace(LONG), track.burn(7 * DAY));
        prop_assert_eq!(told(&made), told(&seen));
        prop_assert_eq!(&made.increments, &seen.increments);
    }
}
