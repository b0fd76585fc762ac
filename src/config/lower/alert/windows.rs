//! How far back alerts look: far enough for the job's schedule, and no further than samples are kept.

use std::time::Duration;

use super::Around;
use super::watched::Watched;
use crate::config::place::{At, Draft};
use crate::cron::Pattern;
use crate::job::Job;

/// Readings that a window must have room for.
const READINGS: u32 = 4;

/// A shorter window could not be cut into the parts that are added up.
const SHORTEST: Duration = Duration::from_mins(1);

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);

/// What a forecast looks back at, in days or, for periods of a day, in hours.
const BUCKETS: u32 = 28;

/// Checks a window that is written at `at`.
pub(super) fn check(at: &At<'_>, key: &str, window: Duration, watched: &Watched<'_>, around: Around<'_, '_>) {
    if let Some((job, gap)) = watched.job.as_ref().and_then(|job| Some((job, smallest_gap(at, job)?))) {
        let needed = gap.saturating_mul(READINGS);
        if window < needed {
            let message = format!("`{key}` must be at least {}: four readings of `{}`", in_words(needed), job.name);
            at.error("short-window", message)
                .label(format!("`{}` is due every {}", job.name, in_words(gap)))
                .help("write a longer one, or let the job come more often")
                .report();
            return;
        }
    }
    if window < SHORTEST {
        at.error("short-window", format!("`{key}` must be at least {}", in_words(SHORTEST))).report();
        return;
    }
    if window > around.keep_samples {
        let kept = in_words(around.keep_samples);
        let message = format!("`{key}` looks back {}, and samples are kept for {kept}", in_words(window));
        kept_longer(at.error("long-window", message), window, around);
    }
}

/// Checks that samples are kept for as long as a forecast looks back.
pub(super) fn check_pace(at: &At<'_>, watched: &Watched<'_>, around: Around<'_, '_>) {
    let window = BUCKETS * if watched.counts_by_the_day { HOUR } else { DAY };
    if window > around.keep_samples {
        let kept = in_words(around.keep_samples);
        let message =
            format!("this looks at the pace of the last {}, and samples are kept for {kept}", in_words(window));
        kept_longer(at.key_error("long-window", message), window, around);
    }
}

fn kept_longer(draft: Draft<'_>, window: Duration, around: Around<'_, '_>) {
    let days = window.as_secs().div_ceil(DAY.as_secs());
    let draft = draft.help(format!("keep them longer: `keep_samples = \"{days}d\"` in `[store]`"));
    match around.kept {
        Some(kept) => draft.related(kept.as_related("so long are they kept")).report(),
        None => draft.report(),
    }
}

/// Checks after which silence readings are stale: a time that passes between two of them is none.
pub(super) fn check_silence(at: &At<'_>, silent: Duration, watched: &Watched<'_>) {
    let Some((job, pattern)) = watched.job.as_ref().and_then(|job| Some((job, job.schedule.as_ref()?))) else { return };
    let Some(gap) = at.file().compiled.smallest_gap(pattern) else { return };
    let label = |gap: Duration| format!("`{}` is due every {}", job.name, in_words(gap));
    if silent <= gap {
        at.error("short-window", "this passes between any two readings, so it would always fire")
            .label(label(gap))
            .help(format!(
                "write a longer time, such as three times as long as between two: {}",
                in_words(gap.saturating_mul(3))
            ))
            .report();
        return;
    }
    let longest = longest_gap(at, job, pattern);
    if let Some(longest) = longest.filter(|longest| silent <= *longest) {
        at.warning("short-window", "this passes between two readings, and fires then")
            .label(format!("`{}` rests for up to {}", job.name, in_words(longest)))
            .help("write a longer time, or let the job come as often all day and all week")
            .report();
    }
}

fn smallest_gap(at: &At<'_>, job: &Job) -> Option<Duration> {
    at.file().compiled.smallest_gap(job.schedule.as_ref()?)
}

fn longest_gap(at: &At<'_>, job: &Job, pattern: &Pattern) -> Option<Duration> {
    at.file().compiled.longest_gap(pattern, job.timezone)
}

/// Whole days as such: 500 of them are no year and some months.
fn in_words(time: Duration) -> String {
    match (time.as_secs() % DAY.as_secs(), time.as_secs() / DAY.as_secs()) {
        (0, 1) => "1 day".to_owned(),
        (0, days) if days > 1 => format!("{days} days"),
        _ => humantime::format_duration(time).to_string(),
    }
}
