//! Text → value.
//!
//! Every digit is kept. serde_json would lose some; jaq's own parser recurses without a limit, reads a superset of
//! JSON, and takes quadratic time over long numbers. So a pass over the bytes bounds depth and numbers, serde_json
//! judges the syntax without building anything, and only then the value is built.

use jaq_json::Val;

use super::build::build;

/// Arrays and objects inside each other.
const DEPTH: usize = 128;

/// The bytes of one number.
const NUMBER: usize = 1_000;

/// Bytes of memory for each thing of a text, with what the allocator adds, as measured in long lists of them.
const ELEMENT: usize = 16;
const ARRAY: usize = 64;
const OBJECT: usize = 160;
const MEMBER: usize = 16;
/// A text, or the name of a member.
const TEXT: usize = 80;
/// As much of a text fits into that.
const SHORT: usize = 24;
/// A number that keeps its digits.
const DIGITS: usize = 80;
/// A whole number of fewer digits is kept beside its element.
const SMALL: usize = 18;

/// Why bytes are no JSON that a filter can work on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotJson(pub String);

pub(in crate::filter) fn parse(bytes: &[u8]) -> Result<Val, NotJson> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| NotJson(format!("invalid UTF-8 at byte {}", error.valid_up_to())))?;
    bounded(bytes)?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| NotJson(error.to_string()))?;
    build(text)
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
    let mut weight = 0;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (of_it, length) = match first {
            b'"' => {
                let length = string_length(after);
                (TEXT + length.saturating_sub(SHORT), 1 + length)
            }
            b'[' => (ARRAY, 1),
            b'{' => (OBJECT, 1),
            b',' => (ELEMENT, 1),
            b':' => (MEMBER, 1),
            b'-' | b'0'..=b'9' => {
                let length = rest.iter().take_while(|byte| is_of_a_number(**byte)).count();
                (number_weight(rest.get(..length).unwrap_or_default()), length)
            }
            _ => (0, 1),
        };
        weight += of_it;
        rest = rest.get(length..).unwrap_or_default();
    }
    weight
}

fn number_weight(number: &[u8]) -> usize {
    let is_small = number.len() < SMALL && number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    if is_small { 0 } else { DIGITS + number.len() }
}

/// The length of a string from behind its first quote, with the last.
fn string_length(after: &[u8]) -> usize {
    let mut rest = after.iter().enumerate();
    skip_string(&mut rest);
    after.len() - rest.len()
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
