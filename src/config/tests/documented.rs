//! The job files that the documents show.

use super::{loaded, said};

const ALERTS: &str = include_str!("../../../docs/alerts.md");
const LISTS: &str = include_str!("../../../docs/lists.md");
const SCOPES: &str = include_str!("../../../docs/scopes.md");
const README: &str = include_str!("../../../README.md");

/// The job files in a document, in order.
pub(super) fn shown(document: &str) -> Vec<&str> {
    document.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

/// Each part begins with a table, so they can stand one after another.
#[test]
fn the_parts_in_the_page_about_lists_are_one_job_file_without_a_problem() {
    let loaded = loaded(&shown(LISTS).concat());
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.jobs.jobs.len(), 4);
}

#[test]
fn the_parts_in_the_page_about_alerts_are_one_job_file_without_a_problem() {
    let loaded = loaded(&shown(ALERTS).concat());
    assert_eq!(loaded.warnings, []);
    assert_eq!((loaded.jobs.alerts.len(), loaded.jobs.channels.len()), (13, 4));
}

/// So that none is missing in the tables.
#[test]
fn the_page_about_alerts_names_each_key_of_theirs() {
    let tables = crate::config::keys::TABLES.iter();
    for table in tables.filter(|table| matches!(table.pattern.first(), Some(&("alerts" | "channels")))) {
        for key in table.in_force.iter().filter(|key| !matches!(**key, "key")) {
            assert!(ALERTS.contains(&format!("`{key}`")) || ALERTS.contains(&format!("{key} =")), "{key}");
        }
    }
}

#[test]
fn the_copy_of_a_list_in_the_readme_goes_with_its_first_job_file() {
    let parts = shown(README);
    let copy = parts.iter().find(|part| part.contains("records = ")).expect("a copy of a list");
    let loaded = loaded(&[parts[0], copy].concat());
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.jobs.jobs.len(), 2);
}

#[test]
fn the_page_about_scopes_shows_what_check_says_of_its_job_file() {
    let shows =
        SCOPES.split_once("$ apicron check\n").and_then(|(_, rest)| rest.split_once("```")).expect("a screen").0;
    assert_eq!(said(shown(SCOPES)[0]).trim_end(), shows.trim_end());
}
