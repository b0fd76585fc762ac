//! Text → value.
//!
//! jaq's own parser keeps every digit, but it recurses without a limit, reads a superset of JSON,
//! and takes quadratic time over long numbers. So a pass over the bytes bounds depth and numbers,
//! serde_json judges the syntax without building anything, and only then jaq's parser runs.

use jaq_json::Val;

/// Arrays and objects inside each other.
const DEPTH: usize = 128;

/// The bytes of one number.
const NUMBER: usize = 1_000;

/// Bytes of memory for each thing of a text, with what the allocator adds: measured, and rounded up.
const TEXT: usize = 160;
const ARRAY: usize = 100;
const OBJECT: usize = 250;
const ELEMENT: usize = 32;
const MEMBER: usize = 64;
const DIGITS: usize = 64;

/// Digits of a whole number that always lies in its place. Of longer ones, and of those with a point, all are kept.
const SHORT: usize = 18;

/// Why bytes are no JSON that a filter can work on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotJson(pub String);

pub(in crate::filter) fn parse(bytes: &[u8]) -> Result<Val, NotJson> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| NotJson(format!("invalid UTF-8 at byte {}", error.valid_up_to())))?;
    bounded(bytes)?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| NotJson(error.to_string()))?;
    jaq_json::read::parse_single(bytes).map_err(|error| NotJson(error.to_string()))
}

fn bounded(bytes: &[u8]) -> Result<(), NotJson> {
    let (mut depth, mut digits) = (0_usize, 0_usize);
    let mut rest = bytes.iter().enumerate();
    while let Some((at, byte)) = rest.next() {
        digits = if is_of_a_number(*byte) { digits + 1 } else { 0 };
        match byte {
            b'"' => skip_string(&mut rest),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Err(NotJson(format!("nested more than {DEPTH} levels at byte {at}")));
        }
        if digits > NUMBER {
            return Err(NotJson(format!("a number of more than {NUMBER} digits at byte {at}")));
        }
    }
    Ok(())
}

/// About how many bytes of memory a JSON text takes as a value, without making it one.
pub(in crate::filter) fn weight(bytes: &[u8]) -> usize {
    let mut weight = 0_usize;
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        let (taken, more) = match byte {
            b'"' => string(after),
            b'-' | b'0'..=b'9' => number(rest),
            b'[' => (1, ARRAY),
            b'{' => (1, OBJECT),
            b',' => (1, ELEMENT),
            b':' => (1, MEMBER),
            _ => (1, 0),
        };
        weight += more;
        rest = rest.get(taken..).unwrap_or_default();
    }
    weight
}

/// The bytes of a string, with its quotes, and what it weighs; it is given without the first quote.
fn string(bytes: &[u8]) -> (usize, usize) {
    let mut rest = bytes.iter().enumerate();
    skip_string(&mut rest);
    let taken = bytes.len() - rest.len();
    (1 + taken, TEXT + taken)
}

/// The bytes of the number at the beginning, and what it weighs beyond its place.
fn number(bytes: &[u8]) -> (usize, usize) {
    let length = bytes.iter().take_while(|byte| is_of_a_number(**byte)).count();
    let number = bytes.get(..length).unwrap_or_default();
    let is_kept = length > SHORT || number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    (length, if is_kept { DIGITS + length } else { 0 })
}

fn is_of_a_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E')
}

fn skip_string<'a>(rest: &mut impl Iterator<Item = (usize, &'a u8)>) {
    while let Some((_, byte)) = rest.next() {
        match byte {
            b'"' => return,
            b'\\' => _ = rest.next(),
            _ => {}
        }
    }
}
