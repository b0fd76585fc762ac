//! What alerts are judged by, and how they stand: what was read → verdicts. Pure.

mod look;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::series::{AllSeries, Behind};
use crate::clock::Time;
use crate::job::{Jobs, Metered, MetricRule, Rule, RunRule, Whose};
use crate::run::{Incident, Name, Sample};
use crate::store::{AlertRow, RunNews, SeriesReading, Silence};
use crate::watch::{Key, Plan, Reading, Runs, longest_poll};

/// At least so many of a job's newest rows are looked at.
const ROWS: u32 = 64;

/// What alerts are judged by, and how they stand.
pub(super) struct Watcher {
    jobs: Arc<Jobs>,
    /// Whose messages these are.
    host: String,
    /// By job, if it has a schedule.
    polls: BTreeMap<Name, Duration>,
    /// Since when each metric is watched.
    watched: BTreeMap<String, Time>,
    series: AllSeries,
    runs: BTreeMap<Name, Runs>,
    samples: BTreeMap<Name, (Time, Vec<Sample>)>,
    incidents: BTreeMap<Name, Incident>,
    silences: BTreeMap<Name, Silence>,
    rows: BTreeMap<Key, AlertRow>,
}

impl Watcher {
    pub(super) fn new(jobs: Arc<Jobs>, rows: Vec<AlertRow>, host: String, now: Time) -> Watcher {
        let mut watcher = Watcher {
            jobs: Arc::clone(&jobs),
            host,
            polls: BTreeMap::new(),
            watched: BTreeMap::new(),
            series: AllSeries::default(),
            runs: BTreeMap::new(),
            samples: BTreeMap::new(),
            incidents: BTreeMap::new(),
            silences: BTreeMap::new(),
            rows: BTreeMap::new(),
        };
        watcher.recall(rows);
        watcher.reload(jobs, now);
        watcher
    }

    /// Another job file. What is known of what it still watches stays.
    pub(super) fn reload(&mut self, jobs: Arc<Jobs>, now: Time) {
        self.jobs = jobs;
        self.polls = polls(&self.jobs, now);
        let metrics = self.jobs.alerts.values().filter_map(|alert| match &alert.rule {
            Rule::Metric(metered, _) => Some(metered.metric.clone()),
            Rule::Runs(..) | Rule::When(_) => None,
        });
        let since = |metric: String| {
            let since = self.watched.get(&metric).copied().unwrap_or(now);
            (metric, since)
        };
        self.watched = metrics.map(since).collect();
        self.series.keep(|metric| self.watched.contains_key(metric));
        let jobs = &self.jobs.jobs;
        self.runs.retain(|job, _| jobs.contains_key(job));
        self.samples.retain(|job, _| jobs.contains_key(job));
    }

    /// Whether there is anything to be watched.
    pub(super) fn has_alerts(&self) -> bool {
        !self.jobs.alerts.is_empty()
    }

    /// The metrics whose series are looked at.
    pub(super) fn metrics(&self) -> BTreeSet<String> {
        self.watched.keys().cloned().collect()
    }

    /// The jobs whose runs are looked at.
    pub(super) fn jobs_with_runs(&self) -> BTreeSet<Name> {
        let whose = self.jobs.alerts.values().filter_map(|alert| match &alert.rule {
            Rule::Runs(whose, _) => Some(whose),
            Rule::Metric(..) | Rule::When(_) => None,
        });
        whose.flat_map(|whose| self.included(whose)).cloned().collect()
    }

    /// The jobs whose samples a condition looks at.
    pub(super) fn jobs_with_conditions(&self) -> BTreeSet<Name> {
        let jobs = self.jobs.alerts.values().filter_map(|alert| match &alert.rule {
            Rule::When(condition) => Some(condition.job.clone()),
            Rule::Metric(..) | Rule::Runs(..) => None,
        });
        jobs.collect()
    }

    /// How many of a job's newest rows are looked at: there are others between those that count.
    pub(super) fn rows_of_each(&self) -> u32 {
        let wanted = self.jobs.alerts.values().filter_map(|alert| match &alert.rule {
            Rule::Runs(_, RunRule::Failures(failures)) => Some(failures.get().saturating_mul(2)),
            _ => None,
        });
        wanted.fold(ROWS, u32::max)
    }

    /// The series of which more is stored than is known here.
    pub(super) fn behind(&mut self, newest: &[SeriesReading], now: Time) -> Vec<Behind> {
        let (alerts, polls) = (&self.jobs.alerts, &self.polls);
        let plan = |newest: &SeriesReading| {
            let of_metric = alerts.values().filter_map(|alert| match &alert.rule {
                Rule::Metric(metered, rule) if metered.metric == newest.metric => Some((metered, rule)),
                _ => None,
            });
            let of_metric: Vec<(&Metered, &MetricRule)> = of_metric.collect();
            let job = of_metric.iter().find_map(|(metered, _)| metered.job.as_ref());
            let poll = job.and_then(|job| polls.get(job)).copied();
            Plan::new(newest.kind, poll, newest.reading.period, of_metric.into_iter().map(|(_, rule)| rule))
        };
        self.series.behind(newest, plan, now)
    }

    /// Takes note of readings that it was behind.
    pub(super) fn follow(&mut self, behind: &Behind, readings: &[Reading], now: Time) {
        self.series.follow(behind, readings, now);
    }

    /// Takes note of what a job's newest rows say.
    pub(super) fn ran(&mut self, job: Name, news: &[RunNews]) {
        let told = |mut runs: Runs| {
            for news in news {
                match news {
                    RunNews::Began { run, at } => runs.began(*run, *at),
                    RunNews::Ended(ended) => runs.ended(ended.clone()),
                    RunNews::Missed { ticks, reason } => runs.missed(*ticks, reason),
                }
            }
            runs
        };
        let mut runs = told(Runs::default());
        if let Some(former) = self.runs.get(&job).filter(|former| runs.last().is_none() && former.last().is_some()) {
            // None of these rows counts, as while a long run has its ticks skipped: what counts is older.
            runs = told(former.clone());
        }
        self.runs.insert(job, runs);
    }

    /// Takes note of the samples of a job's newest run.
    pub(super) fn sampled(&mut self, job: Name, samples: Option<(Time, Vec<Sample>)>) {
        match samples {
            Some(samples) => self.samples.insert(job, samples),
            None => self.samples.remove(&job),
        };
    }

    /// Takes note of what is open and what is silenced.
    pub(super) fn heard(&mut self, incidents: Vec<Incident>, silences: BTreeMap<Name, Silence>) {
        self.incidents = incidents.into_iter().map(|incident| (incident.credential.clone(), incident)).collect();
        self.silences = silences;
    }

    /// Takes note of how all instances stand in the store.
    pub(super) fn recall(&mut self, rows: Vec<AlertRow>) {
        self.rows = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    }

    /// Takes note that a verdict is written.
    pub(super) fn written(&mut self, row: AlertRow) {
        let row = AlertRow { revision: row.revision + 1, ..row };
        self.rows.insert(row.key.clone(), row);
    }

    /// Takes note that instances are forgotten.
    pub(super) fn forgot(&mut self, keys: &[Key]) {
        for key in keys {
            self.rows.remove(key);
        }
    }

    fn included<'j>(&'j self, whose: &'j Whose) -> impl Iterator<Item = &'j Name> {
        self.jobs.jobs.keys().filter(|job| whose.includes(job))
    }
}

/// How often the jobs are polled whose readings alerts look at. Schedules are looked at once, however many jobs have them.
fn polls(jobs: &Jobs, now: Time) -> BTreeMap<Name, Duration> {
    let looked_at = jobs.alerts.values().filter_map(|alert| match &alert.rule {
        Rule::Metric(metered, _) => metered.job.as_ref(),
        Rule::When(condition) => Some(&condition.job),
        Rule::Runs(..) => None,
    });
    let looked_at: BTreeSet<&Name> = looked_at.collect();
    let mut longest: BTreeMap<(&str, &str), Option<Duration>> = BTreeMap::new();
    let mut poll = |name: &Name| {
        let job = jobs.jobs.get(name).filter(|job| job.enabled)?;
        let (schedule, zone) = (job.schedule.as_ref()?, job.timezone);
        *longest.entry((schedule.text(), zone.name())).or_insert_with(|| longest_poll(schedule, zone, now))
    };
    looked_at.into_iter().filter_map(|name| Some((name.clone(), poll(name)?))).collect()
}
