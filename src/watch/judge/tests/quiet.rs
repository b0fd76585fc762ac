use super::*;
use crate::job::Stale;

fn counter(rule: MetricRule) -> Scene {
    Scene::new(MetricKind::Counter, metric_alert(rule))
}

#[test]
fn use_that_stops_is_idle_until_something_is_used() {
    let mut scene = counter(MetricRule::Idle(5 * HOUR));
    let mut read = |hour: i64, value: i32| states(&scene.read(&sample(MetricKind::Counter, at(hour), value)))[0];
    assert_eq!(read(0, 10), State::Ok);
    assert_eq!(read(2, 11), State::Ok);
    assert_eq!(read(4, 11), State::Ok);
    assert_eq!(read(7, 11), State::Firing);
    assert_eq!(read(9, 12), State::Ok);
    assert_eq!(states(&scene.at(20)), [State::Unknown]);
}

#[test]
fn readings_that_stay_away_are_stale_at_once_and_also_if_there_never_was_one() {
    let stale = MetricRule::Stale(Stale { silent: Some(2 * HOUR), same: None });
    let mut scene = counter(stale);
    scene.watch.alert.readings = std::num::NonZeroU32::new(5).expect("five");
    assert_eq!(states(&scene.at(1)), [State::Unknown]);
    assert_eq!(states(&scene.at(2)), [State::Firing]);
    assert_eq!(scene.watch.reasons(), ["job.used was never read in 2h"]);
    assert_eq!(states(&scene.read(&sample(MetricKind::Counter, at(3), 1))), [State::Ok]);
    assert_eq!(states(&scene.at(4)), [State::Ok]);
    assert_eq!(states(&scene.at(5)), [State::Firing]);
    assert_eq!(scene.watch.values(), [(Some(7_200.0), Some(7_200.0))]);
}

#[test]
fn readings_that_stay_the_same_are_stale_while_they_come() {
    let mut scene = counter(MetricRule::Stale(Stale { silent: None, same: Some(3 * HOUR) }));
    for (hour, value, state) in [(0, 5, State::Ok), (2, 5, State::Ok), (3, 5, State::Firing), (4, 6, State::Ok)] {
        assert_eq!(states(&scene.read(&sample(MetricKind::Counter, at(hour), value))), [state], "{hour}");
    }
    assert_eq!(states(&scene.at(9)), [State::Unknown], "they no longer come");
}

#[test]
fn either_of_both_is_enough() {
    let mut scene = counter(MetricRule::Stale(Stale { silent: Some(2 * HOUR), same: Some(3 * HOUR) }));
    for hour in 0..3 {
        assert_eq!(states(&scene.read(&sample(MetricKind::Counter, at(hour), 5))), [State::Ok]);
    }
    assert_eq!(states(&scene.read(&sample(MetricKind::Counter, at(3), 5))), [State::Firing]);
    assert_eq!(scene.watch.reasons(), ["job.used is read, and has been 5 for 3h"]);
    assert_eq!(states(&scene.at(5)), [State::Firing]);
    assert_eq!(scene.watch.reasons(), ["job.used was last read 2h ago"]);
}
