//! Two-stage stop: first no new work and let running work end, then cut it off.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A file is larger than it may be: signal(7), the same number on Linux and the BSDs.
const SIGXFSZ: i32 = 25;

/// How far a stop has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No new work; running work may end.
    Draining,
    /// Running work is cut off.
    CutOff,
}

/// Says how far a stop has gone. Cheap to clone; all clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    draining: CancellationToken,
    cut: CancellationToken,
    requests: Arc<AtomicU32>,
    signal: Arc<AtomicI32>,
}

impl Shutdown {
    /// A stop that nobody has asked for yet.
    pub fn new() -> Shutdown {
        Shutdown::default()
    }

    /// Asks to stop. The first time begins the drain; the second time cuts off what still runs.
    pub fn request(&self) -> Stage {
        if self.requests.fetch_add(1, Ordering::Relaxed) == 0 {
            self.draining.cancel();
            Stage::Draining
        } else {
            self.cut_off();
            Stage::CutOff
        }
    }

    /// Goes straight to the second stage.
    pub fn cut_off(&self) {
        self.draining.cancel();
        self.cut.cancel();
    }

    /// Whether a stop was asked for.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Whether running work is to be cut off.
    pub fn is_cut_off(&self) -> bool {
        self.cut.is_cancelled()
    }

    /// Returns once a stop was asked for.
    pub async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Returns once running work is to be cut off.
    pub async fn cut_off_requested(&self) {
        self.cut.cancelled().await;
    }

    /// The signal that cut running work off, if a signal did: 2 (SIGINT) or 15 (SIGTERM). A drain
    /// that ran out is no signal.
    pub fn cutting_signal(&self) -> Option<i32> {
        let number = self.signal.load(Ordering::Relaxed);
        (number != 0).then_some(number)
    }

    fn signalled(&self, number: i32) {
        if self.request() == Stage::CutOff {
            self.signal.store(number, Ordering::Relaxed);
        }
    }

    /// Turns each SIGINT and SIGTERM of this process into a [`Shutdown::request`]. SIGXFSZ no longer ends it.
    ///
    /// # Errors
    /// When the operating system refuses to register a signal handler.
    pub fn listen_to_signals(&self) -> std::io::Result<()> {
        // Once listened to: what a limit on the size of files refuses is then a write that fails, as on a full disk.
        drop(signal(SignalKind::from_raw(SIGXFSZ))?);
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let mut signals = signal(kind)?;
            let shutdown = self.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    shutdown.signalled(kind.as_raw_value());
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_signal_that_cuts_runs_off_counts_and_a_drain_that_ran_out_is_none() {
        let shutdown = Shutdown::new();
        shutdown.signalled(15);
        shutdown.cut_off();
        assert_eq!(shutdown.cutting_signal(), None);
        shutdown.signalled(2);
        assert_eq!(shutdown.cutting_signal(), Some(2));
    }

    #[tokio::test]
    async fn the_first_request_drains_and_the_second_cuts_off() {
        let shutdown = Shutdown::new();
        assert!(!shutdown.is_draining());
        shutdown.request();
        shutdown.draining().await;
        assert!(!shutdown.is_cut_off());
        shutdown.request();
        shutdown.cut_off_requested().await;
        assert_eq!(shutdown.cutting_signal(), None);
    }
}
