//! Removal of known secrets from text, by value and in every form they travel in.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::finder::Finder;
use super::forms::forms;
use super::{REDACTED, SHORTEST, Secret, unescaped};

/// Tokens remembered for redaction, at least. Beyond that the oldest have long expired.
const TOKENS_KEPT: usize = 256;

/// So many new values wait for the next finder of all.
const FRESH: usize = 8;

/// Knows the secrets and tokens of this process and removes them from texts. Cheap to clone;
/// all clones know the same.
///
/// A value is known also in its percent-encoded, form-encoded and JSON-escaped forms, in Base64 alone and within other
/// texts, wherever letters of it are escaped as JSON, URLs or HTML know it, in upper and lower case (names of headers
/// are lower case to HTTP), and without the white space around it.
/// Scrub first and cut to length afterwards, or half a secret may stay behind.
#[derive(Clone, Debug, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    secrets: Vec<Secret>,
    tokens: VecDeque<Secret>,
    /// Finds what was known when it was made.
    settled: Option<Finder>,
    /// What was learnt since, and what finds it: making one finder for all that is known takes long.
    fresh: Vec<Secret>,
    unsettled: Option<Finder>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets and {} tokens", self.secrets.len(), self.tokens.len())
    }
}

impl Redactor {
    /// A redactor that knows nothing yet.
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// Remembers a secret for the life of this process.
    pub fn learn_secret(&self, secret: &Secret) {
        self.learn(secret, |known| known.secrets.push(secret.clone()));
    }

    /// Remembers what a header is sent with: as a whole, and without the scheme before it. Of Basic authentication
    /// what it stands for as well.
    pub fn learn_header(&self, value: &Secret) {
        self.learn_secret(value);
        let Some((scheme, credentials)) = value.expose().trim().split_once(' ') else { return };
        let mut parts = vec![credentials.trim().to_owned()];
        if scheme.eq_ignore_ascii_case("basic") {
            let pair = STANDARD.decode(&parts[0]).ok().and_then(|pair| String::from_utf8(pair).ok());
            parts.extend(pair.as_ref().and_then(|pair| pair.split_once(':')).map(|(_, secret)| secret.to_owned()));
            parts.extend(pair);
        }
        // Ordinary words would be torn up by shorter ones.
        let long = parts.into_iter().filter(|part| part.chars().count() >= SHORTEST);
        long.for_each(|part| self.learn_secret(&Secret::new(part)));
    }

    /// Remembers an access token. The newest 256 are kept, and some more.
    pub fn learn_token(&self, token: &Secret) {
        self.learn(token, |known| {
            known.tokens.push_back(token.clone());
            if known.tokens.len() > TOKENS_KEPT {
                known.tokens.pop_front();
            }
        });
    }

    fn learn(&self, secret: &Secret, keep: impl FnOnce(&mut Known)) {
        // Most values are known by the time they are used, and whoever writes keeps all readers waiting.
        if secret.expose().is_empty() || self.0.read().unwrap_or_else(PoisonError::into_inner).knows(secret) {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.knows(secret) {
            return;
        }
        keep(&mut known);
        known.find(secret);
    }

    /// `text` with every known value replaced by [`REDACTED`].
    pub fn scrub(&self, text: &str) -> String {
        self.scrub_owned(text.to_owned())
    }

    /// [`Redactor::scrub_owned`] for a text whose end was lost: the beginning of a known value at its end goes
    /// as well, from four bytes on.
    pub fn scrub_broken_off(&self, text: String) -> String {
        let mut text = self.scrub_owned(text);
        // What is left of a character that was cut in two.
        text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let forms = known.all().flat_map(|secret| forms(secret.expose()));
        let begun = forms.filter_map(|form| begun(&text, &form)).max();
        if let Some(length) = begun {
            text.truncate(text.len() - length);
            text.push_str(REDACTED);
        }
        text
    }

    /// [`Redactor::scrub`] for a text that is given away: no copy when there is nothing to remove.
    pub fn scrub_owned(&self, mut text: String) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.finders().next().is_none() {
            return text;
        }
        let as_it_stands = known.finders().flat_map(|finder| finder.find(text.as_bytes()));
        let as_it_stands = in_order(as_it_stands.collect());
        text = without(text, as_it_stands);
        // Seldom, and places cost memory: first without.
        let is_in = |layer: Vec<u8>| known.finders().any(|finder| finder.find(&layer).next().is_some());
        if unescaped::layers(text.as_bytes()).any(is_in) {
            let escaped = known.finders().flat_map(|finder| escaped(finder, &text));
            let escaped = in_order(escaped.collect());
            text = without(text, escaped);
        }
        text
    }
}

impl Known {
    fn all(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().chain(&self.tokens)
    }

    fn knows(&self, secret: &Secret) -> bool {
        self.all().any(|other| other.expose() == secret.expose())
    }

    /// Has a new value found as well.
    fn find(&mut self, secret: &Secret) {
        self.fresh.push(secret.clone());
        let settled = if self.fresh.len() > FRESH { Finder::new(self.all()) } else { None };
        match settled {
            Some(settled) => {
                self.settled = Some(settled);
                self.fresh.clear();
                self.unsettled = None;
            }
            None => self.unsettled = Finder::new(self.fresh.iter()),
        }
    }

    fn finders(&self) -> impl Iterator<Item = &Finder> {
        self.settled.iter().chain(&self.unsettled)
    }
}

/// Where known values stand in a text in which anything may be escaped; they may overlap.
fn escaped(finder: &Finder, text: &str) -> Vec<Range<usize>> {
    let layers = unescaped::layers_with_places(text.as_bytes());
    let found = layers.iter().flat_map(|(bytes, places)| {
        finder.find(bytes).filter_map(|found| Some(places.get(found.start)?.start..places.get(found.end - 1)?.end))
    });
    found.collect()
}

fn in_order(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_by_key(|part| part.start);
    parts
}

/// The text with [`REDACTED`] in the place of each of the parts, which are in order.
fn without(text: String, parts: Vec<Range<usize>>) -> String {
    if parts.is_empty() {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for part in parts {
        if part.start >= from {
            kept.push_str(text.get(from..part.start).unwrap_or_default());
            kept.push_str(REDACTED);
        }
        from = from.max(part.end);
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

/// How much of the beginning of a value the end of a text is, in bytes; `None` for less than four.
fn begun(text: &str, form: &str) -> Option<usize> {
    let lengths = (4..form.len()).rev().filter(|length| form.is_char_boundary(*length));
    let text = text.as_bytes();
    let ends_with = |begin: &[u8]| {
        let end = text.len().checked_sub(begin.len()).map(|from| &text[from..]);
        end.is_some_and(|end| end.eq_ignore_ascii_case(begin))
    };
    lengths.into_iter().find(|length| ends_with(&form.as_bytes()[..*length]))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    fn redactor() -> Redactor {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("p+ss w%rd\"1".to_owned()));
        redactor
    }

    #[test]
    fn a_secret_is_removed_in_every_form_it_travels_in() {
        for form in [r"p\/x\/secretvalue&y", r"p/x/secretvalue\u0026y", "p/x/secretvalue&amp;y"] {
            let redactor = Redactor::new();
            redactor.learn_secret(&Secret::new("p/x/secretvalue&y".to_owned()));
            assert_eq!(redactor.scrub(form), "[redacted]", "{form}");
        }
        for form in forms("p+ss w%rd\"1") {
            let text = format!("before {form} after");
            assert_eq!(redactor().scrub(&text), "before [redacted] after", "{form}");
        }
    }

    #[test]
    fn a_secret_of_which_any_letter_is_escaped_is_removed() {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("Canary/x\"1".to_owned()));
        for form in [
            r#"\u0043anary/x\"1"#,
            r#"Canary\u002fx\u00221"#,
            "Canary%2fx%221",
            "%43%61%6e%61%72%79%2F%78%22%31",
            "Canary%252Fx%25221",
            "Canary&#x2F;x&quot;1",
            r#"\\\"Canary/x\\\"1"#,
        ] {
            let scrubbed = redactor.scrub(&format!("before {form} after, and {form}"));
            assert!(!scrubbed.contains("anary") && !scrubbed.contains("61%72"), "{form}: {scrubbed}");
            assert!(scrubbed.starts_with("before ") && scrubbed.contains(" after, and "), "{form}: {scrubbed}");
        }
    }

    #[test]
    fn a_secret_that_holds_escapes_is_removed_where_they_are_escaped_again() {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("canary%2F/&amp;\\u0041\"1".to_owned()));
        let escaped = |text: &str| serde_json::Value::from(text).to_string().trim_matches('"').to_owned();
        let mut said = "canary%2F\\/&amp;\\\\u0041\\\"1".to_owned();
        for times in 0..2 {
            assert_eq!(redactor.scrub(&format!("before {said} after")), "before [redacted] after", "{times} times");
            said = escaped(&said);
        }
    }

    #[test]
    fn half_a_secret_at_an_end_that_was_lost_is_removed() {
        let redactor = Redactor::new();
        redactor.learn_token(&Secret::new("canary-töken/1".to_owned()));
        for end in ["cana", "canary-tö", "canary-töken/1", "canary-t%C3%B6k", "canary-t%c3%b6k"] {
            assert_eq!(redactor.scrub_broken_off(format!("said: {end}")), "said: [redacted]", "{end}");
        }
        assert_eq!(redactor.scrub_broken_off("said: canary-t\u{fffd}".to_owned()), "said: [redacted]");
        for whole in ["said: can", "said: canary and more", ""] {
            assert_eq!(redactor.scrub_broken_off(whole.to_owned()), whole);
        }
    }

    #[test]
    fn a_secret_is_removed_in_either_case_and_without_the_white_space_around_it() {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("Canary-Key \n".to_owned()));
        for said in ["x-canary-key: yes", "x-CANARY-KEY: yes", "x-Canary-Key: yes", "x-Canary-%4b%65Y: yes"] {
            assert_eq!(redactor.scrub(said), "x-[redacted]: yes");
        }
        assert_eq!(redactor.scrub_broken_off("it was CANARY-k".to_owned()), "it was [redacted]");
    }

    #[test]
    fn a_secret_is_removed_from_base64_of_a_text_that_holds_it() {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("canary /\"?>~".to_owned()));
        for before in ["", "1", "12", "123", "{\"said\":\""] {
            for said in ["canary /\"?>~", "canary /\\\"?>~", "canary%20%2F%22%3F%3E%7E", "canary+%2F%22%3F%3E%7E"] {
                for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                    let text = engine.encode(format!("{before}{said}, and more"));
                    let scrubbed = redactor.scrub(&text);
                    assert!(scrubbed.contains(REDACTED) && scrubbed.len() < text.len(), "{before}{said}: {scrubbed}");
                }
            }
        }
    }

    #[test]
    fn of_a_header_the_credentials_are_removed_without_their_scheme_too() {
        let redactor = Redactor::new();
        redactor.learn_header(&Secret::new("Token canary-canary".to_owned()));
        redactor.learn_header(&Secret::new(format!("Basic {}", STANDARD.encode("the-id:secret-canary"))));
        redactor.learn_header(&Secret::new("ApiKey short".to_owned()));
        for said in ["canary-canary", "the-id:secret-canary", "secret-canary", "ApiKey short"] {
            assert_eq!(redactor.scrub(said), "[redacted]", "{said}");
        }
        assert_eq!(redactor.scrub("the-id, short"), "the-id, short");
    }

    #[test]
    fn text_without_a_secret_stays_as_it_is() {
        assert_eq!(redactor().scrub("nothing here"), "nothing here");
    }

    #[test]
    fn a_token_that_begins_with_another_is_removed_whole() {
        let redactor = Redactor::new();
        redactor.learn_token(&Secret::new("abcdefgh".to_owned()));
        redactor.learn_token(&Secret::new("abcdefghijkl".to_owned()));
        assert_eq!(redactor.scrub("x abcdefghijkl y"), "x [redacted] y");
    }

    #[test]
    fn a_long_token_that_repeats_itself_is_learnt_in_no_time() {
        // The automaton that the library chooses for few patterns would take hours.
        let (redactor, token) = (Redactor::new(), "t".repeat(60_000));
        redactor.learn_token(&Secret::new(token.clone()));
        assert_eq!(redactor.scrub(&format!("x {token} y")), "x [redacted] y");
    }

    #[test]
    fn the_newest_tokens_are_kept_and_older_ones_are_not_for_ever() {
        let redactor = Redactor::new();
        let learn = |n| redactor.learn_token(&Secret::new(format!("token-{n:04}-end")));
        (0..=TOKENS_KEPT).for_each(learn);
        assert_eq!(redactor.scrub("token-0001-end token-0256-end"), "[redacted] [redacted]");
        (TOKENS_KEPT + 1..TOKENS_KEPT + FRESH + 2).for_each(learn);
        assert_eq!(redactor.scrub("token-0000-end token-0009-end"), "token-0000-end [redacted]");
    }
}
