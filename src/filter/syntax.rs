//! Text → syntax tree, with everything refused that only the tokens show the place of.

use std::ops::Range;

use jaq_core::load::lex::{self, StrPart, Tok, Token};
use jaq_core::load::parse::{self, Term};
use jaq_core::load::{Lexer, Parser};

use super::language::{self, REFUSED_OPERATORS, Refused};
use super::{FilterError, brackets};

/// Bytes of a filter.
const LENGTH: usize = 8 * 1024;

/// Brackets and strings inside each other, and in what `if`, `try` and `-` begin. jaq's lexer and
/// parser take some kilobytes of stack for each.
const NESTING: usize = 64;

/// Arrays, objects and indices: each may put a value one level deeper, and values are walked by
/// recursion.
const LEVELS: usize = 256;

/// Pipes and bindings, which nest all that comes after them.
const PIPES: usize = 192;

/// Operators of all kinds.
const OPERATORS: usize = 1024;

/// The span of `part`, which is a slice of `text`.
pub(super) fn span(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    start..(start + part.len()).min(text.len())
}

/// Parses a filter.
pub(super) fn parse(text: &str) -> Result<Term<&str>, FilterError> {
    if text.len() > LENGTH {
        return Err(too_much(text, &format!("a filter has at most {LENGTH} bytes, and this one has {}", text.len())));
    }
    if brackets::deepest(text) > NESTING {
        return Err(too_deep(text));
    }
    let tokens = Lexer::new(text).lex().map_err(|errors| lexical(text, errors))?;
    Tokens { text, levels: 0, pipes: 0, operators: 0 }.check(&tokens, Block::Plain, 0)?;
    Parser::new(&tokens).parse(Parser::term).map_err(|errors| syntactic(text, errors))
}

pub(super) fn too_deep(text: &str) -> FilterError {
    too_much(text, "the filter nests too deeply")
}

fn too_much(text: &str, message: &str) -> FilterError {
    let help = Some("split it: take what is needed in several metrics or calls".to_owned());
    FilterError { message: message.to_owned(), help, span: 0..text.len() }
}

pub(super) fn refuse(text: &str, part: &str, refused: Refused) -> FilterError {
    FilterError {
        message: format!("`{}` is not part of the filter language", refused.name),
        help: Some(refused.help.to_owned()),
        span: span(text, part),
    }
}

/// Looks at the tokens of one filter.
struct Tokens<'s> {
    text: &'s str,
    levels: usize,
    pipes: usize,
    operators: usize,
}

/// What the tokens are in.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    /// Round or square brackets, or none.
    Plain,
    /// Curly ones: a word at the start of a member is a name there, even `def`.
    Object,
}

impl<'s> Tokens<'s> {
    fn check(&mut self, tokens: &[Token<&'s str>], block: Block, depth: usize) -> Result<(), FilterError> {
        let mut before = None;
        // How many `if` are open here, and how many `-` and `try` stand right before.
        let (mut branches, mut prefixes) = (0_usize, 0_usize);
        for Token(part, kind) in tokens {
            let starts_member = block == Block::Object && before.is_none_or(|before| before == ",");
            let depth = depth + branches + prefixes;
            if depth > NESTING {
                return Err(too_deep(self.text));
            }
            match kind {
                Tok::Word if starts_member => {}
                Tok::Word => self.word(part)?,
                Tok::Sym => self.operator(part)?,
                Tok::Block(inner) => self.block(part, inner, depth + 1)?,
                Tok::Str(parts) => self.string(parts, depth + 1)?,
                Tok::Var | Tok::Fmt | Tok::Num => {}
            }
            match *part {
                "if" if !starts_member => branches += 1,
                "end" if !starts_member => branches = branches.saturating_sub(1),
                _ => {}
            }
            prefixes = if matches!(*part, "-" | "try") { prefixes + 1 } else { 0 };
            before = Some(*part);
        }
        Ok(())
    }

    fn block(&mut self, part: &str, inner: &[Token<&'s str>], depth: usize) -> Result<(), FilterError> {
        if !part.starts_with('(') {
            let limit = format!("a filter has at most {LEVELS} of `[` and `{{`");
            count(&mut self.levels, LEVELS).map_err(|TooMany| too_much(self.text, &limit))?;
        }
        self.check(inner, if part.starts_with('{') { Block::Object } else { Block::Plain }, depth)
    }

    fn string(&mut self, parts: &[StrPart<&'s str, Token<&'s str>>], depth: usize) -> Result<(), FilterError> {
        parts.iter().try_for_each(|part| match part {
            StrPart::Term(Token(_, Tok::Block(inner))) => self.check(inner, Block::Plain, depth + 1),
            _ => Ok(()),
        })
    }

    /// Keywords. Functions are left to the check of the tree, which knows their arguments.
    fn word(&mut self, word: &'s str) -> Result<(), FilterError> {
        const KEYWORDS: &[&str] =
            &["def", "reduce", "foreach", "label", "break", "catch", "import", "include", "module"];
        if let Some(refused) = language::refused(word).filter(|_| KEYWORDS.contains(&word)) {
            return Err(refuse(self.text, word, refused));
        }
        match word {
            "as" => self.pipe(),
            "and" | "or" => self.operate(),
            _ => Ok(()),
        }
    }

    fn operator(&mut self, operator: &'s str) -> Result<(), FilterError> {
        if let Some(refused) = REFUSED_OPERATORS.iter().find(|refused| refused.name == operator) {
            return Err(refuse(self.text, operator, *refused));
        }
        match operator {
            "|" => self.pipe(),
            "." | ":" | ";" | "?" | ")" | "]" | "}" => Ok(()),
            _ => self.operate(),
        }
    }

    fn pipe(&mut self) -> Result<(), FilterError> {
        let limit = format!("a filter has at most {PIPES} of `|` and `as`");
        count(&mut self.pipes, PIPES).map_err(|TooMany| too_much(self.text, &limit))
    }

    fn operate(&mut self) -> Result<(), FilterError> {
        let limit = format!("a filter has at most {OPERATORS} operators");
        count(&mut self.operators, OPERATORS).map_err(|TooMany| too_much(self.text, &limit))
    }
}

struct TooMany;

fn count(so_far: &mut usize, limit: usize) -> Result<(), TooMany> {
    *so_far += 1;
    if *so_far > limit { Err(TooMany) } else { Ok(()) }
}

fn lexical(text: &str, errors: Vec<lex::Error<&str>>) -> FilterError {
    let Some((expected, rest)) = errors.into_iter().next() else { return unreadable(text, text) };
    let found: &str = rest.chars().next().and_then(|first| rest.get(..first.len_utf8())).unwrap_or_default();
    let message = match (&expected, found) {
        (lex::Expect::Token, found) => format!("`{found}` is no sign of the filter language"),
        (expected, "") => format!("{} is missing at the end", expected.as_str()),
        (lex::Expect::Escape, found) => {
            format!("`\\{found}` is no escape: there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX \\(…)")
        }
        (expected, found) => format!("expected {}, found `{found}`", expected.as_str()),
    };
    let help = match (&expected, found) {
        (_, "'") => Some("strings are in double quotes".to_owned()),
        (lex::Expect::Delim(_), "") => Some("each bracket and each quote needs the one that closes it".to_owned()),
        _ => None,
    };
    FilterError { message, help, span: span(text, found_or_end(rest, found)) }
}

fn found_or_end<'s>(rest: &'s str, found: &'s str) -> &'s str {
    if found.is_empty() { rest } else { found }
}

fn syntactic(text: &str, errors: Vec<parse::Error<&str, Option<&Token<&str>>>>) -> FilterError {
    let Some((expected, found)) = errors.into_iter().next() else { return unreadable(text, text) };
    let part = Token::opt_as_str(found, text);
    let wanted = match expected {
        parse::Expect::Nothing => "an operator or the end",
        parse::Expect::Term => "a value or a path",
        other => return expected_message(text, part, &format!("`{}`", other.as_str())),
    };
    expected_message(text, part, wanted)
}

fn expected_message(text: &str, part: &str, wanted: &str) -> FilterError {
    let message = match part {
        "" => format!("expected {wanted} at the end"),
        _ => format!("expected {wanted}, found `{}`", super::json::Clipped::of(20, &part)),
    };
    let help = text.trim().is_empty().then(|| "`.` is all there is here, `.name` a member of it".to_owned());
    FilterError { message, help, span: span(text, part) }
}

fn unreadable(text: &str, part: &str) -> FilterError {
    FilterError { message: "this is not a filter".to_owned(), help: None, span: span(text, part) }
}

#[cfg(test)]
mod tests;
