//! Alerts.

mod condition;
mod metric;
mod policy;
mod rules;
mod runs;
mod watched;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use super::section::Section;
use crate::config::file::{Alert as Written, Field};
use crate::config::names::listed;
use crate::config::place::{At, Draft};
use crate::job::{Alert, Channel, Credential, Job, Rule};
use crate::run::Name;

/// What the rest of the file says that alerts speak of.
#[derive(Clone, Copy)]
pub(super) struct Around<'a, 'f> {
    pub jobs: &'a Section<'f, Arc<Job>>,
    pub credentials: &'a Section<'f, Arc<Credential>>,
    pub channels: &'a Section<'f, Channel>,
    /// How long samples are kept, and where the file says so.
    pub keep_samples: Duration,
    pub kept: Option<&'a At<'f>>,
}

/// What fires: the keys of which an alert has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Below,
    Above,
    Percent,
    Runout,
    Forecast,
    Burn,
    Idle,
    Stale,
    Failures,
    Missed,
    SlowerThan,
    Refused,
    When,
}

/// What an alert of some kind looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Metric,
    Runs,
    Samples,
}

impl Kind {
    const ALL: [Kind; 13] = [
        Kind::Below,
        Kind::Above,
        Kind::Percent,
        Kind::Runout,
        Kind::Forecast,
        Kind::Burn,
        Kind::Idle,
        Kind::Stale,
        Kind::Failures,
        Kind::Missed,
        Kind::SlowerThan,
        Kind::Refused,
        Kind::When,
    ];

    /// The key.
    const fn key(self) -> &'static str {
        match self {
            Kind::Below => "below",
            Kind::Above => "above",
            Kind::Percent => "percent",
            Kind::Runout => "runout",
            Kind::Forecast => "forecast",
            Kind::Burn => "burn",
            Kind::Idle => "idle",
            Kind::Stale => "stale",
            Kind::Failures => "failures",
            Kind::Missed => "missed",
            Kind::SlowerThan => "slower_than",
            Kind::Refused => "refused",
            Kind::When => "when",
        }
    }

    const fn sight(self) -> Sight {
        match self {
            Kind::Below
            | Kind::Above
            | Kind::Percent
            | Kind::Runout
            | Kind::Forecast
            | Kind::Burn
            | Kind::Idle
            | Kind::Stale => Sight::Metric,
            Kind::Failures | Kind::Missed | Kind::SlowerThan | Kind::Refused => Sight::Runs,
            Kind::When => Sight::Samples,
        }
    }

    fn is_in(self, written: &Written) -> bool {
        match self {
            Kind::Below => is_there(&written.below),
            Kind::Above => is_there(&written.above),
            Kind::Percent => is_there(&written.percent),
            Kind::Runout => is_there(&written.runout),
            Kind::Forecast => is_there(&written.forecast),
            Kind::Burn => is_there(&written.burn),
            Kind::Idle => is_there(&written.idle),
            Kind::Stale => is_there(&written.stale),
            Kind::Failures => is_there(&written.failures),
            Kind::Missed => is_there(&written.missed),
            Kind::SlowerThan => is_there(&written.slower_than),
            Kind::Refused => is_there(&written.refused),
            Kind::When => is_there(&written.when),
        }
    }
}

fn is_there<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Absent)
}

pub(super) fn lower(at: &At<'_>, name: &Name, written: &Written, around: Around<'_, '_>) -> Option<Alert> {
    let policy = policy::lower(at, written, around.channels);
    let kind = kind(at, name, written);
    if let Some(kind) = kind {
        check_sight(at, written, kind);
    }
    let rule = kind.and_then(|kind| match kind.sight() {
        Sight::Metric => {
            let watched = at
                .require("metric", &written.metric, &format!("alert `{name}`"))
                .and_then(|text| watched::lower(&at.key("metric"), text, around));
            let rule = metric::lower(at, kind, written, &policy, watched.as_ref(), around)?;
            let watched = watched?;
            policy::warn_of_no_period(at, written, kind, &watched);
            Some(Rule::Metric(watched.metered, rule))
        }
        Sight::Runs => {
            let whose = runs::whose(at, written, around);
            let rule = runs::rule(at, kind, written, whose.as_ref(), around)?;
            Some(Rule::Runs(whose?.jobs, rule))
        }
        Sight::Samples => condition::lower(at, name, written, around).map(Rule::When),
    });
    let rule = rule?;
    policy::warn_of_no_effect(at, written, &rule);
    Some(policy.of(name, rule))
}

/// The only key that says what fires.
fn kind(at: &At<'_>, name: &Name, written: &Written) -> Option<Kind> {
    let there: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_in(written)).collect();
    match there.as_slice() {
        [kind] => Some(*kind),
        [] => {
            if !Kind::ALL.into_iter().any(|kind| at.has_misspelled(kind.key())) {
                at.key_error("missing-key", format!("alert `{name}` does not say what fires"))
                    .help(format!("write one of {}", choices(written)))
                    .report();
            }
            None
        }
        [first, others @ ..] => {
            let keys: Vec<&str> = there.iter().map(|kind| kind.key()).collect();
            let message = format!("{} stand in one alert, which may have one of them only", listed(&keys));
            let draft = at.key(first.key()).key_error("conflicting-keys", message);
            let draft = draft.help("write an alert for each: each has its own state and is told of by itself");
            let and_here = |kind: &Kind| at.key(kind.key()).as_related("and here");
            others.iter().map(and_here).fold(draft, Draft::related).report();
            None
        }
    }
}

/// The keys that go with what the alert already says.
fn choices(written: &Written) -> String {
    let sight = match (is_there(&written.metric), is_there(&written.job) || is_there(&written.jobs)) {
        (true, false) => Some(Sight::Metric),
        (false, true) => Some(Sight::Runs),
        _ => None,
    };
    let fits = |kind: &Kind| match sight {
        Some(Sight::Metric) => kind.sight() == Sight::Metric,
        Some(_) => kind.sight() != Sight::Metric,
        None => true,
    };
    let keys: Vec<&str> = Kind::ALL.into_iter().filter(fits).map(Kind::key).collect();
    listed(&keys).replace(" and ", " or ")
}

/// Reports keys that say whom an alert looks at, and do not go with what fires.
fn check_sight(at: &At<'_>, written: &Written, kind: Kind) {
    let said =
        [("metric", is_there(&written.metric)), ("job", is_there(&written.job)), ("jobs", is_there(&written.jobs))];
    let (right, what): (&[&str], &str) = match kind.sight() {
        Sight::Metric => (&["metric"], "looks at a metric: `metric = \"JOB.METRIC\"` says at which"),
        Sight::Runs => (&["job", "jobs"], "looks at runs: `job` or `jobs` say whose, and without them it is any job's"),
        Sight::Samples => (&["job"], "looks at the samples of one run: `job` says whose"),
    };
    for (key, _) in said.into_iter().filter(|(key, is_there)| *is_there && !right.contains(key)) {
        at.key(key)
            .key_error("conflicting-keys", format!("`{key}` does not go with `{}`", kind.key()))
            .help(format!("leave `{key}` out: `{}` {what}", kind.key()))
            .related(at.key(kind.key()).as_related("what fires"))
            .report();
    }
}
