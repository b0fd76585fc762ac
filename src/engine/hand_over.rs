//! Runs that are handed over to the process that serves their jobs, so that one token cache serves
//! both: their rows are followed until they end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Engine;
use super::start::{Lifted, Lived};
use super::turn::Turn;
use crate::job::Overlap;
use crate::run::{RunId, RunState};
use crate::store::{Finish, RunRow, StoreError};

/// How often the store is asked.
const ASK: Duration = Duration::from_millis(100);

/// How long another process has to take a run.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is seen to that a run whose process died ends.
const SWEEP: Duration = Duration::from_secs(5);

/// What became of a run that was handed over.
#[derive(Debug)]
pub(super) enum Followed {
    /// It ended in another process, in this state.
    Ended(RunState),
    /// Nobody took it in time: it lives here.
    Here(JoinHandle<Lived>),
    /// Its row is gone.
    Lost,
}

/// The runs that are followed.
struct Following {
    left: BTreeMap<RunId, Lifted>,
    followed: BTreeMap<RunId, Followed>,
    /// On the monotonic clock.
    began: Duration,
    swept: Duration,
}

impl Engine {
    /// Follows runs until each has ended or lives here, or a stop is asked for. Those that are left then
    /// are not in the answer.
    pub(super) async fn follow(&self, runs: Vec<Lifted>) -> BTreeMap<RunId, Followed> {
        let began = self.0.clock.elapsed();
        let left = runs.into_iter().map(|lifted| (lifted.run.id, lifted)).collect();
        let mut following = Following { left, followed: BTreeMap::new(), began, swept: began };
        loop {
            if let Err(error) = self.follow_once(&mut following).await {
                self.store_broke(error);
            }
            if following.left.is_empty() {
                return following.followed;
            }
            tokio::select! {
                biased;
                () = self.0.shutdown.draining() => return following.followed,
                () = self.0.clock.sleep(ASK) => {}
            }
        }
    }

    async fn follow_once(&self, following: &mut Following) -> Result<(), StoreError> {
        if following.left.is_empty() {
            return Ok(());
        }
        let now = self.0.clock.elapsed();
        if now.saturating_sub(following.swept) >= SWEEP {
            following.swept = now;
            self.0.store.sweep().await?;
        }
        let left: BTreeSet<RunId> = following.left.keys().copied().collect();
        let rows = self.0.store.runs_among(&left).await?;
        let rows: BTreeMap<RunId, RunRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        let is_late = now.saturating_sub(following.began) >= PATIENCE;
        for (id, lifted) in following.left.clone() {
            let followed = match rows.get(&id) {
                None => Some(Followed::Lost),
                Some(row) if !row.state.is_live() => Some(self.ended_elsewhere(&lifted, row).await?),
                Some(row) if row.process.is_none() && is_late => self.take(lifted).await?,
                Some(row) => {
                    self.0.observer.lives_elsewhere(&lifted.job, row);
                    None
                }
            };
            if let Some(followed) = followed {
                following.left.remove(&id);
                following.followed.insert(id, followed);
            }
        }
        Ok(())
    }

    async fn ended_elsewhere(&self, lifted: &Lifted, row: &RunRow) -> Result<Followed, StoreError> {
        match self.0.store.run(row.id).await? {
            Some(detail) => {
                self.0.observer.ended_elsewhere(&lifted.job, &detail);
                Ok(Followed::Ended(detail.run.state))
            }
            None => Ok(Followed::Lost),
        }
    }

    /// Takes a run that nobody took. `None` when somebody was quicker.
    async fn take(&self, lifted: Lifted) -> Result<Option<Followed>, StoreError> {
        let (job, run) = (&lifted.job.name, lifted.run.id);
        if self.0.store.take(run).await? == Finish::Lost {
            return Ok(None);
        }
        tracing::warn!(job.name = %job, run.id = %run, "nobody took run {run} of `{job}` within 5 s: it runs here");
        let turn = match lifted.job.overlap {
            Overlap::Queue => Turn::InLine { not_before: None },
            Overlap::Skip | Overlap::Allow => Turn::Free { not_before: None },
        };
        Ok(Some(Followed::Here(self.launch(lifted, turn))))
    }
}
