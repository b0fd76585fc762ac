use super::look::Look;
use super::*;
use crate::job::{Alert, Api, Credential, Grant, Job, Stale};
use crate::run::{IncidentId, MetricKind, Number, RunId, RunState, Scopes, Span, Verdict as Refusal, What};
use crate::schedule::support;
use crate::secret::Source;
use crate::watch::support::{HOUR, alert, at, ended, metric_alert, name};
use crate::watch::{Ended, State};
use chrono_tz::Tz;

/// A watcher whose verdicts are written as they come, by hours.
struct Scene {
    watcher: Watcher,
}

fn file(alerts: impl IntoIterator<Item = Alert>) -> Arc<Jobs> {
    let alerts = alerts.into_iter().map(|alert| (alert.name.clone(), Arc::new(alert)));
    Arc::new(Jobs { alerts: alerts.collect(), ..support::jobs([support::job("job", "@every 1h", Tz::UTC)]) })
}

/// Fires at the second reading, and tells `ops`.
fn below() -> Alert {
    let readings = Alert::READINGS;
    Alert { readings, channels: vec![name("ops")], ..metric_alert(MetricRule::Below(100.0)) }
}

fn stale() -> Alert {
    let rule = MetricRule::Stale(Stale { silent: Some(4 * HOUR), same: None });
    Alert { name: name("stale"), channels: vec![name("ops")], ..metric_alert(rule) }
}

fn reading(hour: i64, value: i64, label: &str) -> SeriesReading {
    let reading = Reading { at: at(hour), value: Number::Whole(value), limit: None, period: None };
    let (metric, unit) = ("job.used".to_owned(), Some("credits".to_owned()));
    SeriesReading { metric, label: label.to_owned(), kind: MetricKind::Gauge, unit, reading }
}

impl Scene {
    fn over(jobs: Arc<Jobs>) -> Scene {
        Scene { watcher: Watcher::new(jobs, Vec::new(), "ops-1".to_owned(), at(0)) }
    }

    fn read(&mut self, newest: &SeriesReading) {
        let now = newest.reading.at;
        for behind in self.watcher.behind(std::slice::from_ref(newest), now) {
            self.watcher.follow(&behind, &[newest.reading], now);
        }
    }

    /// What was told, with the channel.
    fn look(&mut self, hour: i64) -> Vec<(Name, What)> {
        let look = self.watcher.look(at(hour));
        let mut told = Vec::new();
        for verdict in look.verdicts {
            told.extend(verdict.messages.into_iter().map(|(channel, message)| (channel, message.what)));
            self.watcher.written(verdict.row);
        }
        told
    }

    /// The state of each instance by its series and step.
    fn states(&self) -> Vec<(String, State)> {
        self.watcher.rows.values().map(|row| (row.key.to_string(), row.standing.state)).collect()
    }

    fn vanished(&self, hour: i64) -> Vec<String> {
        let look: Look = self.watcher.look(at(hour));
        self.watcher.vanished(&look).iter().map(Key::to_string).collect()
    }
}

fn state(key: &str, state: State) -> (String, State) {
    (key.to_owned(), state)
}

#[test]
fn a_level_that_is_passed_is_told_once_and_so_is_its_end() {
    let mut scene = Scene::over(file([below()]));
    let mut told = Vec::new();
    for (hour, value) in [(0, 200), (1, 99), (2, 98), (3, 97), (4, 104), (5, 106), (6, 300)] {
        scene.read(&reading(hour, value, ""));
        told.extend(scene.look(hour).into_iter().map(|(channel, what)| (hour, channel, what)));
    }
    assert_eq!(told, [(2, name("ops"), What::Firing), (5, name("ops"), What::Resolved)]);
    let row = scene.watcher.rows.values().next().expect("a row");
    assert_eq!((row.unit.as_deref(), row.revision, row.judged_at), (Some("credits"), 7, at(6)));
}

#[test]
fn what_stands_as_before_is_no_verdict() {
    let mut scene = Scene::over(file([below()]));
    scene.read(&reading(0, 200, ""));
    scene.look(0);
    assert!(scene.watcher.look(at(1)).verdicts.is_empty());
}

#[test]
fn what_is_no_longer_read_is_unknown_and_stale_and_never_well() {
    let mut scene = Scene::over(file([below(), stale()]));
    scene.read(&reading(0, 200, ""));
    assert_eq!(scene.look(1), []);
    assert_eq!(scene.states(), [state("alert/job.used", State::Ok), state("stale/job.used", State::Ok)]);
    let told: Vec<What> = scene.look(5).into_iter().map(|(_, what)| what).collect();
    assert_eq!(told, [What::Unknown, What::Firing]);
    assert_eq!(scene.states(), [state("alert/job.used", State::Unknown), state("stale/job.used", State::Firing)]);
    assert_eq!(scene.look(6), []);
}

#[test]
fn an_alert_without_a_channel_is_judged_and_tells_nobody() {
    let mut scene = Scene::over(file([Alert { channels: Vec::new(), ..stale() }]));
    assert_eq!(scene.look(5), []);
    assert_eq!(scene.states(), [state("stale/job.used", State::Firing)]);
}

#[test]
fn what_was_never_read_is_stale_by_when_it_was_first_watched_also_after_a_restart() {
    let jobs = file([stale()]);
    let mut scene = Scene::over(Arc::clone(&jobs));
    scene.look(3);
    let rows = scene.watcher.rows.into_values().collect();
    let mut scene = Scene { watcher: Watcher::new(jobs, rows, "ops-1".to_owned(), at(3)) };
    assert_eq!(scene.states(), [state("stale/job.used", State::Unknown)]);
    assert_eq!(scene.look(5), [(name("ops"), What::Firing)]);
}

#[test]
fn that_a_metric_was_never_read_is_over_once_it_is_by_a_label() {
    let mut scene = Scene::over(file([below()]));
    scene.look(0);
    assert_eq!(scene.states(), [state("alert/job.used", State::Unknown)]);
    assert_eq!(scene.vanished(0), Vec::<String>::new());
    scene.read(&reading(1, 200, "eu"));
    scene.look(1);
    assert_eq!(scene.vanished(1), ["alert/job.used"]);
}

#[test]
fn an_alert_that_the_file_has_no_more_vanishes_and_a_silent_series_stays() {
    let jobs = file([below(), stale()]);
    let mut scene = Scene::over(Arc::clone(&jobs));
    scene.read(&reading(0, 200, "eu"));
    scene.look(0);
    let rows: Vec<AlertRow> = scene.watcher.rows.into_values().collect();
    // Its samples are older than what is kept.
    let after = Scene { watcher: Watcher::new(jobs, rows.clone(), "ops-1".to_owned(), at(1)) };
    assert_eq!(after.vanished(1), Vec::<String>::new());
    let without = Scene { watcher: Watcher::new(file([below()]), rows, "ops-1".to_owned(), at(1)) };
    assert_eq!(without.vanished(1), ["stale/job.used{eu}"]);
    assert_eq!(without.watcher.superseded(&without.watcher.look(at(1))), []);
}

#[test]
fn a_step_that_is_no_more_vanishes() {
    let percent = |steps: &[f64]| file([metric_alert(MetricRule::Percent(steps.to_vec()))]);
    let mut scene = Scene::over(percent(&[50.0, 80.0]));
    scene.look(0);
    scene.watcher.reload(percent(&[80.0]), at(1));
    assert_eq!(scene.vanished(1), ["alert/job.used/50"]);
}

#[test]
fn what_is_silenced_tells_when_the_silence_is_over() {
    let mut scene = Scene::over(file([stale()]));
    let silence = Silence { at: at(0), until: at(6), reason: None };
    scene.watcher.heard(Vec::new(), [(name("stale"), silence)].into());
    assert_eq!(scene.look(5), []);
    assert_eq!(scene.states(), [state("stale/job.used", State::Silenced)]);
    assert_eq!(scene.look(6), [(name("ops"), What::Firing)]);
}

fn runs_alert(rule: RunRule) -> Alert {
    Alert { channels: vec![name("ops")], ..alert(Rule::Runs(Whose::Any, rule)) }
}

#[test]
fn rows_that_do_not_count_leave_what_counted_before_them() {
    let mut scene = Scene::over(file([runs_alert(RunRule::Refused)]));
    let refused = RunNews::Ended(ended(RunState::Refused, 0, 1));
    scene.watcher.ran(name("job"), &[refused]);
    assert_eq!(scene.look(1), [(name("ops"), What::Firing)]);
    let skipped = Ended { run: RunId(2), ..ended(RunState::Skipped, 2, 2) };
    scene.watcher.ran(name("job"), &[RunNews::Ended(skipped)]);
    assert_eq!(scene.look(2), []);
    let succeeded = Ended { run: RunId(3), ..ended(RunState::Succeeded, 2, 3) };
    scene.watcher.ran(name("job"), &[RunNews::Ended(succeeded)]);
    assert_eq!(scene.look(3), [(name("ops"), What::Resolved)]);
}

#[test]
fn a_missed_tick_fires_until_the_next_run() {
    let mut scene = Scene::over(file([runs_alert(RunRule::Missed)]));
    let missed = Span { first: at(0), last: at(1), ticks: 2 };
    let missed = RunNews::Missed { ticks: missed, reason: "apicron was not running".to_owned() };
    scene.watcher.ran(name("job"), std::slice::from_ref(&missed));
    assert_eq!(scene.look(1), [(name("ops"), What::Firing)]);
    scene.watcher.ran(name("job"), &[missed, RunNews::Ended(ended(RunState::Succeeded, 2, 3))]);
    assert_eq!(scene.look(3), [(name("ops"), What::Resolved)]);
}

/// A file whose job is made with `crm`, whose secret is new.
fn with_credential() -> Arc<Jobs> {
    let plain = Credential::new(name("crm"), Grant::Bearer(Source::Env("CRM".to_owned())));
    let credential = Arc::new(Credential { secret_issued: Some(at(0).date_naive()), ..plain });
    let job = support::job("job", "@every 1h", Tz::UTC);
    let api = Api { credential: Some(Arc::clone(&credential)), ..Api::clone(&job.api) };
    let jobs = support::jobs([Job { api: Arc::new(api), ..job }]);
    let alert = runs_alert(RunRule::Refused);
    let alerts = [(alert.name.clone(), Arc::new(alert))].into();
    Arc::new(Jobs { alerts, credentials: [(credential.name.clone(), credential)].into(), ..jobs })
}

fn incident() -> Incident {
    Incident {
        id: IncidentId(1),
        credential: name("crm"),
        verdict: Refusal::RevokedOrRotatedSecret,
        scopes: Scopes::default(),
        opened_at: at(1),
        probes: 0,
        probe_at: at(2),
        waiting_jobs: 1,
        summary: "the secret was revoked".to_owned(),
        remedy: "rotate it".to_owned(),
    }
}

#[test]
fn a_refused_credential_is_told_with_what_to_do_and_an_old_secret_as_well() {
    let mut scene = Scene::over(with_credential());
    scene.look(0);
    scene.watcher.heard(vec![incident()], BTreeMap::new());
    assert_eq!(scene.look(1), [(name("ops"), What::Firing)]);
    let reasons: Vec<&str> = scene.watcher.rows.values().map(|row| row.standing.reason.as_str()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("revoked") && reason.contains("rotate it")), "{reasons:?}");
    scene.watcher.heard(Vec::new(), BTreeMap::new());
    assert_eq!(scene.look(2), [(name("ops"), What::Resolved)]);
    assert_eq!(scene.look(82 * 24), [(name("ops"), What::Firing)]);
}

#[test]
fn only_what_alerts_look_at_is_read() {
    let watcher = Scene::over(file([below(), runs_alert(RunRule::Missed)])).watcher;
    let file_of_one = Scene::over(file([below()])).watcher;
    assert_eq!(file_of_one.metrics(), ["job.used".to_owned()].into());
    assert_eq!(file_of_one.jobs_with_runs(), BTreeSet::new());
    assert_eq!(watcher.jobs_with_runs(), [name("job")].into());
    assert_eq!(watcher.rows_of_each(), ROWS);
    let failures = runs_alert(RunRule::Failures(100.try_into().expect("a number")));
    assert_eq!(Scene::over(file([failures])).watcher.rows_of_each(), 200);
    assert!(!Scene::over(file([])).watcher.has_alerts());
}
