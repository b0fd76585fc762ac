//! The jobs of the file, as the store is told of them.

use serde_json::json;

use crate::job::{Job, Jobs};
use crate::run::Name;
use crate::store::{Served, Timing};

/// The jobs of a file, as the store is told of them.
pub(super) fn served(jobs: &Jobs) -> Vec<Served> {
    let served = |job: &Job| Served {
        job: job.name.clone(),
        config_hash: job.config_hash.clone(),
        timing: job.schedule.as_ref().filter(|_| job.enabled).map(|schedule| Timing {
            schedule: schedule.text().to_owned(),
            timezone: job.timezone.name().to_owned(),
            policies: policies(job),
            file: jobs.file.display().to_string(),
        }),
    };
    jobs.jobs.values().map(|job| served(job)).collect()
}

/// With the keys and words of the job file.
fn policies(job: &Job) -> String {
    json!({
        "overlap": job.overlap.as_str(),
        "catch_up": job.catch_up.as_str(),
        "catch_up_window": humantime::format_duration(job.catch_up_window).to_string(),
        "jitter": humantime::format_duration(job.jitter).to_string(),
        "after": job.after.as_ref().map(Name::as_str),
    })
    .to_string()
}
