//! R7: what the fuzz targets check, over their corpora and some thousands of mutations of them.
//!
//! `fuzz/run` does the same for as long as one likes, led by what code an input reaches. Here is what needs no
//! more than the stable compiler.

mod mutation;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use apicron::clock::Clock;

use crate::support::size::size;
use mutation::Mutations;

/// An input that takes longer hangs. Builds for tests are ten times as slow as others.
const HANGS: Duration = Duration::from_secs(10);

#[test]
fn any_job_file_is_read_or_answered() {
    replay("job_file", targets::job_file::run);
}

#[test]
fn any_cron_text_has_ticks_in_order_or_is_refused() {
    replay("cron_text", targets::cron_text::run);
}

#[test]
fn any_filter_ends_within_its_bounds_or_is_refused() {
    replay("filter", targets::filter::run);
}

#[test]
fn any_template_is_filled_with_what_fits_or_fails() {
    replay("template", targets::template::run);
}

#[test]
fn any_token_reply_gives_a_token_or_a_reason_without_it() {
    replay("token_reply", targets::token_reply::run);
}

#[test]
fn any_challenge_is_judged_in_words_that_can_be_shown() {
    replay("www_authenticate", targets::www_authenticate::run);
}

#[test]
fn any_retry_after_is_a_wait_that_can_be_borne_or_none() {
    replay("retry_after", targets::retry_after::run);
}

#[test]
fn any_problem_body_is_judged_in_words_that_can_be_shown() {
    replay("problem_body", targets::problem_body::run);
}

/// Runs a target over each file of its corpus, then over mutations of them.
fn replay(target: &str, run: fn(&[u8])) {
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "there is no corpus of {target}");
    for (name, bytes) in &corpus {
        try_one(name, bytes, run);
    }
    let mut mutations = Mutations::of(corpus.iter().map(|(_, bytes)| bytes.clone()).collect(), dictionary(target));
    for n in 0..size(500, 50_000) {
        try_one(&format!("mutation {n}"), &mutations.next(), run);
    }
}

fn try_one(name: &str, bytes: &[u8], run: fn(&[u8])) {
    let clock = Clock::system();
    let began = clock.elapsed();
    let outcome = catch_unwind(AssertUnwindSafe(|| run(bytes)));
    assert!(outcome.is_ok(), "{name} breaks a promise: b\"{}\"", bytes.escape_ascii());
    let took = clock.elapsed() - began;
    assert!(took < HANGS, "{name} takes {took:?}: b\"{}\"", bytes.escape_ascii());
}

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("corpus").join(target);
    let files = std::fs::read_dir(&folder).expect("a corpus").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.iter().map(|path| (path.display().to_string(), std::fs::read(path).expect("an input"))).collect()
}

/// The words of a dictionary, of which some targets have none. Escapes stay as they are: most words have none.
fn dictionary(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(fuzz().join(format!("dictionaries/{target}.dict"))).unwrap_or_default();
    let words = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    words.map(|word| word.replace(r#"\""#, "\"").replace(r"\\", r"\").into_bytes()).collect()
}

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
}
