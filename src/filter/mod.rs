//! jq filters over answers, and `{{ … }}` in strings.
//!
//! The language is a pure and total part of jq: a filter sees its input and its variables and
//! nothing else, and it ends. What is not in the list of built-ins cannot be called. On top of
//! that each run has an allowance of steps and of memory, so that even a filter that multiplies
//! (`[(1,2) | (1,2) | …]`) fails instead of filling the machine. That may take ten seconds:
//! threads that others wait for run filters [`briefly`], and others so that they are [`breakable`].
//!
//! ```
//! use apicron::filter::{Filter, Json, Variables};
//!
//! let filter = Filter::compile(".credits.available", &[])?;
//! let body = Json::parse(br#"{"credits": {"available": 9007199254740993}}"#)?;
//! let value = filter.one(&body, &Variables::default())?;
//! assert_eq!(value.and_then(|value| value.as_i64()), Some(9007199254740993));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod brackets;
mod check;
mod compiled;
mod effort;
mod json;
mod language;
mod members;
mod meter;
mod natives;
mod program;
mod reads;
mod syntax;
mod template;
mod tree;
mod value;

pub use compiled::{CallsUsed, Filter, FilterFailure};
pub use effort::{BreakOff, breakable, briefly};
pub use json::{Json, NotJson};
pub use reads::Members;
pub use template::{Template, TemplateFailure};

/// The variables that a filter may name. Those without a value are `null`.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `$run`: id, job, scheduled_for, trigger, now, window.start, window.end.
    pub run: Option<Json>,
    /// `$reply`: status, headers, duration_ms, bytes.
    pub reply: Option<Json>,
    /// `$calls`: earlier calls by name.
    pub calls: Option<Json>,
    /// `$items`: seen, new, changed, gone.
    pub items: Option<Json>,
    /// `$state`: what former runs of the job remembered, by name.
    pub state: Option<Json>,
    /// `$each`: the element that a call is made for.
    pub each: Option<Json>,
}

impl Variables {
    fn get(&self, variable: Variable) -> Option<&Json> {
        match variable {
            Variable::Run => self.run.as_ref(),
            Variable::Reply => self.reply.as_ref(),
            Variable::Calls => self.calls.as_ref(),
            Variable::Items => self.items.as_ref(),
            Variable::State => self.state.as_ref(),
            Variable::Each => self.each.as_ref(),
        }
    }
}

/// A variable of the filter language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `$run`
    Run,
    /// `$reply`
    Reply,
    /// `$calls`
    Calls,
    /// `$items`
    Items,
    /// `$state`
    State,
    /// `$each`
    Each,
}

impl Variable {
    /// All variables.
    pub const ALL: &[Variable] =
        &[Variable::Run, Variable::Reply, Variable::Calls, Variable::Items, Variable::State, Variable::Each];

    /// The name as a filter writes it, with its `$`.
    pub const fn name(self) -> &'static str {
        match self {
            Variable::Run => "$run",
            Variable::Reply => "$reply",
            Variable::Calls => "$calls",
            Variable::Items => "$items",
            Variable::State => "$state",
            Variable::Each => "$each",
        }
    }
}

/// Why a text is no filter of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong.
    pub message: String,
    /// What to use instead, where that is known.
    pub help: Option<String>,
    /// The bytes of the text that are wrong.
    pub span: std::ops::Range<usize>,
}
