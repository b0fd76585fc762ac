//! Filters, ready to run.

use std::sync::Arc;

use super::meter::Allowance;
use super::program::{Bounds, Program};
use super::{FilterError, Json, Members, Variable, Variables, check, syntax};

/// A compiled jq expression. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Filter(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: String,
    program: Program,
    uses_input: bool,
    calls_used: CallsUsed,
}

/// Which earlier calls a filter or template reads by `$calls`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CallsUsed {
    /// None at all.
    #[default]
    None,
    /// Those with these names, each once, in the order in which they come.
    Named(Vec<String>),
    /// Any: `$calls` is used as a whole.
    All,
}

impl CallsUsed {
    /// Whether the call of this name may be read.
    pub fn includes(&self, name: &str) -> bool {
        match self {
            CallsUsed::None => false,
            CallsUsed::Named(names) => names.iter().any(|known| known == name),
            CallsUsed::All => true,
        }
    }

    pub(super) fn add(&mut self, name: &str) {
        match self {
            CallsUsed::None => *self = CallsUsed::Named(vec![name.to_owned()]),
            CallsUsed::Named(names) if !names.iter().any(|known| known == name) => names.push(name.to_owned()),
            CallsUsed::Named(_) | CallsUsed::All => {}
        }
    }

    pub(super) fn add_all(&mut self, other: &CallsUsed) {
        match other {
            CallsUsed::None => {}
            CallsUsed::Named(names) => names.iter().for_each(|name| self.add(name)),
            CallsUsed::All => *self = CallsUsed::All,
        }
    }
}

/// Why a filter gave no value when it ran.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter `{filter}` failed: {message}")]
pub struct FilterFailure {
    /// The filter's text.
    pub filter: String,
    /// What jq said, or which bound was passed.
    pub message: String,
}

impl Filter {
    /// Compiles a filter that may name the given variables.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn compile(text: &str, allowed: &[Variable]) -> Result<Filter, FilterError> {
        let term = syntax::parse(text)?;
        let facts = check::check(&term, text, allowed)?;
        let program = Program::compile(term, &facts).ok_or_else(|| FilterError {
            message: "this filter cannot be compiled".to_owned(),
            help: None,
            span: 0..text.len(),
        })?;
        let (uses_input, calls_used) = (facts.uses_input, facts.calls_used);
        Ok(Filter(Arc::new(Compiled { text: text.to_owned(), program, uses_input, calls_used })))
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Every value that the filter gives for `input`, in order: at most 10,000, and at most 1 MiB
    /// more than the input. Takes microseconds for a path, whatever the size of the input; a filter
    /// that multiplies may take ten seconds before its allowance of steps or memory is spent and
    /// it fails. [`briefly`](super::briefly) and [`breakable`](super::breakable) bound that.
    ///
    /// # Errors
    /// [`FilterFailure`]: the first error ends the run, and its values are lost.
    pub fn run(&self, input: &Json, variables: &Variables) -> Result<Vec<Json>, FilterFailure> {
        self.run_within(input, variables, Allowance::USUAL)
    }

    pub(super) fn run_within(
        &self,
        input: &Json,
        variables: &Variables,
        allowance: Allowance,
    ) -> Result<Vec<Json>, FilterFailure> {
        self.0.program.run(input, variables, allowance, Bounds::USUAL).map_err(|message| self.failure(message))
    }

    /// Every value that the filter gives, in order: at most `most`, and at most 64 MiB of them. For values
    /// that are needed one by one, such as the elements of `for_each`.
    ///
    /// # Errors
    /// As [`Filter::run`].
    pub fn many(&self, input: &Json, variables: &Variables, most: usize) -> Result<Vec<Json>, FilterFailure> {
        let bounds = Bounds { outputs: most, ..Bounds::WIDE };
        self.0.program.run(input, variables, Allowance::USUAL, bounds).map_err(|message| self.failure(message))
    }

    /// The only value that the filter gives, or `None` when it gives none.
    ///
    /// # Errors
    /// [`FilterFailure`], also when there are several.
    pub fn one(&self, input: &Json, variables: &Variables) -> Result<Option<Json>, FilterFailure> {
        let mut values = self.run(input, variables)?;
        match values.len() {
            0 | 1 => Ok(values.pop()),
            several => Err(self.failure(format!("it gives {several} values where one is needed"))),
        }
    }

    /// Whether the filter may look at `.`: false only when it is made of variables with paths,
    /// literals and operators, or such a filter is what it pipes into the rest.
    pub fn uses_input(&self) -> bool {
        self.0.uses_input
    }

    /// The calls that it reads as `$calls.NAME` or `$calls["NAME"]`, or all.
    pub fn calls_used(&self) -> &CallsUsed {
        &self.0.calls_used
    }

    /// The members of `.` that it reads, where it reads `.` by its members only: `None` for `keys` or `.[]`.
    pub fn members(&self) -> Option<Members> {
        Members::of(&syntax::parse(self.text()).ok()?)
    }

    fn failure(&self, message: String) -> FilterFailure {
        FilterFailure { filter: self.text().to_owned(), message }
    }
}
