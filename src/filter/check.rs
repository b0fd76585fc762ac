//! The check of a filter's tree, and what is learnt about the filter on the way.

use std::collections::BTreeSet;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::{Part, Path};

use super::language::{self, BUILT_INS, REFUSED_VARIABLES};
use super::members::members;
use super::syntax::{refuse, span, too_deep};
use super::{CallsUsed, FilterError, Variable, tree};

/// Terms inside each other, as they nest when jaq runs them.
const DEPTH: usize = 128;

/// What is known about a filter whose tree is in order.
#[derive(Debug)]
pub(super) struct Facts<'s> {
    /// The terms of the tree.
    pub(super) nodes: u64,
    /// The functions that it calls.
    pub(super) functions: BTreeSet<&'s str>,
    pub(super) calls_used: CallsUsed,
    pub(super) uses_input: bool,
}

/// Checks that a filter uses nothing but what the language has and this place allows.
pub(super) fn check<'s>(term: &Term<&'s str>, text: &'s str, allowed: &[Variable]) -> Result<Facts<'s>, FilterError> {
    let facts = Facts {
        nodes: 0,
        functions: BTreeSet::new(),
        calls_used: CallsUsed::None,
        uses_input: !is_free_of_input(term),
    };
    let mut check = Check { text, allowed, bound: Vec::new(), facts };
    check.term(term, 0)?;
    Ok(check.facts)
}

struct Check<'a, 's> {
    text: &'s str,
    allowed: &'a [Variable],
    /// Variables of `as` around the present term.
    bound: Vec<&'s str>,
    facts: Facts<'s>,
}

impl<'s> Check<'_, 's> {
    fn term(&mut self, term: &Term<&'s str>, depth: usize) -> Result<(), FilterError> {
        self.facts.nodes += 1;
        if depth > DEPTH {
            return Err(too_deep(self.text));
        }
        let depth = depth + levels(term);
        match term {
            Term::Var(name) => self.variable(name),
            Term::Call(name, arguments) => {
                self.function(name, arguments.len())?;
                self.terms(arguments, depth)
            }
            Term::Str(Some(format), _) => {
                self.function(format, 0)?;
                self.inside(term, depth)
            }
            Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
                self.term(left, depth)?;
                self.inside_pattern(term, depth)?;
                let variables = tree::variables(pattern);
                variables.iter().try_for_each(|name| self.bind(name))?;
                self.term(right, depth)?;
                self.bound.truncate(self.bound.len().saturating_sub(variables.len()));
                Ok(())
            }
            Term::Path(head, path) if matches!(**head, Term::Var("$calls")) && call_name(path).is_some() => {
                self.variable_is_known("$calls")?;
                self.facts.calls_used.add(call_name(path).unwrap_or_default());
                // The head is dealt with; the name of the call is a plain string.
                tree::children(term).into_iter().skip(2).try_for_each(|index| self.term(index, depth))
            }
            Term::Path(head, path) => {
                if let Term::Var(variable) = **head {
                    self.members(variable, path)?;
                }
                self.inside(term, depth)
            }
            _ => self.inside(term, depth),
        }
    }

    /// The steps after `$run` and the like, up to the first that only a run tells.
    fn members(&self, name: &'s str, path: &Path<Term<&'s str>>) -> Result<(), FilterError> {
        let Some(variable) = Variable::ALL.iter().find(|variable| variable.name() == name) else { return Ok(()) };
        let mut inside = Vec::new();
        for step in path.0.iter().map_while(|(part, _)| literal(part)) {
            match members(*variable, &inside) {
                Some(known) if !known.contains(&step) => return Err(self.no_such_member(name, &inside, step, known)),
                _ => inside.push(step),
            }
        }
        Ok(())
    }

    fn no_such_member(&self, name: &str, inside: &[&str], wrong: &str, known: &[&str]) -> FilterError {
        let whole = [&[name], inside].concat().join(".");
        let near = language::nearest(wrong, known.iter().copied());
        let help = near.map_or_else(
            || format!("it has {}", listed(known.iter().copied())),
            |near| format!("a member with a similar name exists: `{near}`"),
        );
        self.error(wrong, &format!("`{whole}` has no member `{wrong}`"), Some(&help))
    }

    fn inside(&mut self, term: &Term<&'s str>, depth: usize) -> Result<(), FilterError> {
        tree::children(term).into_iter().try_for_each(|inner| self.term(inner, depth))
    }

    fn terms(&mut self, terms: &[Term<&'s str>], depth: usize) -> Result<(), FilterError> {
        terms.iter().try_for_each(|term| self.term(term, depth))
    }

    /// The terms for the keys of a pattern: all that is inside but the first and the last.
    fn inside_pattern(&mut self, term: &Term<&'s str>, depth: usize) -> Result<(), FilterError> {
        let inside = tree::children(term);
        let keys = inside.len().saturating_sub(2);
        inside.into_iter().skip(1).take(keys).try_for_each(|key| self.term(key, depth))
    }

    fn bind(&mut self, name: &'s str) -> Result<(), FilterError> {
        if Variable::ALL.iter().any(|variable| variable.name() == name) {
            let message = format!("`{name}` has a meaning of its own and cannot be bound");
            return Err(self.error(name, &message, Some("take another name")));
        }
        self.bound.push(name);
        Ok(())
    }

    fn variable(&mut self, name: &'s str) -> Result<(), FilterError> {
        if self.bound.contains(&name) {
            return Ok(());
        }
        self.variable_is_known(name)?;
        if name == Variable::Calls.name() {
            self.facts.calls_used = CallsUsed::All;
        }
        Ok(())
    }

    fn variable_is_known(&self, name: &'s str) -> Result<(), FilterError> {
        if self.allowed.iter().any(|variable| variable.name() == name) {
            return Ok(());
        }
        if let Some(refused) = REFUSED_VARIABLES.iter().find(|refused| refused.name == name) {
            return Err(refuse(self.text, name, *refused));
        }
        let here = self.variables_here();
        if Variable::ALL.iter().any(|variable| variable.name() == name) {
            return Err(self.error(name, &format!("there is no `{name}` in this place"), Some(&here)));
        }
        let names = self.allowed.iter().map(|variable| variable.name()).chain(self.bound.iter().copied());
        let near =
            language::nearest(name, names).map(|near| format!("a variable with a similar name exists: `{near}`"));
        Err(self.error(name, &format!("unknown variable `{name}`"), Some(&near.unwrap_or(here))))
    }

    fn variables_here(&self) -> String {
        let names = listed(self.allowed.iter().map(|variable| variable.name()));
        match self.allowed.len() {
            0 => "there are no variables here, only `.`".to_owned(),
            1 => format!("there is {names} here"),
            _ => format!("there are {names} here"),
        }
    }

    fn function(&mut self, name: &'s str, arguments: usize) -> Result<(), FilterError> {
        match language::built_in(name) {
            Some((_, counts)) if counts.contains(&arguments) => {
                self.facts.functions.insert(name);
                Ok(())
            }
            Some((_, counts)) => {
                let help = help_with_arguments(arguments, counts);
                let counts: Vec<_> = counts.iter().map(ToString::to_string).collect();
                let takes = format!("`{name}` takes {} arguments, not {arguments}", counts.join(" or "));
                let message = if counts == ["1"] { takes.replace("arguments", "argument") } else { takes };
                Err(self.error(name, &message, Some(help)))
            }
            None => match language::refused(name) {
                Some(refused) => Err(refuse(self.text, name, refused)),
                None => Err(self.unknown_function(name, arguments)),
            },
        }
    }

    fn unknown_function(&self, name: &'s str, arguments: usize) -> FilterError {
        let start = span(self.text, name).start;
        let follows_dash = self.text.get(..start).is_some_and(|before| before.ends_with('-'));
        let help = if follows_dash {
            Some("a name with `-` in it goes in quotes: `.[\"the-name\"]`".to_owned())
        } else {
            let near = language::nearest(name, BUILT_INS.iter().map(|(name, _)| *name));
            let near = near.map(|near| format!("a function with a similar name exists: `{near}`"));
            let is_variable = self.allowed.iter().any(|variable| variable.name().strip_prefix('$') == Some(name));
            near.or_else(|| is_variable.then(|| format!("a variable has its sign before it: `${name}`")))
                .or_else(|| Some(help_with_unknown(name, arguments)))
        };
        self.error(name, &format!("unknown function `{name}`"), help.as_deref())
    }

    fn error(&self, part: &str, message: &str, help: Option<&str>) -> FilterError {
        FilterError { message: message.to_owned(), help: help.map(str::to_owned), span: span(self.text, part) }
    }
}

/// How many levels deeper jaq runs what is inside: it adds up the parts of objects and texts one
/// inside the other, and calls functions through their definitions.
fn levels(term: &Term<&str>) -> usize {
    match term {
        Term::Obj(members) => members.len().max(1),
        Term::Str(_, parts) => parts.len().max(1),
        Term::Call(..) => 4,
        _ => 1,
    }
}

/// "`a`, `b` and `c`".
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        few => few.concat(),
    }
}

/// The name in `$calls.NAME` or `$calls["NAME"]`.
fn call_name<'s>(path: &Path<Term<&'s str>>) -> Option<&'s str> {
    path.0.first().and_then(|(part, _)| literal(part))
}

/// The name in `.NAME` or `["NAME"]`.
pub(super) fn literal<'s>(part: &Part<Term<&'s str>>) -> Option<&'s str> {
    match part {
        Part::Index(Term::Str(None, parts)) => match parts.as_slice() {
            [StrPart::Str(name)] => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a term is made of variables with paths, literals and operators only.
fn is_free_of_input(term: &Term<&str>) -> bool {
    // What stands behind a pipe sees what is before it.
    if let Term::BinOp(left, BinaryOp::Pipe(None), _) = term {
        return is_free_of_input(left);
    }
    let free_itself = match term {
        Term::Num(_) | Term::Var(_) | Term::Neg(_) | Term::Arr(_) | Term::Path(..) => true,
        Term::Str(format, _) => format.is_none(),
        // `{a}` is short for `{a: .a}`, but `{$a}` for `{a: $a}`.
        Term::Obj(members) => members.iter().all(|(key, value)| value.is_some() || matches!(key, Term::Var(_))),
        Term::BinOp(_, operator, _) => {
            use BinaryOp::{Alt, And, Cmp, Comma, Math, Or};
            matches!(operator, Math(_) | Cmp(_) | And | Or | Alt | Comma)
        }
        Term::Call(name, _) => matches!(*name, "true" | "false" | "null"),
        _ => false,
    };
    free_itself && tree::children(term).into_iter().all(is_free_of_input)
}

/// What to do about a function with too few or too many arguments.
fn help_with_arguments(given: usize, taken: &[usize]) -> &'static str {
    match (given, taken.iter().max()) {
        (0, Some(1..)) => "write its arguments in brackets, separated by `;`: `map(.id)`, `split(\",\"; null)`",
        (_, Some(0)) => "what it works on comes from before it: `.a | length`",
        _ => "arguments are separated by `;`, and what it works on comes from before it: `.a | join(\",\")`",
    }
}

/// What to do about a name like no function's. What is written with arguments is meant to be one.
fn help_with_unknown(name: &str, arguments: usize) -> String {
    match arguments {
        0 => format!("for the member of that name write `.{name}`"),
        _ => "there is no such function here; what there is works on values alone, like `map`, `select`, `any`, `add` \
              and `test`"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests;
