//! Files that include others.

use std::path::Path;

use super::{GOOD, environment};
use crate::config::{Colour, Loaded, Rejected, load, render};
use crate::job::Elements;

/// Loads `jobs.toml` of a folder that holds these files, and gives what is said about it without
/// the name of the folder.
pub(super) fn load_files(files: &[(&str, &str)]) -> (Result<Loaded, Rejected>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let loaded = load(&folder.path().join("jobs.toml"), &environment());
    let (problems, documents) = match &loaded {
        Ok(loaded) => (&loaded.warnings, &loaded.documents),
        Err(rejected) => (&rejected.problems, &rejected.documents),
    };
    let said = render(problems, documents, Colour::None);
    let names = [folder.path().to_owned(), folder.path().canonicalize().expect("the folder")];
    let said = names.iter().fold(said, |said, name| said.replace(&name.display().to_string(), "DIR"));
    (loaded, said)
}

const OTHER: &str = "[jobs.y]\napi = \"a\"\n[[jobs.y.calls]]\nget = \"/y\"\n";

#[test]
fn an_included_file_shares_the_names_of_the_first() {
    let main = format!("include = [\"jobs/*.toml\", \"jobs/y.toml\", \"*.toml\"]\n{GOOD}");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("jobs/y.toml", OTHER), ("jobs/note.txt", "x =")]);
    let loaded = loaded.unwrap_or_else(|_| panic!("{said}"));
    let names: Vec<&str> = loaded.jobs.jobs.keys().map(crate::run::Name::as_str).collect();
    assert_eq!(names, ["x", "y"]);
    assert_eq!(loaded.documents.paths().count(), 2);
}

#[test]
fn a_secret_file_is_relative_to_the_file_that_names_it() {
    let other = "[credentials.d]\nbearer = { file = \"token\" }\n";
    let main = format!("include = [\"sub/c.toml\"]\n{GOOD}");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("sub/c.toml", other), ("sub/token", "correct horse\n")]);
    assert!(
        loaded.is_ok_and(|loaded| !loaded.warnings.iter().any(|warning| warning.code == "absent-secret")),
        "{said}"
    );
}

#[test]
fn files_to_upload_are_relative_to_the_file_that_names_them() {
    let other = OTHER.replace("get = \"/y\"", "post = \"/y\"\nupload = { files = \"*.pdf\" }");
    let main = format!("include = [\"sub/y.toml\"]\n{GOOD}");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("sub/y.toml", &other)]);
    let loaded = loaded.unwrap_or_else(|_| panic!("{said}"));
    let each = loaded.jobs.jobs.get("y").expect("the job").calls[0].each.clone().expect("elements");
    assert!(matches!(&each.of, Elements::Files { folder, .. } if folder.ends_with("sub")), "{each:?}");
}

#[test]
fn a_job_may_come_after_one_of_another_file_and_a_circle_is_found_across_files() {
    let main = format!("include = [\"jobs/*.toml\"]\n{GOOD}");
    let after = OTHER.replace("api = \"a\"", "api = \"a\"\nafter = \"x\"");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("jobs/y.toml", &after)]);
    let loaded = loaded.unwrap_or_else(|_| panic!("{said}"));
    let y = loaded.jobs.jobs.get("y").expect("the job");
    assert_eq!(y.after.as_ref().map(crate::run::Name::as_str), Some("x"));
    let main = main.replace("api = \"a\"", "api = \"a\"\nafter = \"y\"");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("jobs/y.toml", &after)]);
    let rejected = loaded.expect_err("a circle");
    let files: Vec<_> = rejected.problems.iter().map(|problem| (problem.code, problem.related.len())).collect();
    assert_eq!(files, [("cycle", 1)], "{said}");
    assert!(said.contains("jobs/y.toml"), "{said}");
}

#[test]
fn what_is_wrong_with_includes_is_said_at_its_place() {
    let main = format!("include = [\"jobs/*.toml\", \"gone/*.toml\", \"[\", 3]\n{GOOD}");
    let twice =
        "drain = \"1s\"\ninclude = []\n[jobs.x]\napi = \"a\"\n[[jobs.x.calls]]\nget = \"y\"\n[store]\nurl = \"x\"\n";
    let (loaded, said) =
        load_files(&[("jobs.toml", &main), ("jobs/a.toml", twice), ("jobs/b.toml", "[jobs.y]\napi = \"b\"\n")]);
    assert!(loaded.is_err());
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!("includes", said) });
}

#[test]
fn names_of_a_file_with_broken_syntax_are_not_missed() {
    let main = format!(
        "include = [\"broken.toml\"]\n{}",
        GOOD.replace("[apis.a]\nbase_url = \"https://api.example.com/v1\"\ncredential = \"c\"\n", "")
    );
    let (_, said) =
        load_files(&[("jobs.toml", &main), ("broken.toml", "[apis.a\nbase_url = \"https://api.example.com/v1\n")]);
    assert!(said.contains("error[syntax]") && !said.contains("unknown-name"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem() {
    let rejected = load(Path::new("/no/such/jobs.toml"), &environment()).expect_err("it is not there");
    let said = render(&rejected.problems, &rejected.documents, Colour::None);
    assert_eq!(
        said,
        "error[unreadable-file]: could not read /no/such/jobs.toml: No such file or directory (os error 2)\n\
         --> /no/such/jobs.toml:1:1\n = help: `apicron init` writes a first one; `--file` names another\n\n"
    );
}

#[test]
#[cfg(unix)]
fn folders_that_link_to_each_other_in_a_circle_are_looked_into_once_each_and_are_no_walk_without_end() {
    for (file, said) in [("y.toml", [""; 0].as_slice()), ("y.md", &["no file matches `jobs/**/*.toml`"])] {
        let folder = tempfile::tempdir().expect("a folder");
        let jobs = folder.path().join("jobs");
        for name in ["one", "two"] {
            std::fs::create_dir_all(jobs.join(name)).expect("a folder");
            std::os::unix::fs::symlink("..", jobs.join(name).join("up")).expect("a link");
            std::os::unix::fs::symlink("../one", jobs.join(name).join("first")).expect("a link");
        }
        std::os::unix::fs::symlink(".", jobs.join("here")).expect("a link");
        std::fs::write(jobs.join(file), OTHER).expect("a file");
        let path = folder.path().join("jobs.toml");
        std::fs::write(&path, format!("include = [\"jobs/**/*.toml\"]\n{GOOD}")).expect("a file");
        let problems = load(&path, &environment()).err().map(|rejected| rejected.problems).unwrap_or_default();
        let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, said);
    }
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_nowhere_is_told_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("nowhere", folder.path().join("y.toml")).expect("a link");
    let path = folder.path().join("jobs.toml");
    for glob in ["y.toml", "y*.toml"] {
        std::fs::write(&path, format!("include = [\"{glob}\"]\n{GOOD}")).expect("a file");
        let rejected = load(&path, &environment()).expect_err("a link that leads nowhere");
        let link = folder.path().join("y.toml");
        let expected = format!("could not look at {}: No such file or directory (os error 2)", link.display());
        assert_eq!(rejected.problems[0].message, expected);
    }
}

#[test]
#[cfg(unix)]
fn folders_whose_links_multiply_their_paths_are_a_problem() {
    let folder = tempfile::tempdir().expect("a folder");
    for n in 0..40 {
        let inside = folder.path().join(format!("jobs/{n}"));
        std::fs::create_dir_all(&inside).expect("a folder");
        for name in ["one", "two"] {
            std::os::unix::fs::symlink(format!("../{}", n + 1), inside.join(name)).expect("a link");
        }
    }
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, format!("include = [\"jobs/**/*.toml\"]\n{GOOD}")).expect("a file");
    let rejected = load(&path, &environment()).expect_err("too many");
    let said: Vec<_> = rejected.problems.iter().map(|problem| (problem.code, problem.message.as_str())).collect();
    assert_eq!(said, [("bad-include", "`jobs/**/*.toml` leads to 1000 links to folders or more")]);
}

#[test]
fn all_that_is_in_a_folder_are_its_files_and_none_that_is_hidden() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = folder.path().join("jobs");
    std::fs::create_dir_all(jobs.join("more.toml")).expect("a folder");
    std::fs::write(jobs.join("more.toml").join("y.toml"), OTHER).expect("a file");
    std::fs::write(jobs.join(".#y.toml"), "what an editor keeps").expect("a file");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, format!("include = [\"jobs/**\"]\n{GOOD}")).expect("a file");
    let loaded = load(&path, &environment()).expect("right");
    assert_eq!(loaded.jobs.jobs.len(), 2);
}

#[test]
fn a_file_that_is_not_utf_8_is_a_problem_at_the_first_wrong_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").expect("a file");
    let rejected = load(&path, &environment()).expect_err("not text");
    let places: Vec<_> = rejected.problems.iter().map(|problem| (problem.code, problem.line, problem.column)).collect();
    assert_eq!(places, [("unreadable-file", 2, 6)]);
}

#[test]
fn a_file_that_is_not_named_toml_is_not_included_and_nothing_of_it_is_shown() {
    let main = format!("include = [\"x.env\"]\n{GOOD}");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("x.env", "API_SECRET = hunter2hunter2\n")]);
    let rejected = loaded.expect_err("no job file");
    let codes: Vec<&str> = rejected.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["bad-include"], "{said}");
    assert!(said.contains("DIR/x.env is not named `….toml`"), "{said}");
    assert!(!format!("{rejected:?}").contains("hunter2"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_before_it_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let main = folder.path().join("jobs.toml");
    std::fs::write(&main, format!("include = [\"pipe.toml\"]\n{GOOD}")).expect("a file");
    for (path, expected) in
        [(pipe.as_path(), "a pipe or a device"), (&main, "a pipe or a device"), (folder.path(), "a folder")]
    {
        let rejected = load(path, &environment()).expect_err("nothing to read");
        let said: Vec<_> = rejected.problems.iter().map(|problem| (problem.code, problem.message.clone())).collect();
        let what = format!("it is {expected}, not a regular file");
        assert!(matches!(said.as_slice(), [("unreadable-file", message)] if message.ends_with(&what)), "{said:?}");
    }
}
