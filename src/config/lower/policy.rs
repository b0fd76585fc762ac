//! What jobs and `[defaults]` both have: zone, times, retries, and what becomes of ticks.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono_tz::{TZ_VARIANTS, Tz};

use super::choice::choice;
use crate::config::file::{Defaults, Delay, Field, Job, Span, Table};
use crate::config::names::nearest;
use crate::config::place::At;
use crate::job::{CatchUp, Overlap, Redirects, Retry};

const MOST_ATTEMPTS: u32 = 100;

const OVERLAPS: [(&str, Overlap); 3] = [
    (Overlap::Skip.as_str(), Overlap::Skip),
    (Overlap::Queue.as_str(), Overlap::Queue),
    (Overlap::Allow.as_str(), Overlap::Allow),
];
const CATCH_UPS: [(&str, CatchUp); 3] = [
    (CatchUp::Latest.as_str(), CatchUp::Latest),
    (CatchUp::None.as_str(), CatchUp::None),
    (CatchUp::All.as_str(), CatchUp::All),
];
const REDIRECTS: [(&str, Redirects); 2] =
    [(Redirects::None.as_str(), Redirects::None), (Redirects::SameOrigin.as_str(), Redirects::SameOrigin)];

/// The values that are in force.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub timezone: Tz,
    pub timeout: Duration,
    pub deadline: Duration,
    pub retry: Retry,
    pub enabled: bool,
    pub overlap: Overlap,
    pub catch_up: CatchUp,
    pub catch_up_window: Duration,
    pub jitter: Duration,
    pub redirects: Redirects,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            timezone: Tz::UTC,
            timeout: Duration::from_secs(30),
            deadline: Duration::from_mins(10),
            retry: Retry {
                attempts: NonZeroU32::MIN.saturating_add(3),
                backoff: Duration::from_secs(1),
                max_backoff: Duration::from_mins(1),
            },
            enabled: true,
            overlap: Overlap::Skip,
            catch_up: CatchUp::Latest,
            catch_up_window: Duration::from_hours(24),
            jitter: Duration::ZERO,
            redirects: Redirects::None,
        }
    }
}

/// The keys as written, of a job or of the defaults.
pub(super) struct Fields<'f> {
    timezone: &'f Field<String>,
    timeout: &'f Field<Span>,
    deadline: &'f Field<Span>,
    retry: &'f Field<Table<crate::config::file::Retry>>,
    enabled: &'f Field<bool>,
    overlap: &'f Field<String>,
    catch_up: &'f Field<String>,
    catch_up_window: &'f Field<Span>,
    jitter: &'f Field<Delay>,
    redirects: &'f Field<String>,
}

impl<'f> Fields<'f> {
    pub(super) fn of_job(job: &'f Job) -> Fields<'f> {
        let Job {
            timezone,
            timeout,
            deadline,
            retry,
            enabled,
            overlap,
            catch_up,
            catch_up_window,
            jitter,
            redirects,
            ..
        } = job;
        Fields { timezone, timeout, deadline, retry, enabled, overlap, catch_up, catch_up_window, jitter, redirects }
    }

    pub(super) fn of_defaults(defaults: &'f Defaults) -> Fields<'f> {
        let Defaults {
            timezone,
            timeout,
            deadline,
            retry,
            enabled,
            overlap,
            catch_up,
            catch_up_window,
            jitter,
            redirects,
        } = defaults;
        Fields { timezone, timeout, deadline, retry, enabled, overlap, catch_up, catch_up_window, jitter, redirects }
    }
}

/// What is written, over `base`.
pub(super) fn lower(at: &At<'_>, written: &Fields<'_>, base: &Policy) -> Policy {
    let time = |key: &str, field: &Field<Span>, base: Duration| at.get(key, field).map_or(base, |span| span.0);
    Policy {
        timezone: at
            .get("timezone", written.timezone)
            .and_then(|text| timezone(&at.key("timezone"), text))
            .unwrap_or(base.timezone),
        timeout: time("timeout", written.timeout, base.timeout),
        deadline: time("deadline", written.deadline, base.deadline),
        retry: retry(at, written.retry, base.retry),
        enabled: at.get("enabled", written.enabled).copied().unwrap_or(base.enabled),
        overlap: choice(at, "overlap", written.overlap, &OVERLAPS).unwrap_or(base.overlap),
        catch_up: choice(at, "catch_up", written.catch_up, &CATCH_UPS).unwrap_or(base.catch_up),
        catch_up_window: time("catch_up_window", written.catch_up_window, base.catch_up_window),
        jitter: at.get("jitter", written.jitter).map_or(base.jitter, |delay| delay.0),
        redirects: choice(at, "redirects", written.redirects, &REDIRECTS).unwrap_or(base.redirects),
    }
}

/// A zone by its name.
pub(super) fn timezone(at: &At<'_>, text: &str) -> Option<Tz> {
    if let Ok(zone) = text.parse() {
        return Some(zone);
    }
    let help = match nearest(text, TZ_VARIANTS.iter().map(|zone| zone.name())) {
        Some(zone) => format!("a zone with a similar name exists: `{zone}`"),
        None => "write a name of the IANA list, such as `UTC` or `Europe/Berlin`".to_owned(),
    };
    at.error("unknown-zone", format!("there is no time zone `{text}`")).help(help).report();
    None
}

/// What stands under the key `retry`, over what holds without it.
pub(super) fn retry(at: &At<'_>, field: &Field<Table<crate::config::file::Retry>>, base: Retry) -> Retry {
    match at.get("retry", field) {
        Some(retry) => lower_retry(&at.key("retry"), &retry.0, base),
        None => base,
    }
}

fn lower_retry(at: &At<'_>, written: &crate::config::file::Retry, base: Retry) -> Retry {
    let attempts = at.get("attempts", &written.attempts).and_then(|number| attempts(&at.key("attempts"), *number));
    let backoff = at.get("backoff", &written.backoff).map(|span| span.0);
    let max_backoff = at.get("max_backoff", &written.max_backoff).map(|span| span.0);
    let retry = Retry {
        attempts: attempts.unwrap_or(base.attempts),
        backoff: backoff.unwrap_or(base.backoff),
        max_backoff: max_backoff.unwrap_or(base.max_backoff),
    };
    // What both come from elsewhere is told there.
    if retry.backoff > retry.max_backoff && (backoff.is_some() || max_backoff.is_some()) {
        let key = if max_backoff.is_some() { "max_backoff" } else { "backoff" };
        let times = [retry.backoff, retry.max_backoff].map(humantime::format_duration);
        let message = format!("`backoff` ({}) is longer than `max_backoff` ({})", times[0], times[1]);
        at.key(key)
            .error("wrong-value", message)
            .help("the waits grow from the one to the other: make `backoff` the shorter one")
            .report();
    }
    retry
}

fn attempts(at: &At<'_>, number: i64) -> Option<NonZeroU32> {
    let checked = u32::try_from(number).ok().filter(|n| *n <= MOST_ATTEMPTS).and_then(NonZeroU32::new);
    if checked.is_none() {
        let draft = at.error("wrong-value", format!("`attempts` must be from 1 to {MOST_ATTEMPTS}"));
        draft.help("`attempts = 1` tries once and never again").report();
    }
    checked
}
