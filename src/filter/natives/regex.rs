//! Regular expressions, with the engine of the crate `regex`: linear in the text, bounded in size.

use std::cell::RefCell;
use std::collections::HashMap;

use jaq_core::native::{self, Fun, bome, run};
use jaq_core::{Bind, Cv, RunPtr, ValR};
use jaq_json::{Map, Val};
use jaq_std::ValT as _;
use regex::{Captures, Regex, RegexBuilder};

use super::Data;
use super::places::{Cost, cost};
use crate::filter::meter::{self, Spent};
use crate::filter::value::{Error, Metered, price};

/// Bytes of a compiled expression: enough for dozens of Unicode classes.
const SIZE: usize = 1024 * 1024;

/// Expressions that a thread keeps compiled. A filter holds a handful; more come from a body.
const KEPT: usize = 64;

/// Steps that compiling an expression counts as.
const COMPILE: u64 = 20_000;

/// Groups inside each other.
const NESTING: u32 = 64;

/// Places of an expression that a byte of a text is compared with in a step.
const PLACES_A_STEP: usize = 16;

/// Bytes that are read in a step where an expression is only looked for.
const BYTES_A_STEP: usize = 1024;

/// Bits in which a search remembers where it was in an expression and in what is left of a text, at most. They are
/// wiped for each search of an expression that its automaton cannot follow, such as `\b` in a text beyond ASCII.
const VISITED: usize = 2 << 20;

/// As many are wiped in a step.
const VISITED_A_STEP: usize = 8 * 1024;

thread_local! {
    static COMPILED: RefCell<HashMap<(String, String), Compiled>> = RefCell::default();
}

/// An expression that is ready.
#[derive(Clone)]
struct Compiled {
    regex: Regex,
    cost: Cost,
}

impl Compiled {
    /// What a byte of a text may cost more than usual, in steps.
    fn surcharge(&self) -> usize {
        self.cost.places / PLACES_A_STEP
    }
}

pub(super) fn functions() -> impl Iterator<Item = Fun<Data>> {
    let arguments = || Box::from([Bind::Var(()), Bind::Var(())]);
    let functions: Vec<native::Filter<RunPtr<Data>>> = vec![
        ("_test", arguments(), |cv| bome(search(cv, Ask::Test))),
        ("_matches", arguments(), |cv| bome(search(cv, Ask::Matches))),
        ("_split_matches", arguments(), |cv| bome(search(cv, Ask::Parts))),
    ];
    functions.into_iter().map(run::<Data>)
}

/// What a search is to give.
#[derive(Clone, Copy)]
enum Ask {
    Test,
    Matches,
    Parts,
}

struct Search<'t> {
    value: &'t Metered,
    text: &'t str,
    compiled: Compiled,
    all: Repeat,
    empty: Empty,
}

#[derive(PartialEq)]
enum Repeat {
    First,
    All,
}

#[derive(PartialEq)]
enum Empty {
    Kept,
    Ignored,
}

fn search(mut cv: Cv<'_, Data>, ask: Ask) -> ValR<Metered> {
    let flags = cv.0.pop_var();
    let pattern = cv.0.pop_var();
    let value = cv.1;
    let (text, pattern, flags) = (text(&value)?, text(&pattern)?, text(&flags)?);
    let all = if flags.contains('g') { Repeat::All } else { Repeat::First };
    let empty = if flags.contains('n') { Empty::Ignored } else { Empty::Kept };
    let search = Search { value: &value, text, compiled: compiled(pattern, flags)?, all, empty };
    match ask {
        Ask::Test => search.test(),
        Ask::Matches => search.matches(),
        Ask::Parts => search.parts(),
    }
}

fn text(value: &Metered) -> Result<&str, Error> {
    let bytes = value.0.as_utf8_bytes().ok_or_else(|| Error::typ(value.clone(), "string"))?;
    std::str::from_utf8(bytes).map_err(|_| Error::typ(value.clone(), "valid UTF-8"))
}

fn compiled(pattern: &str, flags: &str) -> Result<Compiled, Error> {
    let key = (pattern.to_owned(), flags.to_owned());
    if let Some(compiled) = COMPILED.with_borrow(|kept| kept.get(&key).cloned()) {
        return Ok(compiled);
    }
    meter::steps(COMPILE)?;
    let regex = compile(pattern, flags)?;
    let compiled = Compiled { regex, cost: cost(pattern, flags, NESTING) };
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, compiled.clone());
    });
    Ok(compiled)
}

fn compile(pattern: &str, flags: &str) -> Result<Regex, Error> {
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(SIZE).nest_limit(NESTING);
    for flag in flags.chars() {
        match flag {
            'g' | 'n' => &mut builder,
            'i' => builder.case_insensitive(true),
            'm' => builder.multi_line(true),
            's' => builder.dot_matches_new_line(true),
            'p' => builder.multi_line(true).dot_matches_new_line(true),
            'l' => builder.swap_greed(true),
            'x' => builder.ignore_whitespace(true),
            other => return Err(Error::str(format_args!("`{other}` is no flag of a regular expression"))),
        };
    }
    builder.build().map_err(|error| Error::str(format_args!("invalid regular expression: {error}")))
}

impl<'t> Search<'t> {
    fn test(&self) -> ValR<Metered> {
        self.charge(2)?;
        for found in self.compiled.regex.find_iter(self.text) {
            if self.empty == Empty::Kept || !found.is_empty() {
                return Ok(Metered::from(true));
            }
            self.charge_next(found.end())?;
        }
        Ok(Metered::from(false))
    }

    /// Charges a walk through the text at so many steps a byte.
    fn charge(&self, steps: usize) -> Result<(), Spent> {
        meter::steps(64 + self.text.len().saturating_mul(steps + self.compiled.surcharge()))
    }

    /// Charges the search for the next match: what it reads again, up to the end at most, and what is wiped for it.
    fn charge_next(&self, from: usize) -> Result<(), Spent> {
        let left = self.text.len().saturating_sub(from);
        let places = self.compiled.cost.places;
        let again = match self.compiled.cost.ahead {
            // Here each byte may be compared with all places: what is read again may be short, and yet all the work.
            Some(ahead) => ahead.min(left).saturating_mul(places) / PLACES_A_STEP,
            None => left.saturating_mul(1 + self.compiled.surcharge()) / BYTES_A_STEP,
        };
        let wiped = left.saturating_mul(places).min(VISITED) / VISITED_A_STEP;
        meter::steps(1 + again.saturating_add(wiped))
    }

    /// An array of matches, each an array of its groups that took part, the whole match first.
    fn matches(&self) -> ValR<Metered> {
        let mut place = Place::default();
        let mut matches = Vec::new();
        self.each(|captures| {
            matches.push(self.groups(captures, &mut place)?);
            Ok(())
        })?;
        Ok(matches.into_iter().collect())
    }

    /// The texts between the matches, and between those the matches, in turn.
    fn parts(&self) -> ValR<Metered> {
        let mut place = Place::default();
        let (mut parts, mut end) = (Vec::new(), 0);
        self.each(|captures| {
            let Some(whole) = captures.get(0) else { return Ok(()) };
            parts.push(self.piece(self.text.get(end..whole.start()).unwrap_or_default()));
            parts.push(self.groups(captures, &mut place)?);
            end = whole.end();
            Ok(())
        })?;
        parts.push(self.piece(self.text.get(end..).unwrap_or_default()));
        Ok(parts.into_iter().collect())
    }

    fn each(&self, mut found: impl FnMut(&Captures<'t>) -> Result<(), Error>) -> Result<(), Error> {
        self.charge(32)?;
        for captures in self.compiled.regex.captures_iter(self.text) {
            self.charge_next(captures.get(0).map_or(0, |whole| whole.end()))?;
            if self.empty == Empty::Kept || captures.get(0).is_some_and(|whole| !whole.is_empty()) {
                found(&captures)?;
                if self.all == Repeat::First {
                    break;
                }
            }
        }
        Ok(())
    }

    fn groups(&self, captures: &Captures<'t>, place: &mut Place) -> ValR<Metered> {
        let groups = captures.iter().zip(self.compiled.regex.capture_names());
        let groups = groups.filter_map(|(group, name)| {
            let group = group?;
            // A spent run fails at its end.
            _ = meter::bytes(price::group(name));
            let mut members = Map::default();
            let offset = place.characters_before(self.text, group.start());
            members.insert(Val::utf8_str("offset"), Val::from(offset));
            members.insert(Val::utf8_str("length"), Val::from(group.as_str().chars().count()));
            members.insert(Val::utf8_str("string"), self.piece(group.as_str()).0);
            if let Some(name) = name {
                members.insert(Val::utf8_str("name"), Val::utf8_str(name.to_owned().into_bytes()));
            }
            Some(Metered(Val::obj(members)))
        });
        let groups = groups.collect::<Vec<_>>();
        Ok(groups.into_iter().collect())
    }

    /// A view into the text, not a copy.
    fn piece(&self, text: &str) -> Metered {
        self.value.as_sub_str(text.as_bytes())
    }
}

/// Counts characters on (or back) from the last place asked for; matches come in order, groups nearly so.
#[derive(Default)]
struct Place {
    byte: usize,
    characters: usize,
}

impl Place {
    fn characters_before(&mut self, text: &str, byte: usize) -> usize {
        let characters = |from: usize, to: usize| text.get(from..to).unwrap_or_default().chars().count();
        if byte < self.byte {
            self.characters = self.characters.saturating_sub(characters(byte, self.byte));
        } else {
            self.characters += characters(self.byte, byte);
        }
        self.byte = byte;
        self.characters
    }
}
