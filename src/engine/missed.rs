//! Ticks that did not come in their time: while no process served the job file, or because the clock
//! was set forward.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use super::claimer::Dues;
use super::served::served;
use super::start::Rank;
use super::{Engine, EngineError};
use crate::clock::{Time, subtract};
use crate::cron::Pattern;
use crate::job::Job;
use crate::run::{Name, RunState, Tick};
use crate::schedule::{self, CatchUpPlan, MissedStretch};
use crate::store::{JobVersion, Start, Stretch};

const NOT_RUNNING: &str = "apicron was not running";

/// A tick this young may still be on its way into the store, where another process serves its job.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

impl Engine {
    /// Writes rows for the ticks that came while nothing ran and that do not run, by the schedules that
    /// then held, and notes which jobs are served from `now` on. Gives the ticks that do run.
    pub(super) async fn cover_what_was_missed(&self, now: Time) -> Result<Dues, EngineError> {
        let versions = self.0.store.versions().await?;
        let covered = self.0.store.last_covered().await?;
        let mut dues = Dues::default();
        for version in &versions {
            if let Some(gone) = gone_of(version, &covered, now) {
                self.settle(version, gone, now, &mut dues);
            }
        }
        for Stretch { job, ticks, reason, .. } in &dues.stretches {
            tracing::warn!(job.name = %job, ticks, "`{job}` missed {ticks} ticks: {reason}");
        }
        self.0.store.cover(std::mem::take(&mut dues.stretches)).await?;
        self.0.store.serve(served(&self.jobs()), Vec::new(), now).await?;
        Ok(dues)
    }

    /// The job's policy holds as it is now, if its ticks come as they came then.
    fn settle(&self, version: &JobVersion, gone: MissedStretch, now: Time, dues: &mut Dues) {
        let job = self.job(&version.job).filter(|job| comes_as(job, version));
        let Some(job) = job else {
            // Whoever keeps the version has these ticks.
            if !version.is_kept {
                dues.stretches.push(stretch(&version.job, gone, NOT_RUNNING.to_owned(), &version.config_hash, now));
            }
            return;
        };
        let until = if version.is_kept { subtract(now, ON_ITS_WAY) } else { gone.last };
        let (gone, on_their_way) = schedule::split(&job, gone, until);
        if let Some(gone) = gone {
            self.catch_up(&job, gone, now, NOT_RUNNING, dues);
        }
        self.add(on_their_way, Start::Schedule, Rank::ByOverlap, dues);
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

/// The ticks of a version that no row covers. `None` for a schedule that this version of apicron cannot
/// read: an older one took it.
fn gone_of(version: &JobVersion, covered: &BTreeMap<Name, Time>, now: Time) -> Option<MissedStretch> {
    let pattern = Pattern::parse(&version.timing.schedule).ok()?;
    let zone: Tz = version.timing.timezone.parse().ok()?;
    let after = covered.get(&version.job).map_or(version.valid_from, |&last| last.max(version.valid_from));
    schedule::missed_by(&pattern, zone, after, now)
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
