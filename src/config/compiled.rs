//! Patterns, filters and templates of one file, each text compiled once.
//!
//! A thousand jobs that ask one API for the same numbers share their filters, which makes the file
//! quick to load and the process small.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use chrono_tz::Tz;

use crate::clock::Time;
use crate::cron::{Pattern, PatternError};
use crate::filter::{Filter, FilterError, Template, Variable};
use crate::watch::longest_poll;

/// Ticks whose gaps are looked at: an hour of minutes, and more than a month of days.
const LOOKED_AT: usize = 64;

/// What was compiled so far.
#[derive(Debug, Default)]
pub(in crate::config) struct Compiled {
    patterns: RefCell<BTreeMap<String, Pattern>>,
    gaps: RefCell<BTreeMap<String, Rc<[Duration]>>>,
    longest: RefCell<BTreeMap<(String, &'static str), Option<Duration>>>,
    filters: Shared<Filter>,
    templates: Shared<Template>,
}

impl Compiled {
    pub(in crate::config) fn pattern(&self, text: &str) -> Result<Pattern, PatternError> {
        if let Some(pattern) = self.patterns.borrow().get(text) {
            return Ok(pattern.clone());
        }
        let pattern = Pattern::parse(text)?;
        self.patterns.borrow_mut().insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }

    /// The smallest time between two of a pattern's ticks that follow each other, changes of the
    /// clocks aside; `None` when it has but one.
    pub(in crate::config) fn smallest_gap(&self, pattern: &Pattern) -> Option<Duration> {
        self.gaps(pattern).iter().min().copied()
    }

    /// The times between the first of a pattern's ticks, changes of the clocks aside.
    pub(in crate::config) fn gaps(&self, pattern: &Pattern) -> Rc<[Duration]> {
        Rc::clone(self.gaps.borrow_mut().entry(pattern.text().to_owned()).or_insert_with(|| gaps(pattern)))
    }

    /// The longest time between two of a pattern's ticks that follow each other in a week; `None` when it has but one.
    pub(in crate::config) fn longest_gap(&self, pattern: &Pattern, zone: Tz) -> Option<Duration> {
        let key = (pattern.text().to_owned(), zone.name());
        *self.longest.borrow_mut().entry(key).or_insert_with(|| longest_poll(pattern, zone, Time::UNIX_EPOCH))
    }

    pub(in crate::config) fn filter(&self, text: &str, allowed: &'static [Variable]) -> Result<Filter, FilterError> {
        self.filters.get(text, allowed, Filter::compile)
    }

    pub(in crate::config) fn template(
        &self,
        text: &str,
        allowed: &'static [Variable],
    ) -> Result<Template, FilterError> {
        self.templates.get(text, allowed, Template::compile)
    }
}

fn gaps(pattern: &Pattern) -> Rc<[Duration]> {
    let next = |after: Time| pattern.next_after(after, Tz::UTC).map(|tick| tick.at);
    let ticks: Vec<Time> = std::iter::successors(next(Time::UNIX_EPOCH), |tick| next(*tick)).take(LOOKED_AT).collect();
    ticks.windows(2).filter_map(|pair| (*pair.get(1)? - *pair.first()?).to_std().ok()).collect()
}

/// By text, and by the variables that it may name.
#[derive(Debug)]
struct Shared<T>(RefCell<BTreeMap<String, BySet<T>>>);

/// One compiled text for each set of variables that it may name.
type BySet<T> = Vec<(&'static [Variable], T)>;

impl<T> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared(RefCell::default())
    }
}

impl<T: Clone> Shared<T> {
    fn get(
        &self,
        text: &str,
        allowed: &'static [Variable],
        compile: fn(&str, &[Variable]) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        let known =
            self.0.borrow().get(text).and_then(|known| Some(known.iter().find(|(set, _)| *set == allowed)?.1.clone()));
        if let Some(known) = known {
            return Ok(known);
        }
        let compiled = compile(text, allowed)?;
        self.0.borrow_mut().entry(text.to_owned()).or_default().push((allowed, compiled.clone()));
        Ok(compiled)
    }
}
