//! Finds any of many values in a text.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::Secret;
use super::forms::forms;

/// So many bytes of the beginning are looked for, and the rest is compared where they stand: an automaton of whole
/// tokens, 256 of a kilobyte, takes a second to make and 36 MB.
const ANCHOR: usize = 8;

/// So much of the beginning of a longer value is as good as all of it. Without such an end a server could have us
/// compare a token that repeats itself at each byte of a body.
const ENOUGH: usize = 64;

/// Each spelling of some secrets, in either case: names of headers come in lower case, and servers lower the rest.
pub(super) struct Finder {
    anchors: AhoCorasick,
    /// By anchor: what may stand where it does.
    forms: Vec<Vec<Box<[u8]>>>,
}

impl Finder {
    /// `None` only for more secrets than a process can hold.
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Option<Finder> {
        let mut all: Vec<Box<[u8]>> = secrets
            .flat_map(|secret| forms(secret.expose()))
            .map(|form| form.to_ascii_lowercase().into_bytes().into())
            .collect();
        all.sort();
        all.dedup();
        let mut by_anchor: BTreeMap<Box<[u8]>, Vec<Box<[u8]>>> = BTreeMap::new();
        for form in &all {
            let anchor = &form[..form.len().min(ANCHOR)];
            let begins_it = |short: &[u8]| short.len() < ANCHOR && short != &**form && anchor.starts_with(short);
            let group = by_anchor.entry(anchor.into()).or_insert_with(|| {
                // Where both stand, the longer anchor is found.
                all.iter().filter(|short| begins_it(short)).cloned().collect()
            });
            group.push(form.clone());
        }
        let (anchors, forms): (Vec<_>, Vec<_>) = by_anchor.into_iter().unzip();
        let builder = &mut AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::ContiguousNFA));
        let anchors = builder.ascii_case_insensitive(true).build(anchors).ok()?;
        Some(Finder { anchors, forms })
    }

    /// Where values stand, in order, and none within another. A value that begins with another is found whole.
    pub(super) fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(anchor) = self.anchors.find(Input::new(text).span(at..text.len())) {
                let rest = &text[anchor.start()..];
                let forms = self.forms.get(anchor.pattern().as_usize());
                let longest = forms.into_iter().flatten().filter_map(|form| matching(rest, form)).max();
                at = anchor.start() + longest.unwrap_or(1);
                if longest.is_some() {
                    return Some(anchor.start()..at);
                }
            }
            None
        })
    }
}

/// How much of a form a text begins with, if that is all of it or enough.
fn matching(text: &[u8], form: &[u8]) -> Option<usize> {
    let same = text.iter().zip(form).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    // Not half a character.
    let is_inside = |length: &usize| form.get(*length).is_some_and(|byte| (0x80..0xc0).contains(byte));
    let length = (0..=same).rev().find(|length| !is_inside(length))?;
    (length == form.len() || length >= ENOUGH).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secrets: &[&str], text: &str) -> Vec<String> {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
        let finder = Finder::new(secrets.iter()).expect("a finder");
        finder.find(text.as_bytes()).map(|part| text[part].to_owned()).collect()
    }

    #[test]
    fn the_longest_value_that_stands_at_a_place_is_found() {
        let secrets = ["abc", "abcdefghij", "abcdefgh", "cdefghijklm"];
        for (text, what) in [
            ("x abc y", vec!["abc"]),
            ("x abcdefgh y", vec!["abcdefgh"]),
            ("x abcdefghij y", vec!["abcdefghij"]),
            ("x ABCdefghiJ y", vec!["ABCdefghiJ"]),
            ("abcdefg", vec!["abc"]),
            ("ababcabc", vec!["abc", "abc"]),
            ("bcdefghijklm", vec!["cdefghijklm"]),
            ("ab", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(&secrets, text), what, "{text}");
        }
    }

    #[test]
    fn of_a_long_value_a_long_beginning_is_found_and_ends_with_a_character() {
        let token = format!("{}é{}", "t0k3n".repeat(20), "end".repeat(20));
        let begun = &token[..token.find('é').expect("there")];
        assert_eq!(found(&[&token], &format!("x {token} y")), [token.as_str()]);
        assert_eq!(found(&[&token], &format!("x {begun}è y")), [begun]);
        assert_eq!(found(&[&token], &format!("x {} y", &token[..40])), [""; 0]);
    }

    #[test]
    fn a_value_that_repeats_itself_is_looked_for_in_no_time() {
        let token = "t".repeat(60_000);
        let text = format!("{}x", "t".repeat(59_999)).repeat(10);
        // Compared at each byte, it would take minutes.
        assert_eq!(found(&[&token], &text).len(), 10);
    }
}
