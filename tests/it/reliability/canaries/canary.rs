//! Values that stand at one place each, and the search for them.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use uuid::Uuid;

use super::plain::without_escapes;

/// So much of a value is a leak of it.
const PIECE: usize = 12;

/// Escapes in escapes are undone this often.
const ROUNDS: usize = 4;

/// A value that no other text holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Canary {
    pub(super) place: String,
    pub(super) value: String,
}

impl Canary {
    /// A value for a place, with what is special in the middle and at the end.
    pub(super) fn at(place: &str, special: &str) -> Canary {
        let unique = Uuid::new_v5(&Uuid::NAMESPACE_OID, place.as_bytes()).simple().to_string();
        let (first, last) = unique.split_at(16);
        Canary { place: place.to_owned(), value: format!("{}{special}{last}{special}z", first.to_uppercase()) }
    }

    /// The beginnings and ends of what it has of letters and digits in a row, as they stand and as Base64 has them in
    /// the middle of any text.
    fn pieces(&self) -> BTreeSet<String> {
        let rows = self.value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|row| row.len() >= PIECE);
        let ends: Vec<&str> = rows.flat_map(|row| [&row[..PIECE], &row[row.len() - PIECE..]]).collect();
        assert!(!ends.is_empty(), "{}: nothing to look for", self.place);
        let encoded = ends.iter().flat_map(|end| (0..3).map(|before| within_base64(before, end)));
        encoded.chain(ends.iter().map(|end| (*end).to_owned())).collect()
    }
}

/// Letters and digits have no `+` and no `/` in Base64 but at its edges, which are left out.
fn within_base64(before: usize, text: &str) -> String {
    let bytes = [&[0; 3][..before], text.as_bytes()].concat();
    STANDARD_NO_PAD.encode(&bytes)[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

/// Looks for pieces of all canaries at once: one pass over a text for each layer of escapes that it has.
#[derive(Debug)]
pub(super) struct Search {
    finder: AhoCorasick,
    /// Which canary a pattern belongs to.
    places: Vec<String>,
}

/// A canary that is where it must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) canary: String,
    /// With what is around it.
    pub(super) text: String,
}

impl Search {
    pub(super) fn new(canaries: &[Canary]) -> Search {
        let patterns: Vec<(&str, String)> = canaries
            .iter()
            .flat_map(|canary| canary.pieces().into_iter().map(|piece| (canary.place.as_str(), piece)))
            .collect();
        let builder = &mut AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
        let finder = builder.build(patterns.iter().map(|(_, text)| text)).expect("a finder");
        Search { finder, places: patterns.into_iter().map(|(place, _)| place.to_owned()).collect() }
    }

    /// The first of each canary in these bytes.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut layer = bytes.to_owned();
        for _ in 0..=ROUNDS {
            for one in self.finder.find_iter(&layer) {
                let canary = &self.places[one.pattern()];
                if !found.iter().any(|known| &known.canary == canary) {
                    let around = &layer[one.start().saturating_sub(80)..(one.end() + 60).min(layer.len())];
                    let text = String::from_utf8_lossy(around).into_owned();
                    found.push(Found { canary: canary.clone(), text });
                }
            }
            match without_escapes(&layer) {
                Some(plain) => layer = plain,
                None => break,
            }
        }
        found
    }
}

#[test]
fn the_search_finds_a_canary_in_each_spelling_and_each_half() {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let canary = Canary::at("a place", "\"é/ +%&=\\");
    let search = Search::new(std::slice::from_ref(&canary));
    let value = &canary.value;
    let json = serde_json::Value::from(value.as_str()).to_string();
    let percent: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for spelled in [
        value.clone(),
        value.to_lowercase(),
        json.clone(),
        serde_json::Value::from(json.clone()).to_string(),
        value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        value.encode_utf16().map(|unit| format!("\\\\u{unit:04x}")).collect(),
        value.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect(),
        value.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
        value.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect(),
        percent.replace('%', "%25"),
        percent,
        STANDARD.encode(value),
        STANDARD.encode(format!("ab{value}")),
        URL_SAFE_NO_PAD.encode(format!("{{\"said\":{json}}}")),
        value[..PIECE].to_owned(),
        value[value.len() - 30..].to_owned(),
    ] {
        assert_eq!(search.find(format!("before {spelled} after").as_bytes()).len(), 1, "{spelled}");
    }
    assert_eq!(search.find(b"nothing here, \\u0041 and %41"), []);
}
