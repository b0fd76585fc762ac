//! What is known of the runs of one job, brought up to date by each.

use std::collections::BTreeMap;

use crate::clock::Time;
use crate::run::{RunId, RunState, Span};

/// What is known of the runs of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Runs in a row that failed or were refused.
    failures: u32,
    /// The last that succeeded, failed or was refused.
    last: Option<Ended>,
    /// Ticks that were missed since then.
    missed: Option<(Span, String)>,
    /// Those under way, with their beginnings.
    under_way: BTreeMap<RunId, Time>,
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub run: RunId,
    /// How.
    pub state: RunState,
    /// When its first call began; `None` when it ended before that.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Time,
    /// Why it did not succeed.
    pub reason: Option<String>,
    /// What to do: that of its last diagnosis.
    pub remedy: Option<String>,
}

impl Runs {
    /// A run began.
    pub fn began(&mut self, run: RunId, at: Time) {
        self.under_way.insert(run, at);
    }

    /// A run ended. One that was interrupted, skipped or missed tells nothing of what the job does.
    pub fn ended(&mut self, ended: Ended) {
        self.under_way.remove(&ended.run);
        self.failures = match ended.state {
            RunState::Succeeded => 0,
            RunState::Failed | RunState::Refused => self.failures.saturating_add(1),
            RunState::Waiting
            | RunState::Held
            | RunState::Running
            | RunState::Skipped
            | RunState::Missed
            | RunState::Interrupted => return,
        };
        self.missed = None;
        self.last = Some(ended);
    }

    /// Ticks became `missed`, for a reason.
    pub fn missed(&mut self, ticks: Span, reason: &str) {
        self.missed = Some((ticks, reason.to_owned()));
    }

    /// Runs in a row that failed or were refused.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The last run that succeeded, failed or was refused.
    pub fn last(&self) -> Option<&Ended> {
        self.last.as_ref()
    }

    /// Ticks that were missed since the last run, and why.
    pub fn missed_ticks(&self) -> Option<(&Span, &str)> {
        self.missed.as_ref().map(|(ticks, reason)| (ticks, reason.as_str()))
    }

    /// When the oldest of the runs under way began.
    pub fn running_since(&self) -> Option<Time> {
        self.under_way.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::support::{at, ended};

    #[test]
    fn failures_are_counted_until_a_run_succeeds_and_an_interrupted_one_does_not_count() {
        let mut runs = Runs::default();
        for (state, failures) in [
            (RunState::Failed, 1),
            (RunState::Interrupted, 1),
            (RunState::Refused, 2),
            (RunState::Skipped, 2),
            (RunState::Succeeded, 0),
            (RunState::Failed, 1),
        ] {
            runs.ended(ended(state, 0, 1));
            assert_eq!(runs.failures(), failures, "{state}");
        }
    }

    #[test]
    fn ticks_are_missed_until_the_next_run() {
        let mut runs = Runs::default();
        runs.missed(Span { first: at(0), last: at(3), ticks: 4 }, "apicron was not running");
        runs.ended(ended(RunState::Interrupted, 4, 5));
        assert_eq!(runs.missed_ticks().map(|(ticks, _)| ticks.ticks), Some(4));
        runs.ended(ended(RunState::Failed, 5, 6));
        assert_eq!(runs.missed_ticks(), None);
    }

    #[test]
    fn of_runs_beside_each_other_the_oldest_counts() {
        let mut runs = Runs::default();
        runs.began(RunId(2), at(1));
        runs.began(RunId(3), at(2));
        assert_eq!(runs.running_since(), Some(at(1)));
        runs.ended(Ended { run: RunId(2), ..ended(RunState::Interrupted, 1, 3) });
        assert_eq!(runs.running_since(), Some(at(2)));
    }
}
