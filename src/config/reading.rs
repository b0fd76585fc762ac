//! Reading a file and those that it includes.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::keys;
use super::names::listed;
use super::place::At;
use super::problem::{Lines, Problem, Severity};
use super::sheet::Sheet;
use crate::files::{Glob, Step, What};

/// More than ten thousand jobs fit in; what is longer was not meant to be read.
const LONGEST: u64 = 16 << 20;

/// Files that one job file may include. Each is held open only while it is read.
const MOST_FILES: usize = 10_000;

/// Paths that are looked at for one glob. A file may have several.
const PATHS: usize = 200_000;

/// Links to folders that are followed for one glob: few of them can make more paths than anybody could walk.
const LINKS: usize = 1_000;

/// A file and what it says.
#[derive(Debug)]
pub(in crate::config) struct FileText {
    pub path: PathBuf,
    pub text: String,
}

/// Why a file has no text.
#[derive(Debug)]
pub(in crate::config) struct Unreadable {
    message: String,
    help: String,
    line: u32,
    column: u32,
}

/// Reads a file.
pub(in crate::config) fn read(path: &Path) -> Result<FileText, Unreadable> {
    let unreadable = |error: std::io::Error| {
        let message = format!("could not read {}: {error}", path.display());
        at_start(message, "see to it that it is there and that this user may read it")
    };
    // Looked at before it is opened: opening a pipe waits for someone who writes into it.
    if let Some(what) = what_else(&std::fs::metadata(path).map_err(unreadable)?) {
        let message = format!("could not read {}: it is {what}, not a regular file", path.display());
        return Err(at_start(message, "name the file itself: `--file`, or `include`"));
    }
    let bytes = read_bytes(path).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        let message = format!("{} is larger than {} MiB", path.display(), LONGEST >> 20);
        return Err(at_start(message, "put jobs into several files, and `include` them"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(FileText { path: path.to_owned(), text }),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default());
            let (line, column) = Lines::new(&text).position(&text, good);
            let message = format!("{} is not UTF-8 from here on", path.display());
            Err(Unreadable { message, help: "save the file as UTF-8".to_owned(), line, column })
        }
    }
}

/// What stands under a name that is no regular file.
fn what_else(metadata: &std::fs::Metadata) -> Option<&'static str> {
    match metadata {
        metadata if metadata.is_file() => None,
        metadata if metadata.is_dir() => Some("a folder"),
        _ => Some("a pipe or a device"),
    }
}

fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn at_start(message: String, help: &str) -> Unreadable {
    Unreadable { message, help: help.to_owned(), line: 1, column: 1 }
}

impl Unreadable {
    /// The problem of a file that nothing else speaks of.
    pub(in crate::config) fn into_problem(self, path: &Path) -> Problem {
        Problem {
            severity: Severity::Error,
            code: "unreadable-file",
            file: path.to_owned(),
            line: self.line,
            column: self.column,
            span: None,
            message: self.message,
            label: None,
            help: Some(self.help),
            related: Vec::new(),
        }
    }
}

/// The files that a job file includes, each once, in the order of the globs and of their names.
pub(in crate::config) fn included(main: &Sheet<'_>) -> Vec<FileText> {
    let mut files: Vec<FileText> = Vec::new();
    // A glob may match the very file that it stands in, which is then not read twice.
    let mut known: BTreeSet<PathBuf> = main.parsed.path.canonicalize().into_iter().collect();
    let at = main.at().key("include");
    for (n, pattern) in main.at().get("include", &main.written.include).into_iter().flatten().enumerate() {
        let at = at.index(n);
        let Some(pattern) = at.value(pattern) else { continue };
        for path in matches(&at, pattern) {
            if !known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                continue;
            }
            if files.len() >= MOST_FILES {
                at.error("bad-include", format!("more than {MOST_FILES} files are included"))
                    .help("put more jobs into one file")
                    .report();
                return files;
            }
            if !is_job_file(&path) {
                at.error("bad-include", format!("{} is not named `….toml`", path.display()))
                    .help("only job files are included; a secret is read by `{ file = \"path\" }` where it is needed")
                    .report();
                continue;
            }
            match read(&path) {
                Ok(file) => files.push(file),
                Err(unreadable) => at.error("unreadable-file", unreadable.message).help(unreadable.help).report(),
            }
        }
    }
    files
}

/// Whether a file says by its name that it is TOML. Any other may be full of secrets, and is not
/// read at all.
fn is_job_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// The paths that a glob leads to. Shown as the job file was named, so that a relative name stays one that people
/// recognise.
fn matches(at: &At<'_>, pattern: &str) -> Vec<PathBuf> {
    let folder = at.file().path.parent().unwrap_or(Path::new(""));
    let wanted = match Glob::new(folder, pattern) {
        Ok(wanted) => wanted,
        Err(error) => {
            at.error("bad-include", format!("`{pattern}` is not a glob: {}", error.msg))
                .help("write for example `jobs/*.toml`, or `jobs/**/*.toml` for the folders in it too")
                .report();
            return Vec::new();
        }
    };
    let (mut paths, mut allowance) = (Vec::new(), Allowance { paths: PATHS, links: LINKS });
    for found in wanted.find(|step| allowance.take(step)) {
        match found {
            // Whoever means all that is in a folder does not mean the folders.
            Ok(found) if found.what == What::Folder && wanted.has_wildcards() => {}
            Ok(found) => paths.push(found.path),
            Err(error) => at
                .error("unreadable-file", format!("could not look at {error}"))
                .help("see to it that it is there and that this user may read it")
                .report(),
        }
    }
    if let Some(what) = allowance.exceeded() {
        at.error("bad-include", format!("`{pattern}` leads to {what} or more"))
            .help("name a folder that has job files only")
            .report();
        return Vec::new();
    }
    if paths.is_empty() {
        at.error("bad-include", format!("no file matches `{pattern}`"))
            .help(format!("paths are relative to {}", at.file().folder.display()))
            .report();
    }
    paths
}

/// What may still be looked at for one glob.
struct Allowance {
    paths: usize,
    links: usize,
}

impl Allowance {
    /// Takes a step from it, and says whether more are left.
    fn take(&mut self, step: Step) -> bool {
        let left = match step {
            Step::LinkToFolder => &mut self.links,
            Step::Path => &mut self.paths,
        };
        *left = left.saturating_sub(1);
        self.exceeded().is_none()
    }

    fn exceeded(&self) -> Option<String> {
        match self {
            Allowance { paths: 0, .. } => Some(format!("{PATHS} paths")),
            Allowance { links: 0, .. } => Some(format!("{LINKS} links to folders")),
            _ => None,
        }
    }
}

/// Reports the sections that an included file may not have.
pub(in crate::config) fn check_included(sheet: &Sheet<'_>) {
    let Some(top) = keys::of_table(&[]) else { return };
    let (inside, outside): (Vec<&str>, Vec<&str>) = top.in_force.iter().partition(|key| keys::INCLUDED.contains(key));
    for (key, _) in &sheet.parsed.root {
        let key = key.get_ref().as_ref();
        if outside.contains(&key) {
            let message = format!("`{key}` belongs to the file that includes this one");
            let help = format!("an included file may have {}", listed(&inside));
            sheet.at().key(key).key_error("misplaced-key", message).help(help).report();
        }
    }
}
