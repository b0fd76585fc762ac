//! Delays that are too long for a schedule.

use std::time::Duration;

use crate::config::file::{Field, Job};
use crate::config::place::At;
use crate::cron::Pattern;

/// Warns of a job whose ticks may be put off until after the next one.
pub(super) fn check(at: &At<'_>, written: &Job, pattern: &Pattern, jitter: Duration) {
    if jitter.is_zero() {
        return;
    }
    let Some(gap) = at.file().compiled.smallest_gap(pattern).filter(|gap| *gap <= jitter) else { return };
    let key = if matches!(written.jitter, Field::Absent) { "schedule" } else { "jitter" };
    let [jitter, gap] = [jitter, gap].map(humantime::format_duration);
    at.key(key)
        .warning("long-jitter", format!("a tick may be put off by up to {jitter}, and the next one may come {gap} after it"))
        .help("a tick that meets its job's former run is skipped unless `overlap` says otherwise: a shorter `jitter` keeps them apart")
        .report();
}
