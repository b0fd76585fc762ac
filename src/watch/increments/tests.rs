use proptest::prelude::*;

use super::*;
use crate::watch::support::{at, month};

/// Readings of a counter, each `(hour, value)` with the month that the hour is in.
fn counted(readings: &[(i64, i64)]) -> Vec<(f64, Flag)> {
    let of = |(hour, value): &(i64, i64)| reading(*hour, *value, Some(month(at(*hour))));
    increments(MetricKind::Counter, readings.iter().map(of))
}

fn increments(kind: MetricKind, readings: impl Iterator<Item = Reading>) -> Vec<(f64, Flag)> {
    let mut increments = Increments::new(kind);
    let followed = readings.filter_map(|reading| increments.follow(reading));
    followed.map(|increment| (increment.amount, increment.flag)).collect()
}

fn reading(hour: i64, value: i64, period: Option<(Time, Time)>) -> Reading {
    Reading { at: at(hour), value: Number::Whole(value), limit: None, period }
}

/// The hours of support's month: it begins at 0.
const NEXT_MONTH: i64 = 30 * 24;

#[test]
fn a_counter_that_grows_was_used_by_the_difference() {
    assert_eq!(counted(&[(0, 10), (1, 10), (2, 25)]), [(0.0, Flag::Plain), (15.0, Flag::Plain)]);
}

#[test]
fn a_counter_that_falls_across_a_boundary_began_again() {
    assert_eq!(counted(&[(NEXT_MONTH - 1, 900), (NEXT_MONTH + 1, 12)]), [(12.0, Flag::Reset)]);
    // Not even half: what is more than half is a reset as well where a boundary is.
    assert_eq!(counted(&[(NEXT_MONTH - 1, 20), (NEXT_MONTH + 1, 12)]), [(12.0, Flag::Reset)]);
}

#[test]
fn what_was_counted_since_a_boundary_is_spread_from_the_boundary() {
    let mut increments = Increments::new(MetricKind::Counter);
    for hour in [NEXT_MONTH - 20, NEXT_MONTH + 4] {
        let value = if hour < NEXT_MONTH { 900 } else { 8 };
        let increment = increments.follow(reading(hour, value, Some(month(at(hour)))));
        if hour > NEXT_MONTH {
            assert_eq!(increment.map(|increment| increment.from), Some(at(NEXT_MONTH)));
        }
    }
}

#[test]
fn a_boundary_at_the_very_reading_leaves_no_stretch_so_it_is_that_between_the_readings() {
    let mut increments = Increments::new(MetricKind::Counter);
    increments.follow(reading(NEXT_MONTH - 2, 900, Some(month(at(0)))));
    let increment = increments.follow(reading(NEXT_MONTH, 5, Some(month(at(NEXT_MONTH)))));
    assert_eq!(increment.map(|increment| (increment.from, increment.amount)), Some((at(NEXT_MONTH - 2), 5.0)));
}

#[test]
fn a_reset_that_is_seen_late_is_expected_once() {
    let late = [(NEXT_MONTH - 1, 900), (NEXT_MONTH + 1, 900), (NEXT_MONTH + 2, 5), (NEXT_MONTH + 3, 2)];
    assert_eq!(counted(&late), [(0.0, Flag::Plain), (5.0, Flag::Reset), (2.0, Flag::UnexpectedReset)]);
}

#[test]
fn two_resets_between_readings_are_one() {
    assert_eq!(counted(&[(1, 900), (2 * NEXT_MONTH + 48, 30)]), [(30.0, Flag::Reset)]);
}

#[test]
fn a_fall_without_a_boundary_is_unexpected_from_half_on_and_a_correction_otherwise() {
    assert_eq!(counted(&[(0, 100), (1, 50)]), [(50.0, Flag::UnexpectedReset)]);
    assert_eq!(counted(&[(0, 100), (1, 51)]), [(-49.0, Flag::Correction)]);
}

#[test]
fn bounds_of_a_window_that_rolls_are_no_boundary() {
    let rolling = |hour: i64, value| reading(hour, value, Some((at(hour - 720), at(hour))));
    let readings = [rolling(0, 100), rolling(1, 95), rolling(2, 99)];
    assert_eq!(increments(MetricKind::Counter, readings.into_iter()), [(-5.0, Flag::Correction), (4.0, Flag::Plain)]);
}

#[test]
fn a_period_that_was_not_known_before_is_a_boundary_if_it_begins_between() {
    let known = |from: i64| reading(10, 3, Some((at(from), at(800))));
    let first = reading(5, 4, None);
    assert_eq!(increments(MetricKind::Counter, [first, known(6)].into_iter()), [(3.0, Flag::Reset)]);
    assert_eq!(increments(MetricKind::Counter, [first, known(4)].into_iter()), [(-1.0, Flag::Correction)]);
}

#[test]
fn a_balance_that_falls_was_used_and_one_that_rises_was_topped_up() {
    let readings = [(0, 100), (1, 90), (2, 500), (3, 480)].map(|(hour, value)| reading(hour, value, None));
    assert_eq!(
        increments(MetricKind::Balance, readings.into_iter()),
        [(10.0, Flag::Plain), (0.0, Flag::TopUp), (20.0, Flag::Plain)]
    );
}

#[test]
fn the_first_reading_one_of_the_same_time_and_an_older_one_have_no_increment() {
    assert_eq!(counted(&[(5, 10), (5, 99), (3, 50), (6, 11)]), [(1.0, Flag::Plain)]);
}

#[test]
fn a_gauge_has_no_use() {
    let readings = [(0, 100), (1, 90)].map(|(hour, value)| reading(hour, value, None));
    assert_eq!(increments(MetricKind::Gauge, readings.into_iter()), []);
}

#[test]
fn whole_numbers_beyond_two_to_the_53_keep_their_last_digit() {
    assert_eq!(counted(&[(0, 9_007_199_254_740_992), (1, 9_007_199_254_740_993)]), [(1.0, Flag::Plain)]);
    let ends = [Number::Real(f64::MAX), Number::Real(f64::MIN)];
    assert!(difference(ends[0], ends[1]).is_finite());
}

proptest! {
    #[test]
    fn in_a_period_the_increments_of_a_counter_without_resets_add_up_to_its_change(
        values in prop::collection::vec(1_000_i64..2_000, 2..50),
    ) {
        let readings: Vec<(i64, i64)> = (0..).zip(values.iter().copied()).collect();
        let total: f64 = counted(&readings).iter().map(|(amount, _)| amount).sum();
        // From above half to below, a value cannot fall here: each fall is a correction, and is kept.
        let change = values[values.len() - 1] - values[0];
        prop_assert_eq!(total, change as f64);
    }
}
