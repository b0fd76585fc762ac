//! Which words of a text stand where it tells what is not lacking: what the token has, what a token
//! endpoint would give, what is not needed.

use super::{SCOPE, Speaker, Word};
use crate::run::Scopes;

/// What follows these in a clause is what the token has, not what it lacks.
const HELD: &[&str] = &["has", "have", "holds", "had", "got", "provided", "granted", "given", "received", "actual"];
/// What follows these in a clause of a token endpoint is what it would give.
const OFFERED: &[&str] = &["allowed", "valid", "supported", "permitted", "available"];
const NEGATIONS: &[&str] = &[
    "not", "no", "never", "without", "lacks", "lack", "doesn't", "isn't", "hasn't", "cannot", "don't", "neither", "nor",
];
const NEEDED: &[&str] =
    &["required", "requires", "require", "needed", "needs", "need", "missing", "expected", "expects", "but", "while"];
/// Words between "only" and what alone is given.
const ONLY_FILLERS: &[&str] = &["the", "scope", "scopes", "following", "request", "use", "ask", "for"];
/// After these an offer is one under a condition.
const CONDITIONS: &[&str] = &["only", "if", "when", "unless"];

/// Marks what is not lacking as held.
pub(super) fn mark_held(words: &mut [Word], known: &Scopes, speaker: Speaker) {
    let told_before = told_before(words, known, speaker);
    let offered = match speaker {
        Speaker::Api => Vec::new(),
        Speaker::TokenEndpoint => offered_after(words, known),
    };
    words.iter_mut().zip(told_before).for_each(|(word, held)| word.held = held);
    for at in offered {
        if let Some(word) = words.get_mut(at) {
            word.held = true;
        }
    }
}

/// What was read of a clause.
#[derive(Default)]
struct Clause {
    held: bool,
    negated: bool,
    /// Held whatever was negated before.
    excepted: bool,
    /// Names something.
    names: bool,
}

/// Marks by the words before: "has a:b", "valid: a:b".
fn told_before(words: &[Word], known: &Scopes, speaker: Speaker) -> Vec<bool> {
    let of_an_endpoint = speaker == Speaker::TokenEndpoint;
    let mut clause = Clause::default();
    let mark = |(at, word): (usize, &Word)| {
        let excepts = is_unneeded(words, at)
            || of_an_endpoint && (is_only(words, at, known) || clause.names && is_outside(words, at));
        let needs = word.is_one_of(NEEDED) && !excepts;
        let begins = word.is_one_of(HELD) || of_an_endpoint && word.is_one_of(OFFERED);
        clause.negated |= word.is_one_of(NEGATIONS);
        clause.names |= word.may_be_listed(known);
        clause.held = !clause.negated && !needs && (clause.held || begins);
        clause.excepted = !needs && (clause.excepted || excepts);
        let held = clause.held || clause.excepted;
        if word.ends_a_clause() {
            clause = Clause::default();
        }
        held
    };
    words.iter().enumerate().map(mark).collect()
}

/// The places of names that an offer follows: "a:b is valid".
fn offered_after(words: &[Word], known: &Scopes) -> Vec<usize> {
    let mut negated = false;
    let mut offered = Vec::new();
    for (at, word) in words.iter().enumerate() {
        negated = !word.is_one_of(&["but", "while"]) && (negated || word.is_one_of(NEGATIONS));
        let is_said = at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|word| word.is_one_of(&["is", "are"]));
        let is_bound = words.get(at + 1).is_some_and(|next| next.is_one_of(CONDITIONS));
        if !negated && word.is_one_of(OFFERED) && is_said && (word.ends || !is_bound) {
            offered.extend(subject(words, at.saturating_sub(1), known));
        }
        negated &= !word.ends_a_clause();
    }
    offered
}

/// The places of the names just before the word at `verb`.
fn subject<'a>(words: &'a [Word], verb: usize, known: &'a Scopes) -> impl Iterator<Item = usize> + 'a {
    let joins = |word: &Word| word.is_one_of(SCOPE) || word.is_one_of(&["and", "or"]);
    let belongs =
        move |at: &usize| words.get(*at).is_some_and(|word| !word.ends && (joins(word) || word.may_be_listed(known)));
    (0..verb).rev().take_while(belongs)
}

fn is_unneeded(words: &[Word], at: usize) -> bool {
    let follows = at.checked_sub(1).and_then(|at| words.get(at));
    words.get(at).is_some_and(|word| word.is_one_of(&["require", "need"]))
        && follows.is_some_and(|word| word.is_one_of(&["not", "doesn't", "don't"]))
}

/// "Only a:b", "only the scopes a:b".
fn is_only(words: &[Word], at: usize, known: &Scopes) -> bool {
    let mut rest = words.iter().skip(at + 1).skip_while(|word| word.is_one_of(ONLY_FILLERS));
    words.get(at).is_some_and(|word| word.is_one_of(&["only"]))
        && rest.next().is_some_and(|word| word.may_be_listed(known))
}

/// "Not in …", "not one of …": what follows is the list that something stands outside of.
fn is_outside(words: &[Word], at: usize) -> bool {
    let before = words.get(at.saturating_sub(2)..at).unwrap_or_default();
    words.get(at).is_some_and(|word| word.is_one_of(&["in", "of", "among", "within"]))
        && before.iter().any(|word| word.is_one_of(&["not", "isn't"]))
}
