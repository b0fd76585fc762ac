use super::*;
use crate::job::Once;

fn gauge(rule: MetricRule) -> Scene {
    Scene::new(MetricKind::Gauge, metric_alert(rule))
}

fn read(scene: &mut Scene, hour: i64, value: f64) -> (State, Option<Turn>) {
    let told = scene.read(&sample(MetricKind::Gauge, at(hour), value));
    (told[0].1, told[0].2)
}

#[test]
fn a_value_under_the_threshold_fires_and_clears_five_percent_above_it() {
    let mut scene = gauge(MetricRule::Below(100.0));
    assert_eq!(read(&mut scene, 0, 100.0), (State::Ok, None));
    assert_eq!(read(&mut scene, 1, 99.0), (State::Firing, Some(Turn::Fired)));
    assert_eq!(read(&mut scene, 2, 104.9), (State::Firing, None));
    assert_eq!(scene.watch.reasons(), ["job.used is 104.9: it was under 100, and is well again at 105"]);
    assert_eq!(read(&mut scene, 3, 105.0), (State::Ok, Some(Turn::Resolved)));
    assert_eq!(read(&mut scene, 4, 100.5), (State::Ok, None), "the way back in is the threshold itself");
    assert_eq!(scene.watch.reasons(), ["job.used is 100.5, not under 100"]);
}

#[test]
fn a_value_over_the_threshold_fires_and_clears_five_percent_below_it() {
    let mut scene = gauge(MetricRule::Above(-100.0));
    assert_eq!(read(&mut scene, 0, -100.0), (State::Ok, None));
    assert_eq!(read(&mut scene, 1, -99.0), (State::Firing, Some(Turn::Fired)));
    assert_eq!(read(&mut scene, 2, -104.0), (State::Firing, None));
    assert_eq!(read(&mut scene, 3, -106.0), (State::Ok, Some(Turn::Resolved)));
    assert_eq!(scene.watch.values(), [(Some(-106.0), Some(-100.0))]);
}

#[test]
fn a_value_that_is_pending_must_pass_the_threshold_itself() {
    let mut scene = gauge(MetricRule::Below(100.0));
    scene.watch.alert.readings = std::num::NonZeroU32::new(2).expect("two");
    assert_eq!(read(&mut scene, 0, 99.0), (State::Pending, None));
    assert_eq!(read(&mut scene, 1, 101.0), (State::Ok, None));
}

#[test]
fn an_old_value_is_not_known_however_well_it_was() {
    let mut scene = gauge(MetricRule::Below(100.0));
    assert_eq!(states(&scene.at(0)), [State::Unknown]);
    assert_eq!(scene.watch.reasons(), ["job.used was not read yet"]);
    assert_eq!(read(&mut scene, 1, 500.0), (State::Ok, None));
    assert_eq!(states(&scene.at(4)), [State::Ok]);
    assert_eq!(states(&scene.at(5)), [State::Unknown]);
    assert_eq!(scene.watch.reasons(), ["job.used was last read 4h ago: how it stands is not known"]);
}

fn percent() -> Scene {
    let alert = Alert { once: Once::Period, ..metric_alert(MetricRule::Percent(vec![50.0, 80.0, 100.0])) };
    Scene::new(MetricKind::Counter, alert)
}

fn share(scene: &mut Scene, hour: i64, used: f64, limit: f64) -> String {
    let told = scene.read(&counted(at(hour), used, limit));
    let of = |(step, state, turn): &Told| {
        let turn = turn.map_or("", Turn::as_str);
        format!("{step} {state}{}{turn}", if turn.is_empty() { "" } else { "!" }, state = state.as_str())
    };
    told.iter().map(of).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_step_is_told_once_a_period_and_a_jump_over_several_is_one_message() {
    let mut scene = percent();
    assert_eq!(share(&mut scene, 0, 10.0, 100.0), "50 ok, 80 ok, 100 ok");
    assert_eq!(share(&mut scene, 1, 97.0, 100.0), "50 firing, 80 firing!firing, 100 ok");
    assert_eq!(share(&mut scene, 2, 100.0, 100.0), "50 firing, 80 firing, 100 firing!firing");
    // A correction, and up again.
    assert_eq!(share(&mut scene, 3, 70.0, 100.0), "50 firing, 80 ok, 100 ok!resolved");
    assert_eq!(share(&mut scene, 4, 100.0, 100.0), "50 firing, 80 firing, 100 firing");
    // The next month.
    assert_eq!(share(&mut scene, 720, 1.0, 100.0), "50 ok!resolved, 80 ok, 100 ok");
    assert_eq!(share(&mut scene, 721, 55.0, 100.0), "50 firing!firing, 80 ok, 100 ok");
    assert!(scene.watch.reasons()[0].ends_with("55 of 100 are used, 55 %"), "{:?}", scene.watch.reasons());
}

#[test]
fn a_limit_that_is_raised_in_mid_period_makes_room_for_another_message() {
    let mut scene = percent();
    share(&mut scene, 0, 90.0, 100.0);
    assert_eq!(share(&mut scene, 1, 90.0, 200.0), "50 ok, 80 ok!resolved, 100 ok");
    assert_eq!(share(&mut scene, 2, 170.0, 200.0), "50 firing, 80 firing!firing, 100 ok");
}

#[test]
fn a_part_of_nothing_is_not_known() {
    let mut scene = percent();
    assert_eq!(share(&mut scene, 0, 0.0, 0.0), "50 unknown, 80 unknown, 100 unknown");
    assert_eq!(states(&scene.read(&sample(MetricKind::Counter, at(1), 5))), [State::Unknown; 3]);
}

#[test]
fn what_is_used_of_a_balance_is_what_is_not_left() {
    let alert = metric_alert(MetricRule::Percent(vec![80.0]));
    let mut scene = Scene::new(MetricKind::Balance, alert);
    let left = |value: i32| Sample { limit: Some(Number::Whole(100)), ..sample(MetricKind::Balance, at(0), value) };
    assert_eq!(states(&scene.read(&left(15))), [State::Firing]);
}
