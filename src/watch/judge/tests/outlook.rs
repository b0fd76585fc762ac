use super::*;
use crate::job::{BurnStep, ForecastEdge, ForecastStep, RunoutEdge, RunoutStep};
use crate::watch::support::DAY;

const NOTICE: Severity = Severity::Notice;
const PAGE: Severity = Severity::Page;

fn runout() -> Scene {
    let steps = vec![
        RunoutStep { within: 14 * DAY, edge: RunoutEdge::Middle, severity: NOTICE },
        RunoutStep { within: 3 * DAY, edge: RunoutEdge::Slow, severity: PAGE },
    ];
    Scene::new(MetricKind::Balance, metric_alert(MetricRule::Runout(steps)))
}

/// A balance from which 24 are used each day.
fn read(scene: &mut Scene, hour: i32, from: i32) -> Vec<State> {
    states(&scene.read(&sample(MetricKind::Balance, at(hour.into()), from - hour)))
}

#[test]
fn a_run_out_that_comes_near_gives_notice_and_then_pages() {
    let mut scene = runout();
    let told: Vec<(i32, Vec<State>)> = (0..=19 * 24).map(|hour| (hour, read(&mut scene, hour, 480))).collect();
    let first = |step: usize| told.iter().find(|(_, states)| states[step] == State::Firing).map(|(hour, _)| *hour);
    assert_eq!((first(0), first(1)), (Some(6 * 24), Some(17 * 24)));
    let sentence =
        "at the pace of the last 19 days between 21 June, 00:00 and 21 June, 00:00, most likely 21 June, 00:00";
    assert_eq!(scene.watch.reasons()[0], format!("job.used: {sentence}; that is within 14days"));
    assert_eq!(scene.watch.values()[1], (Some(86_400.0), Some(3.0 * 86_400.0)));
}

#[test]
fn an_early_estimate_gives_notice_and_does_not_page() {
    let mut scene = runout();
    for hour in 0..24 {
        assert_eq!(read(&mut scene, hour, 100), [State::Unknown; 2]);
    }
    assert!(scene.watch.reasons()[0].ends_with("has not been watched for one day yet: its pace is not known"));
    assert_eq!(read(&mut scene, 24, 100), [State::Firing, State::Unknown]);
    assert!(
        scene.watch.reasons()[0].contains("by an early estimate from 1 day, with no range yet: most likely 5 June")
    );
}

#[test]
fn a_top_up_ends_it() {
    let mut scene = runout();
    for hour in 0..=18 * 24 {
        read(&mut scene, hour, 480);
    }
    assert_eq!(states(&scene.at(18 * 24)), [State::Firing; 2]);
    assert_eq!(read(&mut scene, 18 * 24 + 1, 10_000), [State::Ok; 2]);
}

#[test]
fn what_begins_anew_before_it_runs_out_does_not_fire() {
    let steps = vec![RunoutStep { within: 30 * DAY, edge: RunoutEdge::Middle, severity: PAGE }];
    let mut scene = Scene::new(MetricKind::Counter, metric_alert(MetricRule::Runout(steps)));
    let last = (0..=20 * 24).map(|hour: i32| states(&scene.read(&counted(at(hour.into()), hour, 30.5 * 24.0)))).last();
    assert_eq!(last, Some(vec![State::Ok]));
    assert!(scene.watch.reasons()[0].ends_with("it does not run out before the period ends on 1 July, 00:00"));
}

fn forecast() -> Scene {
    let steps = vec![
        ForecastStep { edge: ForecastEdge::Middle, severity: NOTICE },
        ForecastStep { edge: ForecastEdge::Lower, severity: PAGE },
    ];
    Scene::new(MetricKind::Counter, metric_alert(MetricRule::Forecast(steps)))
}

#[test]
fn use_that_will_pass_the_limit_by_the_end_of_the_period_fires() {
    let mut scene = forecast();
    // Days of 20 and of 28 by turns: 720 in a month, of 700.
    let used = |hour: i32| {
        let (day, odd) = (hour / 24, hour / 24 % 2);
        f64::from(24 * day - 4 * odd) + f64::from((20 + 8 * odd) * (hour % 24)) / 24.0
    };
    let told: Vec<Vec<State>> =
        (0..=29 * 24).map(|hour| states(&scene.read(&counted(at(hour.into()), used(hour), 700.0)))).collect();
    let first = |step: usize| told.iter().position(|states| states[step] == State::Firing);
    assert!(first(0).is_some_and(|hour| hour < 5 * 24), "{:?}", first(0));
    assert!(first(1).is_some_and(|hour| hour > 10 * 24 && hour < 29 * 24), "{:?}", first(1));
    assert!(
        scene.watch.reasons()[1].contains(" of 700 are used by 1 July, most likely "),
        "{:?}",
        scene.watch.reasons()
    );
}

#[test]
fn without_a_limit_or_a_period_nothing_is_known_of_its_end() {
    let mut scene = forecast();
    for hour in 0..=24 {
        scene.track.add(&sample(MetricKind::Counter, at(hour.into()), hour));
    }
    assert_eq!(states(&scene.at(24)), [State::Unknown; 2]);
    let mut scene = runout();
    scene.track = track(MetricKind::Counter, &scene.watch.alert);
    for hour in 0..=24 {
        scene.track.add(&sample(MetricKind::Counter, at(hour.into()), hour));
    }
    scene.at(24);
    assert_eq!(scene.watch.reasons()[0], "job.used came without a limit: what is left is not known");
}

fn burn(rate: f64) -> Scene {
    let step = BurnStep { window: DAY, rate, severity: PAGE };
    Scene::new(MetricKind::Counter, metric_alert(MetricRule::Burn(vec![step])))
}

#[test]
fn a_pace_over_the_window_and_its_last_twelfth_fires_and_one_that_is_over_does_not() {
    // Even: one in an hour. For a day it is four, then one again.
    let used = |hour: i32| f64::from(hour + 3 * (hour - 48).clamp(0, 24));
    let mut scene = burn(2.0);
    let told: Vec<State> =
        (0..=120).map(|hour| states(&scene.read(&counted(at(hour.into()), used(hour), 720.0)))[0]).collect();
    let firing: Vec<usize> = (0..=120).filter(|hour| told[*hour] == State::Firing).collect();
    // Over a third of the window it must be four to be two on average, and the last two hours end it at once.
    assert_eq!((firing.first(), firing.last()), (Some(&57), Some(&73)));
    assert_eq!(told[21], State::Unknown);
    assert!(scene.watch.reasons()[0].contains("times the even pace over 1day, and at 1 times over the last 2h"));
}

#[test]
fn without_a_limit_and_a_period_there_is_no_even_pace() {
    let mut scene = burn(2.0);
    scene.read(&sample(MetricKind::Counter, at(0), 1));
    assert_eq!(scene.watch.reasons(), ["job.used came without a limit and a period: the even pace is not known"]);
}
