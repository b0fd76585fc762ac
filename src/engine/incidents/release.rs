//! Letting go of what waited for a credential.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::Engine;
use super::super::door::Request;
use crate::clock::Time;
use crate::job::{CatchUp, Job};
use crate::run::{Incident, Name, Released, Span, Tick, Waiting};
use crate::schedule::{self, CatchUpPlan, MissedStretch};
use crate::store::{JobVersion, Release, StoreError};

/// What waits may grow while it is looked at: then once more.
const TRIES: usize = 20;

impl Engine {
    /// Closes an incident, since its credential is accepted, and releases what waits for it.
    pub(super) async fn close(&self, incident: &Incident) -> Result<(), StoreError> {
        let (id, credential) = (incident.id, &incident.credential);
        for _ in 0..TRIES {
            let now = self.0.clock.now();
            let waiting = self.0.store.waiting(Some(id)).await?;
            let released = self.released(waiting, &format!("credential `{credential}` was refused"), now);
            let told = told(&released);
            if self.0.store.close_incident(id, released, now).await? == Release::Done {
                tracing::info!(credential = %credential, "credential `{credential}` is accepted again{told}");
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

    /// Releases rows whose job is made with another credential by now, or is no more, and closes incidents of
    /// credentials that the file does not have and that nothing waits for.
    pub(in crate::engine) async fn let_go_of_the_former(&self) -> Result<(), StoreError> {
        self.release_strays().await?;
        for incident in self.0.store.incidents().await? {
            if incident.waiting_jobs == 0 && !self.jobs().credentials.contains_key(&incident.credential) {
                // Stale: something waits by now.
                self.0.store.close_incident(incident.id, Vec::new(), self.0.clock.now()).await?;
            }
        }
        Ok(())
    }

    async fn release_strays(&self) -> Result<(), StoreError> {
        let waiting = self.0.store.waiting(None).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let versions = self.0.store.versions_within(Time::MIN_UTC, self.0.clock.now()).await?;
        let strays: Vec<Waiting> = waiting.into_iter().filter(|row| self.is_stray(row, &versions)).collect();
        if strays.is_empty() {
            return Ok(());
        }
        let now = self.0.clock.now();
        let released = self.released(strays, "its credential was refused", now);
        // Stale is what another process dealt with meanwhile.
        self.0.store.release(released, now).await?;
        self.0.door.hint(Request::Adopt);
        Ok(())
    }

    fn is_stray(&self, row: &Waiting, versions: &[JobVersion]) -> bool {
        match self.job(&row.job) {
            Some(job) => !job.is_made_with(&row.credential),
            // Another file's is that file's to release.
            None => versions
                .iter()
                .rev()
                .find(|version| version.job == row.job)
                .is_some_and(|newest| Path::new(&newest.timing.file) == self.jobs().file && !newest.is_kept),
        }
    }

    /// What becomes of rows that waited, by the catch-up policies of their jobs. Only the newest row of a job
    /// runs its newest tick alone.
    fn released(&self, waiting: Vec<Waiting>, cause: &str, now: Time) -> Vec<Released> {
        let mut newest: BTreeMap<Name, Time> = BTreeMap::new();
        for row in &waiting {
            let last = newest.entry(row.job.clone()).or_insert(row.last);
            *last = (*last).max(row.last);
        }
        let release = |row: Waiting| match self.job(&row.job) {
            None => missed_row(row, "its job was removed while it waited for its credential", None),
            Some(job) if job.catch_up == CatchUp::Latest && newest.get(&row.job) != Some(&row.last) => {
                let reason = format!("{cause}, and only the newest tick is caught up");
                missed_row(row, &reason, Some(job.config_hash.clone()))
            }
            Some(job) => planned(row, &job, cause, now),
        };
        waiting.into_iter().map(release).collect()
    }
}

fn planned(waiting: Waiting, job: &Job, cause: &str, now: Time) -> Released {
    let gone = MissedStretch { first: waiting.first, last: waiting.last, count: waiting.ticks };
    let CatchUpPlan { missed, run } = schedule::catch_up(job, gone, now, cause);
    let missed = missed.into_iter().map(|(stretch, reason)| {
        let MissedStretch { first, last, count } = stretch;
        (Span { first, last, ticks: count }, reason)
    });
    let released = Released { missed: missed.collect(), run, config_hash: Some(job.config_hash.clone()), waiting };
    match (covers(&released), released.waiting.ticks) {
        (true, _) => released,
        (false, 1) if job.catch_up != CatchUp::None => alone(released),
        (false, _) => {
            let config_hash = released.config_hash;
            missed_row(released.waiting, "its schedule was changed while it waited for its credential", config_hash)
        }
    }
}

/// Whether a plan speaks of just the ticks of its row.
fn covers(released: &Released) -> bool {
    let told: u64 = released.missed.iter().map(|(span, _)| span.ticks).sum();
    told + released.run.len() as u64 == released.waiting.ticks
}

/// One tick of a schedule that the job no longer has: it runs.
fn alone(released: Released) -> Released {
    let tick = Tick { job: released.waiting.job.clone(), scheduled_for: released.waiting.first };
    Released { missed: Vec::new(), run: vec![tick], ..released }
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
