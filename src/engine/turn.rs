//! What a claimed run waits for before it begins.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::Engine;
use crate::call::Halt;
use crate::clock::{Time, millis_between};
use crate::run::{Run, Trigger};

/// How soon a run in line asks again whether those before it still live in other processes: they may be short.
const ASK_SOON: Duration = Duration::from_millis(50);

/// How often it asks once it has waited for long.
const ASK: Duration = Duration::from_secs(1);

/// How long a run that waits for a time goes without a look at the wall clock, which may be set.
const LOOK: Duration = Duration::from_secs(1);

/// What a claimed run waits for.
pub(super) enum Turn {
    /// For nothing: it has its slot.
    Come(OwnedSemaphorePermit),
    /// For its jitter to pass, then for a slot.
    Free { not_before: Option<Time> },
    /// For the end of the earlier runs of its job, then as [`Turn::Free`].
    InLine { not_before: Option<Time> },
}

/// The store broke, which stops the engine.
struct Unwritten;

/// Why a claimed run does not begin.
pub(super) enum NotBegun {
    /// It is to end, for this reason.
    Halted(&'static str),
    /// This process stops. The row stays `waiting`: the store knows what becomes of it.
    Stopping,
}

impl Engine {
    /// Waits until a run may begin, and notes that it does.
    pub(super) async fn wait_for_turn(
        &self,
        turn: Turn,
        run: &Run,
        halt: &Halt,
    ) -> Result<OwnedSemaphorePermit, NotBegun> {
        let slot = tokio::select! {
            biased;
            why = halt.asked() => return Err(NotBegun::Halted(why)),
            () = self.0.shutdown.draining(), if !matches!(turn, Turn::Come(_)) => None,
            slot = self.come(&turn, run) => slot,
        };
        match (turn, slot) {
            (Turn::Come(slot), _) => Ok(slot),
            (_, Some(slot)) => self.note_begin(run).await.map(|()| slot).map_err(|Unwritten| NotBegun::Stopping),
            (_, None) => Err(NotBegun::Stopping),
        }
    }

    async fn come(&self, turn: &Turn, run: &Run) -> Option<OwnedSemaphorePermit> {
        match turn {
            Turn::Come(_) => return None,
            Turn::Free { not_before } => self.wait_until(*not_before).await,
            Turn::InLine { not_before } => {
                self.wait_in_line(run).await;
                self.wait_until(*not_before).await;
            }
        }
        self.0.slots.take().await
    }

    /// Notes that a run begins. Of a repeat that is on disk before it does: after a crash, one that began is
    /// not repeated again, and one that did not is.
    async fn note_begin(&self, run: &Run) -> Result<(), Unwritten> {
        self.0.store.started(run.id, self.0.clock.now());
        if run.trigger != Trigger::Repeat {
            return Ok(());
        }
        self.0.store.flush().await.map_err(|error| {
            self.store_broke(error);
            Unwritten
        })
    }

    /// First in, first out: a run's number is its place.
    async fn wait_in_line(&self, run: &Run) {
        let mut pause = ASK_SOON;
        loop {
            if let Some(mut ends) = self.0.living.before(&run.tick.job, run.id) {
                // An error would mean that the line is gone, and with it whoever was before.
                _ = ends.changed().await;
                continue;
            }
            match self.0.store.lives_before(&run.tick.job, run.id).await {
                Ok(false) => return,
                Ok(true) => {}
                Err(error) => {
                    let error = crate::telemetry::chain(&error);
                    tracing::debug!(run.id = %run.id, error = %error, "could not see whether an earlier run lives");
                }
            }
            self.0.clock.sleep(pause).await;
            pause = next_pause(pause);
        }
    }

    /// By whichever clock is there first: the wall clock is after a suspend, and the other one when the
    /// wall clock was set back.
    async fn wait_until(&self, not_before: Option<Time>) {
        let Some(at) = not_before else { return };
        let left = || Duration::from_millis(millis_between(self.0.clock.now(), at).max(0).unsigned_abs());
        let over_by = self.0.clock.elapsed().saturating_add(left());
        loop {
            let left = left().min(over_by.saturating_sub(self.0.clock.elapsed()));
            if left.is_zero() {
                return;
            }
            self.0.clock.sleep(left.min(LOOK)).await;
        }
    }
}

/// Twice as long each time: whoever waits for a short run waits little longer than it runs, and a long one is not
/// asked after more than once a second.
fn next_pause(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(ASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_line_asks_soon_at_first_and_once_a_second_in_the_end() {
        let pauses = std::iter::successors(Some(ASK_SOON), |pause| Some(next_pause(*pause)));
        let millis: Vec<u128> = pauses.take(7).map(|pause| pause.as_millis()).collect();
        assert_eq!(millis, [50, 100, 200, 400, 800, 1_000, 1_000]);
    }
}
