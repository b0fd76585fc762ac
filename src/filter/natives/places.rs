//! What a regular expression may cost.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// In how many places of an expression a search may be at once, its repetitions written out. In the worst case
/// each byte of a text is compared with all of them. Nothing for what is no expression.
pub(super) fn places(pattern: &str, flags: &str, nesting: u32) -> usize {
    let mut parser = ParserBuilder::new();
    parser.nest_limit(nesting).case_insensitive(flags.contains('i')).ignore_whitespace(flags.contains('x'));
    parser.build().parse(pattern).map_or(0, |expression| of(&expression))
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

#[cfg(test)]
mod tests {
    use super::places;

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
            assert_eq!(places(pattern, "", 64), expected, "{pattern}");
        }
        assert_eq!(places("a b # c", "x", 64), 2);
    }
}
