//! A refused credential, and what waits for it.

use super::{Diagnosis, Name, Run, RunId, Scopes, Tick, Verdict};
use crate::clock::Time;

/// Whether something had been noted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It had not.
    New,
    /// It had.
    Known,
}

/// The number of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub i64);

/// One refused credential, as long as it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// Whose token requests are refused.
    pub credential: Name,
    /// What the refusal is.
    pub verdict: Verdict,
    /// What was asked for when it was refused. Empty when that is no longer known.
    pub scopes: Scopes,
    /// When it was first met.
    pub opened_at: Time,
    /// How often the token endpoint was asked since.
    pub probes: u64,
    /// When it is asked next.
    pub probe_at: Time,
    /// Jobs that have a held row for it.
    pub waiting_jobs: u64,
    /// What happened, in one sentence: that of its diagnosis.
    pub summary: String,
    /// What to do: that of its diagnosis.
    pub remedy: String,
}

/// A run whose credential was refused before anything of it was sent: it goes back and waits.
#[derive(Clone, Debug)]
pub struct Hold {
    /// The run. Its trigger is `schedule` or `catch_up`.
    pub run: RunId,
    /// The refused credential.
    pub credential: Name,
    /// What was found out about the refusal; kept with the incident that it opens, if it opens one.
    pub diagnosis: Diagnosis,
    /// The place of the call in its run.
    pub seq: u32,
    /// When it met the refusal.
    pub at: Time,
}

/// A row of ticks that wait for a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The row.
    pub run: RunId,
    /// What it waits for.
    pub incident: IncidentId,
    /// The credential of that.
    pub credential: Name,
    /// Whose ticks.
    pub job: Name,
    /// The first.
    pub first: Time,
    /// The last; the first itself when there is only one.
    pub last: Time,
    /// How many.
    pub ticks: u64,
}

/// What becomes of a row of ticks that waited. Together these are all of its ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The row, as it was when this was decided.
    pub waiting: Waiting,
    /// Ticks that do not run, oldest first, each stretch with the reason.
    pub missed: Vec<(Span, String)>,
    /// Ticks that run, oldest first, all newer than those that do not.
    pub run: Vec<Tick>,
    /// The fingerprint of the job as it stands; `None` for one that there is no more, which runs nothing.
    pub config_hash: Option<String>,
}

/// Ticks of one job in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub first: Time,
    /// The last.
    pub last: Time,
    /// How many.
    pub ticks: u64,
}

impl Run {
    /// Whether nobody waits for this run, so that it may be held while its credential is refused.
    pub fn may_be_held(&self) -> bool {
        matches!(self.trigger, super::Trigger::Schedule | super::Trigger::CatchUp)
    }
}
