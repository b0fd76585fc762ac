//! Jobs.

use super::api::Known;
use super::call::Around;
use super::calls;
use super::header::Owner;
use super::jitter;
use super::needs;
use super::policy::{self, Fields, Policy};
use super::scope;
use super::section::Section;
use crate::config::file::{Field, Job as Written};
use crate::config::hash;
use crate::config::place::At;
use crate::cron::Pattern;
use crate::job::Job;
use crate::run::Name;

/// Samples about credentials are named `credential.NAME.…`, so no job may be.
const RESERVED: &str = "credential";

pub(super) fn lower(
    at: &At<'_>,
    name: &Name,
    written: &Written,
    defaults: &Policy,
    apis: &Section<'_, Known>,
) -> Option<Job> {
    if name.as_str() == RESERVED {
        at.key_error("reserved-name", format!("no job may be named `{RESERVED}`"))
            .help("samples about credentials have this name")
            .report();
    }
    let policy = policy::lower(at, &Fields::of_job(written), defaults);
    let schedule = at.get("schedule", &written.schedule).map(|text| schedule(&at.key("schedule"), text));
    let api =
        at.require("api", &written.api, &format!("job `{name}`")).and_then(|text| apis.find(&at.key("api"), text));
    let scopes = scope::lower(at, written, api.as_ref().map(|known| &*known.api));
    let owner = match &api {
        Some(known) if known.api.credential.is_some() => Owner::WithCredential,
        _ => Owner::WithoutCredential,
    };
    let around = Around { api: api.as_ref(), owner, policy: &policy };
    let calls = at.get("calls", &written.calls).and_then(|written| calls::lower(&at.key("calls"), written, around));
    let has_none = match &written.calls {
        Field::Absent => !at.has_misspelled("calls"),
        Field::Written(calls) => calls.is_empty(),
        Field::Wrong(_) => false,
    };
    if has_none {
        at.key_error("missing-key", format!("job `{name}` has no calls"))
            .help(format!("write `[[jobs.{name}.calls]]` and below it `get = \"/…\"`"))
            .report();
    }
    if let Some(Some(pattern)) = &schedule {
        jitter::check(at, written, pattern, policy.jitter);
    }
    let mut job = Job {
        name: name.clone(),
        description: at.get("description", &written.description).cloned(),
        schedule: schedule.map_or(Some(None), |schedule| schedule.map(Some))?,
        timezone: policy.timezone,
        enabled: policy.enabled,
        scopes,
        api: api?.api,
        calls: calls?,
        timeout: policy.timeout,
        deadline: policy.deadline,
        retry: policy.retry,
        overlap: policy.overlap,
        catch_up: policy.catch_up,
        catch_up_window: policy.catch_up_window,
        jitter: policy.jitter,
        redirects: policy.redirects,
        after: after(&written.after),
        config_hash: String::new(),
    };
    if !has_none {
        needs::warn(at, written, &job);
    }
    job.config_hash = hash::of(&job);
    Some(job)
}

/// Whom a job comes after; whether that job exists is checked once all are known.
fn after(written: &Field<String>) -> Option<Name> {
    match written {
        Field::Written(text) => Name::new(text),
        Field::Absent | Field::Wrong(_) => None,
    }
}

fn schedule(at: &At<'_>, text: &str) -> Option<Pattern> {
    match at.file().compiled.pattern(text) {
        Ok(pattern) => {
            if pattern.restricts_both_days() {
                at.warning("both-days", "this fires on days that match either the day of the month or the weekday")
                    .help("cron cannot ask for days that match both: leave one of the two `*`")
                    .report();
            }
            Some(pattern)
        }
        Err(error) => {
            at.error("bad-schedule", error.message).maybe_help(error.help).report();
            None
        }
    }
}
