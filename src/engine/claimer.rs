//! The one who claims what is due: one wake after the other, so that the rows of an earlier wake are
//! on disk before those of a later one.

use tokio::sync::{mpsc, oneshot};

use super::Engine;
use super::start::Candidate;
use crate::crash::{self, Moment};
use crate::shutdown::Shutdown;
use crate::store::{StoreError, Stretch};

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

/// Takes what is due. When this is dropped, what was taken is still claimed, and a stop waits for it.
pub(super) struct Claimer {
    queue: mpsc::UnboundedSender<Order>,
    shutdown: Shutdown,
}

enum Order {
    Claim(Dues),
    /// Say when what came before is on disk.
    Tell(oneshot::Sender<()>),
}

impl Claimer {
    pub(super) fn begin(engine: &Engine) -> Claimer {
        let (queue, mut orders) = mpsc::unbounded_channel();
        let claiming = engine.clone();
        engine.0.running.spawn(async move {
            while let Some(order) = orders.recv().await {
                match order {
                    Order::Tell(all_done) => drop(all_done.send(())),
                    Order::Claim(due) => {
                        // What cannot be recorded must not run, nor what comes after it.
                        match claiming.or_stop("the claiming of ticks", claiming.claim_due(due)).await {
                            Some(Ok(())) => {}
                            Some(Err(error)) => return claiming.store_broke(error),
                            None => return,
                        }
                    }
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

impl Engine {
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
