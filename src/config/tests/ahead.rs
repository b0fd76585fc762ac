//! Warnings about changes of the clocks.

use std::path::Path;

use super::*;
use crate::config::load_looking_ahead;

fn warnings(schedule: &str, zone: &str) -> Vec<Problem> {
    let text = format!(
        "[apis.a]\nbase_url = \"https://api.example.com\"\n[jobs.j]\napi = \"a\"\ncalls = [{{ get = \"/\" }}]\n\
         timezone = \"{zone}\"\nschedule = \"{schedule}\"\n"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, text).expect("a file");
    let now = "2026-01-15T12:00:00Z".parse().expect("a time");
    load_looking_ahead(Path::new(&path), &environment(), now).expect("it loads").warnings
}

#[test]
fn a_fixed_time_that_a_change_of_the_clocks_moves_is_warned_of_at_its_schedule() {
    let warnings = warnings("30 2 * * *", "Europe/Berlin");
    let places: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.line, warning.column)).collect();
    assert_eq!(places, [("clock-change", 7, 12)]);
    assert_eq!(warnings[0].label.as_deref(), Some("next on 29 March 2026, 03:00"));
}

#[test]
fn intervals_other_hours_and_zones_without_changes_are_not_warned_of() {
    for (schedule, zone) in [
        ("*/15 * * * *", "Europe/Berlin"),
        ("30 12 * * *", "Europe/Berlin"),
        ("30 2 * * *", "UTC"),
        ("@every 1h", "Europe/Berlin"),
    ] {
        assert_eq!(warnings(schedule, zone), [], "{schedule} in {zone}");
    }
}
