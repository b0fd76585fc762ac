use std::num::NonZeroU32;

use super::*;
use crate::job::{RunRule, Whose};
use crate::run::{IncidentId, RunId, RunState, Scopes, Span, Verdict};
use crate::watch::support::{DAY, ended};

fn over_runs(rule: RunRule) -> Watch {
    Watch::over(Alert { readings: NonZeroU32::new(2).expect("two"), ..alert(Rule::Runs(Whose::Any, rule)) })
}

fn judged(watch: &mut Watch, runs: &Runs, now: i64) -> (State, Option<Turn>) {
    watch.only(&Subject::Job { job: &name("job"), runs }, now)
}

#[test]
fn failures_in_a_row_fire_at_once_and_a_success_resolves_them() {
    let mut watch = over_runs(RunRule::Failures(NonZeroU32::new(3).expect("three")));
    let mut runs = Runs::default();
    assert_eq!(judged(&mut watch, &runs, 0), (State::Unknown, None));
    let states = [RunState::Failed, RunState::Refused, RunState::Failed, RunState::Failed, RunState::Succeeded];
    let told = states.into_iter().zip(1..).map(|(state, hour)| {
        runs.ended(ended(state, hour, hour));
        judged(&mut watch, &runs, hour)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told[..2], [(State::Ok, None); 2]);
    assert_eq!(told[2..4], [(State::Firing, Some(Turn::Fired)), (State::Firing, None)]);
    assert_eq!(told[4], (State::Ok, Some(Turn::Resolved)));
}

#[test]
fn a_missed_tick_fires_until_the_next_run() {
    let mut watch = over_runs(RunRule::Missed);
    let mut runs = Runs::default();
    runs.missed(Span { first: at(0), last: at(2), ticks: 3 }, "apicron was not running");
    assert_eq!(judged(&mut watch, &runs, 3), (State::Firing, Some(Turn::Fired)));
    assert_eq!(watch.reasons(), ["job: 3 ticks were missed: apicron was not running"]);
    runs.ended(ended(RunState::Failed, 3, 4));
    assert_eq!(judged(&mut watch, &runs, 4), (State::Ok, Some(Turn::Resolved)));
}

#[test]
fn a_run_that_takes_too_long_counts_once_under_way_and_at_its_end() {
    let mut watch = over_runs(RunRule::SlowerThan(2 * HOUR));
    let mut runs = Runs::default();
    runs.began(RunId(1), at(0));
    assert_eq!(judged(&mut watch, &runs, 1).0, State::Unknown);
    assert_eq!(judged(&mut watch, &runs, 3).0, State::Pending);
    assert_eq!(watch.reasons(), ["job: the run under way has taken 3h; more than 2h is too slow"]);
    runs.ended(ended(RunState::Succeeded, 0, 4));
    assert_eq!(judged(&mut watch, &runs, 4).0, State::Pending);
    runs.ended(ended(RunState::Succeeded, 5, 8));
    assert_eq!(judged(&mut watch, &runs, 8), (State::Firing, Some(Turn::Fired)));
    runs.ended(ended(RunState::Succeeded, 9, 10));
    assert_eq!(judged(&mut watch, &runs, 10), (State::Ok, Some(Turn::Resolved)));
}

#[test]
fn a_refused_run_fires_at_once_with_its_remedy() {
    let mut watch = over_runs(RunRule::Refused);
    let mut runs = Runs::default();
    runs.ended(ended(RunState::Refused, 0, 0));
    assert_eq!(judged(&mut watch, &runs, 0), (State::Firing, Some(Turn::Fired)));
    assert_eq!(watch.reasons(), ["job: the last run was refused: the API said no; what to do: ask for the scope"]);
    runs.ended(ended(RunState::Failed, 1, 1));
    assert_eq!(judged(&mut watch, &runs, 1), (State::Ok, Some(Turn::Resolved)));
}

fn incident() -> Incident {
    Incident {
        id: IncidentId(1),
        credential: name("main"),
        verdict: Verdict::ALL[0],
        scopes: Scopes::default(),
        opened_at: at(0),
        probes: 0,
        probe_at: at(1),
        waiting_jobs: 2,
        summary: "the secret is wrong".to_owned(),
        remedy: "write the new one".to_owned(),
    }
}

#[test]
fn an_incident_that_opened_fires_at_once_with_its_remedy_for_alerts_that_include_a_job_of_it() {
    let (main, jobs, incident) = (name("main"), [name("job")], incident());
    let open = Credential { name: &main, jobs: &jobs, incident: Some(&incident), secret: None, zone: UTC };
    let mut watch = over_runs(RunRule::Refused);
    assert_eq!(watch.only(&Subject::Credential(open), 0), (State::Firing, Some(Turn::Fired)));
    let told =
        "credential `main` is refused, and 2 jobs wait for it: the secret is wrong; what to do: write the new one";
    assert_eq!(watch.reasons(), [told]);
    assert_eq!(watch.before.keys().map(Key::to_string).collect::<Vec<_>>(), ["alert/credential.main/incident"]);
    let closed = Credential { incident: None, ..open };
    assert_eq!(watch.only(&Subject::Credential(closed), 1), (State::Ok, Some(Turn::Resolved)));

    watch.alert.rule = Rule::Runs(Whose::These([name("other")].into()), RunRule::Refused);
    assert_eq!(watch.judge(&Subject::Credential(open), 2), []);
    watch.alert.rule = Rule::Runs(Whose::Any, RunRule::Missed);
    assert_eq!(watch.judge(&Subject::Credential(open), 2), []);
}

#[test]
fn a_secret_is_told_of_in_the_last_tenth_of_its_life() {
    let main = name("main");
    let jobs = [name("job")];
    let secret = Some(Secret { issued: at(0), rotate_after: 90 * DAY });
    let credential = Credential { name: &main, jobs: &jobs, incident: None, secret, zone: UTC };
    let mut watch = over_runs(RunRule::Refused);
    let mut on = |day: i64| states(&watch.judge(&Subject::Credential(credential), 24 * day))[1];
    assert_eq!([on(80), on(81), on(95)], [State::Ok, State::Firing, State::Firing]);
    assert_eq!(watch.reasons()[1], "the secret of credential `main` was to be rotated by 2026-08-30 00:00 UTC");
}
