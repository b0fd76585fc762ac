//! Files of a size or of a kind that no repository should hold.

use std::time::Duration;

use apicron::clock::Clock;

use crate::support::binary::{Ended, Folder};
use crate::support::jobs::json_lines;

const GOOD: &str =
    "[apis.a]\nbase_url = \"https://api.example.com\"\n[jobs.j]\napi = \"a\"\ncalls = [{ get = \"/\" }]\n";
/// More than this nobody reads.
const MOST_OF_A_MESSAGE: usize = 32 << 10;

/// What `check` says of a file: quickly, briefly, with a place and something to do.
fn check(text: &str) -> Ended {
    let folder = Folder::new().file("jobs.toml", text);
    let (clock, began) = (Clock::system(), Clock::system().elapsed());
    let ended = folder.run(&["check"]);
    let took = clock.elapsed().saturating_sub(began);
    assert!(took < Duration::from_mins(1), "{took:?}");
    assert_eq!(ended.code(), 1, "{}", &ended.stderr);
    assert!(ended.stdout.len() < MOST_OF_A_MESSAGE, "a message of {} bytes", ended.stdout.len());
    for problem in json_lines(&folder.run(&["check", "--json"])) {
        let says_what_belongs_there = problem["message"].as_str().is_some_and(|said| said.contains("expected "));
        assert!(problem["help"].is_string() || says_what_belongs_there, "{problem}");
        assert!(problem["line"].as_u64() >= Some(1), "{problem}");
    }
    ended
}

#[test]
fn a_line_of_five_megabytes_that_is_wrong_is_not_repeated_whole() {
    let ended = check(&format!("drain = \"{}\"\n{GOOD}", "a".repeat(5 << 20)));
    assert!(ended.stdout.contains("jobs.toml:1:9"), "{}", ended.stdout);
}

#[test]
fn many_long_values_that_are_wrong_are_told_at_once_and_not_repeated_whole() {
    let long = "a".repeat(64 << 10);
    let values = format!(
        "concurrency = \"{long}\"\ninclude = [\"{long}\"]\n{long} = 1\n[defaults]\ntimezone = \"{long}\"\n\
         overlap = \"{long}\"\n[limits]\nbody = \"{long}\"\n[jobs.k]\napi = \"{long}\"\nschedule = \"{long}\"\n\
         scopes = [\"{long} b\"]\nafter = \"{long}\"\ncalls = [{{ get = \"{long}\", when = \"{long}\" }}]\n{GOOD}"
    );
    let ended = check(&values);
    assert!(ended.stdout.contains("12 problems"), "{}", ended.stdout);
}

#[test]
fn brackets_within_brackets_without_end_are_told_by_their_depth() {
    for deep in ["[", "{ a = ", "[{ a = ["] {
        let ended = check(&format!("concurrency = {}\n{GOOD}", deep.repeat(100_000)));
        assert!(ended.stdout.contains("nested too deeply"), "{}", ended.stdout);
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let ended = check(&format!("# {}\n{GOOD}", "a".repeat(17 << 20)));
    assert!(ended.stdout.contains("larger than 16 MiB"), "{}", ended.stdout);
}

#[test]
fn a_folder_with_the_name_of_the_job_file_is_called_one() {
    let folder = Folder::new().file("jobs.toml/readme", "");
    for (verb, code) in [(&["check"][..], 1), (&["serve"], 78), (&["run", "--all"], 78)] {
        let ended = folder.run(verb);
        assert_eq!(ended.code(), code, "{ended:#?}");
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("it is a folder, not a regular file") && said.contains("help: "), "{said}");
    }
}
