//! Escapes undone, for the search alone: written anew, so that it does not share the mistakes of redaction.

/// One layer of the escapes of JSON, Rust, URLs and HTML less, as far as letters and digits can be behind them; `None`
/// when there is none. Tolerates whatever is no escape.
pub(super) fn without_escapes(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(|byte| matches!(byte, b'\\' | b'%' | b'&')) {
        return None;
    }
    let mut plain = Vec::with_capacity(text.len());
    let (mut rest, mut has_changed) = (text, false);
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\\' | b'%' | b'&')) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        match escape(rest) {
            Some((letter, length)) => {
                plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[length..];
                has_changed = true;
            }
            None => {
                plain.push(rest[0]);
                rest = &rest[1..];
            }
        }
    }
    plain.extend_from_slice(rest);
    has_changed.then_some(plain)
}

fn escape(text: &[u8]) -> Option<(char, usize)> {
    let until = |end: u8| text.iter().take(12).position(|byte| *byte == end);
    match text {
        [b'\\', b'u', b'{', ..] => until(b'}').and_then(|end| Some((letter(&text[3..end], 16)?, end + 1))),
        [b'\\', b'u', ..] => Some((letter(text.get(2..6)?, 16)?, 6)),
        [b'\\', b'\\', ..] => Some(('\\', 2)),
        [b'%', ..] => Some((letter(text.get(1..3)?, 16)?, 3)),
        [b'&', b'#', b'x' | b'X', ..] => until(b';').and_then(|end| Some((letter(&text[3..end], 16)?, end + 1))),
        [b'&', b'#', ..] => until(b';').and_then(|end| Some((letter(&text[2..end], 10)?, end + 1))),
        [b'&', b'a', b'm', b'p', b';', ..] => Some(('&', 5)),
        _ => None,
    }
}

fn letter(digits: &[u8], radix: u32) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}
