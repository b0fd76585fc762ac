//! Ticks that did not come in their time: while no process served the job file, or because the clock
//! was set forward.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use super::Engine;
use super::claimer::Dues;
use super::start::{Candidate, Rank};
use crate::clock::{Time, add, rfc3339, subtract};
use crate::cron::Pattern;
use crate::job::Job;
use crate::run::{Name, RunState, Tick};
use crate::schedule::{self, CatchUpPlan, MissedStretch};
use crate::store::{JobVersion, Start, StoreError, Stretch};

const NOT_RUNNING: &str = "apicron was not running";

/// A tick this young may still be on its way into the store, where another process serves its job.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

/// A clock that is this much behind the newest tick was not set.
const SLEWED: Duration = Duration::from_millis(1_500);

/// How long the server of another file may be away before its jobs count as removed.
const ABSENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// What came while nothing ran.
#[derive(Default)]
pub(super) struct Missed {
    /// Ticks that do not run.
    pub(super) stretches: Vec<Stretch>,
    /// Ticks that do.
    pub(super) candidates: Vec<Candidate>,
    /// Jobs that nobody served, all of whose ticks are among these.
    pub(super) settled: Vec<Name>,
}

impl Engine {
    /// The ticks that came while nothing ran, by the schedules that then held.
    pub(super) async fn missed_until(&self, now: Time) -> Result<Missed, StoreError> {
        let versions = self.0.store.versions().await?;
        self.missed_of(&versions, now).await
    }

    /// The same of jobs alone that are another file's and that nobody serves any more.
    pub(super) async fn abandoned_until(&self, now: Time) -> Result<Missed, StoreError> {
        let abandoned = self.abandoned().await?;
        self.missed_of(&abandoned, now).await
    }

    /// Jobs that are another file's and that nobody serves any more.
    pub(super) async fn abandoned(&self) -> Result<Vec<JobVersion>, StoreError> {
        let mut versions = self.0.store.versions().await?;
        versions
            .retain(|version| !version.is_kept && self.job(&version.job).is_none() && pattern_of(version).is_some());
        Ok(versions)
    }

    /// The same of jobs alone that this file has got, and that nobody serves.
    pub(super) async fn missed_of_added(&self, added: &[Name], now: Time) -> Result<Missed, StoreError> {
        if added.is_empty() {
            return Ok(Missed::default());
        }
        let mut versions = self.0.store.versions().await?;
        versions.retain(|version| !version.is_kept && added.contains(&version.job));
        self.missed_of(&versions, now).await
    }

    /// Those of these jobs that have rows for ticks that are yet to come, each with the last of these: the clock
    /// was set back while nothing ran them. Not those that another process keeps: its clock may be ahead of this
    /// one's.
    pub(super) async fn came_ahead_of(&self, jobs: &[Name], now: Time) -> Result<BTreeMap<Name, Time>, StoreError> {
        if jobs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut ahead = self.0.store.last_covered().await?;
        ahead.retain(|name, last| *last > add(now, SLEWED) && jobs.contains(name));
        if ahead.is_empty() {
            return Ok(ahead);
        }
        for version in self.0.store.versions().await?.into_iter().filter(|version| version.is_kept) {
            ahead.remove(&version.job);
        }
        if let Some(last) = ahead.values().max() {
            tracing::warn!(
                "the clock was set back while a job was not served, and ticks up to {} came before: intervals go on \
                 at once, fixed times do not come again",
                rfc3339(*last)
            );
        }
        Ok(ahead)
    }

    async fn missed_of(&self, versions: &[JobVersion], now: Time) -> Result<Missed, StoreError> {
        if versions.is_empty() {
            return Ok(Missed::default());
        }
        let covered = self.0.store.last_covered().await?;
        let mut missed = Missed::default();
        for version in versions {
            self.settle(version, &covered, now, &mut missed);
        }
        Ok(missed)
    }

    /// Leaves a row for each stretch of ticks that do not run, and says so.
    pub(super) async fn cover(&self, stretches: Vec<Stretch>) -> Result<(), StoreError> {
        log(&stretches);
        if stretches.is_empty() { Ok(()) } else { self.0.store.cover(stretches).await }
    }

    /// The job's policy holds as it is now, if its ticks come as they came then.
    fn settle(&self, version: &JobVersion, covered: &BTreeMap<Name, Time>, now: Time, missed: &mut Missed) {
        // An older apicron took a schedule that this one cannot read.
        let Some((pattern, zone)) = pattern_of(version) else { return };
        let job = self.job(&version.job);
        let after = covered.get(&version.job).map_or(version.valid_from, |&last| last.max(version.valid_from));
        if job.is_none()
            && (version.is_kept || !self.was_removed(version, schedule::missed_by(&pattern, zone, after, now), now))
        {
            return;
        }
        if !version.is_kept {
            missed.settled.push(version.job.clone());
        }
        // Where another process keeps it, its newest ticks may be on their way into the store.
        let until = if version.is_kept { subtract(now, ON_ITS_WAY) } else { now };
        let mut dues = Dues::default();
        match job.filter(|job| comes_as(job, version)) {
            None => {
                let gone = schedule::missed_by(&pattern, zone, after, until);
                let reason = NOT_RUNNING.to_owned();
                let gone = gone.map(|gone| stretch(&version.job, gone, reason, &version.config_hash, now));
                dues.stretches.extend(gone);
            }
            Some(job) => {
                if let Some(gone) = schedule::missed(&job, after, until) {
                    self.catch_up(&job, gone, now, NOT_RUNNING, &mut dues);
                }
                let on_their_way = schedule::ticks_between(&job, after.max(until), now).collect();
                self.add(on_their_way, Start::Schedule, Rank::ByOverlap, &mut dues);
            }
        }
        missed.stretches.extend(dues.stretches);
        missed.candidates.extend(dues.candidates);
    }

    /// Whether a job that this file does not have has no file any more. One of another file is that file's,
    /// whose server may be about to start; but not for ever, since files are moved and removed.
    fn was_removed(&self, version: &JobVersion, gone: Option<MissedStretch>, now: Time) -> bool {
        Path::new(&version.timing.file) == self.jobs().file
            || gone.is_some_and(|gone| gone.first < subtract(now, ABSENCE))
    }

    /// Applies a job's catch-up policy to ticks that did not come in their time.
    pub(super) fn catch_up(&self, job: &Arc<Job>, gone: MissedStretch, now: Time, cause: &str, dues: &mut Dues) {
        let CatchUpPlan { missed, run } = schedule::catch_up(job, gone, now, cause);
        let stretches = missed.into_iter();
        dues.stretches
            .extend(stretches.map(|(missed, reason)| stretch(&job.name, missed, reason, &job.config_hash, now)));
        self.add(run, Start::CatchUp, Rank::InLine, dues);
    }

    /// Adds ticks that are to be claimed.
    pub(super) fn add(&self, ticks: Vec<Tick>, start: Start, rank: Rank, dues: &mut Dues) {
        dues.candidates.extend(ticks.into_iter().filter_map(|tick| self.candidate(tick, start, rank)));
    }

    /// A row for ticks of a job that do not run, for a reason of this process.
    pub(super) fn stretch(&self, name: &Name, missed: MissedStretch, reason: &str) -> Option<Stretch> {
        let job = self.job(name)?;
        Some(stretch(name, missed, reason.to_owned(), &job.config_hash, self.0.clock.now()))
    }
}

/// When the ticks of a version came. `None` for a schedule that this version of apicron cannot read.
pub(super) fn pattern_of(version: &JobVersion) -> Option<(Pattern, Tz)> {
    let pattern = Pattern::parse(&version.timing.schedule).ok()?;
    Some((pattern, version.timing.timezone.parse().ok()?))
}

fn comes_as(job: &Job, version: &JobVersion) -> bool {
    let schedule = job.schedule.as_ref().filter(|_| job.enabled);
    schedule.is_some_and(|schedule| schedule.text() == version.timing.schedule)
        && job.timezone.name() == version.timing.timezone
}

fn stretch(job: &Name, missed: MissedStretch, reason: String, config_hash: &str, at: Time) -> Stretch {
    Stretch {
        job: job.clone(),
        scheduled_for: missed.first,
        through: missed.last,
        ticks: missed.count,
        state: RunState::Missed,
        reason,
        config_hash: config_hash.to_owned(),
        at,
    }
}

/// Tells what was missed, a line for each stretch.
pub(super) fn log(stretches: &[Stretch]) {
    for Stretch { job, ticks, reason, .. } in stretches {
        let noun = if *ticks == 1 { "tick" } else { "ticks" };
        tracing::warn!(job.name = %job, ticks, "`{job}` missed {ticks} {noun}: {reason}");
    }
}
