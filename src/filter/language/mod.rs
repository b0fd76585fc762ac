//! What the filter language has, and what to use instead of what it has not: the one table of both.
//!
//! The language is the part of jq that is pure (it sees its input and its variables, nothing else)
//! and total (it ends). What is not in [`BUILT_INS`] cannot be called; what is known from jq and
//! left out on purpose is in [`REFUSED`] with the way around it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jaq_core::load::parse::{Def, Term};
use jaq_core::load::{Lexer, Parser};

mod table;

pub(super) use table::{BUILT_INS, REFUSED, REFUSED_OPERATORS, REFUSED_VARIABLES};

use super::tree;

/// A function that filters may call, with the numbers of arguments it takes.
pub(super) type BuiltIn = (&'static str, &'static [usize]);

/// Something of jq that is left out, and what to use instead.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
}

/// The built-in of this name.
pub(super) fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_INS.iter().find(|(built_in, _)| *built_in == name)
}

/// What the function or keyword of this name is refused with.
pub(super) fn refused(name: &str) -> Option<Refused> {
    REFUSED.iter().find(|refused| refused.name == name).copied()
}

/// The nearest of some names, if one is within three typing errors and at least half of it is right.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = names.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let near = distances.filter(|(distance, _)| *distance <= 3 && *distance * 2 <= name.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// A function of the language that is written in jq, and the names that it calls.
struct Definition {
    definition: Def<&'static str>,
    calls: BTreeSet<&'static str>,
}

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    // A test shows that this text parses; if it did not, every filter would fail to compile.
    let tokens = Lexer::new(include_str!("language.jq")).lex().unwrap_or_default();
    let definitions = Parser::new(&tokens).parse(Parser::defs).unwrap_or_default();
    let with_calls = |definition: Def<&'static str>| Definition { calls: calls(&definition.body), definition };
    definitions.into_iter().map(with_calls).collect()
});

fn calls<'s>(term: &Term<&'s str>) -> BTreeSet<&'s str> {
    let mut names = BTreeSet::new();
    tree::each(term, &mut |term| match term {
        Term::Call(name, _) | Term::Str(Some(name), _) => _ = names.insert(*name),
        _ => {}
    });
    names
}

/// The definitions that a filter needs which calls these names, in an order in which each comes
/// after those it calls; the names of all that they call are added.
pub(super) fn definitions(names: &mut BTreeSet<&str>) -> Vec<Def<&'static str>> {
    let mut needed = Vec::new();
    // A definition calls only those before it, so that one pass from the end finds them all.
    for Definition { definition, calls } in DEFINITIONS.iter().rev() {
        if names.contains(definition.name) {
            names.extend(calls);
            needed.push(definition.clone());
        }
    }
    needed.reverse();
    needed
}

#[cfg(test)]
mod tests;
