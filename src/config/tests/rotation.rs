//! Secrets that are to be replaced.

use super::*;
use crate::config::load_looking_ahead;

fn with(keys: &str) -> String {
    GOOD.replace("client_id =", &format!("{keys}\nclient_id ="))
}

fn warnings(keys: &str) -> Vec<Problem> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, with(keys)).expect("a file");
    let now = "2026-04-01T12:00:00Z".parse().expect("a time");
    load_looking_ahead(Path::new(&path), &environment(), now).expect("it loads").warnings
}

#[test]
fn a_secret_that_is_older_than_it_is_to_become_is_warned_of() {
    let warnings = warnings("secret_issued = 2026-01-01\nrotate_after = \"89d\"");
    let places: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.line, warning.column)).collect();
    assert_eq!(places, [("old-secret", 3, 17)]);
    assert_eq!(warnings[0].message, "the secret of `c` is 90 days old");
}

#[test]
fn a_secret_that_is_soon_too_old_is_warned_of_from_fourteen_days_before() {
    for (keys, message, left) in [
        (
            "secret_issued = 2026-01-01",
            "the secret of `c` is 90 days old and is to be replaced after 90 days",
            "0 days left",
        ),
        ("secret_issued = 2026-01-15", "", "14 days left"),
        (
            "secret_issued = 2026-03-31\nrotate_after = \"2d\"",
            "the secret of `c` is 1 day old and is to be replaced after 2 days",
            "1 day left",
        ),
    ] {
        let warnings = warnings(keys);
        let places: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.line, warning.column)).collect();
        assert_eq!(places, [("ageing-secret", 3, 17)], "{keys}");
        assert!(message.is_empty() || warnings[0].message == message, "{}", warnings[0].message);
        assert_eq!(warnings[0].label.as_deref(), Some(left));
    }
}

#[test]
fn a_younger_one_is_not_and_a_secret_of_a_short_life_has_half_of_it_in_peace() {
    for keys in [
        "secret_issued = 2026-01-16",
        "secret_issued = 2026-01-01\nrotate_after = \"105d\"",
        "secret_issued = 2026-03-29\nrotate_after = \"7d\"",
        "secret_issued = 2026-04-01\nrotate_after = \"1d\"",
        "secret_issued = 2026-04-02",
        "",
    ] {
        assert_eq!(warnings(keys), [], "{keys}");
    }
    assert_eq!(warnings("secret_issued = 2025-12-31")[0].code, "old-secret", "ninety days when the file does not say");
}

#[test]
fn a_day_that_is_yet_to_come_is_warned_of() {
    let warnings = warnings("secret_issued = 2027-04-01");
    let places: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.line, warning.column)).collect();
    assert_eq!(places, [("future-secret", 3, 17)]);
    assert_eq!(warnings[0].message, "the secret of `c` is issued on a day to come");
}

#[test]
fn rotation() {
    check(
        "rotation",
        &[
            ("a text for a date", with("secret_issued = \"2026-10-01\"")),
            ("a time for a date", with("secret_issued = 2026-10-01T10:00:00Z")),
            ("another text", with("secret_issued = \"soon\"")),
            ("an age from no day", with("rotate_after = \"90d\"")),
        ],
    );
}
