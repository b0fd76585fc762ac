//! A template's text → pieces of text and filters.

use crate::filter::FilterError;
use crate::filter::brackets::Brackets;

/// A part of a template's text.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'t> {
    Literal(&'t str),
    Filter {
        /// Where the filter's text begins in the template's.
        start: usize,
        filter: &'t str,
    },
}

/// Splits a template at its `{{ … }}`.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, FilterError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some((literal, rest)) = text.get(at..).unwrap_or_default().split_once("{{") {
        let start = at + literal.len() + 2;
        let length = filter_length(rest).ok_or_else(|| FilterError {
            message: "`{{` has no `}}` that closes it".to_owned(),
            help: Some(r#"for the text `{{` itself write `{{ "{{" }}`"#.to_owned()),
            span: start - 2..text.len(),
        })?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        pieces.push(Piece::Filter { start, filter: rest.get(..length).unwrap_or_default() });
        at = start + length + 2;
    }
    let rest = text.get(at..).unwrap_or_default();
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    Ok(pieces)
}

/// How many bytes stand before the `}}` that ends a filter: the first outside its own brackets
/// and strings.
fn filter_length(rest: &str) -> Option<usize> {
    let mut brackets = Brackets::default();
    let mut bytes = rest.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let closes = byte == b'}' && brackets.depth() == 0;
        if closes && bytes.peek().is_some_and(|(_, next)| *next == b'}') {
            return Some(at);
        }
        brackets.pass(byte);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(text: &str) -> Vec<&str> {
        let filter = |piece| match piece {
            Piece::Filter { filter, .. } => Some(filter),
            Piece::Literal(_) => None,
        };
        pieces(text).expect("balanced").into_iter().filter_map(filter).collect()
    }

    #[test]
    fn a_filter_runs_to_the_braces_that_balance_it() {
        for (text, expected) in [
            ("{{ .a }}", vec![" .a "]),
            ("{{.a}}{{.b}}", vec![".a", ".b"]),
            ("{{ {a: {b: 1}} }}", vec![" {a: {b: 1}} "]),
            ("{{{a:{b:1}}}}", vec!["{a:{b:1}}"]),
            (r#"{{ "}}" }}"#, vec![r#" "}}" "#]),
            (r#"{{ "\"}}" }}"#, vec![r#" "\"}}" "#]),
            (r#"{{ "\( {a: "}}"} )}}" }}"#, vec![r#" "\( {a: "}}"} )}}" "#]),
            ("a }} b", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(filters(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_an_error_from_there_on() {
        for text in ["a {{ .b", r#"a {{ "}}"#, "a {{ {a: 1}} ", "a {{ .b }", "a {{"] {
            let error = pieces(text).expect_err(text);
            assert_eq!(error.span, 2..text.len(), "{text}");
        }
    }
}
