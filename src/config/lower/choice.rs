//! Values that are one of a few words.

use crate::config::file::Field;
use crate::config::names::{listed, nearest};
use crate::config::place::At;

/// The meaning of the word under `key`; `None` when it is absent or none of them, which is reported.
pub(in crate::config) fn choice<T: Copy>(
    at: &At<'_>,
    key: &str,
    field: &Field<String>,
    words: &[(&str, T)],
) -> Option<T> {
    let text = at.get(key, field)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| word == text) {
        return Some(*meaning);
    }
    let at = at.key(key);
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let help = match nearest(text, known.iter().copied()) {
        Some(word) => format!("a word with a similar spelling exists: `{word}`"),
        None => format!("write {}", listed(&known).replace(" and ", " or ")),
    };
    at.error("wrong-value", format!("`{key}` cannot be `{text}`")).help(help).report();
    None
}
