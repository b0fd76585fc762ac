//! Sections whose keys are names: credentials, APIs, jobs, over all files.

use std::collections::BTreeMap;

use crate::config::file::{Entries, Field, JobFile, Table};
use crate::config::names;
use crate::config::place::At;
use crate::config::sheet::Sheet;
use crate::run::Name;

/// What stands under the names of one section.
#[derive(Debug)]
pub(in crate::config) struct Section<'f, T> {
    pub entries: Vec<Named<'f, T>>,
    by_text: BTreeMap<&'f str, usize>,
    key: &'static str,
    what: &'static str,
}

/// What stands under one name.
#[derive(Debug)]
pub(in crate::config) struct Named<'f, T> {
    pub at: At<'f>,
    pub name: Option<Name>,
    /// `None` when something is wrong with it.
    pub value: Option<T>,
}

/// Gathers a section of all files. Names of a wrong form and names that come twice are reported.
pub(in crate::config) fn section<'f, T>(
    sheets: &'f [Sheet<'f>],
    key: &'static str,
    what: &'static str,
    pick: fn(&'f JobFile) -> &'f Field<Entries<Table<T>>>,
) -> Section<'f, &'f T> {
    let mut section = Section { entries: Vec::new(), by_text: BTreeMap::new(), key, what };
    for sheet in sheets {
        for (text, field) in sheet.at().get(key, pick(&sheet.written)).map_or(&[][..], |entries| &entries.0) {
            let at = sheet.at().key(key).key(text);
            let name = names::checked(&at, text, what);
            let value = at.value(field).map(|table| &table.0);
            match section.by_text.get(text.as_str()).and_then(|first| section.entries.get(*first)) {
                // It is checked all the same.
                Some(first) => at
                    .key_error("duplicate-name", format!("`{text}` is already the name of {what}"))
                    .related(first.at.as_related("first here"))
                    .help("give one of the two another name")
                    .report(),
                None => {
                    section.by_text.insert(text, section.entries.len());
                }
            }
            section.entries.push(Named { at, name, value });
        }
    }
    section
}

impl<'f, T> Section<'f, &'f T> {
    /// Makes the checked type of each. One without a right name is checked all the same, but comes
    /// to nothing: what is said about a name that it does not have would only confuse.
    pub(in crate::config) fn lower<U>(
        self,
        mut lower: impl FnMut(&At<'f>, &Name, &'f T) -> Option<U>,
    ) -> Section<'f, U> {
        let Section { entries, by_text, key, what } = self;
        let mut checked = |Named { at, name, value }: Named<'f, &'f T>| {
            let Some(value) = value else { return Named { at, name, value: None } };
            let Some(known) = &name else {
                at.unnamed(|| Name::new("unnamed").and_then(|stand_in| lower(&at, &stand_in, value)));
                return Named { at, name, value: None };
            };
            let value = lower(&at, known, value);
            Named { at, name, value }
        };
        Section { entries: entries.into_iter().map(&mut checked).collect(), by_text, key, what }
    }
}

impl<T: Clone> Section<'_, T> {
    /// What a name leads to. One that leads nowhere is reported, one that leads to something wrong
    /// was.
    pub(in crate::config) fn find(&self, at: &At<'_>, text: &str) -> Option<T> {
        match self.by_text.get(text) {
            Some(index) => self.entries.get(*index).and_then(|entry| entry.value.clone()),
            // The section was reported; its names are not known.
            None if At::root(at.file()).has_misspelled(self.key) => None,
            None => {
                let none = format!("there is none at all: write `[{}.{text}]`", self.key);
                let candidates: Vec<&str> = self.by_text.keys().copied().collect();
                at.error("unknown-name", format!("there is no {} `{text}`", self.noun()))
                    .maybe_help(candidates.is_empty().then_some(none))
                    .maybe_help(names::suggestion(text, self.what, &candidates))
                    .report();
                None
            }
        }
    }

    fn noun(&self) -> &'static str {
        self.what.split_once(' ').map_or(self.what, |(_, noun)| noun)
    }
}
