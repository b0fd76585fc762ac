//! Letting go of what waited for a credential.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::Engine;
use super::super::door::Request;
use super::super::missed::pattern_of;
use crate::clock::Time;
use crate::job::{CatchUp, Job};
use crate::run::{Incident, Name, Released, Span, Tick, Waiting};
use crate::schedule::{self, CatchUpPlan, MissedStretch};
use crate::store::{JobVersion, Release, StoreError};

const REMOVED: &str = "its job was removed while it waited for its credential";
const DISABLED: &str = "its job was disabled while it waited for its credential";
const CHANGED: &str = "its schedule was changed while it waited for its credential";

/// What waits may grow while it is looked at: then once more.
const TRIES: usize = 20;

impl Engine {
    /// Closes an incident, since its credential is accepted, and releases what waits for it.
    pub(super) async fn close(&self, incident: &Incident) -> Result<(), StoreError> {
        let (id, credential) = (incident.id, &incident.credential);
        for _ in 0..TRIES {
            let now = self.0.clock.now();
            let waiting = self.0.store.waiting(Some(id)).await?;
            let versions = self.versions_of_others(&waiting).await?;
            let released = self.released(waiting, &versions, &format!("credential `{credential}` was refused"), now);
            let told = told(&released);
            if self.0.store.close_incident(id, released, now).await? == Release::Done {
                tracing::info!(credential = %credential, "credential `{credential}` is accepted again{told}");
                // Before anything runs that would be given one of them.
                self.0.tokens.forget_failures(credential);
                self.0.door.hint(Request::Adopt);
                return Ok(());
            }
            if self.0.store.incidents().await?.iter().all(|open| open.id != id) {
                return Ok(());
            }
        }
        // It stays accepted: the next pulse tries again.
        Ok(())
    }

    /// Releases rows whose job is made with another credential by now, is disabled, or is no more, and closes
    /// incidents of credentials that nobody's file has and that nothing waits for.
    pub(in crate::engine) async fn let_go_of_the_former(&self) -> Result<(), StoreError> {
        self.release_strays().await?;
        let mut unused = self.0.store.incidents().await?;
        unused.retain(|incident| incident.waiting_jobs == 0 && self.credential(&incident.credential).is_none());
        if unused.is_empty() || self.0.store.versions().await?.iter().any(|version| version.is_kept) {
            // Another server may have it in its file.
            return Ok(());
        }
        for incident in unused {
            // Stale: something waits by now.
            self.0.store.close_incident(incident.id, Vec::new(), self.0.clock.now()).await?;
        }
        Ok(())
    }

    async fn release_strays(&self) -> Result<(), StoreError> {
        let waiting = self.0.store.waiting(None).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let versions = self.versions_of_others(&waiting).await?;
        let is_stray = |row: &Waiting| match self.keeper(row, &versions) {
            Keeper::Job(job) => !job.enabled || !job.is_made_with(&row.credential),
            Keeper::Nobody => true,
            Keeper::Other(_) => false,
        };
        let strays: Vec<Waiting> = waiting.into_iter().filter(is_stray).collect();
        if !strays.is_empty() {
            let now = self.0.clock.now();
            let released = self.released(strays, &versions, "its credential was refused", now);
            // What is stale is looked at again.
            self.0.store.release(released, now).await?;
            self.0.door.hint(Request::Adopt);
        }
        Ok(())
    }

    /// The jobs of other files, and those that are no more; nothing where all rows are of jobs of this file.
    async fn versions_of_others(&self, waiting: &[Waiting]) -> Result<Vec<JobVersion>, StoreError> {
        if waiting.iter().all(|row| self.job(&row.job).is_some()) {
            return Ok(Vec::new());
        }
        self.0.store.versions_within(Time::MIN_UTC, self.0.clock.now()).await
    }

    fn keeper<'a>(&self, row: &Waiting, versions: &'a [JobVersion]) -> Keeper<'a> {
        if let Some(job) = self.job(&row.job) {
            return Keeper::Job(job);
        }
        let newest = versions.iter().rev().find(|version| version.job == row.job);
        let is_former = |version: &&JobVersion| Path::new(&version.timing.file) == self.jobs().file && !version.is_kept;
        newest.filter(|version| !is_former(version)).map_or(Keeper::Nobody, Keeper::Other)
    }

    /// What becomes of rows that waited, by the catch-up policies of their jobs. Only the newest row of a job
    /// runs its newest tick alone.
    fn released(&self, waiting: Vec<Waiting>, versions: &[JobVersion], cause: &str, now: Time) -> Vec<Released> {
        let mut newest: BTreeMap<Name, Time> = BTreeMap::new();
        for row in &waiting {
            let last = newest.entry(row.job.clone()).or_insert(row.last);
            *last = (*last).max(row.last);
        }
        let release = |row: Waiting| {
            let is_newest = newest.get(&row.job) == Some(&row.last);
            match self.keeper(&row, versions) {
                Keeper::Job(job) if !job.enabled => missed_row(row, DISABLED, Some(job.config_hash.clone())),
                Keeper::Job(job) if job.catch_up == CatchUp::Latest && !is_newest => {
                    missed_row(row, &only_the_newest(cause), Some(job.config_hash.clone()))
                }
                Keeper::Job(job) => planned(row, &job, cause, now),
                Keeper::Other(version) if !is_newest => {
                    missed_row(row, &only_the_newest(cause), Some(version.config_hash.clone()))
                }
                Keeper::Other(version) => newest_alone(row, version, cause),
                Keeper::Nobody => missed_row(row, REMOVED, None),
            }
        };
        waiting.into_iter().map(release).collect()
    }
}

/// Whose a row is that waits.
enum Keeper<'a> {
    /// A job of this file.
    Job(Arc<Job>),
    /// A job of another file, whose policies are not known here.
    Other(&'a JobVersion),
    /// No job any more.
    Nobody,
}

fn only_the_newest(cause: &str) -> String {
    format!("{cause}, and only the newest tick is caught up")
}

fn planned(waiting: Waiting, job: &Job, cause: &str, now: Time) -> Released {
    let gone = MissedStretch { first: waiting.first, last: waiting.last, count: waiting.ticks };
    let CatchUpPlan { missed, run } = schedule::catch_up(job, gone, now, cause);
    let missed = missed.into_iter().map(|(stretch, reason)| {
        let MissedStretch { first, last, count } = stretch;
        (Span { first, last, ticks: count }, reason)
    });
    let config_hash = Some(job.config_hash.clone());
    let released = Released { missed: missed.collect(), run, config_hash, waiting };
    match (covers(&released), released.waiting.ticks) {
        (true, _) => released,
        (false, 1) if job.catch_up != CatchUp::None => alone(released),
        (false, _) => missed_row(released.waiting, CHANGED, released.config_hash),
    }
}

/// Whether a plan speaks of just the ticks of its row: not where the schedule is another by now.
fn covers(released: &Released) -> bool {
    let Released { waiting, missed, run, .. } = released;
    let spans = missed.iter().map(|(span, _)| (span.first, span.last));
    let told: Vec<(Time, Time)> =
        spans.chain(run.iter().map(|tick| (tick.scheduled_for, tick.scheduled_for))).collect();
    let ticks = missed.iter().map(|(span, _)| span.ticks).sum::<u64>() + run.len() as u64;
    let ends = told.first().zip(told.last()).map(|(first, last)| (first.0, last.1));
    ticks == waiting.ticks && ends == Some((waiting.first, waiting.last))
}

/// One tick of a schedule that the job no longer has: it runs.
fn alone(released: Released) -> Released {
    let run = vec![newest_tick(&released.waiting)];
    Released { missed: Vec::new(), run, ..released }
}

/// The newest tick runs, whatever the policy is: it is `latest` unless a file says otherwise.
fn newest_alone(waiting: Waiting, version: &JobVersion, cause: &str) -> Released {
    let config_hash = Some(version.config_hash.clone());
    let before = pattern_of(version).and_then(|(pattern, zone)| pattern.last_before(waiting.last, zone));
    let missed = match (waiting.ticks, before) {
        (1, _) => Vec::new(),
        (ticks, Some(before)) if before.at >= waiting.first => {
            let span = Span { first: waiting.first, last: before.at, ticks: ticks - 1 };
            vec![(span, only_the_newest(cause))]
        }
        _ => return missed_row(waiting, CHANGED, config_hash),
    };
    Released { missed, run: vec![newest_tick(&waiting)], config_hash, waiting }
}

fn newest_tick(waiting: &Waiting) -> Tick {
    Tick { job: waiting.job.clone(), scheduled_for: waiting.last }
}

fn missed_row(waiting: Waiting, reason: &str, config_hash: Option<String>) -> Released {
    let Waiting { first, last, ticks, .. } = waiting;
    Released { missed: vec![(Span { first, last, ticks }, reason.to_owned())], run: Vec::new(), config_hash, waiting }
}

/// What goes on, for the log.
fn told(released: &[Released]) -> String {
    let run: usize = released.iter().map(|released| released.run.len()).sum();
    match run {
        0 => String::new(),
        1 => ": 1 tick that waited runs now".to_owned(),
        run => format!(": {run} ticks that waited run now"),
    }
}
