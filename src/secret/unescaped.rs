//! A text with the escapes undone that JSON, URLs and HTML know, and where each of its bytes came from.
//!
//! A server may spell a value in more ways than can be listed: any letter may be `\u0041`, `%41` or `&#65;`, and
//! escapes may be escaped again.

use std::ops::Range;

/// Escapes in escapes are undone this often.
const ROUNDS: usize = 3;

/// The text with one layer of escapes less each; nothing when it has none.
pub(super) fn layers(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut last = undone(text, |_| {});
    std::iter::from_fn(move || {
        let layer = last.take()?;
        last = undone(&layer, |_| {});
        Some(layer)
    })
    .take(ROUNDS)
}

/// As [`layers`], each with the part of `text` that each of its bytes stands for.
pub(super) fn layers_with_places(text: &[u8]) -> Vec<(Vec<u8>, Vec<Range<usize>>)> {
    let mut layers: Vec<(Vec<u8>, Vec<Range<usize>>)> = Vec::new();
    while layers.len() < ROUNDS {
        let mut places = Vec::new();
        let former = layers.last();
        let source = former.map_or(text, |(bytes, _)| bytes.as_slice());
        let Some(bytes) = undone(source, |place| {
            let origin = |at: usize| former.map_or(at..at + 1, |(_, places)| places[at].clone());
            places.push(origin(place.start).start..origin(place.end - 1).end);
        }) else {
            break;
        };
        layers.push((bytes, places));
    }
    layers
}

/// One layer less; `None` when there is no escape. Tells of each byte which ones of the source it stands for.
fn undone(source: &[u8], mut tell: impl FnMut(Range<usize>)) -> Option<Vec<u8>> {
    if !source.iter().any(|byte| matches!(byte, b'\\' | b'%' | b'&')) {
        return None;
    }
    let mut bytes = Vec::with_capacity(source.len());
    let (mut at, mut changed) = (0, false);
    while let Some(&byte) = source.get(at) {
        let rest = &source[at..];
        let escape = match byte {
            b'\\' => json(rest),
            b'%' => percent(rest),
            b'&' => entity(rest),
            _ => None,
        };
        let (character, length) = match escape {
            Some((character, length)) => {
                changed = true;
                (character, length)
            }
            None => (Character::Byte(byte), 1),
        };
        let before = bytes.len();
        character.write(&mut bytes);
        (before..bytes.len()).for_each(|_| tell(at..at + length));
        at += length;
    }
    changed.then_some(bytes)
}

enum Character {
    Byte(u8),
    Char(char),
}

impl Character {
    fn write(self, bytes: &mut Vec<u8>) {
        match self {
            Character::Byte(byte) => bytes.push(byte),
            Character::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// RFC 8259 section 7.
fn json(text: &[u8]) -> Option<(Character, usize)> {
    let plain = match text.get(1)? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        other @ (b'"' | b'\\' | b'/') => *other,
        b'u' if text.get(2) == Some(&b'{') => return braced(text),
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((Character::Byte(plain), 2))
}

fn unicode(text: &[u8]) -> Option<(Character, usize)> {
    let unit = |at: usize| number(text.get(at..at + 4)?, 16).filter(|_| text.get(at - 2..at) == Some(b"\\u"));
    let first = unit(2)?;
    if let Some(c) = char::from_u32(first) {
        return Some((Character::Char(c), 6));
    }
    // Two halves of one character (RFC 8259 section 7).
    let low = unit(8)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    let high = first.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    Some((Character::Char(char::from_u32(0x1_0000 + (high << 10) + low)?), 12))
}

/// As Rust and our own output write it: `\u{7f}`.
fn braced(text: &[u8]) -> Option<(Character, usize)> {
    let end = text.iter().take(10).position(|byte| *byte == b'}')?;
    Some((Character::Char(char::from_u32(number(text.get(3..end)?, 16)?)?), end + 1))
}

/// RFC 3986 section 2.1.
fn percent(text: &[u8]) -> Option<(Character, usize)> {
    let byte = number(text.get(1..3)?, 16)?;
    Some((Character::Byte(u8::try_from(byte).ok()?), 3))
}

/// Character references of HTML: numbers, and the names that escaping functions write.
fn entity(text: &[u8]) -> Option<(Character, usize)> {
    let end = text.iter().take(10).position(|byte| *byte == b';')?;
    let c = match text.get(1..end)? {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((Character::Char(c), end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let is_number = digits.iter().all(|digit| char::from(*digit).is_digit(radix));
    if is_number { u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn last(text: &str) -> String {
        layers(text.as_bytes())
            .last()
            .map_or_else(|| text.to_owned(), |layer| String::from_utf8_lossy(&layer).into_owned())
    }

    #[test]
    fn escapes_of_json_urls_and_html_are_undone_also_in_each_other() {
        for (escaped, plain) in [
            (r"\u0061\/\u00e9\ud83d\ude00\n", "a/é😀\n"),
            ("a%2fb%2Fc%c3%A9", "a/b/cé"),
            ("a&#x2F;b&#47;c&amp;&quot;", "a/b/c&\""),
            ("a%252Fb", "a/b"),
            (r"\u0025\u0032F", "/"),
            (r"a\u{a}b\u{1f600}", "a\nb😀"),
            (r#"\\\"x\\\""#, r#"\"x\""#.replace('\\', "").as_str()),
        ] {
            assert_eq!(last(escaped), plain, "{escaped}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in
            ["plain", "100% & \\x", "%zz %4", "\\u12", "\\u{}", "\\u{12", "\\ud800x", "&nothing; &#xffffffff; &", "\\"]
        {
            assert_eq!(last(text), text);
        }
    }

    proptest! {
        #[test]
        fn each_byte_has_its_place_and_places_are_in_order(text in r"(\\u00[46][1-9]|%[46][1-9]|%25|&#[0-9]{1,3};|[a-c\\%&;]|é){0,20}") {
            let with_places = layers_with_places(text.as_bytes());
            let bytes: Vec<Vec<u8>> = with_places.iter().map(|(bytes, _)| bytes.clone()).collect();
            prop_assert_eq!(bytes, layers(text.as_bytes()).collect::<Vec<_>>());
            for (bytes, places) in &with_places {
                prop_assert_eq!(bytes.len(), places.len());
                prop_assert!(places.iter().all(|place| place.start < place.end && place.end <= text.len()));
                prop_assert!(places.is_sorted_by(|a, b| a.start <= b.start && a.end <= b.end));
            }
        }
    }
}
