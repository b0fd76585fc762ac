//! Ticks that came while no process served the job file.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::{Engine, EngineError};
use crate::clock::Time;
use crate::cron::Pattern;
use crate::job::Job;
use crate::run::{Name, RunState};
use crate::schedule::{self, MissedStretch};
use crate::store::{JobVersion, Served, Stretch, Timing};

impl Engine {
    /// Writes a row for the ticks that came while nothing ran, by the schedules that then held, and
    /// notes which jobs are served from `now` on.
    pub(super) async fn cover_what_was_missed(&self, now: Time) -> Result<(), EngineError> {
        let served = self.0.store.versions().await?;
        let covered = self.0.store.last_covered().await?;
        let stretches: Vec<Stretch> = served.iter().filter_map(|version| missed_of(version, &covered, now)).collect();
        for Stretch { job, ticks, .. } in &stretches {
            tracing::warn!(job.name = %job, ticks, "`{job}` missed {ticks} ticks: apicron was not running");
        }
        self.0.store.cover(stretches).await?;
        self.0.store.serve(self.served(), now).await?;
        Ok(())
    }

    /// The jobs of the file, as the store is told of them.
    fn served(&self) -> Vec<Served> {
        let timing = |job: &Job| {
            let schedule = job.schedule.as_ref().filter(|_| job.enabled)?;
            Some(Timing {
                schedule: schedule.text().to_owned(),
                timezone: job.timezone.name().to_owned(),
                policies: "{}".to_owned(),
            })
        };
        let jobs = self.0.jobs.jobs.values();
        jobs.map(|job| Served { job: job.name.clone(), config_hash: job.config_hash.clone(), timing: timing(job) })
            .collect()
    }

    /// A row for ticks of a job that do not run, for a reason of this process.
    pub(super) fn stretch(&self, name: &Name, missed: MissedStretch, reason: &str) -> Option<Stretch> {
        let config_hash = self.job(name)?.config_hash.clone();
        Some(stretch(name, missed, reason, config_hash, self.0.clock.now()))
    }
}

/// `None` for a schedule that this version cannot read: an older apicron took it.
fn missed_of(version: &JobVersion, covered: &BTreeMap<Name, Time>, now: Time) -> Option<Stretch> {
    let pattern = Pattern::parse(&version.timing.schedule).ok()?;
    let zone: Tz = version.timing.timezone.parse().ok()?;
    let after = covered.get(&version.job).map_or(version.valid_from, |&last| last.max(version.valid_from));
    let missed = schedule::missed_by(&pattern, zone, after, now)?;
    Some(stretch(&version.job, missed, "apicron was not running", version.config_hash.clone(), now))
}

fn stretch(job: &Name, missed: MissedStretch, reason: &str, config_hash: String, at: Time) -> Stretch {
    Stretch {
        job: job.clone(),
        scheduled_for: missed.first,
        through: missed.last,
        ticks: missed.count,
        state: RunState::Missed,
        reason: reason.to_owned(),
        config_hash,
        at,
    }
}
