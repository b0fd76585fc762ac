//! Rules over samples and runs: when somebody is to be told, and who.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::filter::Filter;
use crate::run::Name;

/// A rule, and who is told when it holds.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Unique in the file and its includes.
    pub name: Name,
    /// What is watched, and what fires.
    pub rule: Rule,
    /// How bad it is, where a step of the rule does not say so itself.
    pub severity: Severity,
    /// Where its messages go; none for a rule that is only shown.
    pub channels: Vec<Name>,
    /// How many readings in a row must hold. Rules that [fire at once](Rule::fires_at_once) need one.
    pub readings: NonZeroU32,
    /// How long they must have held (`for`); both must be met.
    pub hold: Duration,
    /// How far back behind its threshold a value must be to end what fires, as a part of the threshold.
    pub clear: f64,
    /// How often it tells of the same.
    pub once: Once,
}

/// What is watched, and what fires.
#[derive(Clone, Debug)]
pub enum Rule {
    /// A rule over each series of a metric.
    Metric(Metered, MetricRule),
    /// A rule over the runs of jobs.
    Runs(Whose, RunRule),
    /// A condition over the samples of one run.
    When(Condition),
}

/// A metric that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metered {
    /// As samples have it: `JOB.METRIC`.
    pub metric: String,
    /// The job that reads it; `None` for what apicron measures itself (`credential.NAME.…`).
    pub job: Option<Name>,
}

/// What fires, of the readings of one series.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricRule {
    /// The value is under this.
    Below(f64),
    /// The value is over this.
    Above(f64),
    /// What is used has come to these parts of the limit, in percent, from the least; each is a step.
    Percent(Vec<f64>),
    /// What is left runs out soon.
    Runout(Vec<RunoutStep>),
    /// What will be used by the end of the period is more than the limit.
    Forecast(Vec<ForecastStep>),
    /// Use is quicker than the limit allows for the period.
    Burn(Vec<BurnStep>),
    /// Nothing was used for this long.
    Idle(Duration),
    /// The readings stay away, or stay the same.
    Stale(Stale),
}

/// Fires when an edge of the run-out is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunoutStep {
    /// How near.
    pub within: Duration,
    /// Which edge.
    pub edge: RunoutEdge,
    /// How bad that is.
    pub severity: Severity,
}

/// A point of the band in which the run-out lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunoutEdge {
    /// Hardly earlier than this.
    Fast,
    /// Most likely.
    Middle,
    /// Hardly later than this.
    Slow,
}

/// Fires when an edge of the projected use is over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForecastStep {
    /// Which edge.
    pub edge: ForecastEdge,
    /// How bad that is.
    pub severity: Severity,
}

/// A point of the band in which the use at the end of the period lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForecastEdge {
    /// Hardly less than this.
    Lower,
    /// Most likely.
    Middle,
    /// Hardly more than this.
    Upper,
}

/// Fires when the pace over a window, and over its last twelfth, is a multiple of the even pace: that at which the
/// limit lasts just for the period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnStep {
    /// The window.
    pub window: Duration,
    /// The multiple.
    pub rate: f64,
    /// How bad that is.
    pub severity: Severity,
}

/// When readings are stale. At least one of the two is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    /// There was no new one for this long.
    pub silent: Option<Duration>,
    /// They came, and had the same value for this long.
    pub same: Option<Duration>,
}

/// Which jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All of the file.
    Any,
    /// These.
    These(BTreeSet<Name>),
}

/// What fires, of the runs of one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRule {
    /// This many runs in a row failed or were refused.
    Failures(NonZeroU32),
    /// A tick was missed.
    Missed,
    /// A run takes longer than this.
    SlowerThan(Duration),
    /// A run was refused, its credential is, or a secret is soon too old.
    Refused,
}

/// A condition over the samples of one run.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Whose runs.
    pub job: Name,
    /// Its input is an object from metric to value.
    pub filter: Filter,
    /// The metrics that it reads. Where a run lacks one, nothing can be said: jq takes `null` for less than any number.
    pub reads: BTreeSet<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody should know.
    Notice,
    /// Somebody should act now.
    Page,
}

/// How often an alert tells of the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    /// Once in a period of the metric, or again when its limit is raised.
    Period,
    /// Each time it begins to fire.
    Episode,
}

impl Whose {
    /// Whether a job is among them.
    pub fn includes(&self, job: &Name) -> bool {
        match self {
            Whose::Any => true,
            Whose::These(jobs) => jobs.contains(job),
        }
    }
}

impl Alert {
    /// How many readings in a row must hold where the file says neither `readings` nor `for`.
    pub const READINGS: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

    /// How far back a value must be where the file does not say.
    pub const CLEAR: f64 = 0.05;
}

impl Rule {
    /// How often it tells of the same where the file does not say.
    pub const fn once(&self) -> Once {
        match self {
            Rule::Metric(_, MetricRule::Percent(_)) => Once::Period,
            Rule::Metric(..) | Rule::Runs(..) | Rule::When(_) => Once::Episode,
        }
    }

    /// The word of the job file for what fires.
    pub const fn kind(&self) -> &'static str {
        match self {
            Rule::Metric(_, rule) => rule.kind(),
            Rule::Runs(_, rule) => rule.kind(),
            Rule::When(_) => "when",
        }
    }

    /// Whether one reading is enough: what it tells does not pass by itself.
    pub const fn fires_at_once(&self) -> bool {
        match self {
            Rule::Metric(_, rule) => matches!(rule, MetricRule::Stale(_)),
            Rule::Runs(_, rule) => !matches!(rule, RunRule::SlowerThan(_)),
            Rule::When(_) => false,
        }
    }
}

impl MetricRule {
    /// The word of the job file.
    pub const fn kind(&self) -> &'static str {
        match self {
            MetricRule::Below(_) => "below",
            MetricRule::Above(_) => "above",
            MetricRule::Percent(_) => "percent",
            MetricRule::Runout(_) => "runout",
            MetricRule::Forecast(_) => "forecast",
            MetricRule::Burn(_) => "burn",
            MetricRule::Idle(_) => "idle",
            MetricRule::Stale(_) => "stale",
        }
    }
}

impl RunRule {
    /// The word of the job file.
    pub const fn kind(self) -> &'static str {
        match self {
            RunRule::Failures(_) => "failures",
            RunRule::Missed => "missed",
            RunRule::SlowerThan(_) => "slower_than",
            RunRule::Refused => "refused",
        }
    }
}

impl RunoutEdge {
    /// The word of the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunoutEdge::Fast => "fast",
            RunoutEdge::Middle => "middle",
            RunoutEdge::Slow => "slow",
        }
    }
}

impl ForecastEdge {
    /// The word of the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            ForecastEdge::Lower => "lower",
            ForecastEdge::Middle => "middle",
            ForecastEdge::Upper => "upper",
        }
    }
}

impl Severity {
    /// The word of the job file and of the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Page => "page",
        }
    }

    /// The severity of a word; `None` for any other word.
    pub fn from_word(word: &str) -> Option<Severity> {
        [Severity::Notice, Severity::Page].into_iter().find(|severity| severity.as_str() == word)
    }
}

impl Once {
    /// The word of the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Once::Period => "period",
            Once::Episode => "episode",
        }
    }
}
