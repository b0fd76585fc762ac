//! Names of scopes in what servers write for people.
//!
//! A heuristic by nature (RFC 9457 section 3.1.4: `detail` is not for machines), so it stands
//! behind every code and member, and would rather find no name than a wrong one.

mod marks;

use crate::run::Scopes;

/// More names in one text are a listing, not a refusal.
const MOST: usize = 64;
const LONGEST: usize = 256;

const SCOPE: &[&str] = &["scope", "scopes"];
/// Words that a list of names follows when they end in a colon.
const OPENERS: &[&str] =
    &["scope", "scopes", "required", "requires", "needed", "needs", "need", "missing", "expected", "following"];
/// Words between "scope" and its name.
const FILLERS: &[&str] = &["is", "are", "named", "the", "following"];
/// Heads of `a:b` that are no resource.
const NO_RESOURCE: &[&str] =
    &["http", "https", "id", "request_id", "trace", "trace_id", "ref", "error", "code", "localhost"];

/// Heads of `a:b` that name whom or what something is for, not what may be done.
const NO_SCOPE: &[&str] = &[
    "role", "roles", "user", "users", "group", "groups", "team", "plan", "tier", "tenant", "client", "account", "urn",
    "arn", "errors", "err", "problem", "problems", "dataset", "type", "status", "reason",
];
/// Words of an address by which it leads to a page for people.
const PAGE: &[&str] = &[
    "doc",
    "docs",
    "documentation",
    "help",
    "support",
    "reference",
    "developer",
    "developers",
    "learn",
    "wiki",
    "guide",
    "guides",
    "html",
    "scopes",
];

/// Whether a text can be a scope: `1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 section 3.3).
pub(super) fn is_scope_token(text: &str) -> bool {
    let fits = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(fits)
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// It names what a call needs.
    Api,
    /// It names what it does not give, and at times what it would give.
    TokenEndpoint,
}

/// The names of scopes that a text says are needed, or not given.
///
/// `known` are the scopes that were asked for or granted: a plain word is a name when it is one
/// of them.
pub(super) fn in_text(text: &str, known: &Scopes, speaker: Speaker) -> Vec<String> {
    let words = split(text, known, speaker);
    let listed = (0..words.len()).flat_map(|at| listed_after(&words, at, known)).collect();
    let like_scopes = words.iter().filter(|word| word.looks_like_a_scope()).collect();
    let before = words.windows(2).filter_map(named_before).collect();
    // A token endpoint was told the names, so a word that is one of them hardly is another word.
    let told = |word: &&Word| speaker == Speaker::TokenEndpoint && known.iter().any(|scope| scope == word.text);
    let told = words.iter().filter(told).collect();
    let lacking = |names: Vec<&Word>| -> Vec<String> {
        let lacking = names.into_iter().filter(|word| !word.held && is_scope_token(&word.text));
        lacking.map(|word| word.text.clone()).take(MOST).collect()
    };
    // The most certain way to write a name that gives any.
    [listed, like_scopes, before, told].map(lacking).into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

/// The names of scopes that a token endpoint says it would give.
pub(super) fn offered_in_text(text: &str, known: &Scopes) -> Vec<String> {
    let words = split(text, known, Speaker::TokenEndpoint);
    let offered = words.iter().filter(|word| word.held && word.may_be_listed(known) && is_scope_token(&word.text));
    offered.map(|word| word.text.clone()).take(MOST).collect()
}

/// Whether a text says that something with the form `files:read` is needed, without calling it a scope.
pub(super) fn needs_a_name(text: &str) -> bool {
    const NEEDS: &[&str] = &["need", "needs", "needed", "require", "requires", "required", "missing", "lacks", "but"];
    let words = split(text, &Scopes::default(), Speaker::Api);
    let needs_nearby = |at: usize| {
        let before = words.get(at.saturating_sub(2)..at).unwrap_or_default();
        let after = words.get(at + 1..).unwrap_or_default().iter().take(2);
        let before = before.iter().rev().take_while(|word| !word.ends).any(|word| word.is_one_of(NEEDS));
        let ends = words.get(at).is_some_and(|word| word.ends);
        before || !ends && after.into_iter().any(|word| word.is_one_of(NEEDS) && !word.is_one_of(&["but"]))
    };
    let says_need = words.iter().any(|word| word.is_one_of(NEEDS) && !word.is_one_of(&["but"]));
    says_need && words.iter().enumerate().any(|(at, word)| !word.held && word.is_plainly_a_scope() && needs_nearby(at))
}

/// A text without the words in it that are names of scopes; such a name says nothing but itself.
pub(in super::super) fn without_names(text: &str) -> String {
    let speaks_of_scopes = text
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| SCOPE.iter().any(|scope| word.eq_ignore_ascii_case(scope)));
    let is_name = |raw: &&str| {
        let word = Word::new(raw, false);
        word.is_plainly_a_scope() || speaks_of_scopes && word.looks_like_a_name()
    };
    let kept = text.split([' ', '\n', '\t', ',']).filter(|raw| !is_name(raw));
    kept.collect::<Vec<_>>().join(" ")
}

/// A word without its quotes and the punctuation around it.
#[derive(Debug)]
struct Word {
    text: String,
    lower: String,
    quoted: bool,
    /// Begins with a round bracket.
    aside: bool,
    /// Ends in `:` or `=`.
    opens: bool,
    /// Ends in a comma.
    goes_on: bool,
    /// Ends a sentence.
    ends: bool,
    /// Stands in a clause about what the token has.
    held: bool,
}

impl Word {
    fn new(raw: &str, comma: bool) -> Word {
        let inner = raw.trim_start_matches(['"', '\'', '`', '(', '[', '{', '<', '“', '‘', '«']);
        let text =
            inner.trim_end_matches(['"', '\'', '`', ')', ']', '}', '>', '”', '’', '»', '.', ':', '=', ';', '!', '?']);
        let tail = inner.get(text.len()..).unwrap_or_default();
        Word {
            lower: text.to_lowercase(),
            aside: raw.starts_with('('),
            quoted: raw.len() > inner.len() && !raw.starts_with('('),
            opens: tail.ends_with([':', '=']),
            goes_on: comma,
            ends: tail.ends_with(['.', ';', '!', '?']),
            held: false,
            text: text.to_owned(),
        }
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.lower.as_str())
    }

    /// `a:b`, and neither an address nor a time of day.
    fn looks_like_a_scope(&self) -> bool {
        self.text.split_once(':').is_some_and(|(head, tail)| {
            head.starts_with(|c: char| c.is_ascii_alphabetic())
                && !tail.is_empty()
                && !tail.starts_with("//")
                && !tail.bytes().all(|byte| byte.is_ascii_digit())
                && !NO_RESOURCE.contains(&head.to_ascii_lowercase().as_str())
                && is_scope_token(&self.text)
        })
    }

    /// `files:read`: lower-case words without a number, and nothing that has a name of its own.
    fn is_plainly_a_scope(&self) -> bool {
        let fits = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b':' | b'_' | b'-' | b'.' | b'*');
        let head = self.text.split(':').next().unwrap_or_default();
        self.looks_like_a_scope() && self.text.bytes().all(fits) && !NO_SCOPE.contains(&head)
    }

    /// An address that is not one of a page for people, as at Google.
    fn is_an_address_as_name(&self) -> bool {
        let mut parts = self.lower.split(|c: char| !c.is_ascii_alphanumeric());
        (!self.aside || self.lower.contains("/auth/")) && !parts.any(|part| PAGE.contains(&part))
    }

    fn ends_a_clause(&self) -> bool {
        self.ends || self.goes_on && !self.looks_like_a_name()
    }

    /// Not a word of a language: `files.read`, `read_write`, `https://api.test/auth/drive`.
    fn looks_like_a_name(&self) -> bool {
        let inside = self.text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_a_standard = self.lower.starts_with("oauth");
        let is_joined = inside.contains([':', '.', '_', '/', '*']) && !is_a_standard;
        self.looks_like_a_scope() || is_scope_token(&self.text) && is_joined
    }

    fn may_be_listed(&self, known: &Scopes) -> bool {
        self.quoted || self.looks_like_a_name() || known.iter().any(|scope| scope == self.text)
    }
}

/// Divides at blanks, at commas and after `scope:` and `scope=`, and marks what is held.
fn split(text: &str, known: &Scopes, speaker: Speaker) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for piece in text.split_whitespace().flat_map(|chunk| chunk.split_inclusive(',')) {
        let (piece, goes_on) = piece.strip_suffix(',').map_or((piece, false), |piece| (piece, true));
        let (opener, rest) = unglued(piece);
        words.extend(opener.map(|opener| Word::new(opener, false)));
        if !rest.is_empty() {
            words.push(Word::new(rest, goes_on));
        } else if let Some(last) = words.last_mut() {
            last.goes_on |= goes_on;
        }
    }
    marks::mark_held(&mut words, known, speaker);
    words
}

/// Parts `scope:a:b` and `scope=a` into the word and the name.
fn unglued(piece: &str) -> (Option<&str>, &str) {
    let parted = SCOPE.iter().find_map(|word| {
        let (head, name) = piece.split_at_checked(word.len() + 1)?;
        let is_opener = head.ends_with([':', '=']) && head.get(..word.len())?.eq_ignore_ascii_case(word);
        (is_opener && !name.is_empty()).then_some((Some(head), name))
    });
    parted.unwrap_or((None, piece))
}

/// The names of a list that begins after the word at `at`: `scopes: a:b, c:d and e:f`.
fn listed_after<'a>(words: &'a [Word], at: usize, known: &Scopes) -> Vec<&'a Word> {
    let opens = |word: &&Word| word.is_one_of(if word.opens { OPENERS } else { SCOPE }) && !word.ends;
    let Some(opener) = words.get(at).filter(opens) else { return Vec::new() };
    let rest = words.get(at + 1..).unwrap_or_default();
    let fillers = if opener.opens { 0 } else { rest.iter().take_while(|word| word.is_one_of(FILLERS)).count() };
    let rest = rest.get(fillers..).unwrap_or_default();
    // "Insufficient scope (https://…)" leads to a page; "scope: https://…" is a name, as at Google.
    let leads_away = |word: &Word| word.text.contains("://") && !word.quoted && !word.is_an_address_as_name();
    if !opener.opens && rest.first().is_some_and(leads_away) {
        return Vec::new();
    }
    match (rest, list(rest, known)) {
        // "Missing required scope: admin": one plain word, and nothing else.
        ([only, ..], names) if names.is_empty() && opener.opens && is_alone(only, rest) => vec![only],
        (_, names) => names,
    }
}

fn is_alone(word: &Word, rest: &[Word]) -> bool {
    (rest.len() == 1 || word.ends) && is_scope_token(&word.text)
}

fn list<'a>(words: &'a [Word], known: &Scopes) -> Vec<&'a Word> {
    let mut names = Vec::new();
    for word in words {
        if word.may_be_listed(known) {
            names.push(word);
        } else if names.is_empty() || !word.is_one_of(&["and", "or", "&", "|", "+"]) {
            break;
        }
        if word.ends {
            break;
        }
    }
    names
}

/// The name in "the files.read scope" and "'admin' scope".
fn named_before(pair: &[Word]) -> Option<&Word> {
    match pair {
        [name, scope] if scope.is_one_of(SCOPE) && (name.quoted || name.looks_like_a_name()) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
