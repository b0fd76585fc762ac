use std::time::Duration;

use super::*;
use crate::clock::add;
use crate::schedule::support::{job, jobs, time};
use chrono_tz::Tz;

fn shown(due: &Due) -> Vec<String> {
    due.ticks.iter().map(|tick| format!("{} {}", tick.scheduled_for.format("%H:%M"), tick.job)).collect()
}

#[test]
fn ticks_come_once_oldest_first_and_by_name_when_together() {
    let jobs = jobs([
        job("quarterly", "*/15 * * * *", Tz::UTC),
        job("hourly", "@hourly", Tz::UTC),
        job("berlin", "0 14 * * *", Tz::Europe__Berlin),
    ]);
    let mut agenda = Agenda::new(&jobs, time("2026-11-24T12:30:00Z"));
    assert_eq!(agenda.next_due(), Some(time("2026-11-24T12:45:00Z")));
    let due = agenda.take_due(time("2026-11-24T13:15:00Z"));
    assert_eq!(shown(&due), ["12:45 quarterly", "13:00 berlin", "13:00 hourly", "13:00 quarterly", "13:15 quarterly",]);
    assert_eq!(agenda.take_due(time("2026-11-24T13:15:00Z")), Due::default());
    assert_eq!(agenda.next_due(), Some(time("2026-11-24T13:30:00Z")));
}

#[test]
fn nothing_comes_twice_when_the_clock_is_set_back() {
    let mut agenda = Agenda::new(&jobs([job("hourly", "@hourly", Tz::UTC)]), time("2026-11-24T12:30:00Z"));
    assert_eq!(agenda.take_due(time("2026-11-24T13:00:00Z")).ticks.len(), 1);
    assert_eq!(agenda.take_due(time("2026-11-24T12:59:00Z")), Due::default());
    assert_eq!(agenda.take_due(time("2026-11-24T13:00:00Z")), Due::default());
}

#[test]
fn intervals_go_on_at_once_when_the_clock_is_set_back_and_fixed_times_come_once() {
    let jobs = jobs([job("fixed", "0 13 * * *", Tz::UTC), job("often", "*/20 * * * *", Tz::UTC)]);
    let mut agenda = Agenda::new(&jobs, time("2026-11-24T12:30:00Z"));
    assert_eq!(shown(&agenda.take_due(time("2026-11-24T13:05:00Z"))), ["12:40 often", "13:00 fixed", "13:00 often"]);
    agenda.set_back(time("2026-11-24T12:35:00Z"));
    let due = agenda.take_due(time("2026-11-24T13:25:00Z"));
    assert_eq!(shown(&due), ["13:20 often"]);
    assert_eq!(shown(&Due { ticks: due.again, ..Due::default() }), ["12:40 often", "13:00 often"]);
    assert_eq!(agenda.next_due(), Some(time("2026-11-24T13:40:00Z")));
    assert!(agenda.again.is_empty());
}

#[test]
fn ticks_that_came_before_a_restart_with_a_clock_ahead_are_as_those_before_it_was_set_back() {
    let jobs = jobs([
        job("fixed", "0,30 13 * * *", Tz::UTC),
        job("often", "*/20 * * * *", Tz::UTC),
        job("other", "0 * * * *", Tz::UTC),
    ]);
    let mut agenda = Agenda::new(&jobs, time("2026-11-24T12:45:00Z"));
    let ahead = time("2026-11-24T13:00:00Z");
    let name = |text| Name::new(text).expect("a name");
    agenda.came_ahead(&BTreeMap::from([(name("fixed"), ahead), (name("often"), ahead)]));
    let due = agenda.take_due(time("2026-11-24T13:30:00Z"));
    assert_eq!(shown(&due), ["13:00 other", "13:20 often", "13:30 fixed"]);
    assert_eq!(shown(&Due { ticks: due.again, ..Due::default() }), ["13:00 often"]);
}

#[test]
fn fixed_times_that_have_not_come_yet_come_when_the_clock_is_set_back_before_them() {
    let fixed = jobs([job("fixed", "0 13 * * *", Tz::UTC)]);
    let mut agenda = Agenda::new(&fixed, time("2026-11-24T13:05:00Z"));
    agenda.set_back(time("2026-11-24T12:35:00Z"));
    assert_eq!(shown(&agenda.take_due(time("2026-11-24T13:05:00Z"))), ["13:00 fixed"]);
    agenda.set_back(time("2026-11-24T12:35:00Z"));
    assert_eq!(agenda.next_due(), Some(time("2026-11-25T13:00:00Z")));
    let mut agenda = agenda.replaced(&fixed, time("2026-11-24T12:40:00Z"));
    agenda.set_back(time("2026-11-24T12:35:00Z"));
    assert_eq!(agenda.next_due(), Some(time("2026-11-25T13:00:00Z")));
}

#[test]
fn ticks_that_are_stepped_over_are_one_stretch_of_their_job_and_later_ones_are_due() {
    let mut agenda = Agenda::new(&jobs([job("often", "*/15 * * * *", Tz::UTC)]), time("2026-11-24T12:00:00Z"));
    let stretch = MissedStretch { first: time("2026-11-24T12:15:00Z"), last: time("2026-11-24T12:45:00Z"), count: 3 };
    let gone = agenda.step_over(time("2026-11-24T12:59:59Z"));
    assert_eq!(gone, [(Name::new("often").expect("a name"), stretch)]);
    assert_eq!(shown(&agenda.take_due(time("2026-11-24T13:00:01Z"))), ["13:00 often"]);
}

#[test]
fn ticks_that_came_before_the_clock_was_set_back_are_not_stepped_over() {
    let mut agenda = Agenda::new(&jobs([job("often", "@every 15m", Tz::UTC)]), time("2026-11-24T12:00:00Z"));
    assert_eq!(agenda.take_due(time("2026-11-24T12:30:00Z")).ticks.len(), 2);
    agenda.set_back(time("2026-11-24T12:10:00Z"));
    let gone = agenda.step_over(time("2026-11-24T13:00:00Z"));
    let (first, last) = (time("2026-11-24T12:45:00Z"), time("2026-11-24T13:00:00Z"));
    assert_eq!(gone.into_iter().map(|gone| gone.1).collect::<Vec<_>>(), [MissedStretch { first, last, count: 2 }]);
}

#[test]
fn a_night_of_ten_thousand_jobs_that_are_due_each_minute_is_stepped_over_by_counting() {
    let start = time("2026-11-24T22:00:00Z");
    let many = (0..10_000).map(|n| job(&format!("job-{n}"), "* * * * *", Tz::Europe__Berlin));
    let mut agenda = Agenda::new(&jobs(many), start);
    let gone = agenda.step_over(add(start, Duration::from_secs(8 * 3600)));
    assert!(gone.len() == 10_000 && gone.iter().all(|(_, stretch)| stretch.count == 480));
}

#[test]
fn a_clock_that_is_set_back_within_a_pause_between_two_ticks_brings_none_again() {
    let mut agenda = Agenda::new(&jobs([job("hourly", "@every 1h", Tz::UTC)]), time("2026-11-24T12:30:00Z"));
    agenda.set_back(time("2026-11-24T12:10:00Z"));
    let due = agenda.take_due(time("2026-11-24T13:00:00Z"));
    assert_eq!((shown(&due).as_slice(), due.again.len()), (["13:00 hourly".to_owned()].as_slice(), 0));
}

#[test]
fn with_another_file_unchanged_schedules_keep_their_next_tick_and_others_begin_now() {
    let kept = job("kept", "@hourly", Tz::UTC);
    let former = jobs([kept.clone(), job("changed", "@hourly", Tz::UTC), job("removed", "@hourly", Tz::UTC)]);
    let agenda = Agenda::new(&former, time("2026-11-24T12:30:00Z"));
    let kept = Job { description: Some("another".to_owned()), ..kept };
    let now = time("2026-11-24T13:05:00Z");
    let present = jobs([kept, job("changed", "@hourly", Tz::Asia__Kolkata), job("added", "*/30 * * * *", Tz::UTC)]);
    let mut agenda = agenda.replaced(&present, now);
    let due = agenda.take_due(time("2026-11-24T13:30:00Z"));
    assert_eq!(shown(&due), ["13:00 kept", "13:30 added", "13:30 changed"]);
}

#[test]
fn jobs_without_ticks_are_not_on_the_agenda() {
    let mut manual = job("manual", "@hourly", Tz::UTC);
    manual.schedule = None;
    let mut disabled = job("disabled", "@hourly", Tz::UTC);
    disabled.enabled = false;
    assert_eq!(Agenda::new(&jobs([manual, disabled]), time("2026-11-24T12:00:00Z")).next_due(), None);
}

#[test]
fn of_more_than_a_thousand_ticks_the_older_ones_are_one_stretch() {
    let start = time("2026-11-24T12:00:00Z");
    for text in ["@every 1s", "* * * * * *"] {
        let mut agenda = Agenda::new(&jobs([job("often", text, Tz::UTC)]), start);
        let now = add(start, Duration::from_secs(365 * 86_400));
        let due = agenda.take_due(now);
        assert_eq!(due.ticks.len(), 1_000, "{text}");
        assert_eq!(due.ticks.last().map(|tick| tick.scheduled_for), Some(now), "{text}");
        let [(name, stretch)] = due.missed.as_slice() else { panic!("{text}: {:?}", due.missed) };
        assert_eq!(name.as_str(), "often");
        assert_eq!(stretch.first, add(start, Duration::from_secs(1)), "{text}");
        assert_eq!(add(stretch.last, Duration::from_secs(1)), due.ticks[0].scheduled_for, "{text}");
        assert_eq!(stretch.count, 365 * 86_400 - 1_000, "{text}");
        assert_eq!(agenda.next_due(), Some(add(now, Duration::from_secs(1))), "{text}");
    }
}

#[test]
fn a_thousand_ticks_are_given_singly() {
    let start = time("2026-11-24T12:00:00Z");
    let mut agenda = Agenda::new(&jobs([job("often", "@every 1s", Tz::UTC)]), start);
    let due = agenda.take_due(add(start, Duration::from_secs(1_000)));
    assert_eq!((due.ticks.len(), due.missed.len()), (1_000, 0));
}

#[test]
fn ten_thousand_jobs_due_together_are_taken_together() {
    let many = (0..10_000).map(|n| job(&format!("job-{n}"), "0 5 * * *", Tz::Europe__Berlin));
    let mut agenda = Agenda::new(&jobs(many), time("2026-11-24T00:00:00Z"));
    assert_eq!(agenda.take_due(time("2026-11-24T03:59:59.999Z")), Due::default());
    assert_eq!(agenda.take_due(time("2026-11-24T04:00:00Z")).ticks.len(), 10_000);
    assert_eq!(agenda.next_due(), Some(time("2026-11-25T04:00:00Z")));
}
