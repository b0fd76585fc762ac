//! The state of an alert, and what turns it into another.

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::clock::{Time, add};
use crate::job::{Alert, Once, Severity};
use crate::run::Name;

/// Tells an instance of an alert from all others, today and after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The alert.
    pub alert: Name,
    /// What it looks at: `JOB.METRIC`, `JOB.METRIC{LABEL}`, `JOB` or `credential.NAME`.
    pub series: String,
    /// Which of its steps, by what it says and not by its place; empty for a rule without steps.
    pub step: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.alert, self.series)?;
        if self.step.is_empty() { Ok(()) } else { write!(f, "/{}", self.step) }
    }
}

/// The state of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// All is well.
    Ok,
    /// Its condition holds, but not for long enough yet.
    Pending,
    /// Its condition holds.
    Firing,
    /// It is not known whether its condition holds: what is known is too old, or too little. Never taken for well.
    Unknown,
    /// It would fire, and somebody has silenced it.
    Silenced,
}

impl State {
    /// Every state.
    pub const ALL: &[State] = &[State::Ok, State::Pending, State::Firing, State::Unknown, State::Silenced];

    /// The word that stands in the store and in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Pending => "pending",
            State::Firing => "firing",
            State::Unknown => "unknown",
            State::Silenced => "silenced",
        }
    }

    /// The state of a word; `None` for any other word.
    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.iter().copied().find(|state| state.as_str() == word)
    }
}

/// Where an instance stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Since when it is that.
    pub since: Time,
    /// How bad it is when it fires.
    pub severity: Severity,
    /// What was measured, where that is a number. Times are in seconds.
    pub value: Option<f64>,
    /// What it is measured by.
    pub threshold: Option<f64>,
    /// One sentence for a person.
    pub reason: String,
    /// What the next judgement needs to know.
    pub memory: Memory,
}

/// What the next judgement needs to know of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// Readings in a row for which the condition held.
    pub readings: u32,
    /// The time of the last reading that was counted.
    pub read_at: Option<Time>,
    /// When the first of them was judged.
    pub holds_since: Option<Time>,
    /// Whether an episode is on: it fired, or would have but for a silence, and has not resolved.
    pub is_on: bool,
    /// Whether somebody was told of this episode.
    pub is_told: bool,
    /// Whether somebody was told that it is not known how it stands.
    pub is_lost: bool,
    /// What it was told for last.
    pub told_for: Option<Budget>,
}

/// A period and its limit: an alert that tells once a period tells again only for another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Where the period begins.
    pub period: Time,
    /// The limit in it.
    pub limit: Option<f64>,
}

/// What somebody is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It fires.
    Fired,
    /// It fired or was lost, and all is well again.
    Resolved,
    /// It was well or fired, and that is no longer known.
    Lost,
}

impl Turn {
    /// The word that stands in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Turn::Fired => "firing",
            Turn::Resolved => "resolved",
            Turn::Lost => "unknown",
        }
    }

    /// The turn of a word; `None` for any other word.
    pub fn from_word(word: &str) -> Option<Turn> {
        [Turn::Fired, Turn::Resolved, Turn::Lost].into_iter().find(|turn| turn.as_str() == word)
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    Unknown,
}

/// What was found out about an instance.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) step: String,
    pub(super) severity: Severity,
    pub(super) holds: Holds,
    pub(super) value: Option<f64>,
    pub(super) threshold: Option<f64>,
    pub(super) reason: String,
    /// The time of what it rests on: an evaluation by the clock alone is no further reading.
    pub(super) reading: Option<Time>,
    pub(super) budget: Option<Budget>,
}

/// When what holds fires, and how often it is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    readings: u32,
    hold: Duration,
    once: Once,
}

impl Policy {
    pub(super) fn of(alert: &Alert) -> Policy {
        let Alert { once, .. } = *alert;
        if alert.rule.fires_at_once() {
            return Policy { readings: 1, hold: Duration::ZERO, once };
        }
        Policy { readings: alert.readings.get(), hold: alert.hold, once }
    }

    /// Where an instance stands after a finding, and what somebody is to be told.
    pub(super) fn next(
        self,
        former: Option<&Standing>,
        finding: Finding,
        is_silenced: bool,
        now: Time,
    ) -> (Standing, Option<Turn>) {
        let was = former.map(|former| former.state);
        let memory = former.map(|former| former.memory).unwrap_or_default();
        let (state, memory, turn) = match finding.holds {
            Holds::Unknown => {
                // A state that was never anything else is no news.
                let is_lost = !is_silenced && was.is_some_and(|was| was != State::Unknown);
                let memory = Memory { is_lost: is_lost || memory.is_lost, ..memory.broken() };
                (State::Unknown, memory, is_lost.then_some(Turn::Lost))
            }
            Holds::No => {
                let turn = (memory.is_told || memory.is_lost).then_some(Turn::Resolved);
                (State::Ok, Memory { told_for: memory.told_for, ..Memory::default() }, turn)
            }
            Holds::Yes => self.held(memory.counted(&finding, now), &finding, was, is_silenced, now),
        };
        let since = former.filter(|former| former.state == state).map_or(now, |former| former.since);
        let Finding { severity, value, threshold, reason, .. } = finding;
        (Standing { state, since, severity, value, threshold, reason, memory }, turn)
    }

    fn held(
        self,
        mut memory: Memory,
        finding: &Finding,
        was: Option<State>,
        is_silenced: bool,
        now: Time,
    ) -> (State, Memory, Option<Turn>) {
        let has_held = memory.holds_since.is_some_and(|since| add(since, self.hold) <= now);
        memory.is_on |= memory.readings >= self.readings && has_held;
        if !memory.is_on {
            return (State::Pending, memory, None);
        }
        if is_silenced {
            return (State::Silenced, memory, None);
        }
        let is_news = !memory.is_told || was == Some(State::Silenced);
        if !is_news || self.was_told_for(&memory, finding.budget) {
            return (State::Firing, memory, None);
        }
        memory.is_told = true;
        memory.told_for = finding.budget;
        (State::Firing, memory, Some(Turn::Fired))
    }

    /// Whether it was told in this period, and the limit was not raised since.
    fn was_told_for(self, memory: &Memory, budget: Option<Budget>) -> bool {
        let Some((told, budget)) = memory.told_for.zip(budget) else { return false };
        self.once == Once::Period && told.period == budget.period && budget.limit <= told.limit
    }
}

impl Memory {
    fn counted(self, finding: &Finding, now: Time) -> Memory {
        if finding.reading.is_some() && finding.reading <= self.read_at {
            return self;
        }
        let (readings, holds_since) = (self.readings.saturating_add(1), self.holds_since.or(Some(now)));
        Memory { readings, read_at: finding.reading, holds_since, is_lost: false, ..self }
    }

    /// What is on goes on; what is pending begins again.
    fn broken(self) -> Memory {
        Memory { readings: 0, read_at: None, holds_since: None, ..self }
    }
}
