//! Warnings about what lies ahead: ticks that a change of the clocks moves.

use std::time::Duration;

use super::place::At;
use super::sheet::Sheet;
use crate::clock::{self, Time};
use crate::cron::Moved;
use crate::job::{Job, Jobs};

/// A zone that changes its clocks does so within this time.
const YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Warns of each enabled job whose schedule touches a change of the clocks within a year of `now`.
pub(in crate::config) fn warn(sheets: &[Sheet<'_>], jobs: &Jobs, now: Time) {
    for sheet in sheets {
        let at = sheet.at().key("jobs");
        for job in jobs.jobs.values().filter(|job| job.enabled && at.has(job.name.as_str())) {
            warn_of(&at.key(job.name.as_str()).key("schedule"), job, now);
        }
    }
}

fn warn_of(at: &At<'_>, job: &Job, now: Time) {
    let zone = job.timezone;
    let until = clock::add(now, YEAR);
    let Some(tick) = job.schedule.as_ref().and_then(|schedule| schedule.moved_within(now, zone, until)) else {
        return;
    };
    let local = tick.at.with_timezone(&zone).format("%-d %B %Y, %H:%M");
    let (what, then) = match tick.moved {
        Some(Moved::Gap) => ("skips", "fires once, right after the gap"),
        Some(Moved::Fold) | None => ("repeats", "fires once, the first time"),
    };
    at.warning("clock-change", format!("{zone} {what} this time of day when its clocks change: the tick {then}"))
        .label(format!("next on {local}"))
        .help("nothing is lost; a time outside the night hours, or `timezone = \"UTC\"`, is never moved")
        .report();
}
