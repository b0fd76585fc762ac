//! A place in a file that is being checked, and the reporting of problems at it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::compiled::Compiled;
use super::file::{Field, Misfit};
use super::keys;
use super::names::nearest;
use super::problem::{Lines, Place, Problem, Severity, floor};
use super::spans::{self, Located, Step};
use crate::job::Absence;
use crate::secret::Source;

/// A file that was parsed, with what was found out about it so far.
#[derive(Debug)]
pub(in crate::config) struct Parsed<'t> {
    /// As it was given.
    pub path: &'t Path,
    /// What its relative paths are relative to; absolute.
    pub folder: PathBuf,
    pub text: &'t str,
    pub lines: Lines,
    pub root: DeTable<'t>,
    pub problems: RefCell<Vec<Problem>>,
    pub compiled: Compiled,
    /// For tables that were looked at, the line of the first header inside.
    pub first_headers: RefCell<BTreeMap<Vec<Step>, Option<u32>>>,
    /// The secrets that it names, with their places.
    pub secrets: RefCell<Vec<NamedSecret>>,
}

/// A secret that a file names.
#[derive(Debug)]
pub(in crate::config) struct NamedSecret {
    pub source: Source,
    pub path: Vec<Step>,
    pub use_: SecretUse,
    pub absence: Absence,
}

/// What a source is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum SecretUse {
    /// Too short a value is none.
    Secret,
    /// A secret that is an address.
    Address,
    /// A secret that is the address of a mail server.
    MailServer,
    /// A client id, which may be short and may be seen.
    PlainText,
}

/// Keys of a table that are shown as an example.
const SHOWN_KEYS: usize = 4;

/// A key path in a file.
#[derive(Clone, Debug)]
pub(in crate::config) struct At<'f> {
    file: &'f Parsed<'f>,
    path: Vec<Step>,
}

impl<'f> At<'f> {
    pub(in crate::config) fn root(file: &'f Parsed<'f>) -> At<'f> {
        At { file, path: Vec::new() }
    }

    pub(in crate::config) fn of(file: &'f Parsed<'f>, path: Vec<Step>) -> At<'f> {
        At { file, path }
    }

    pub(in crate::config) fn key(&self, key: &str) -> At<'f> {
        self.step(Step::Key(key.to_owned()))
    }

    pub(in crate::config) fn index(&self, index: usize) -> At<'f> {
        self.step(Step::Index(index))
    }

    fn step(&self, step: Step) -> At<'f> {
        let mut path = Vec::with_capacity(self.path.len() + 1);
        path.extend_from_slice(&self.path);
        path.push(step);
        At { file: self.file, path }
    }

    pub(in crate::config) fn file(&self) -> &'f Parsed<'f> {
        self.file
    }

    pub(in crate::config) fn path(&self) -> &[Step] {
        &self.path
    }

    /// Whether the table here has a key, known or not.
    pub(in crate::config) fn has(&self, key: &str) -> bool {
        spans::table(&self.file.root, &self.path).is_some_and(|table| table.contains_key(key))
    }

    /// Whether the table here has a key that is most likely this one, and was reported as such.
    pub(in crate::config) fn has_misspelled(&self, key: &str) -> bool {
        let Some(keys) = keys::of_table(&self.path) else { return false };
        let Some(table) = spans::table(&self.file.root, &self.path) else { return false };
        let is_meant =
            |written: &str| !keys.know(written) && nearest(written, keys.in_force.iter().copied()) == Some(key);
        table.iter().any(|(written, _)| is_meant(written.get_ref()))
    }

    /// The table or list that this stands in.
    pub(in crate::config) fn parent(&self) -> Option<At<'f>> {
        let (_, path) = self.path.split_last()?;
        Some(At { file: self.file, path: path.to_vec() })
    }

    /// The value of one of the keys here. One of the wrong form is reported and then counts as absent.
    pub(in crate::config) fn get<'v, T>(&self, key: &str, field: &'v Field<T>) -> Option<&'v T> {
        match field {
            Field::Absent => None,
            Field::Written(value) => Some(value),
            Field::Wrong(_) => self.key(key).value(field),
        }
    }

    /// [`At::get`], where absence is a problem.
    pub(in crate::config) fn require<'v, T>(&self, key: &str, field: &'v Field<T>, owner: &str) -> Option<&'v T> {
        if matches!(field, Field::Absent) && !self.has_misspelled(key) {
            self.key_error("missing-key", format!("{owner} has no `{key}`"))
                .label(format!("`{key}` is missing"))
                .help(keys::example(key, owner).map_or_else(|| format!("write `{key} = …`"), str::to_owned))
                .report();
        }
        self.get(key, field)
    }

    /// The value that is here.
    pub(in crate::config) fn value<'v, T>(&self, field: &'v Field<T>) -> Option<&'v T> {
        match field {
            Field::Absent => None,
            Field::Written(value) => Some(value),
            Field::Wrong(misfit) => {
                let name = spans::dotted(self.path.get(self.path.len().saturating_sub(1)..).unwrap_or_default());
                let message = if name.starts_with('[') {
                    misfit.message.clone()
                } else {
                    format!("`{name}`: {}", misfit.message)
                };
                let help = misfit.help.clone().or_else(|| self.keys_of_the_table_meant(misfit));
                self.error("wrong-value", message).maybe_help(help).report();
                None
            }
        }
    }

    /// What a table here would look like, where one was expected.
    fn keys_of_the_table_meant(&self, misfit: &Misfit) -> Option<String> {
        let keys =
            keys::of_table(&self.path).filter(|_| misfit.expected.is_some_and(|forms| forms.ends_with("table")))?;
        let shape: Vec<String> = keys.in_force.iter().take(SHOWN_KEYS).map(|key| format!("{key} = …")).collect();
        let more = if keys.in_force.len() > SHOWN_KEYS { ", …" } else { "" };
        Some(format!("write `{{ {}{more} }}`", shape.join(", ")))
    }

    /// Checks what has no right name. Problems that speak of it by name are left out.
    pub(in crate::config) fn unnamed<T>(&self, check: impl FnOnce() -> T) -> T {
        let before = self.file.problems.take();
        let done = check();
        let mut found = self.file.problems.replace(before);
        found.retain(|problem| !matches!(problem.code, "missing-key" | "missing-scope" | "unneeded-scope"));
        self.file.problems.borrow_mut().append(&mut found);
        done
    }

    fn located(&self) -> Located {
        spans::locate(&self.file.root, &self.path)
    }

    /// The bytes of the value.
    pub(in crate::config) fn value_span(&self) -> Range<usize> {
        self.located().value
    }

    /// The bytes of the key; for a table with a header that header.
    pub(in crate::config) fn key_span(&self) -> Range<usize> {
        let Located { key, value } = self.located();
        let is_header = self.file.text.get(value.clone()).is_some_and(|text| text.starts_with('['));
        match key {
            Some(key) if !(is_header && value.start <= key.start && key.end <= value.end) => key,
            _ => value,
        }
    }

    /// An error at the value.
    pub(in crate::config) fn error(&self, code: &'static str, message: impl Into<String>) -> Draft<'f> {
        Draft::new(self.file, Severity::Error, code, self.value_span(), message.into())
    }

    /// An error at the key.
    pub(in crate::config) fn key_error(&self, code: &'static str, message: impl Into<String>) -> Draft<'f> {
        Draft::new(self.file, Severity::Error, code, self.key_span(), message.into())
    }

    /// A warning at the value.
    pub(in crate::config) fn warning(&self, code: &'static str, message: impl Into<String>) -> Draft<'f> {
        Draft::new(self.file, Severity::Warning, code, self.value_span(), message.into())
    }

    /// A warning at the key.
    pub(in crate::config) fn key_warning(&self, code: &'static str, message: impl Into<String>) -> Draft<'f> {
        Draft::new(self.file, Severity::Warning, code, self.key_span(), message.into())
    }

    /// The key as a second place of some problem.
    pub(in crate::config) fn as_related(&self, label: &str) -> Place {
        place(self.file, self.key_span(), label)
    }
}

pub(in crate::config) fn place(file: &Parsed<'_>, span: Range<usize>, label: &str) -> Place {
    let (line, column) = file.lines.position(file.text, span.start);
    Place { file: file.path.to_owned(), line, column, span, label: label.to_owned() }
}

/// A problem that is being put together.
#[must_use = "a draft is no problem before it is reported"]
#[derive(Debug)]
pub(in crate::config) struct Draft<'f> {
    file: &'f Parsed<'f>,
    problem: Problem,
}

impl<'f> Draft<'f> {
    pub(in crate::config) fn new(
        file: &'f Parsed<'f>,
        severity: Severity,
        code: &'static str,
        span: Range<usize>,
        message: String,
    ) -> Draft<'f> {
        let start = floor(file.text, span.start);
        let span = start..floor(file.text, span.end).max(start);
        let (line, column) = file.lines.position(file.text, start);
        let problem = Problem {
            severity,
            code,
            file: file.path.to_owned(),
            line,
            column,
            span: Some(span),
            message,
            label: None,
            help: None,
            related: Vec::new(),
        };
        Draft { file, problem }
    }

    /// Puts it elsewhere in the same file.
    pub(in crate::config) fn at_span(mut self, span: Option<Range<usize>>) -> Draft<'f> {
        if let Some(span) = span {
            (self.problem.line, self.problem.column) = self.file.lines.position(self.file.text, span.start);
            self.problem.span = Some(span);
        }
        self
    }

    pub(in crate::config) fn label(mut self, label: impl Into<String>) -> Draft<'f> {
        self.problem.label = Some(label.into());
        self
    }

    pub(in crate::config) fn help(self, help: impl Into<String>) -> Draft<'f> {
        self.maybe_help(Some(help.into()))
    }

    pub(in crate::config) fn maybe_help(mut self, help: Option<String>) -> Draft<'f> {
        self.problem.help = help.or(self.problem.help);
        self
    }

    pub(in crate::config) fn related(mut self, place: Place) -> Draft<'f> {
        self.problem.related.push(place);
        self
    }

    pub(in crate::config) fn report(self) {
        self.file.problems.borrow_mut().push(self.problem);
    }
}
