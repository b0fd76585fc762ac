//! How far runs are: what calls tell → a line of text for each run that lives. Pure.

use std::collections::BTreeMap;

use super::screen::clean_line;
use super::times::{grouped, large_count};
use crate::call::Advance;
use crate::run::{Name, RunId};

/// The runs that live.
#[derive(Debug, Default)]
pub(super) struct Progress {
    runs: BTreeMap<RunId, Living>,
}

/// A run that lives.
#[derive(Debug)]
struct Living {
    job: Name,
    /// The one that it is at. The calls of a run come one after another.
    call: Option<Call>,
}

/// A call under way.
#[derive(Debug)]
struct Call {
    name: String,
    pages: u64,
    items: u64,
    /// `None` for a call that is made once.
    elements: Option<u64>,
    done: u64,
}

/// How a run is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) run: RunId,
    pub(super) text: String,
    /// How much of how much is done, where that is known.
    pub(super) part: Option<(u64, u64)>,
}

impl Progress {
    /// A run begins in this process.
    pub(super) fn began(&mut self, run: RunId, job: &Name) -> Option<Shown> {
        self.runs.insert(run, Living { job: job.clone(), call: None });
        Some(Shown { run, text: job.to_string(), part: None })
    }

    /// A run is at work in another process, from which nothing is heard until it ends.
    pub(super) fn lives_elsewhere(&mut self, run: RunId, job: &Name, process: Option<&str>) -> Option<Shown> {
        let text = match process {
            Some(process) => format!("{job}  running in {}", clean_line(process)),
            None => format!("{job}  waiting for the serving process"),
        };
        Some(Shown { run, text, part: None })
    }

    /// A call of a run got on. `None` for a run that is not known to live.
    pub(super) fn advanced(&mut self, run: RunId, call: &str, advance: Advance) -> Option<Shown> {
        let living = self.runs.get_mut(&run)?;
        let under_way = living.call.take().filter(|under_way| under_way.name == call);
        let mut under_way = under_way.unwrap_or_else(|| Call::new(call));
        under_way.advance(advance);
        let shown = Shown { run, text: format!("{}  {}", living.job, under_way.text()), part: under_way.part() };
        living.call = Some(under_way);
        Some(shown)
    }

    /// A run ended.
    pub(super) fn ended(&mut self, run: RunId) {
        self.runs.remove(&run);
    }
}

impl Call {
    fn new(name: &str) -> Call {
        Call { name: name.to_owned(), pages: 0, items: 0, elements: None, done: 0 }
    }

    fn advance(&mut self, advance: Advance) {
        match advance {
            Advance::Elements(all) => self.elements = Some(all),
            Advance::Element => self.done += 1,
            Advance::Page(items) => {
                self.pages += 1;
                self.items += items;
            }
        }
    }

    fn part(&self) -> Option<(u64, u64)> {
        self.elements.map(|all| (self.done.min(all), all))
    }

    /// "files: 3 pages, 300 items, 2 of 10 elements".
    fn text(&self) -> String {
        let mut words = Vec::new();
        if self.pages > 0 {
            words.push(large_count(self.pages, "page"));
            words.push(large_count(self.items, "item"));
        }
        if let Some((done, all)) = self.part() {
            words.push(format!("{} of {}", grouped(done), large_count(all, "element")));
        }
        clean_line(&format!("{}: {}", self.name, words.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str) -> Name {
        Name::new(name).expect("a name")
    }

    fn text(shown: Option<Shown>) -> String {
        shown.expect("a line").text
    }

    #[test]
    fn pages_and_items_add_up_and_a_later_call_begins_at_nothing() {
        let mut progress = Progress::default();
        assert_eq!(text(progress.began(RunId(1), &job("sync"))), "sync");
        assert_eq!(text(progress.advanced(RunId(1), "list", Advance::Page(1_000))), "sync  list: 1 page, 1,000 items");
        assert_eq!(text(progress.advanced(RunId(1), "list", Advance::Page(1))), "sync  list: 2 pages, 1,001 items");
        assert_eq!(text(progress.advanced(RunId(1), "next", Advance::Page(1))), "sync  next: 1 page, 1 item");
    }

    #[test]
    fn elements_are_a_part_of_a_whole_that_is_never_more_than_the_whole() {
        let mut progress = Progress::default();
        progress.began(RunId(1), &job("push"));
        let mut step = |advance| progress.advanced(RunId(1), "files", advance).expect("a line");
        assert_eq!(step(Advance::Elements(2)).text, "push  files: 0 of 2 elements");
        assert_eq!(step(Advance::Element).part, Some((1, 2)));
        assert_eq!(step(Advance::Page(5)).text, "push  files: 1 page, 5 items, 1 of 2 elements");
        step(Advance::Element);
        assert_eq!(step(Advance::Element).part, Some((2, 2)));
    }

    #[test]
    fn runs_are_told_apart_and_one_that_ended_is_not_shown_again() {
        let mut progress = Progress::default();
        progress.began(RunId(1), &job("a"));
        progress.began(RunId(2), &job("b"));
        progress.advanced(RunId(1), "list", Advance::Page(1));
        assert_eq!(text(progress.advanced(RunId(2), "list", Advance::Page(7))), "b  list: 1 page, 7 items");
        progress.ended(RunId(1));
        assert_eq!(progress.advanced(RunId(1), "list", Advance::Page(1)), None);
    }

    #[test]
    fn a_run_that_was_handed_over_says_where_it_is() {
        let mut progress = Progress::default();
        let mut at = |process| text(progress.lives_elsewhere(RunId(1), &job("a"), process));
        assert_eq!(at(None), "a  waiting for the serving process");
        assert_eq!(at(Some("host/7")), "a  running in host/7");
    }
}
