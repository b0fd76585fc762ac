//! What a regular expression may cost.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Repetition};

/// What a search for an expression may cost. Nothing for what is no expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// In how many places of the expression a search may be at once, its repetitions written out. In the worst case
    /// each byte of a text is compared with all of them.
    pub(super) places: usize,
    /// Bytes after a match that are read again by the search for the next one; `None` where they may be all that are
    /// left, for each match.
    pub(super) ahead: Option<usize>,
}

pub(super) fn cost(pattern: &str, flags: &str, nesting: u32) -> Cost {
    let mut parser = ParserBuilder::new();
    parser.nest_limit(nesting).case_insensitive(flags.contains('i')).ignore_whitespace(flags.contains('x'));
    let expression = parser.build().parse(pattern);
    expression
        .map_or_else(|_| Cost::default(), |expression| Cost { places: of(&expression), ahead: ahead(&expression) })
}

fn of(expression: &Hir) -> usize {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 1,
        HirKind::Capture(group) => of(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(of).fold(0, usize::saturating_add),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            of(&repetition.sub).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
    }
}

/// A search reads on after a match as long as a better one may come of what it is within. That ends soon where what
/// repeats without an end are single characters only, and either
///
/// - they are parts of one sequence: had a match begun in what was read in vain, it would have made the better one, so
///   that no byte is read in vain more often than the parts with an end are long; or
/// - nothing comes after them: each of their characters already is a better match.
fn ahead(expression: &Hir) -> Option<usize> {
    in_sequence(expression).or_else(|| at_the_end(expression))
}

fn in_sequence(expression: &Hir) -> Option<usize> {
    match expression.kind() {
        HirKind::Capture(group) => in_sequence(&group.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(0, |sum: usize, part| Some(sum.saturating_add(in_sequence(part)?)))
        }
        _ => short(expression),
    }
}

fn at_the_end(expression: &Hir) -> Option<usize> {
    match expression.kind() {
        HirKind::Capture(group) => at_the_end(&group.sub),
        HirKind::Concat(parts) => {
            let (last, before) = parts.split_last()?;
            let before = before.iter().try_fold(0, |sum: usize, part| Some(sum.saturating_add(bounded(part)?)))?;
            Some(before.saturating_add(at_the_end(last)?))
        }
        HirKind::Alternation(parts) => parts.iter().try_fold(0, |most: usize, part| Some(most.max(at_the_end(part)?))),
        _ => short(expression),
    }
}

/// The length of what has one, or of the least that a repetition of one character needs.
fn short(expression: &Hir) -> Option<usize> {
    match expression.kind() {
        HirKind::Repetition(Repetition { max: None, min, sub, .. }) if is_one_character(sub) => {
            Some(usize::try_from(*min).ok()?.saturating_mul(char::MAX_LEN_UTF8))
        }
        _ => bounded(expression),
    }
}

fn bounded(expression: &Hir) -> Option<usize> {
    expression.properties().maximum_len()
}

fn is_one_character(expression: &Hir) -> bool {
    match expression.kind() {
        HirKind::Class(_) => true,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().count() == 1),
        HirKind::Capture(group) => is_one_character(&group.sub),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::cost;

    #[test]
    fn repetitions_count_as_often_as_they_repeat() {
        for (pattern, expected) in [
            ("", 0),
            ("abc", 3),
            (r"\w+", 1),
            (r"^\w+@\w+\.(com|org)$", 10),
            ("[ab]{500}", 500),
            ("[ab]{5,}", 5),
            ("([ab]{100}){100}c?", 10_001),
            ("(", 0),
        ] {
            assert_eq!(cost(pattern, "", 64).places, expected, "{pattern}");
        }
        assert_eq!(cost("a b # c", "x", 64).places, 2);
    }

    #[test]
    fn only_where_something_better_may_come_of_it_is_the_rest_of_a_text_read_after_a_match() {
        for near in [
            "",
            "abc|ab",
            "(a|bc){1,9}",
            "[a-z]+",
            r"(?i)\b(\w+)\b",
            r"(\w+)@(\w+)\.(com|org)",
            "\"[^\"]*\"",
            "a.*b.*?c",
            "ü+",
            r"\d+|[a-z]\w*|-{2,}",
            r"(?P<n>x\d*)",
        ] {
            assert!(cost(near, "", 64).ahead.is_some(), "{near}");
        }
        for far in ["[ab]*c|[ab]", "(a.*b)?c", "(ab)*", "(ab)+c", "(a*)*", r"[a-z]+('[a-z]+)?", "(", "(.*x|y)z"] {
            assert_eq!(cost(far, "", 64).ahead, None, "{far}");
        }
        assert_eq!(cost("a{9,}b{1,9}", "", 64).ahead, Some(36 + 9));
    }
}
