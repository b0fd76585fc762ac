//! The end of one run before its time.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

/// Ends one run before its time, for a reason. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Halt {
    asked: CancellationToken,
    why: Arc<OnceLock<&'static str>>,
}

impl Halt {
    /// One that nobody has asked for yet.
    pub fn new() -> Halt {
        Halt::default()
    }

    /// Asks the run to end. The first reason holds.
    pub fn ask(&self, why: &'static str) {
        _ = self.why.set(why);
        self.asked.cancel();
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.asked.is_cancelled()
    }

    /// Returns the reason once somebody asked.
    pub async fn asked(&self) -> &'static str {
        self.asked.cancelled().await;
        self.why.get().copied().unwrap_or("it was cancelled")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_holds() {
        let halt = Halt::new();
        let asked = halt.asked();
        tokio::pin!(asked);
        assert!(futures_util::poll!(&mut asked).is_pending());
        halt.clone().ask("it was cancelled");
        halt.ask("another process took it over");
        assert_eq!(asked.await, "it was cancelled");
    }
}
