//! R6: job files that are wrong.
//!
//! `tests/bad-job-files/` holds a file for each mistake, and beside it all that `apicron check` says of it. To take
//! over a changed message: `APICRON_BLESS=1 cargo test --test it bad_files`, then read what changed.

mod made;
mod rubbish;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use apicron::secret::Environment;
use serde_json::Value;

use crate::support::binary::{Ended, Folder};
use crate::support::jobs::json_lines;

/// The cases whose name begins like this have warnings only.
const WARNINGS: &str = "warn-";
/// Stands in the files where a secret would, and may never be repeated.
const SECRET: &str = "hunter2";
/// One of them is tried with each bad file, in turn.
const OTHER_VERBS: [&[&str]; 6] =
    [&["serve"], &["run", "--all"], &["status"], &["next"], &["audit"], &["run", "--all", "--dry-run"]];
/// How a message says what to do, where no `help` does.
const REMEDIES: [&str; 7] = ["must be ", "must not ", "expected ", "move it ", "write it ", "begins with ", "prefer "];

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-job-files")
}

/// The names in the folder that end in `ending`, without it.
fn stems(ending: &str) -> BTreeSet<String> {
    let names = std::fs::read_dir(cases()).expect("the folder of bad files").map(|file| file.expect("a file"));
    let names = names.map(|file| file.file_name().into_string().expect("a name in UTF-8"));
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

/// A folder with all the cases, and the secrets that the good parts of them name.
fn folder_of_cases() -> Folder {
    let folder = Folder::new()
        .env("CUADRA_CLIENT_ID", "the-client")
        .env("CUADRA_CLIENT_SECRET", "nothing-that-opens-a-thing")
        .file("included/readme", "what other files include");
    for (from, to) in [(cases(), folder.path().to_owned()), (cases().join("included"), folder.path().join("included"))]
    {
        for file in std::fs::read_dir(from).expect("a folder").map(|file| file.expect("a file").path()) {
            if file.extension().is_some_and(|extension| extension == "toml") {
                std::fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("the file copied");
            }
        }
    }
    folder
}

/// What is wrong with what is said of one bad file.
struct Case<'f> {
    folder: &'f Folder,
    name: &'f str,
    number: usize,
    complaints: Vec<String>,
}

impl Case<'_> {
    fn run(&self, verb: &[&str]) -> Ended {
        let file = format!("{}.toml", self.name);
        self.folder.run(&[&["-f", file.as_str()], verb].concat())
    }

    fn insist(&mut self, holds: bool, complaint: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(format!("{}: {}", self.name, complaint()));
        }
    }

    fn is_warned_of(&self) -> bool {
        self.name.starts_with(WARNINGS)
    }

    fn check(mut self) -> Vec<String> {
        let said = self.run(&["check", "--strict"]);
        let expected = if self.is_warned_of() { 3 } else { 1 };
        self.insist(said.code() == expected && said.stderr.is_empty(), || format!("{said:#?}"));
        self.compare(&said.stdout);
        let problems = json_lines(&self.run(&["check", "--json"]));
        self.insist(!problems.is_empty(), || "nothing is said".to_owned());
        for problem in &problems {
            self.look_at(problem, &said.stdout);
        }
        if !self.is_warned_of() {
            self.try_another_verb(&problems);
        }
        self.complaints
    }

    /// The whole text is the one beside the file.
    fn compare(&mut self, said: &str) {
        let folder = self.folder.path().canonicalize().expect("the folder's path");
        let said = said.replace(&*folder.to_string_lossy(), "…");
        let path = cases().join(format!("{}.txt", self.name));
        if Environment::process().get("APICRON_BLESS").is_some() {
            std::fs::write(&path, &said).expect("the message written");
        }
        let expected = std::fs::read_to_string(&path);
        self.insist(expected.is_ok_and(|expected| expected == said), || format!("not as in its .txt:\n{said}"));
    }

    /// Place, cause and remedy.
    fn look_at(&mut self, problem: &Value, said: &str) {
        let text = |key: &str| problem[key].as_str().unwrap_or_default();
        let number = |key: &str| problem[key].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        let file = std::fs::read(self.folder.path().join(text("file"))).unwrap_or_default();
        let lines = String::from_utf8_lossy(&file).lines().count().max(1);
        let has_place = (1..=lines + 1).contains(&number("line")) && number("column") > 0;
        self.insist(has_place, || format!("no place in its file: {problem}"));
        let is_told = said.contains(&format!("{}[{}]: {}", text("severity"), text("code"), text("message")));
        self.insist(is_told && !text("message").is_empty(), || format!("not in the text: {problem}"));
        let has_remedy = !text("help").is_empty() || REMEDIES.iter().any(|words| text("message").contains(words));
        self.insist(has_remedy, || format!("what is to be done? {problem}"));
        self.insist(!said.contains(SECRET) && !problem.to_string().contains(SECRET), || "shows a secret".to_owned());
    }

    /// Any other verb refuses the file for the same reasons, and leaves nothing behind.
    fn try_another_verb(&mut self, problems: &[Value]) {
        let verb = OTHER_VERBS[self.number % OTHER_VERBS.len()];
        let ended = self.run(verb);
        let is_error = |problem: &&Value| problem["severity"] == "error";
        let titles = problems.iter().filter(is_error).map(|problem| {
            format!(
                "error[{}]: {}",
                problem["code"].as_str().unwrap_or_default(),
                problem["message"].as_str().unwrap_or_default()
            )
        });
        let same = titles.clone().all(|title| ended.stderr.contains(&title))
            && ended.stderr.matches("error[").count() == titles.count();
        self.insist(same && ended.code() == 78 && ended.stdout.is_empty(), || format!("{verb:?}: {ended:#?}"));
        self.insist(!ended.stderr.contains(SECRET), || format!("{verb:?} shows a secret"));
    }
}

#[test]
fn each_bad_file_is_told_with_place_cause_and_remedy_by_every_verb() {
    let (files, folder) = (stems(".toml"), folder_of_cases());
    assert!(files.len() >= 60, "{} bad files", files.len());
    let all: Vec<(usize, &String)> = files.iter().enumerate().collect();
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let walk = |part: &[(usize, &String)]| {
            let case = |(number, name): &(usize, &String)| {
                Case { folder: &folder, name: name.as_str(), number: *number, complaints: Vec::new() }.check()
            };
            part.iter().flat_map(case).collect::<Vec<_>>()
        };
        let parts: Vec<_> = all.chunks(all.len().div_ceil(4)).map(|part| scope.spawn(move || walk(part))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("a part of the walk")).collect()
    });
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert!(!folder.path().join("apicron.db").exists(), "nothing may be made for a wrong file");
}

#[test]
fn each_message_beside_the_bad_files_is_that_of_a_file() {
    let texts: Vec<String> = stems(".txt").difference(&stems(".toml")).cloned().collect();
    assert!(texts.is_empty(), "messages without a file: {texts:?}");
}
