//! The runs of this process that live: whom a cancel reaches, and who waits for whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::call::Halt;
use crate::run::{Name, RunId};

/// The living runs of this process. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Living(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    runs: BTreeMap<RunId, Alive>,
    lines: HashMap<Name, Line>,
}

struct Alive {
    job: Name,
    halt: Halt,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    UnderWay,
    /// Its end is on the way to the store, so the store may have it ended already.
    Ending,
}

/// The living runs of one job.
#[derive(Default)]
struct Line {
    runs: BTreeSet<RunId>,
    /// Told of each end.
    ended: watch::Sender<()>,
}

/// A run's place among the living. It is gone when this is dropped.
pub(super) struct Seat {
    living: Living,
    run: RunId,
    pub(super) halt: Halt,
}

impl Living {
    /// Takes a run in.
    pub(super) fn seat(&self, job: &Name, run: RunId) -> Seat {
        let halt = Halt::new();
        let mut table = self.table();
        table.runs.insert(run, Alive { job: job.clone(), halt: halt.clone(), stage: Stage::UnderWay });
        table.lines.entry(job.clone()).or_default().runs.insert(run);
        drop(table);
        Seat { living: self.clone(), run, halt }
    }

    /// Those whose end is not on its way yet.
    pub(super) fn under_way(&self) -> BTreeSet<RunId> {
        let table = self.table();
        table.runs.iter().filter(|(_, alive)| alive.stage == Stage::UnderWay).map(|(run, _)| *run).collect()
    }

    /// Ends a run before its time. `None` when it ends by itself or has ended; otherwise its job.
    pub(super) fn halt(&self, run: RunId, why: &'static str) -> Option<Name> {
        let table = self.table();
        let alive = table.runs.get(&run).filter(|alive| alive.stage == Stage::UnderWay)?;
        alive.halt.ask(why);
        Some(alive.job.clone())
    }

    /// Tells of the ends of a job's runs here; `None` when no run before this one lives here.
    pub(super) fn before(&self, job: &Name, run: RunId) -> Option<watch::Receiver<()>> {
        let table = self.table();
        let line = table.lines.get(job)?;
        line.runs.first().filter(|first| **first < run)?;
        Some(line.ended.subscribe())
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Notes that the run's end is on its way to the store.
    pub(super) fn ending(&self) {
        if let Some(alive) = self.living.table().runs.get_mut(&self.run) {
            alive.stage = Stage::Ending;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.living.table();
        let Some(alive) = table.runs.remove(&self.run) else { return };
        if let Some(line) = table.lines.get_mut(&alive.job) {
            line.runs.remove(&self.run);
            line.ended.send_replace(());
            if line.runs.is_empty() {
                table.lines.remove(&alive.job);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(text: &str) -> Name {
        Name::new(text).expect("a name")
    }

    #[tokio::test]
    async fn a_run_hears_of_the_end_of_those_of_its_job_before_it() {
        let living = Living::default();
        let (first, _other) = (living.seat(&job("a"), RunId(1)), living.seat(&job("b"), RunId(2)));
        let _third = living.seat(&job("a"), RunId(3));
        let mut ends = living.before(&job("a"), RunId(3)).expect("one before it");
        assert!(living.before(&job("a"), RunId(1)).is_none());
        assert!(living.before(&job("b"), RunId(2)).is_none());
        drop(first);
        ends.changed().await.expect("told of the end");
        assert!(living.before(&job("a"), RunId(3)).is_none());
    }

    #[tokio::test]
    async fn a_run_whose_end_is_on_its_way_is_not_halted_any_more() {
        let living = Living::default();
        let seat = living.seat(&job("a"), RunId(1));
        assert_eq!(living.under_way(), BTreeSet::from([RunId(1)]));
        seat.ending();
        assert!(living.under_way().is_empty());
        assert_eq!(living.halt(RunId(1), "it was cancelled"), None);
        let other = living.seat(&job("a"), RunId(2));
        assert_eq!(living.halt(RunId(2), "it was cancelled"), Some(job("a")));
        assert_eq!(other.halt.asked().await, "it was cancelled");
    }
}
