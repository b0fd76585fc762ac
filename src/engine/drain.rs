//! The end: what runs may end, what still runs then is cut off.

use std::convert::Infallible;
use std::time::Duration;

use super::{Announce, Engine};

/// How often a drain says that all is well.
const ALIVE: Duration = Duration::from_secs(1);

impl Engine {
    /// Waits for running runs, at most `drain`, then cuts them off and waits for their rows.
    pub(super) async fn drain(&self, announce: &dyn Announce) {
        self.0.running.close();
        let drain = self.jobs().settings.drain;
        let left = self.0.living.under_way().len();
        if left > 0 {
            let within = humantime::format_duration(drain);
            tracing::info!(runs = left, "stopping: runs that are under way ({left}) may end within {within}");
        }
        let drained = async {
            tokio::select! {
                () = self.0.running.wait() => true,
                () = self.0.shutdown.cut_off_requested() => false,
                never = self.stay_alive(announce) => match never {},
            }
        };
        if self.0.clock.within(drain, drained).await != Some(true) {
            self.0.shutdown.cut_off();
            self.staying_alive(announce, self.0.running.wait()).await;
        }
    }

    /// Says that all is well while something goes on that may take long, as when the store is locked.
    pub(super) async fn staying_alive<F: Future>(&self, announce: &dyn Announce, what: F) -> F::Output {
        tokio::select! {
            biased;
            done = what => done,
            never = self.stay_alive(announce) => match never {},
        }
    }

    async fn stay_alive(&self, announce: &dyn Announce) -> Infallible {
        loop {
            announce.alive();
            self.0.clock.sleep(ALIVE).await;
        }
    }
}
