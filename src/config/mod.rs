//! Text → [`Jobs`]: every problem at once, each at its place.
//!
//! 1. `reading` gets the text of the job file and of those that it includes;
//! 2. `sheet` parses each, keeps the parsed document for the places (`spans`), and reads it into
//!    the types of `file`, in which one wrong value does not hide the rest;
//! 3. `unknown` answers the keys that nothing read, by the one table in `keys`;
//! 4. `lower` checks the values and makes the types of [`crate::job`];
//! 5. `render` shows problems with their lines. No secret gets that far: `mask` hides them first.

mod ahead;
mod compiled;
mod documents;
mod explain;
mod file;
mod hash;
mod keys;
mod lower;
mod mask;
mod names;
mod pairs;
mod place;
mod places;
mod problem;
mod reading;
mod render;
mod rotation;
mod schema;
mod secrets;
mod sheet;
mod spans;
mod syntax;
mod toml11;
mod unknown;
mod urls;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::clock::Time;
use crate::job::Jobs;
use crate::secret::Environment;

pub use documents::Documents;
pub use explain::{Effective, Origin};
pub use pairs::values_by_name;
pub use places::Places;
pub use problem::{Place, Problem, Severity};
pub use render::{Colour, render};
pub use schema::schema;
pub use secrets::unreadable_secrets;

use reading::FileText;
use sheet::{Sheet, Syntax};

/// What `apicron init` writes: a commented first job file, which loads without a problem.
pub const STARTER: &str = include_str!("starter.toml");

/// More than this of a problem nobody reads.
const LONGEST_SENTENCE: usize = 1000;

/// A job file that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// All that it says.
    pub jobs: Jobs,
    /// What is likely not meant, in the order of the files.
    pub warnings: Vec<Problem>,
    /// The texts that the warnings point into.
    pub documents: Documents,
}

/// A job file that cannot be used.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// All that is wrong, errors and warnings, in the order of the files. At least one is an error.
    pub problems: Vec<Problem>,
    /// The texts that the problems point into.
    pub documents: Documents,
}

/// Reads a job file and those that it includes, and looks whether its secrets can be read.
///
/// # Errors
/// [`Rejected`] with every problem, also that the file cannot be read or is no TOML.
pub fn load(path: &Path, environment: &Environment) -> Result<Loaded, Rejected> {
    check(&read(path)?, Secrets::LookedAt(environment), Ahead::Unseen)
}

/// [`load`] that also warns of ticks which a change of the clocks moves in the year after `now`, and of secrets
/// that are older at `now` than they are to become, or soon will be.
///
/// # Errors
/// [`Rejected`] as for [`load`].
pub fn load_looking_ahead(path: &Path, environment: &Environment, now: Time) -> Result<Loaded, Rejected> {
    check(&read(path)?, Secrets::LookedAt(environment), Ahead::From(now))
}

/// [`load_looking_ahead`], and where the file says what token endpoints are asked with.
///
/// # Errors
/// [`Rejected`] as for [`load`].
pub fn load_with_places(path: &Path, environment: &Environment, now: Time) -> Result<(Loaded, Places), Rejected> {
    check_and(&read(path)?, Secrets::LookedAt(environment), Ahead::From(now), Places::of)
}

/// [`load`] for what only reads the store: it leaves secrets alone, so neither their absence nor
/// their form is a problem.
///
/// # Errors
/// [`Rejected`] as for [`load`].
pub fn load_without_secrets(path: &Path) -> Result<Loaded, Rejected> {
    check(&read(path)?, Secrets::LeftAlone, Ahead::Unseen)
}

/// [`load`] for a text in memory. `path` is what problems call it and what its paths are relative to.
///
/// # Errors
/// [`Rejected`] as for [`load`].
pub fn parse(path: &Path, text: &str, environment: &Environment) -> Result<Loaded, Rejected> {
    let file = FileText { path: path.to_owned(), text: text.to_owned() };
    check(&file, Secrets::LookedAt(environment), Ahead::Unseen)
}

/// [`parse`] that also warns of what [`load_looking_ahead`] warns of.
///
/// # Errors
/// [`Rejected`] as for [`load`].
pub fn parse_looking_ahead(path: &Path, text: &str, environment: &Environment, now: Time) -> Result<Loaded, Rejected> {
    let file = FileText { path: path.to_owned(), text: text.to_owned() };
    check(&file, Secrets::LookedAt(environment), Ahead::From(now))
}

/// The effective keys of a job and where each comes from, in the order of the contract; `None` when
/// there is no such job. Secrets are left alone and stand there as their sources.
///
/// # Errors
/// [`Rejected`] as for [`load`].
pub fn explain(path: &Path, job: &str) -> Result<Option<Vec<Effective>>, Rejected> {
    let main = read(path)?;
    let explain = |sheets: &[Sheet<'_>], jobs: &Jobs| jobs.jobs.get(job).map(|job| explain::of(sheets, job));
    check_and(&main, Secrets::LeftAlone, Ahead::Unseen, explain).map(|(_, explained)| explained)
}

#[derive(Clone, Copy)]
enum Secrets<'e> {
    LookedAt(&'e Environment),
    LeftAlone,
}

#[derive(Clone, Copy)]
enum Ahead {
    From(Time),
    Unseen,
}

fn read(path: &Path) -> Result<FileText, Rejected> {
    reading::read(path).map_err(|unreadable| {
        let mut problem = unreadable.into_problem(path);
        if !path.exists() {
            problem.help = Some("`apicron init` writes a first one; `--file` names another".to_owned());
        }
        Rejected { problems: vec![problem], documents: Documents::default() }
    })
}

fn check(main: &FileText, secrets: Secrets<'_>, ahead: Ahead) -> Result<Loaded, Rejected> {
    check_and(main, secrets, ahead, |_, _| ()).map(|(loaded, ())| loaded)
}

/// Checks, and takes something from the files while they are open.
fn check_and<T>(
    main: &FileText,
    secrets: Secrets<'_>,
    ahead: Ahead,
    take: impl FnOnce(&[Sheet<'_>], &Jobs) -> T,
) -> Result<(Loaded, T), Rejected> {
    let main = Sheet::read(&main.path, &main.text);
    let included = reading::included(&main);
    let mut sheets = vec![main];
    sheets.extend(included.iter().map(|file| Sheet::read(&file.path, &file.text)));
    for sheet in sheets.iter().skip(1) {
        reading::check_included(sheet);
    }
    let jobs = lower::lower(&sheets);
    for sheet in &sheets {
        if sheet.syntax == Syntax::Sound {
            toml11::warn(&sheet.parsed);
        }
        if let Secrets::LookedAt(environment) = secrets {
            secrets::look(&sheet.parsed, environment);
        }
    }
    if let Ahead::From(now) = ahead {
        ahead::warn(&sheets, &jobs, now);
        rotation::warn(&sheets, &jobs, now);
    }
    let taken = take(&sheets, &jobs);
    let (problems, documents) = gathered(sheets);
    match problems.iter().any(|problem| problem.severity == Severity::Error) {
        true => Err(Rejected { problems, documents }),
        false => Ok((Loaded { jobs, warnings: problems, documents }, taken)),
    }
}

/// All problems by file and place, less those that only follow from broken syntax.
fn gathered(sheets: Vec<Sheet<'_>>) -> (Vec<Problem>, Documents) {
    let is_broken = sheets.iter().any(|sheet| sheet.syntax != Syntax::Sound);
    let mut problems = Vec::new();
    let mut documents = Documents::default();
    for sheet in sheets {
        let mut found = sheet.parsed.problems.into_inner();
        if is_broken {
            found.retain(|problem| !follows_from_syntax(problem, &sheet.syntax));
        }
        found.iter_mut().for_each(hide_secrets_of_urls);
        found.sort_by_key(|problem| (problem.line, problem.column));
        // A key that two rules look at may have been found wrong twice.
        found.dedup();
        problems.append(&mut found);
        documents.add(sheet.parsed.path.to_owned(), sheet.shown);
    }
    (problems, documents)
}

/// A sentence may repeat a URL that nobody should see whole.
fn hide_secrets_of_urls(problem: &mut Problem) {
    problem.message = clipped(mask::masked_words(&problem.message));
    problem.help = problem.help.take().map(|help| clipped(mask::masked_words(&help)));
}

/// A sentence may repeat a value of any length.
fn clipped(mut sentence: String) -> String {
    if sentence.len() > LONGEST_SENTENCE {
        sentence.truncate(problem::floor(&sentence, LONGEST_SENTENCE));
        sentence.push('…');
    }
    sentence
}

/// What is missing may stand where the parser lost its way, and what it guessed on such a line is
/// not what was meant.
fn follows_from_syntax(problem: &Problem, syntax: &Syntax) -> bool {
    let on_broken_line = matches!(syntax, Syntax::Broken(lines) if lines.contains(&problem.line));
    match problem.code {
        "syntax" | "duplicate-name" => false,
        "missing-key" | "unknown-name" | "no-jobs" | "unfit-metric" | "no-schedule" | "unused-channel" => true,
        _ => on_broken_line,
    }
}
