//! The one who claims what is due: one wake after the other, so that the rows of an earlier wake are
//! on disk before those of a later one. Wakes that gathered while it claimed are claimed together.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::start::Candidate;
use super::{Engine, missed};
use crate::clock::{Time, subtract};
use crate::crash::{self, Moment};
use crate::run::Name;
use crate::schedule::{self, MILLISECOND, MissedStretch};
use crate::shutdown::Shutdown;
use crate::store::{StoreError, Stretch};
use crate::telemetry::chain;

/// How long after an attempt to read in vain the next one comes.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// So many ticks are enough for one transaction.
const ENOUGH: usize = 1_000;

/// What becomes of ticks: rows for those that do not run, claims for those that do.
#[derive(Debug, Default)]
pub(super) struct Dues {
    pub(super) stretches: Vec<Stretch>,
    pub(super) candidates: Vec<Candidate>,
}

impl Dues {
    fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.candidates.is_empty()
    }
}

/// Ticks that a step of the wall clock stepped over, or that came while the process stood still.
pub(super) struct PassedOver {
    pub(super) gone: Vec<(Name, MissedStretch)>,
    pub(super) cause: String,
    pub(super) now: Time,
}

/// Takes what is due. When this is dropped, what was taken is still claimed, and a stop waits for it.
pub(super) struct Claimer {
    queue: mpsc::UnboundedSender<Order>,
    shutdown: Shutdown,
}

enum Order {
    Claim(Dues),
    CatchUp(PassedOver),
    /// Say when what came before is on disk.
    Tell(oneshot::Sender<()>),
}

/// Why what was handed over is not claimed.
enum Unclaimed {
    Broken(StoreError),
    /// A stop came while the store could not be read.
    Stopping,
}

impl From<StoreError> for Unclaimed {
    fn from(error: StoreError) -> Unclaimed {
        Unclaimed::Broken(error)
    }
}

impl Claimer {
    pub(super) fn begin(engine: &Engine) -> Claimer {
        let (queue, mut orders) = mpsc::unbounded_channel();
        let claiming = engine.clone();
        engine.0.running.spawn(async move {
            let mut next = None;
            while let Some(order) = following(&mut next, &mut orders).await {
                let claim = async {
                    match order {
                        Order::Tell(all_done) => {
                            // Whoever asked may have gone.
                            _ = all_done.send(());
                            Ok(())
                        }
                        Order::Claim(due) => Ok(claiming.claim_due(due).await?),
                        Order::CatchUp(passed) => claiming.catch_up_passed(passed).await,
                    }
                };
                // What cannot be recorded must not run, nor what comes after it.
                match claiming.or_stop("the claiming of ticks", claim).await {
                    Some(Ok(())) => {}
                    Some(Err(Unclaimed::Broken(error))) => return claiming.store_broke(error),
                    Some(Err(Unclaimed::Stopping)) => return leave(orders).await,
                    None => return,
                }
            }
        });
        Claimer { queue, shutdown: engine.0.shutdown.clone() }
    }

    /// Never waits, so that the next wake is not late.
    pub(super) fn hand(&self, due: Dues) {
        if !due.is_empty() {
            self.order(Order::Claim(due));
        }
    }

    /// The same for ticks that did not come in their time.
    pub(super) fn hand_passed(&self, passed: PassedOver) {
        if !passed.gone.is_empty() {
            self.order(Order::CatchUp(passed));
        }
    }

    /// Returns once all that was handed over is on disk, or never will be: a stop is asked for then.
    pub(super) async fn all_done(&self) {
        let (tell, told) = oneshot::channel();
        self.order(Order::Tell(tell));
        drop(told.await);
    }

    fn order(&self, order: Order) {
        if self.queue.send(order).is_err() {
            // Nobody claims any more: the store broke, or a fault ended the claimer.
            self.shutdown.cut_off();
        }
    }
}

/// The order to follow next, with what can be claimed together with it. `next` keeps the one after these.
async fn following(next: &mut Option<Order>, orders: &mut mpsc::UnboundedReceiver<Order>) -> Option<Order> {
    let order = match next.take() {
        Some(order) => order,
        None => orders.recv().await?,
    };
    let Order::Claim(mut due) = order else { return Some(order) };
    *next = gather(&mut due, orders);
    Some(Order::Claim(due))
}

/// Adds the wakes that wait, as if the loop had looked once, later: where claiming a wake takes longer than comes
/// between two, each would wait longer than the one before. A stretch covers ticks before those of its own wake, so
/// it comes after an earlier one's are claimed. Gives the order that comes after what was added.
fn gather(due: &mut Dues, orders: &mut mpsc::UnboundedReceiver<Order>) -> Option<Order> {
    while due.candidates.len() < ENOUGH {
        match orders.try_recv().ok()? {
            Order::Claim(later) if later.stretches.is_empty() => due.candidates.extend(later.candidates),
            other => return Some(other),
        }
    }
    None
}

/// Takes all that is still handed over and claims none of it: the next start finds it with what came before.
async fn leave(mut orders: mpsc::UnboundedReceiver<Order>) {
    while orders.recv().await.is_some() {}
}

/// Whether the store may be read again by itself.
fn may_pass(error: &StoreError) -> bool {
    !matches!(
        error,
        StoreError::Vanished { .. }
            | StoreError::Torn { .. }
            | StoreError::Closed { .. }
            | StoreError::Corrupt { .. }
            | StoreError::NotAStore { .. }
    )
}

impl Engine {
    /// What did not come in its time falls under catch-up, as what came while nothing ran. The first of these
    /// ticks may have their rows: by another process, or from before a restart and a step of the clock. A
    /// stretch that touched one would not be written.
    async fn catch_up_passed(&self, passed: PassedOver) -> Result<(), Unclaimed> {
        let PassedOver { gone, cause, now } = passed;
        let covered = self.covered_once_read().await?;
        let mut dues = Dues::default();
        for (name, gone) in gone {
            let before = subtract(gone.first, MILLISECOND);
            let after = covered.get(&name).map_or(before, |&last| last.max(before));
            let Some(job) = self.job(&name) else { continue };
            if let Some(gone) = schedule::missed(&job, after, gone.last) {
                self.catch_up(&job, gone, now, &cause, &mut dues);
            }
        }
        missed::log(&dues.stretches);
        Ok(self.claim_due(dues).await?)
    }

    /// The last ticks that have their rows. While those cannot be read, nothing else is claimed: the row of a
    /// later tick would hide what came before it from the next start.
    async fn covered_once_read(&self) -> Result<BTreeMap<Name, Time>, Unclaimed> {
        let mut attempts = 0_u64;
        loop {
            match self.0.store.last_covered().await {
                Ok(covered) => return Ok(covered),
                Err(error) if !may_pass(&error) => return Err(error.into()),
                Err(error) if attempts == 0 => {
                    tracing::warn!(error = %chain(&error), "ticks wait, since the store cannot be read: trying on");
                }
                Err(_) => {}
            }
            attempts += 1;
            tokio::select! {
                biased;
                () = self.0.shutdown.draining() => return Err(Unclaimed::Stopping),
                () = self.0.clock.sleep(AGAIN_AFTER) => {}
            }
        }
    }

    pub(super) async fn claim_due(&self, due: Dues) -> Result<(), StoreError> {
        crash::reach(Moment::Before, "claim what is due");
        if !due.stretches.is_empty() {
            self.0.store.cover(due.stretches).await?;
        }
        if !due.candidates.is_empty() {
            self.start(due.candidates).await?;
        }
        Ok(())
    }
}
