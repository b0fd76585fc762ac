use super::*;
use crate::run::{MetricKind, Sample};
use crate::watch::plan::Plan;
use crate::watch::support::{HOUR, at, counted, month, sample};

fn track(samples: impl IntoIterator<Item = Sample>) -> Track {
    let mut samples = samples.into_iter().peekable();
    let kind = samples.peek().map_or(MetricKind::Counter, |sample| sample.kind);
    let mut track = Track::new(Plan::new(kind, Some(HOUR), None, &[]));
    for sample in samples {
        track.add(&sample);
    }
    track
}

/// `daily` used on each day, read every hour, of a limit.
fn steady(days: i32, daily: i32, limit: f64) -> Forecast {
    let hourly = (0..=24 * days).map(|hour| counted(at(hour.into()), f64::from(hour * daily) / 24.0, limit));
    Forecast::of(&track(hourly)).expect("a forecast")
}

#[test]
fn steady_use_runs_out_when_the_rest_is_used_at_its_pace() {
    let runout = steady(10, 100, 1_500.0).runout().expect("a run-out");
    let expected = RunoutPoint::At(at(15 * 24));
    for edge in [RunoutEdge::Fast, RunoutEdge::Middle, RunoutEdge::Slow] {
        assert_eq!(runout.point(edge), expected);
    }
}

#[test]
fn what_begins_anew_before_it_runs_out_does_not_run_out() {
    let runout = steady(10, 100, 3_100.0).runout().expect("a run-out");
    assert_eq!(runout.middle, Some(at(31 * 24)));
    assert_eq!(runout.point(RunoutEdge::Middle), RunoutPoint::Beyond);
}

#[test]
fn an_early_estimate_has_no_edges() {
    let early = steady(4, 100, 1_500.0);
    assert!(early.is_early());
    let runout = early.runout().expect("a run-out");
    assert_eq!(runout.point(RunoutEdge::Middle), RunoutPoint::At(at(15 * 24)));
    assert_eq!(runout.point(RunoutEdge::Fast), RunoutPoint::TooEarly);
    let end = early.at_end().expect("a projection");
    assert_eq!((end.point(ForecastEdge::Lower), end.point(ForecastEdge::Upper)), (None, None));
    assert!((end.middle - 3_000.0).abs() < 1e-6);
    assert!(!steady(5, 100, 1_500.0).is_early());
}

#[test]
fn before_a_whole_bucket_is_known_there_is_no_forecast() {
    let hourly = |last: i32| track((0..=last).map(|hour| counted(at(hour.into()), hour, 100.0)));
    assert_eq!(Forecast::of(&hourly(23)), None);
    assert!(Forecast::of(&hourly(24)).is_some());
}

#[test]
fn use_by_the_end_of_the_period_is_what_was_used_and_what_follows() {
    let end = steady(10, 100, 1_500.0).at_end().expect("a projection");
    assert_eq!(end.end, at(30 * 24));
    assert!((end.middle - 3_000.0).abs() < 1e-6);
}

#[test]
fn a_period_that_is_over_by_its_own_account_has_no_forecast_of_its_end() {
    let late = (0..=240).map(|hour: i32| Sample {
        period: Some((at(-500), at(240))),
        limit: Some(Number::Real(1e6)),
        ..sample(MetricKind::Counter, at(hour.into()), hour)
    });
    let forecast = Forecast::of(&track(late)).expect("a forecast");
    assert_eq!((forecast.at_end(), forecast.period_end), (None, None));
}

#[test]
fn a_change_of_pace_widens_the_band_to_both_windows() {
    // Three weeks of 100 a day and one of 300.
    let used = |hour: i32| if hour <= 504 { hour } else { 3 * hour - 1_008 };
    let hourly = (0..=28 * 24).map(|hour| Sample {
        limit: Some(Number::Real(10_000.0)),
        period: Some((at(0), at(10_000))),
        ..sample(MetricKind::Counter, at(hour.into()), f64::from(used(hour)) * 100.0 / 24.0)
    });
    let forecast = Forecast::of(&track(hourly)).expect("a forecast");
    let runout = forecast.runout().expect("a run-out");
    let edges = runout.edges.expect("edges");
    // 5,800 are left: 19 days at the pace of the last week, 39 at that of the four.
    assert!(edges.fast.is_some_and(|fast| fast <= at((28 + 20) * 24)), "{runout:?}");
    assert!(runout.middle.is_some_and(|middle| middle > at((28 + 38) * 24)), "{runout:?}");
    assert!(edges.slow.is_none_or(|slow| slow > at((28 + 42) * 24)), "{runout:?}");
    let end = forecast.at_end().expect("a projection");
    let (lower, upper) = end.edges.expect("edges");
    assert!(lower < end.middle && end.middle < upper);
}

#[test]
fn nothing_left_has_run_out_and_a_gauge_never_does() {
    let runout = steady(10, 100, 900.0).runout().expect("a run-out");
    assert_eq!(runout.point(RunoutEdge::Slow), RunoutPoint::At(at(240)));
    let gauge = track((0..=240).map(|hour: i32| sample(MetricKind::Gauge, at(hour.into()), hour)));
    assert_eq!(Forecast::of(&gauge), None);
}

#[test]
fn numbers_at_the_ends_of_their_range_give_no_wrong_date() {
    let huge = (0..=240).map(|hour: i32| Sample {
        limit: Some(Number::Real(f64::MAX)),
        period: Some(month(at(0))),
        ..sample(MetricKind::Counter, at(hour.into()), if hour % 2 == 0 { 0.0 } else { f64::MAX })
    });
    let forecast = Forecast::of(&track(huge)).expect("a forecast");
    if let Some(RunoutPoint::At(at)) = forecast.runout().map(|runout| runout.point(RunoutEdge::Slow)) {
        assert!(at >= forecast.at);
    }
}
