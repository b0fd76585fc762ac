//! Runs that a crash or a stop cut off, once more.

use std::time::Duration;

use super::Engine;
use super::start::{Candidate, Rank};
use crate::clock::{Time, subtract};
use crate::job::Job;
use crate::run::RunId;
use crate::store::{Owed, Start, StoreError};

/// How long a run waits for the process whose job file has its job.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// What becomes of a run that is owed a repeat.
enum Verdict {
    Repeat(Candidate),
    Forgive,
    /// It is another process's to repeat.
    Leave,
}

impl Engine {
    /// The repeats that are to be claimed. One whose job is another by now, or whose tick is older than its
    /// job's `catch_up_window`, is forgiven. One whose job the file does not name is left for a day.
    pub(super) async fn owed_repeats(&self) -> Result<Vec<Candidate>, StoreError> {
        let owed = self.0.store.owed().await?;
        let now = self.0.clock.now();
        let mut repeats = Vec::new();
        let mut forgiven = Vec::new();
        for owed in owed {
            let run = owed.run;
            match self.judge(owed, now) {
                Verdict::Repeat(repeat) => repeats.push(repeat),
                Verdict::Forgive => forgiven.push(run),
                Verdict::Leave => {}
            }
        }
        if !forgiven.is_empty() {
            tracing::info!(
                runs = forgiven.len(),
                "runs that did not end are not repeated, since their job is another by now or their tick too old: {}",
                listed(&forgiven)
            );
            self.0.store.forgive(forgiven).await?;
        }
        Ok(repeats)
    }

    /// Whether any run is owed that this process repeats or forgives.
    pub(super) async fn owes(&self) -> Result<bool, StoreError> {
        let (owed, now) = (self.0.store.owed().await?, self.0.clock.now());
        Ok(owed.into_iter().any(|owed| !matches!(self.judge(owed, now), Verdict::Leave)))
    }

    fn waits(&self, job: &Job) -> bool {
        job.api.credential.as_ref().is_some_and(|credential| self.is_refused(&credential.name))
    }

    fn judge(&self, owed: Owed, now: Time) -> Verdict {
        let Owed { run, tick, config_hash } = owed;
        let scheduled_for = tick.scheduled_for;
        let is_within = |window| scheduled_for >= subtract(now, window);
        match self.candidate(tick, Start::Repeat(run), Rank::InLine) {
            None if is_within(PATIENCE) => Verdict::Leave,
            None => Verdict::Forgive,
            // It waits as the ticks of its job do.
            Some(repeat) if self.waits(&repeat.job) && is_within(PATIENCE) => Verdict::Leave,
            Some(repeat) if repeat.job.config_hash == config_hash && is_within(repeat.job.catch_up_window) => {
                Verdict::Repeat(repeat)
            }
            Some(_) => Verdict::Forgive,
        }
    }
}

/// A few of them, for a log line.
fn listed(runs: &[RunId]) -> String {
    let shown: Vec<String> = runs.iter().take(10).map(ToString::to_string).collect();
    let more = if runs.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
