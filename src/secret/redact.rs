//! Removal of known secrets from text, by value and in every form they travel in.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{REDACTED, Secret, unescaped};

/// Tokens remembered for redaction. Beyond that the oldest have long expired.
const TOKENS_KEPT: usize = 256;

/// Knows the secrets and tokens of this process and removes them from texts. Cheap to clone;
/// all clones know the same.
///
/// A value is known also in its Base64, percent-encoded, form-encoded and JSON-escaped forms, and wherever letters of it
/// are escaped as JSON, URLs or HTML know it.
/// Scrub first and cut to length afterwards, or half a secret may stay behind.
#[derive(Clone, Debug, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    secrets: Vec<Secret>,
    tokens: VecDeque<Secret>,
    finder: Option<AhoCorasick>,
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

    /// Remembers an access token. Only the newest 256 are kept.
    pub fn learn_token(&self, token: &Secret) {
        self.learn(token, |known| {
            known.tokens.push_back(token.clone());
            if known.tokens.len() > TOKENS_KEPT {
                known.tokens.pop_front();
            }
        });
    }

    fn learn(&self, secret: &Secret, keep: impl FnOnce(&mut Known)) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.all().any(|other| other.expose() == secret.expose()) || secret.expose().is_empty() {
            return;
        }
        keep(&mut known);
        known.finder = known.build_finder();
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
        let Some(finder) = &known.finder else { return text };
        let as_it_stands: Vec<Range<usize>> = finder.find_iter(&text).map(|found| found.range()).collect();
        text = without(text, as_it_stands);
        // Seldom, and places cost memory: first without.
        if unescaped::layers(text.as_bytes()).any(|layer| finder.is_match(&layer)) {
            let escaped = escaped(finder, &text);
            text = without(text, escaped);
        }
        text
    }
}

impl Known {
    fn all(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().chain(&self.tokens)
    }

    fn build_finder(&self) -> Option<AhoCorasick> {
        let forms: Vec<String> = self.all().flat_map(|secret| forms(secret.expose())).collect();
        // Leftmost-longest, so that a value that begins with another is removed whole. Building
        // fails only for more patterns than a process can hold; redaction then keeps its former state.
        let mut builder = AhoCorasick::builder();
        // Of few patterns the library would make a DFA, which takes minutes where a long one repeats itself.
        builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::ContiguousNFA));
        builder.build(forms).ok()
    }
}

/// Where known values stand in a text in which anything may be escaped, in order; they may overlap.
fn escaped(finder: &AhoCorasick, text: &str) -> Vec<Range<usize>> {
    let layers = unescaped::layers_with_places(text.as_bytes());
    let found = layers.iter().flat_map(|(bytes, places)| {
        finder
            .find_iter(bytes)
            .filter_map(|found| Some(places.get(found.start())?.start..places.get(found.end() - 1)?.end))
    });
    let mut found: Vec<Range<usize>> = found.collect();
    found.sort_by_key(|range| range.start);
    found
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
    lengths.into_iter().find(|length| text.ends_with(&form[..*length]))
}

/// Every spelling in which a value may turn up in a body, a header, a URL or an error.
fn forms(value: &str) -> Vec<String> {
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let quoted = serde_json::Value::from(value).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    // As PHP and Go write JSON, and as HTML has it.
    let slashed = json.replace('/', "\\/");
    let unicode = json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![
        value.to_owned(),
        percent.to_lowercase(),
        percent,
        form.replace('+', "%20"),
        form.to_lowercase(),
        form,
        json,
        slashed,
        unicode,
        html,
    ];
    forms.extend([
        STANDARD.encode(value),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ]);
    forms.retain(|form| !form.is_empty());
    forms.sort();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
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
        let (redactor, token) = (Redactor::new(), "t".repeat(60_000));
        let clock = crate::clock::Clock::system();
        let began = clock.elapsed();
        redactor.learn_token(&Secret::new(token.clone()));
        assert_eq!(redactor.scrub(&format!("x {token} y")), "x [redacted] y");
        let took = clock.elapsed() - began;
        assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    }

    #[test]
    fn only_the_newest_tokens_are_kept() {
        let redactor = Redactor::new();
        for n in 0..=TOKENS_KEPT {
            redactor.learn_token(&Secret::new(format!("token-{n:04}-end")));
        }
        assert_eq!(redactor.scrub("token-0000-end token-0001-end"), "token-0000-end [redacted]");
    }
}
