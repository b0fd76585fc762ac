//! Warnings about more calls than an API allows.

use std::sync::Arc;
use std::time::Duration;

use super::api::Known;
use super::section::{Named, Section};
use crate::config::place::{At, Draft};
use crate::job::{Api, Call, Job, RateLimit};

/// What the schedule of a job is sure to ask of its API.
struct Load<'s> {
    at: &'s At<'s>,
    /// Requests within the time of the limit, at its busiest.
    busiest: u128,
    /// Requests within the time of the limit, always; none when its ticks do not come evenly, or further apart.
    steady: u128,
}

/// Warns of each API whose jobs are due more often than it may be called. Only what is sure counts: one request
/// for each call that neither waits for a condition nor is made for elements.
pub(super) fn warn(apis: &Section<'_, Known>, jobs: &Section<'_, Arc<Job>>) {
    for Named { at, value, .. } in &apis.entries {
        let Some((api, limit)) = value.as_ref().and_then(|known| Some((&known.api, known.api.rate_limit?))) else {
            continue;
        };
        let loads: Vec<Load<'_>> = jobs.entries.iter().filter_map(|job| load(job, api, limit)).collect();
        let most = u128::from(limit.requests.get());
        let together: u128 = loads.iter().map(|load| load.steady).sum();
        let at = at.key("rate_limit");
        let per = humantime::format_duration(limit.per);
        if together > most {
            let message = format!("the schedules of its jobs ask for at least {together} requests in {per}");
            report(&at, &message, loads.iter().filter(|load| load.steady > 0));
        } else {
            for load in loads.iter().filter(|load| load.busiest > most) {
                let message = format!("at its busiest, a job asks for at least {} requests in {per}", load.busiest);
                report(&at, &message, [load]);
            }
        }
    }
}

fn report<'s>(at: &At<'_>, message: &str, loads: impl IntoIterator<Item = &'s Load<'s>>) {
    const SHOWN: usize = 5;
    let draft = at
        .warning("rate-limit", message)
        .label("more than this allows")
        .help("they wait for their turn, and runs may pass their deadlines: let jobs come less often");
    let places = loads.into_iter().take(SHOWN).map(|load| load.at.key("schedule").as_related("due here"));
    places.fold(draft, Draft::related).report();
}

fn load<'s>(job: &'s Named<'s, Arc<Job>>, api: &Api, limit: RateLimit) -> Option<Load<'s>> {
    let Named { at, value, .. } = job;
    let job = value.as_ref().filter(|job| job.enabled && job.api.name == api.name)?;
    let gaps = at.file().compiled.gaps(job.schedule.as_ref()?);
    let of_tick = job.calls.iter().filter(|call| is_surely_made(call)).count() as u128;
    let even = gaps.first().filter(|first| gaps.iter().all(|gap| gap == *first));
    let steady = even.map_or(0, |gap| limit.per.as_millis() / gap.as_millis().max(1));
    let busiest = most_within(&gaps, limit.per).max(steady);
    Some(Load { at, busiest: of_tick * busiest, steady: of_tick * steady })
}

/// The most ticks with these gaps that come within some time of this length.
fn most_within(gaps: &[Duration], length: Duration) -> u128 {
    let from = |first: usize| {
        let mut passed = Duration::ZERO;
        let later = gaps.iter().skip(first).take_while(|gap| {
            passed += **gap;
            passed < length
        });
        1 + later.count() as u128
    };
    (0..=gaps.len()).map(from).max().unwrap_or(1)
}

fn is_surely_made(call: &Call) -> bool {
    call.when.is_none() && call.each.is_none()
}
