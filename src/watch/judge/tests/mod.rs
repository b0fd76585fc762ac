mod levels;
mod outlook;
mod quiet;
mod runs;
mod when;

use std::collections::BTreeMap;

use chrono_tz::UTC;

use super::*;
use crate::run::MetricKind;
use crate::watch::plan::Plan;
use crate::watch::standing::State;
use crate::watch::support::{HOUR, alert, at, counted, metric_alert, name, sample};

/// An alert that is judged again and again, as a server does it.
struct Watch {
    alert: Alert,
    before: BTreeMap<Key, Standing>,
}

/// A state and what was told, with the step where there are steps.
type Told = (String, State, Option<Turn>);

impl Watch {
    fn over(alert: Alert) -> Watch {
        Watch { alert, before: BTreeMap::new() }
    }

    fn judge(&mut self, subject: &Subject<'_>, now: i64) -> Vec<Told> {
        let judged = judge(&self.alert, subject, |key| self.before.get(key), None, at(now));
        let told = judged.iter().map(|judged| {
            let news = judged.news.as_ref().filter(|news| !news.is_told_by_another);
            (judged.key.step.clone(), judged.standing.state, news.map(|news| news.turn))
        });
        let told = told.collect();
        self.before.extend(judged.into_iter().map(|judged| (judged.key, judged.standing)));
        told
    }

    /// Of an alert without steps.
    fn only(&mut self, subject: &Subject<'_>, now: i64) -> (State, Option<Turn>) {
        let told = self.judge(subject, now);
        assert_eq!(told.len(), 1);
        (told[0].1, told[0].2)
    }

    /// The sentences that it shows, in the order of steps.
    fn reasons(&self) -> Vec<&str> {
        self.before.values().map(|standing| standing.reason.as_str()).collect()
    }

    fn values(&self) -> Vec<(Option<f64>, Option<f64>)> {
        self.before.values().map(|standing| (standing.value, standing.threshold)).collect()
    }
}

fn series(track: &Track) -> Subject<'_> {
    Subject::Series(Series { metric: "job.used", label: "", track, watched_since: at(0), zone: UTC })
}

/// A track that is read every hour, for the rules of an alert.
fn track(kind: MetricKind, alert: &Alert) -> Track {
    let rules = match &alert.rule {
        Rule::Metric(_, rule) => Some(rule),
        Rule::Runs(..) | Rule::When(_) => None,
    };
    Track::new(Plan::new(kind, Some(HOUR), None, rules))
}

/// A series that is read, and the alert over it.
struct Scene {
    watch: Watch,
    track: Track,
}

impl Scene {
    fn new(kind: MetricKind, alert: Alert) -> Scene {
        Scene { track: track(kind, &alert), watch: Watch::over(alert) }
    }

    /// A reading that is judged at once.
    fn read(&mut self, sample: &Sample) -> Vec<Told> {
        self.track.add(sample);
        self.watch.judge(&series(&self.track), (sample.at - at(0)).num_hours())
    }

    fn at(&mut self, now: i64) -> Vec<Told> {
        self.watch.judge(&series(&self.track), now)
    }
}

fn states(told: &[Told]) -> Vec<State> {
    told.iter().map(|(_, state, _)| *state).collect()
}

#[test]
fn an_alert_looks_at_its_own_series_only_and_at_each_of_them() {
    let below = metric_alert(MetricRule::Below(5.0));
    let track = track(MetricKind::Gauge, &below);
    let other = Series { metric: "job.other", label: "", track: &track, watched_since: at(0), zone: UTC };
    let mut watch = Watch::over(below);
    assert_eq!(watch.judge(&Subject::Series(other), 0), []);
    for label in ["a", "b"] {
        watch.judge(&Subject::Series(Series { metric: "job.used", label, ..other }), 0);
    }
    let keys: Vec<String> = watch.before.keys().map(Key::to_string).collect();
    assert_eq!(keys, ["alert/job.used{a}", "alert/job.used{b}"]);
}

#[test]
fn news_has_the_same_name_however_often_it_is_made() {
    let mut scene = Scene::new(MetricKind::Gauge, metric_alert(MetricRule::Below(5.0)));
    scene.track.add(&sample(MetricKind::Gauge, at(0), 4));
    let news = |now: i64| {
        let judged = judge(&scene.watch.alert, &series(&scene.track), |_| None, None, at(now));
        judged[0].news.clone().expect("news").id
    };
    assert_eq!(news(1), news(1));
    assert_ne!(news(1), news(2));
    assert_eq!(news(0), "alert/job.used firing 1780272000000");
}

#[test]
fn a_silence_ends_by_itself() {
    let below = metric_alert(MetricRule::Below(5.0));
    let mut track = track(MetricKind::Gauge, &below);
    track.add(&sample(MetricKind::Gauge, at(0), 4));
    let judged = |now| {
        let silenced_until = Some(at(2));
        judge(&below, &series(&track), |_| None, silenced_until, at(now))[0].standing.state
    };
    assert_eq!([judged(0), judged(1), judged(2)], [State::Silenced, State::Silenced, State::Firing]);
}
