//! What may be touched in one place only.

use super::code::has_word;

/// Words that are right only below certain paths, or wrong only below one.
struct Rule {
    words: &'static [&'static str],
    place: Place,
}

enum Place {
    OnlyIn(&'static [&'static str]),
    NotIn(&'static str),
}

const RULES: [Rule; 7] = [
    Rule { words: &["sqlx"], place: Place::OnlyIn(&["src/store"]) },
    Rule { words: &["reqwest"], place: Place::OnlyIn(&["src/call", "src/token/grant", "src/notify", "src/doctor"]) },
    Rule { words: &["lettre"], place: Place::OnlyIn(&["src/notify"]) },
    Rule { words: &["tokio_cron_scheduler"], place: Place::OnlyIn(&["src/engine/housekeeping"]) },
    Rule {
        words: &[
            "Utc::now",
            "Local::now",
            "Instant::now",
            "SystemTime::now",
            "time::sleep",
            "time::sleep_until",
            "thread::sleep",
        ],
        place: Place::OnlyIn(&["src/clock"]),
    },
    Rule { words: &["env::var", "env::var_os", "env::vars", "env::vars_os"], place: Place::OnlyIn(&["src/secret"]) },
    Rule { words: &["serde", "Serialize", "Deserialize"], place: Place::NotIn("src/job") },
];

pub(crate) fn breaches(path: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.place.forbids(path)) {
        for (line, text) in (1..).zip(code.lines()) {
            // One word a line is enough to find it.
            if let Some(word) = rule.words.iter().find(|word| has_word(text, word)) {
                found.push(format!("{path}:{line}: `{word}` {}", rule.place.reason()));
            }
        }
    }
    found
}

impl Place {
    fn forbids(&self, path: &str) -> bool {
        match self {
            Place::OnlyIn(places) => !places.iter().any(|place| is_below(path, place)),
            Place::NotIn(place) => is_below(path, place),
        }
    }

    fn reason(&self) -> String {
        match self {
            Place::OnlyIn(places) => format!("belongs into {}", places.join(", ")),
            Place::NotIn(place) => format!("does not belong into {place}"),
        }
    }
}

/// Whether a file is the module at `place` (`place.rs`) or lies in its folder.
fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}
