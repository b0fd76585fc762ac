//! A look at all alerts: what stands otherwise than before, and what nobody looks at any more.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::super::series::Known;
use super::Watcher;
use crate::clock::{Time, subtract};
use crate::job::{Alert, Metered, MetricRule, Rule, RunRule, Whose};
use crate::notify::{self, Beside};
use crate::run::{MetricKind, Name};
use crate::store::{AlertRow, Verdict};
use crate::watch::{
    Credential, Forecast, Judged, Key, Plan, Runs, Secret, Series, Subject, Track, judge, old_after, series_name,
};

/// What a look at all alerts gave.
#[derive(Debug, Default)]
pub(in crate::engine::watching) struct Look {
    /// What stands otherwise than before.
    pub(in crate::engine::watching) verdicts: Vec<Verdict>,
    /// All that was judged.
    judged: BTreeSet<Key>,
}

/// What a judgement is shown with.
#[derive(Default)]
struct Shown {
    unit: Option<String>,
    why: Vec<String>,
}

impl Watcher {
    /// Judges all alerts.
    pub(in crate::engine::watching) fn look(&self, now: Time) -> Look {
        let mut look = Look::default();
        for alert in self.jobs.alerts.values() {
            match &alert.rule {
                Rule::Metric(metered, rule) => self.look_at_metric(alert, metered, rule, now, &mut look),
                Rule::Runs(whose, rule) => self.look_at_runs(alert, whose, *rule, now, &mut look),
                Rule::When(condition) => {
                    let Some((at, samples)) = self.samples.get(&condition.job) else { continue };
                    let old_after = old_after(self.polls.get(&condition.job).copied());
                    let subject = Subject::Samples { job: &condition.job, at: *at, samples, old_after };
                    self.judge(alert, &subject, &Shown::default(), now, &mut look);
                }
            }
        }
        look
    }

    fn look_at_metric(&self, alert: &Alert, metered: &Metered, rule: &MetricRule, now: Time, look: &mut Look) {
        let metric = metered.metric.as_str();
        let zone = metered.job.as_ref().map_or(Tz::UTC, |job| self.zone(job));
        let since = self.watched.get(metric).copied().unwrap_or(now);
        let series =
            |label, track, watched_since| Subject::Series(Series { metric, label, track, watched_since, zone });
        let mut was_read = false;
        for (label, known) in self.series.of(metric) {
            was_read = true;
            self.judge(alert, &series(label, &known.track, since), &shown(rule, known), now, look);
        }
        if !was_read {
            let nothing = Track::new(Plan::new(MetricKind::Gauge, None, None, [rule]));
            let since = self.missed_since(alert, metric).map_or(since, |known| known.min(since));
            self.judge(alert, &series("", &nothing, since), &Shown::default(), now, look);
        }
    }

    /// Since when a metric that was never read is known not to come, as it was written before a restart.
    fn missed_since(&self, alert: &Alert, metric: &str) -> Option<Time> {
        let key = Key { alert: alert.name.clone(), series: series_name(metric, ""), step: String::new() };
        let row = self.rows.get(&key).filter(|row| row.kind == "stale")?;
        let silence = Duration::try_from_secs_f64(row.standing.value?).ok()?;
        Some(subtract(row.judged_at, silence))
    }

    fn look_at_runs(&self, alert: &Alert, whose: &Whose, rule: RunRule, now: Time, look: &mut Look) {
        let none = Runs::default();
        for job in self.included(whose) {
            let runs = self.runs.get(job).unwrap_or(&none);
            self.judge(alert, &Subject::Job { job, runs }, &Shown::default(), now, look);
        }
        if rule != RunRule::Refused {
            return;
        }
        for (name, credential) in &self.jobs.credentials {
            let users = self.jobs.jobs.values().filter(|job| job.is_made_with(name));
            let users: Vec<Name> = users.map(|job| job.name.clone()).collect();
            let secret = credential.secret_issued.map(|issued| Secret {
                issued: issued.and_time(NaiveTime::MIN).and_utc(),
                rotate_after: credential.rotate_after,
            });
            let zone = users.first().map_or(Tz::UTC, |job| self.zone(job));
            let incident = self.incidents.get(name);
            let subject = Subject::Credential(Credential { name, jobs: &users, incident, secret, zone });
            self.judge(alert, &subject, &Shown::default(), now, look);
        }
    }

    fn judge(&self, alert: &Alert, subject: &Subject<'_>, shown: &Shown, now: Time, look: &mut Look) {
        let before = |key: &Key| self.rows.get(key).map(|row| &row.standing);
        let silenced_until = self.silences.get(&alert.name).map(|silence| silence.until);
        for judged in judge(alert, subject, before, silenced_until, now) {
            look.judged.insert(judged.key.clone());
            look.verdicts.extend(self.verdict(alert, judged, shown, now));
        }
    }

    /// `None` where nothing is otherwise than before.
    fn verdict(&self, alert: &Alert, judged: Judged, shown: &Shown, now: Time) -> Option<Verdict> {
        let former = self.rows.get(&judged.key);
        let is_so = |former: &AlertRow| {
            former.kind == alert.rule.kind()
                && former.standing == judged.standing
                && former.why == shown.why
                && former.unit == shown.unit
        };
        if former.is_some_and(is_so) {
            return None;
        }
        let beside = Beside { unit: shown.unit.as_deref(), why: &shown.why, host: &self.host, at: now };
        let message = notify::message(alert, &judged, beside);
        let to_each = |message| alert.channels.iter().map(move |channel| (channel.clone(), Clone::clone(&message)));
        let messages = message.into_iter().flat_map(to_each).collect();
        let row = AlertRow {
            key: judged.key,
            kind: alert.rule.kind().to_owned(),
            standing: judged.standing,
            why: shown.why.clone(),
            unit: shown.unit.clone(),
            judged_at: now,
            silenced_until: None,
            revision: former.map_or(0, |former| former.revision),
        };
        Some(Verdict { row, messages })
    }

    /// Instances that no alert has any more. One whose series or job is silent is none of them.
    pub(in crate::engine::watching) fn vanished(&self, look: &Look) -> Vec<Key> {
        let looked_at: BTreeSet<(&Name, &str)> =
            look.judged.iter().map(|key| (&key.alert, key.series.as_str())).collect();
        let is_kept = |key: &&Key| {
            // Of what was judged, what was not is a step that is gone.
            look.judged.contains(*key)
                || (!looked_at.contains(&(&key.alert, key.series.as_str())) && self.is_silent(key))
        };
        self.rows.keys().filter(|key| !is_kept(key)).cloned().collect()
    }

    /// Those of them that are of alerts that the file has: no other server needs them either.
    pub(in crate::engine::watching) fn superseded(&self, look: &Look) -> Vec<Key> {
        let vanished = self.vanished(look).into_iter();
        vanished.filter(|key| self.jobs.alerts.contains_key(&key.alert)).collect()
    }

    /// Whether an alert of the file looks at this, although there is nothing to be seen.
    fn is_silent(&self, key: &Key) -> bool {
        match self.jobs.alerts.get(&key.alert).map(|alert| &alert.rule) {
            // That it was never read is over once it is, by whatever label.
            Some(Rule::Metric(metered, _)) => {
                key.series.strip_prefix(&metered.metric).is_some_and(|label| label.starts_with('{'))
            }
            Some(Rule::When(condition)) => condition.job.as_str() == key.series,
            Some(Rule::Runs(..)) | None => false,
        }
    }

    fn zone(&self, job: &Name) -> Tz {
        self.jobs.jobs.get(job).map_or(Tz::UTC, |job| job.timezone)
    }
}

/// The unit belongs to values of the series alone: what is left of a time is in seconds, and a share in percent.
fn shown(rule: &MetricRule, known: &Known) -> Shown {
    let forecast = || Forecast::of(&known.track).map(|forecast| forecast.formula()).unwrap_or_default();
    match rule {
        MetricRule::Below(_) | MetricRule::Above(_) => Shown { unit: known.unit.clone(), why: Vec::new() },
        MetricRule::Forecast(_) => Shown { unit: known.unit.clone(), why: forecast() },
        MetricRule::Runout(_) => Shown { unit: None, why: forecast() },
        MetricRule::Percent(_) => Shown { unit: Some("%".to_owned()), why: Vec::new() },
        MetricRule::Burn(_) | MetricRule::Idle(_) | MetricRule::Stale(_) => Shown::default(),
    }
}
