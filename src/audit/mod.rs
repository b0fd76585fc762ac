//! Expected ticks against rows: whether each tick of each job that was served is covered once.
//!
//! The ticks are told anew, by the schedules that held, and not read from anything that the engine
//! remembers of its own work.

mod span;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;
use std::iter;

use chrono_tz::Tz;

use crate::clock::Time;
use crate::cron::Pattern;
use crate::run::Name;
use crate::store::{JobVersion, Store, StoreError};

pub use span::{Kept, Span};
use walk::Walk;

/// Ticks of one job that are looked at together.
const CHUNK: usize = 4_096;

/// A tick that is not covered once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose tick.
    pub job: Name,
    /// The tick.
    pub scheduled_for: Time,
    /// How many rows cover it: 0 for a hole, 2 or more for a double.
    pub rows: u64,
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Ticks that were expected.
    pub ticks: u64,
    /// Jobs that were served in that time.
    pub jobs: BTreeSet<Name>,
    /// Since when the first of them was looked at; `None` when none was.
    pub since: Option<Time>,
    /// Ticks that no row covers.
    pub holes: u64,
    /// Ticks that more than one row covers.
    pub doubles: u64,
    /// Versions whose ticks this version of apicron cannot tell, so that they were not looked at.
    pub unreadable: Vec<JobVersion>,
    /// Who serves the jobs at present.
    pub served: Presence,
}

/// Whether a process that lives serves jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// No job was served in that time, or none is any more.
    #[default]
    NothingToServe,
    /// The jobs that were served last are served by nobody. Their ticks get rows at the next start.
    Nobody,
    /// Some process.
    Somebody,
}

impl Checked {
    /// Whether every tick is known to be covered once.
    pub fn is_whole(&self) -> bool {
        self.holes == 0 && self.doubles == 0 && self.unreadable.is_empty()
    }
}

/// Looks for ticks that no row covers, or more than one, job by job, each oldest first. `each` gets
/// them as they are found, so that no time is too long; it may end the audit with an error.
///
/// # Errors
/// When the store cannot be read.
pub async fn holes<E: From<StoreError>>(
    store: &Store,
    span: &Span,
    mut each: impl FnMut(Finding) -> Result<(), E>,
) -> Result<Checked, E> {
    let mut checked = Checked::default();
    for version in store.versions_within(span.after(), span.until()).await? {
        checked.meet(&version, span);
        match Expected::of(&version, span) {
            Some(expected) => expected.check(store, &mut checked, &mut each).await?,
            None => checked.unreadable.push(version),
        }
    }
    Ok(checked)
}

impl Checked {
    fn meet(&mut self, version: &JobVersion, span: &Span) {
        let since = version.valid_from.max(span.after());
        self.since = Some(self.since.map_or(since, |earliest| earliest.min(since)));
        self.jobs.insert(version.job.clone());
        let here = match (version.valid_to, version.is_kept) {
            (Some(_), _) => Presence::NothingToServe,
            (None, false) => Presence::Nobody,
            (None, true) => Presence::Somebody,
        };
        self.served = match (self.served, here) {
            (Presence::Somebody, _) | (_, Presence::Somebody) => Presence::Somebody,
            (Presence::Nobody, _) | (_, Presence::Nobody) => Presence::Nobody,
            _ => Presence::NothingToServe,
        };
    }
}

/// The ticks that a version of a job was to have.
struct Expected<'v> {
    job: &'v Name,
    pattern: Pattern,
    zone: Tz,
    /// Ticks come after this.
    after: Time,
    /// And not after this.
    until: Time,
}

impl Expected<'_> {
    /// `None` for a schedule or a zone that this version cannot read.
    fn of<'v>(version: &'v JobVersion, span: &Span) -> Option<Expected<'v>> {
        Some(Expected {
            job: &version.job,
            pattern: Pattern::parse(&version.timing.schedule).ok()?,
            zone: version.timing.timezone.parse().ok()?,
            after: version.valid_from.max(span.after()),
            until: version.valid_to.map_or(span.until(), |to| to.min(span.until())),
        })
    }

    async fn check<E: From<StoreError>>(
        &self,
        store: &Store,
        checked: &mut Checked,
        each: &mut impl FnMut(Finding) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut after, mut walk) = (self.after, Walk::default());
        loop {
            let ticks = self.chunk(after);
            let Some(&last) = ticks.last() else { return Ok(()) };
            // What reaches over from before is known from there, but for the first chunk.
            let covers = match after == self.after {
                true => store.covers(self.job, after, last).await?,
                false => store.covers_begun(self.job, after, last).await?,
            };
            walk.on(&ticks, &covers, |tick, rows| {
                checked.ticks += 1;
                match rows {
                    1 => return Ok(()),
                    0 => checked.holes += 1,
                    _ => checked.doubles += 1,
                }
                each(Finding { job: self.job.clone(), scheduled_for: tick, rows })
            })?;
            after = last;
        }
    }

    fn chunk(&self, after: Time) -> Vec<Time> {
        let next = |after: &Time| self.pattern.next_after(*after, self.zone).map(|next| next.at);
        iter::successors(next(&after), next).take_while(|tick| *tick <= self.until).take(CHUNK).collect()
    }
}
