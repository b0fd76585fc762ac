//! Runs that a crash cut off, once more.

use super::Engine;
use super::start::{Candidate, Rank};
use crate::clock::{Time, subtract};
use crate::run::RunId;
use crate::store::{Owed, Start, StoreError};

impl Engine {
    /// The repeats that are to be claimed. One whose job is gone or another by now, or whose tick is older
    /// than its job's `catch_up_window`, is forgiven.
    pub(super) async fn owed_repeats(&self) -> Result<Vec<Candidate>, StoreError> {
        let owed = self.0.store.owed().await?;
        let now = self.0.clock.now();
        let mut repeats = Vec::new();
        let mut forgiven = Vec::new();
        for owed in owed {
            let run = owed.run;
            match self.repeat_of(owed, now) {
                Some(repeat) => repeats.push(repeat),
                None => forgiven.push(run),
            }
        }
        if !forgiven.is_empty() {
            tracing::info!(runs = forgiven.len(), "runs that a crash cut off are not repeated: {}", listed(&forgiven));
            self.0.store.forgive(forgiven).await?;
        }
        Ok(repeats)
    }

    fn repeat_of(&self, owed: Owed, now: Time) -> Option<Candidate> {
        let Owed { run, tick, config_hash } = owed;
        let candidate = self.candidate(tick, Start::Repeat(run), Rank::InLine)?;
        let job = &candidate.job;
        let is_timely = candidate.tick.scheduled_for >= subtract(now, job.catch_up_window);
        (job.config_hash == config_hash && is_timely).then_some(candidate)
    }
}

/// A few of them, for a log line.
fn listed(runs: &[RunId]) -> String {
    let shown: Vec<String> = runs.iter().take(10).map(ToString::to_string).collect();
    let more = if runs.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
