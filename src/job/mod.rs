//! Everything that a job file can say, checked: patterns parsed, filters compiled, names resolved.
//!
//! Nothing here reads a file, and nothing here can be wrong: [`crate::config`] makes it.

mod alert;
mod api;
mod call;
mod chain;
mod channel;
mod operation;
mod pages;
mod period;
mod settings;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use crate::cron::Pattern;
use crate::run::{Name, Scopes};

pub use alert::{
    Alert, BurnStep, Condition, ForecastEdge, ForecastStep, Metered, MetricRule, Once, Rule, RunRule, RunoutEdge,
    RunoutStep, Severity, Stale, Whose,
};
pub use api::{
    Absence, Api, AuthMethod, ClientCredentials, ClientId, Credential, Grant, Header, HeaderText, NextSecret,
    RateLimit, TokenBody,
};
pub use call::{Body, Call, Expect, JsonBody, Method, Metric};
pub use chain::{Each, Elements, OnError, Poll, Remember};
pub use channel::{Address, Channel, Mailbox, Target};
pub use operation::{Operation, PathPattern};
pub use pages::{PageBy, PageSize, Pages, Records};
pub use period::{Calendar, Cycle, Period};
pub use settings::{Heartbeat, Keep, Limits, Settings, StoreSettings};

/// One whole job file with all that it includes.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// The file itself, whole path.
    pub file: PathBuf,
    /// What holds for the process.
    pub settings: Settings,
    /// By name, also those that no job uses.
    pub credentials: BTreeMap<Name, Arc<Credential>>,
    /// By name, also those that no job uses.
    pub apis: BTreeMap<Name, Arc<Api>>,
    /// By name, disabled ones included.
    pub jobs: BTreeMap<Name, Arc<Job>>,
    /// By name.
    pub alerts: BTreeMap<Name, Arc<Alert>>,
    /// By name, also those that no alert uses.
    pub channels: BTreeMap<Name, Channel>,
}

impl Jobs {
    /// How many jobs have ticks that need a credential.
    pub fn held_by(&self, credential: &Name) -> u64 {
        let ticking = self.jobs.values().filter(|job| job.enabled && job.schedule.is_some());
        ticking.filter(|job| job.is_made_with(credential)).count() as u64
    }
}

/// What is to be done, and when.
#[derive(Clone, Debug)]
pub struct Job {
    /// Unique in the file and its includes.
    pub name: Name,
    /// For people.
    pub description: Option<String>,
    /// When it is due; `None` for a job that only people start.
    pub schedule: Option<Pattern>,
    /// The zone that its schedule and its windows are in.
    pub timezone: Tz,
    /// A job that is not enabled has no ticks.
    pub enabled: bool,
    /// What its calls need.
    pub scopes: Scopes,
    /// What it calls.
    pub api: Arc<Api>,
    /// At least one, in order.
    pub calls: Vec<Arc<Call>>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How long the whole run may take.
    pub deadline: Duration,
    /// When an attempt is made again.
    pub retry: Retry,
    /// What a tick does while the former run lives.
    pub overlap: Overlap,
    /// What becomes of ticks that were missed.
    pub catch_up: CatchUp,
    /// How old a missed tick may be to be caught up.
    pub catch_up_window: Duration,
    /// The longest delay of a tick, from which each gets a part of its own.
    pub jitter: Duration,
    /// Whether its calls go where an answer redirects them.
    pub redirects: Redirects,
    /// It runs only if the last run of this job succeeded.
    pub after: Option<Name>,
    /// Fingerprint of its effective keys with its API and credential: 16 hex digits. Sources of
    /// secrets are in it, their values are not.
    pub config_hash: String,
}

impl Job {
    /// Whether its calls are made with a credential.
    pub fn is_made_with(&self, credential: &Name) -> bool {
        self.api.credential.as_ref().is_some_and(|own| own.name == *credential)
    }
}

/// When an attempt is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: NonZeroU32,
    /// The first wait; each further one may be twice as long, less jitter.
    pub backoff: Duration,
    /// The longest wait, unless the API asks for more.
    pub max_backoff: Duration,
}

/// What a tick does while the former run of its job lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// It leaves a row `skipped`.
    Skip,
    /// It waits for its turn; only one may.
    Queue,
    /// It runs beside the former one.
    Allow,
}

/// What becomes of ticks that were missed while apicron was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// The newest runs; those before it leave a row `missed`.
    Latest,
    /// They leave a row `missed`.
    None,
    /// Each runs, in order.
    All,
}

/// Whether a call goes where an answer redirects it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// It does not: a redirect fails the call.
    #[default]
    None,
    /// It does, a few times, within scheme, host and port.
    SameOrigin,
}

impl Overlap {
    /// The word in the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Overlap::Skip => "skip",
            Overlap::Queue => "queue",
            Overlap::Allow => "allow",
        }
    }
}

impl CatchUp {
    /// The word in the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            CatchUp::Latest => "latest",
            CatchUp::None => "none",
            CatchUp::All => "all",
        }
    }
}

impl Redirects {
    /// The word in the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Redirects::None => "none",
            Redirects::SameOrigin => "same-origin",
        }
    }
}
