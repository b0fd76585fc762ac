//! Names: their form, and the nearest right one for a wrong one.

use super::place::{At, Draft};
use crate::run::Name;

/// Further apart than this, a suggestion would be a guess.
const FARTHEST: usize = 3;

/// The candidate that `wrong` was most likely meant to be.
pub(in crate::config) fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = wrong.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (distance(&lower, candidate), candidate))
        .filter(|(distance, _)| *distance <= FARTHEST && distance * 2 < wrong.chars().count().max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters that change places count as one mistake, and those of another case as none.
fn distance(lower: &str, candidate: &str) -> usize {
    // A long text is no typo of a short one; this also bounds the work.
    if lower.len().abs_diff(candidate.len()) > 4 * FARTHEST {
        return usize::MAX;
    }
    strsim::osa_distance(lower, &candidate.to_lowercase())
}

/// "did you mean `x`?", or the names there are when they are few.
pub(in crate::config) fn suggestion(wrong: &str, what: &str, candidates: &[&str]) -> Option<String> {
    const FEW: usize = 12;
    // What is no name itself is a problem of its own, and no help.
    let candidates: Vec<&str> = candidates.iter().copied().filter(|name| Name::new(name).is_some()).collect();
    match nearest(wrong, candidates.iter().copied()) {
        Some(name) => Some(format!("{what} with a similar name exists: `{name}`")),
        None if candidates.is_empty() => None,
        None if candidates.len() <= FEW => Some(format!("there is {}", listed(&candidates))),
        None => None,
    }
}

/// "`a`, `b` and `c`".
pub(in crate::config) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The key here as a name.
pub(in crate::config) fn checked(at: &At<'_>, text: &str, what: &str) -> Option<Name> {
    let name = Name::new(text);
    if name.is_none() {
        not_a_name(at.key_error("bad-name", refusal(text, what)));
    }
    name
}

/// The value here as a name.
pub(in crate::config) fn checked_value(at: &At<'_>, text: &str, what: &str) -> Option<Name> {
    let name = Name::new(text);
    if name.is_none() {
        not_a_name(at.error("bad-name", refusal(text, what)));
    }
    name
}

fn refusal(text: &str, what: &str) -> String {
    format!("`{}` cannot be the name of {what}", text.escape_debug())
}

fn not_a_name(draft: Draft<'_>) {
    draft.help("a name has 1 to 64 of `a-z`, `0-9`, `_` and `-`, and begins with a letter or digit").report();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_name_and_a_stranger_finds_none() {
        let keys = ["timeout", "timezone", "retry", "api"];
        assert_eq!(nearest("timeuot", keys), Some("timeout"));
        assert_eq!(nearest("Timezone", keys), Some("timezone"));
        assert_eq!(nearest("ap", keys), None);
        assert_eq!(nearest("apo", keys), Some("api"));
        assert_eq!(nearest("frequency", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn a_short_list_is_named_when_nothing_is_near() {
        assert_eq!(suggestion("xyzxyz", "an API", &["a", "b"]).as_deref(), Some("there is `a` and `b`"));
        assert_eq!(suggestion("xyzxyz", "an API", &[]), None);
    }

    #[test]
    fn what_is_no_name_is_never_suggested() {
        assert_eq!(suggestion("xyzxyz", "a collection", &["Y y", "", "b"]).as_deref(), Some("there is `b`"));
        assert_eq!(suggestion("yyyy", "a collection", &["Yyyy!"]), None);
    }
}
