//! Which members of its input a filter reads.

use std::collections::BTreeSet;

use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::Part;

use super::check::literal;
use super::tree;

/// The members of `.` that a filter reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// All of them.
    pub named: BTreeSet<String>,
    /// Those without a `//` that says what holds where they are missing.
    pub needed: BTreeSet<String>,
}

/// Functions that leave their input alone.
const BLIND: &[&str] = &["true", "false", "null", "empty"];

/// Functions whose first argument sees what they are called with, and which do not look at it themselves.
const PASSING: &[&str] = &["select", "first", "last", "any", "all"];

/// `.` was read as a whole.
struct Whole;

impl Members {
    /// Those of a filter; `None` where it looks at `.` otherwise.
    pub(super) fn of(term: &Term<&str>) -> Option<Members> {
        let mut members = Members::default();
        members.read(term, true).ok()?;
        Some(members)
    }

    /// Reads a term whose input is `.`.
    fn read(&mut self, term: &Term<&str>, is_needed: bool) -> Result<(), Whole> {
        match term {
            Term::Id | Term::Recurse => Err(Whole),
            Term::Path(head, path) if matches!(**head, Term::Id) => {
                let (first, rest) = path.0.split_first().ok_or(Whole)?;
                let name = literal(&first.0).ok_or(Whole)?;
                self.named.insert(name.to_owned());
                if is_needed {
                    self.needed.insert(name.to_owned());
                }
                rest.iter().flat_map(|(part, _)| indices(part)).try_for_each(|index| self.read(index, is_needed))
            }
            // What stands behind a pipe sees what is before it, which is `.` itself behind `.` and `select`.
            Term::BinOp(left, BinaryOp::Pipe(None), right) => {
                if !matches!(**left, Term::Id) {
                    self.read(left, is_needed)?;
                }
                if gives_input(left) { self.read(right, is_needed) } else { Ok(()) }
            }
            Term::BinOp(left, BinaryOp::Alt, right) => {
                self.read(left, false)?;
                self.read(right, is_needed)
            }
            Term::Call(name, _) if BLIND.contains(name) => Ok(()),
            // Of `any(f)` and `all(f)` the argument sees the elements of the input.
            Term::Call(name, arguments) if PASSING.contains(name) => match (*name, arguments.as_slice()) {
                ("select" | "first" | "last", [seeing]) | ("any" | "all", [seeing, _]) => self.read(seeing, is_needed),
                _ => Err(Whole),
            },
            // Without `else` it gives `.`.
            Term::Call(..) | Term::IfThenElse(_, None) => Err(Whole),
            Term::Str(Some(_), _) => Err(Whole),
            // `{a}` is short for `{a: .a}`.
            Term::Obj(members) => members.iter().try_for_each(|(key, value)| match (key, value) {
                (_, Some(value)) => {
                    self.read(key, is_needed)?;
                    self.read(value, is_needed)
                }
                (Term::Var(_), None) => Ok(()),
                _ => Err(Whole),
            }),
            _ => tree::children(term).into_iter().try_for_each(|inner| self.read(inner, is_needed)),
        }
    }
}

/// Whether a term that reads `.` by its members only may give `.` itself.
fn gives_input(term: &Term<&str>) -> bool {
    match term {
        Term::Id => true,
        Term::Call(name, _) => *name == "select",
        Term::BinOp(left, BinaryOp::Pipe(None), right) => gives_input(left) && gives_input(right),
        Term::BinOp(_, BinaryOp::Pipe(Some(_)), right) => gives_input(right),
        Term::BinOp(left, BinaryOp::Comma | BinaryOp::Alt, right) => gives_input(left) || gives_input(right),
        Term::IfThenElse(branches, otherwise) => {
            let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
            results.into_iter().any(gives_input)
        }
        Term::TryCatch(tried, caught) => gives_input(tried) || caught.as_deref().is_some_and(gives_input),
        _ => false,
    }
}

fn indices<'t, 's>(part: &'t Part<Term<&'s str>>) -> impl Iterator<Item = &'t Term<&'s str>> {
    let (first, second) = match part {
        Part::Index(index) => (Some(index), None),
        Part::Range(from, to) => (from.as_ref(), to.as_ref()),
    };
    first.into_iter().chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;

    /// Those that are needed, and in brackets those that are not.
    fn members(text: &str) -> String {
        let Some(Members { named, needed }) = Filter::compile(text, &[]).expect(text).members() else {
            return "whole".to_owned();
        };
        let names = named.into_iter().map(|name| if needed.contains(&name) { name } else { format!("({name})") });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn members_are_named_by_a_path_from_the_input() {
        for (text, expected) in [
            (".a < 0.1 * .b", "a b"),
            (".a.b > .[\"c-d\"]", "a c-d"),
            (".files[.state] > 1", "files state"),
            ("[.a, .b] | add > 10", "a b"),
            (".a | .b > 1", "a"),
            (". | .a", "a"),
            ("select(.a > 1) | .b > 2", "a b"),
            ("if .a > 1 then true else .b > 3 end", "a b"),
            ("(.a > 1 or .b > 2) and (.c | not)", "a b c"),
            (".a as $x | .b > $x", "a b"),
            ("any(.a, .b; . > 5)", "a b"),
            ("{x: .a} | .x > 1", "a"),
            ("\"\\(.a)\" == \"1\"", "a"),
            ("-.a > 1", "a"),
            ("true", ""),
        ] {
            assert_eq!(members(text), expected, "{text}");
        }
    }

    #[test]
    fn what_has_a_substitute_is_not_needed() {
        assert_eq!(members("(.a // 0) > .b"), "(a) b");
        assert_eq!(members(".a // .b > 1"), "(a) b");
        assert_eq!(members("(.a // 0) > 1 and .a > 0"), "a");
    }

    #[test]
    fn an_input_that_is_looked_at_as_a_whole_has_no_list_of_members() {
        for text in [
            ".",
            "..",
            ".[]",
            "keys",
            "length > 3",
            "map(. > 1)",
            "any(. > 1)",
            "to_entries",
            ". as $x | $x.a",
            "{a}",
            "if .a then .b end",
            "has(\"a\")",
            ".[0]",
            "@json",
            "first",
        ] {
            assert_eq!(members(text), "whole", "{text}");
        }
    }
}
