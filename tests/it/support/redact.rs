//! Takes out of a text what differs from run to run, so that it can be a snapshot.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What differs, and the word for it. Group 1 is the part to take out.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)", "time"),
        (r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b", "id"),
        (r"\breq-([0-9a-f]{8})\b", "id"),
        (r"(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)", "port"),
        (r#""(?:\w+_ms|seconds)":\s*(-?\d+(?:\.\d+)?)"#, "duration"),
        (r"\b(\d+(?:\.\d+)?)\s?(?:µs|us|ms|s)\b", "duration"),
    ]
    .into_iter()
    .map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word))
    .collect()
});

/// Puts an `X` for each letter and digit of a time, a duration, an id or a port. The text keeps
/// its width, so tables stay aligned; that needs values that always have the same width.
pub(crate) fn same_width(text: &str) -> String {
    replace(text, |varying, _| varying.replace(char::is_alphanumeric, "X"))
}

/// Puts `<time>`, `<duration>`, `<id>` or `<port>`: for text whose values differ in width, too.
pub(crate) fn by_word(text: &str) -> String {
    replace(text, |_, word| format!("<{word}>"))
}

fn replace(text: &str, placeholder: impl Fn(&str, &str) -> String) -> String {
    PATTERNS.iter().fold(text.to_owned(), |text, (pattern, word)| {
        let put = |found: &Captures| {
            let (whole, varying) = (&found[0], &found[1]);
            // Group 1 stands once in every match, since no pattern repeats it around itself.
            whole.replacen(varying, &placeholder(varying, word), 1)
        };
        pattern.replace_all(&text, put).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_columns() {
        let table = "usage  2026-11-24T12:00:00.123Z  12 ms  5\nlonger 2026-11-24 12:00:00       9.5s   7";
        let redacted = "usage  XXXX-XX-XXXXX:XX:XX.XXXZ  XX ms  5\nlonger XXXX-XX-XX XX:XX:XX       X.Xs   7";
        assert_eq!(same_width(table), redacted);
    }

    #[test]
    fn words_stand_for_what_differs_in_width() {
        let text = r#"http://127.0.0.1:40123/v1 req-0000002a {"seconds":0.25,"runs":3,"duration_ms":12} 0b0e7a60-0000-4000-8000-000000000001"#;
        let redacted =
            r#"http://127.0.0.1:<port>/v1 req-<id> {"seconds":<duration>,"runs":3,"duration_ms":<duration>} <id>"#;
        assert_eq!(by_word(text), redacted);
    }
}
