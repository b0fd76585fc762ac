//! The example, damaged line by line.

use std::path::Path;

use apicron::config::{self, Colour, Documents, Problem};
use apicron::secret::Environment;

use crate::support::size::size;

const EXAMPLE: &str = include_str!("../../../../jobs.example.toml");

/// Whole lines, with their ends.
fn lines() -> Vec<&'static str> {
    EXAMPLE.split_inclusive('\n').collect()
}

/// What is wrong with a text, and what may be shown of it.
fn problems_of(text: &str) -> (Vec<Problem>, Documents) {
    match config::parse(Path::new("jobs.toml"), text, &Environment::process()) {
        Ok(loaded) => (loaded.warnings, loaded.documents),
        Err(rejected) => {
            assert!(!rejected.problems.is_empty(), "refused without a reason:\n{text}");
            (rejected.problems, rejected.documents)
        }
    }
}

fn assert_places(text: &str, what: &str) {
    let (problems, documents) = problems_of(text);
    let lines = text.lines().count().max(1);
    for problem in &problems {
        let line = usize::try_from(problem.line).expect("a line");
        let span = problem.span.clone().unwrap_or_else(|| panic!("{what}: no place: {problem:?}"));
        assert!((1..=lines + 1).contains(&line) && problem.column >= 1, "{what}: {problem:?}");
        assert!(text.get(span).is_some(), "{what}: outside the file: {problem:?}");
        assert_eq!(problem.file, Path::new("jobs.toml"), "{what}");
    }
    let shown = config::render(&problems, &documents, Colour::None);
    assert_eq!(shown.is_empty(), problems.is_empty(), "{what}: {shown}");
}

/// Each line in turn, damaged.
fn damage_each_line(name: &str, damage: impl Fn(&str) -> String) {
    let lines = lines();
    let step = step();
    for (n, line) in lines.iter().enumerate().step_by(step) {
        let text: String = [&lines[..n].concat(), &damage(line), &lines[n + 1..].concat()].map(String::as_str).concat();
        assert_places(&text, &format!("line {} {name}", n + 1));
    }
}

/// CI takes some of the lines, spread over the file.
fn step() -> usize {
    usize::try_from(size(12, 1)).expect("small")
}

#[test]
fn the_example_without_one_of_its_lines_is_right_or_has_problems_with_places() {
    damage_each_line("deleted", |_| String::new());
}

#[test]
fn the_example_with_one_of_its_lines_twice_is_right_or_has_problems_with_places() {
    damage_each_line("doubled", |line| line.repeat(2));
}

#[test]
fn the_example_with_one_of_its_lines_cut_is_right_or_has_problems_with_places() {
    damage_each_line("cut", |line| {
        let text = line.trim_end();
        let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        format!("{}\n", &text[..half])
    });
}

#[test]
fn the_example_that_ends_after_any_of_its_lines_is_right_or_has_problems_with_places() {
    let lines = lines();
    let step = step();
    for n in (0..=lines.len()).step_by(step) {
        let text = lines[..n].concat();
        assert_places(&text, &format!("ends after line {n}"));
        // In the midst of the last one: what a full disk leaves.
        let half = text.len() - lines[..n].last().map_or(0, |line| line.len() / 2);
        let half = (0..=half).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        assert_places(&text[..half], &format!("ends within line {n}"));
    }
}
