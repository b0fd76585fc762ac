//! Walking jaq's syntax tree.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::Part;

/// Calls `seen` with the term and all terms inside, outer ones first.
pub(super) fn each<'t, S>(term: &'t Term<S>, seen: &mut impl FnMut(&'t Term<S>)) {
    seen(term);
    for inner in children(term) {
        each(inner, seen);
    }
}

/// The terms directly inside, left to right.
pub(super) fn children<S>(term: &Term<S>) -> Vec<&Term<S>> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => Vec::new(),
        Term::Str(_, parts) => parts.iter().filter_map(interpolated).collect(),
        Term::Arr(inner) => inner.iter().map(|inner| &**inner).collect(),
        Term::Obj(members) => members.iter().flat_map(|(key, value)| std::iter::once(key).chain(value)).collect(),
        Term::Neg(inner) | Term::Label(_, inner) => vec![inner],
        Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
            let mut inner: Vec<&Term<S>> = vec![left];
            inner.extend(keys(pattern));
            inner.push(right);
            inner
        }
        Term::BinOp(left, _, right) => vec![left, right],
        Term::Fold(_, source, pattern, arguments) => {
            std::iter::once(&**source).chain(keys(pattern)).chain(arguments).collect()
        }
        Term::TryCatch(tried, caught) => {
            std::iter::once(&**tried).chain(caught.iter().map(|caught| &**caught)).collect()
        }
        Term::IfThenElse(branches, otherwise) => {
            let branches = branches.iter().flat_map(|(condition, then)| [condition, then]);
            branches.chain(otherwise.iter().map(|otherwise| &**otherwise)).collect()
        }
        Term::Def(definitions, inner) => {
            definitions.iter().map(|definition| &definition.body).chain([&**inner]).collect()
        }
        Term::Call(_, arguments) => arguments.iter().collect(),
        Term::Path(head, path) => {
            std::iter::once(&**head).chain(path.0.iter().flat_map(|(part, _)| indices(part))).collect()
        }
    }
}

/// The terms directly inside, to be changed.
pub(super) fn children_mut<S>(term: &mut Term<S>) -> Vec<&mut Term<S>> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => Vec::new(),
        Term::Str(_, parts) => parts.iter_mut().filter_map(interpolated_mut).collect(),
        Term::Arr(inner) => inner.iter_mut().map(|inner| &mut **inner).collect(),
        Term::Obj(members) => members.iter_mut().flat_map(|(key, value)| std::iter::once(key).chain(value)).collect(),
        Term::Neg(inner) | Term::Label(_, inner) => vec![inner],
        Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
            let mut inner: Vec<&mut Term<S>> = vec![left];
            inner.extend(keys_mut(pattern));
            inner.push(right);
            inner
        }
        Term::BinOp(left, _, right) => vec![left, right],
        Term::Fold(_, source, _, arguments) => std::iter::once(&mut **source).chain(arguments).collect(),
        Term::TryCatch(tried, caught) => {
            std::iter::once(&mut **tried).chain(caught.iter_mut().map(|caught| &mut **caught)).collect()
        }
        Term::IfThenElse(branches, otherwise) => {
            let branches = branches.iter_mut().flat_map(|(condition, then)| [condition, then]);
            branches.chain(otherwise.iter_mut().map(|otherwise| &mut **otherwise)).collect()
        }
        Term::Def(definitions, inner) => {
            let bodies = definitions.iter_mut().map(|definition| &mut definition.body);
            bodies.chain(std::iter::once(&mut **inner)).collect()
        }
        Term::Call(_, arguments) => arguments.iter_mut().collect(),
        Term::Path(head, path) => {
            let indices = path.0.iter_mut().flat_map(|(part, _)| indices_mut(part));
            std::iter::once(&mut **head).chain(indices).collect()
        }
    }
}

fn interpolated_mut<S>(part: &mut StrPart<S, Term<S>>) -> Option<&mut Term<S>> {
    match part {
        StrPart::Term(term) => Some(term),
        StrPart::Str(_) | StrPart::Char(_) => None,
    }
}

fn indices_mut<S>(part: &mut Part<Term<S>>) -> impl Iterator<Item = &mut Term<S>> {
    let (first, second) = match part {
        Part::Index(index) => (Some(index), None),
        Part::Range(from, to) => (from.as_mut(), to.as_mut()),
    };
    first.into_iter().chain(second)
}

fn interpolated<S>(part: &StrPart<S, Term<S>>) -> Option<&Term<S>> {
    match part {
        StrPart::Term(term) => Some(term),
        StrPart::Str(_) | StrPart::Char(_) => None,
    }
}

fn indices<S>(part: &Part<Term<S>>) -> impl Iterator<Item = &Term<S>> {
    let (first, second) = match part {
        Part::Index(index) => (Some(index), None),
        Part::Range(from, to) => (from.as_ref(), to.as_ref()),
    };
    first.into_iter().chain(second)
}

/// The terms that give the keys of an object pattern.
fn keys<S>(pattern: &Pattern<S>) -> Vec<&Term<S>> {
    match pattern {
        Pattern::Var(_) => Vec::new(),
        Pattern::Arr(patterns) => patterns.iter().flat_map(keys).collect(),
        Pattern::Obj(members) => {
            members.iter().flat_map(|(key, pattern)| std::iter::once(key).chain(keys(pattern))).collect()
        }
    }
}

fn keys_mut<S>(pattern: &mut Pattern<S>) -> Vec<&mut Term<S>> {
    match pattern {
        Pattern::Var(_) => Vec::new(),
        Pattern::Arr(patterns) => patterns.iter_mut().flat_map(keys_mut).collect(),
        Pattern::Obj(members) => {
            members.iter_mut().flat_map(|(key, pattern)| std::iter::once(key).chain(keys_mut(pattern))).collect()
        }
    }
}

/// The variables that a pattern binds.
pub(super) fn variables<S: Copy>(pattern: &Pattern<S>) -> Vec<S> {
    match pattern {
        Pattern::Var(name) => vec![*name],
        Pattern::Arr(patterns) => patterns.iter().flat_map(variables).collect(),
        Pattern::Obj(members) => members.iter().flat_map(|(_, pattern)| variables(pattern)).collect(),
    }
}
