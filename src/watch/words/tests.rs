use chrono_tz::{Europe::Berlin, UTC};

use super::*;
use crate::watch::support::at;

fn pace(span: usize, mean: f64, deviation: f64) -> Pace {
    Pace { span, full: span, mean, variance: deviation * deviation, quantile: 1.314 }
}

fn forecast(basis: Basis, remaining: f64) -> Forecast {
    let (used, limit) = (Some(4_000.0), Some(4_000.0 + remaining));
    Forecast { at: at(24), bucket: Bucket::Day, basis, used, remaining: Some(remaining), limit, period_end: None }
}

fn band(span: usize, mean: f64, deviation: f64, remaining: f64) -> Forecast {
    forecast(Basis::Band { long: pace(span, mean, deviation), short: None }, remaining)
}

#[track_caller]
fn check(forecast: &Forecast, expected: &str) {
    assert_eq!(forecast.sentence(UTC).as_deref(), Some(expected));
}

#[test]
fn a_run_out_is_a_range_and_what_is_most_likely() {
    let forecast = band(28, 100.0, 90.0, 1_000.0);
    check(&forecast, "at the pace of the last 28 days between 8 June and 17 June, most likely 12 June");
}

#[test]
fn a_range_without_a_slow_end_says_so() {
    let forecast = band(5, 100.0, 300.0, 1_000.0);
    let told = "from 4 June on, most likely 12 June; it cannot yet be said that it will run out";
    check(&forecast, &format!("at the pace of the last 5 days {told}"));
}

#[test]
fn an_early_estimate_is_called_so() {
    let early = |mean| forecast(Basis::Early { buckets: 1.9, mean }, 1_000.0);
    check(&early(100.0), "by an early estimate from 1 day, with no range yet: most likely 12 June");
    check(&early(0.0), "by an early estimate from 1 day it does not run out");
}

#[test]
fn what_is_not_used_does_not_run_out_and_what_is_used_up_is_not_left() {
    check(&band(28, 0.0, 0.0, 1_000.0), "at the pace of the last 28 days it does not run out");
    check(&band(28, 100.0, 9.0, 0.0), "nothing is left");
    check(&band(28, 0.001, 0.0, 1_000.0), "at the pace of the last 28 days it does not run out within ten years");
}

#[test]
fn the_end_of_the_period_ends_the_range() {
    let within = |days: i64| Forecast { period_end: Some(at(24 * days)), ..band(28, 100.0, 90.0, 1_000.0) };
    let pace = "at the pace of the last 28 days";
    check(&within(5), &format!("{pace} it does not run out before the period ends on 6 June"));
    let not_likely = "from 8 June on, most likely not, or not before the period ends on 11 June";
    check(&within(10), &format!("{pace} {not_likely}"));
    let likely = "from 8 June on, most likely 12 June, or not before the period ends on 16 June";
    check(&within(15), &format!("{pace} {likely}"));
}

#[test]
fn a_narrow_range_has_hours_and_another_year_is_named() {
    let narrow = band(28, 100.0, 5.0, 300.0);
    check(
        &narrow,
        "at the pace of the last 28 days between 4 June, 21:11 and 5 June, 02:56, most likely 5 June, 00:00",
    );
    assert!(narrow.sentence(Berlin).is_some_and(|told| told.contains("5 June, 02:00")));
    let far = band(28, 1.0, 0.2, 300.0);
    check(&far, "at the pace of the last 28 days between 14 March 2027 and 14 April 2027, most likely 29 March 2027");
}

#[test]
fn the_formula_has_its_values() {
    let short = Some(Pace { full: 6, ..pace(7, 120.0, 80.0) });
    let basis = Basis::Band { long: pace(28, 100.0, 90.0), short };
    let forecast = Forecast { period_end: Some(at(24 * 30)), ..forecast(basis, 1_000.0) };
    insta::assert_snapshot!(forecast.formula().join("\n"), @r"
    R = 1,000 is left
    last 28 days: n = 28, m = 100 per day, s = 90, q = 1.314: H from 6.617 to 15.91
    last 7 days: n = 6, m = 120 per day, s = 80, q = 1.314: H from 5.492 to 14.5
    use(H) = m·H ± q·√(s²·H + s²·H²/n); run-out: the H where use(H) = R
    the edges are the outermost of all windows, the middle is that of the longest
    at the end of the period: 4,000 used + use(H), H = 29
    ");
    let early = Forecast { basis: Basis::Early { buckets: 2.5, mean: 100.0 }, ..forecast };
    insta::assert_snapshot!(early.formula().join("\n"), @r"
    R = 1,000 is left
    m = 100 per day, from 2.5 days; a band needs five full ones
    run-out: the H where m·H = R
    at the end of the period: 4,000 used + use(H), H = 29
    ");
}

#[test]
fn numbers_are_short_and_grouped() {
    let cases = [
        (0.0, "0"),
        (5_000.0, "5,000"),
        (-1_234_567.0, "-1,234,567"),
        (1_234.56, "1,235"),
        (123.45, "123.5"),
        (99.999, "100"),
        (1.314, "1.314"),
        (0.05, "0.05"),
        (0.000_012, "1.2e-5"),
        (f64::MAX, "1.798e308"),
    ];
    for (number, text) in cases {
        assert_eq!(figure(number), text);
    }
}

#[test]
fn durations_have_what_counts() {
    let of = |seconds: f64| duration(Duration::from_secs_f64(seconds));
    assert_eq!([of(0.25), of(90.4), of(7_265.0), of(180_061.0)], ["250ms", "1m 30s", "2h 1m", "2days 2h"]);
}
