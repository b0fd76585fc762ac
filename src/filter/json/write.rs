//! Value → JSON text.

use std::fmt::{self, Write};

use jaq_json::{Num, Val};

use super::convert;

/// Writes compact JSON text. What JSON has no word for (not a number, infinity) becomes `null`.
pub(in crate::filter) fn write<W: Write + ?Sized>(value: &Val, out: &mut W) -> fmt::Result {
    match value {
        Val::Null => out.write_str("null"),
        Val::Bool(truth) => write!(out, "{truth}"),
        Val::Num(number) => write_number(number, out),
        Val::BStr(bytes) | Val::TStr(bytes) => write_string(&String::from_utf8_lossy(bytes), out),
        Val::Arr(elements) => {
            out.write_char('[')?;
            for (n, element) in elements.iter().enumerate() {
                write_comma(n, out)?;
                write(element, out)?;
            }
            out.write_char(']')
        }
        Val::Obj(members) => {
            out.write_char('{')?;
            for (n, (name, value)) in members.iter().enumerate() {
                write_comma(n, out)?;
                match name {
                    Val::BStr(bytes) | Val::TStr(bytes) => write_string(&String::from_utf8_lossy(bytes), out)?,
                    other => write_string(&convert::text(other), out)?,
                }
                out.write_char(':')?;
                write(value, out)?;
            }
            out.write_char('}')
        }
    }
}

/// Writes compact JSON text in which the members of each object are in the order of their names, so that
/// equal values have equal texts.
pub(in crate::filter) fn write_sorted(value: &Val, out: &mut dyn Write) -> fmt::Result {
    match value {
        Val::Arr(elements) => {
            out.write_char('[')?;
            for (n, element) in elements.iter().enumerate() {
                write_comma(n, out)?;
                write_sorted(element, out)?;
            }
            out.write_char(']')
        }
        Val::Obj(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (convert::text(name), value)).collect();
            members.sort_unstable_by(|one, other| one.0.cmp(&other.0));
            out.write_char('{')?;
            for (n, (name, value)) in members.iter().enumerate() {
                write_comma(n, out)?;
                write_string(name, out)?;
                out.write_char(':')?;
                write_sorted(value, out)?;
            }
            out.write_char('}')
        }
        plain => write(plain, out),
    }
}

/// As jq does: a float that is whole is written without a point, as long as that is exact.
fn write_number<W: Write + ?Sized>(number: &Num, out: &mut W) -> fmt::Result {
    match number {
        Num::Float(real) => match convert::exact_whole(*real) {
            Some(whole) => write!(out, "{whole}"),
            None if real.is_finite() => write!(out, "{number}"),
            None => out.write_str("null"),
        },
        Num::Int(_) | Num::BigInt(_) | Num::Dec(_) => write!(out, "{number}"),
    }
}

fn write_comma<W: Write + ?Sized>(n: usize, out: &mut W) -> fmt::Result {
    if n > 0 { out.write_char(',') } else { Ok(()) }
}

/// RFC 8259 section 7: quotes, backslashes and control characters are escaped, nothing else.
fn write_string<W: Write + ?Sized>(text: &str, out: &mut W) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    // All of them are one byte long, and none is within another character.
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 | 0x7f => "",
            _ => continue,
        };
        out.write_str(text.get(plain..at).unwrap_or_default())?;
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}")?;
        } else {
            out.write_str(escape)?;
        }
        plain = at + 1;
    }
    out.write_str(text.get(plain..).unwrap_or_default())?;
    out.write_char('"')
}

/// How many bytes [`write()`] writes.
pub(in crate::filter) fn length(value: &Val) -> usize {
    let mut length = Length(0);
    // Counting cannot fail.
    _ = write(value, &mut length);
    length.0
}

struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// Text of at most so many characters, for messages; what comes after is not even written.
pub(in crate::filter) struct Clipped {
    text: String,
    left: usize,
}

impl Clipped {
    /// At most `limit` characters of what `value` displays, and then `…`.
    pub(in crate::filter) fn of(limit: usize, value: &dyn fmt::Display) -> String {
        let mut clipped = Clipped { text: String::new(), left: limit };
        if write!(clipped, "{value}").is_err() {
            clipped.text.push('…');
        }
        clipped.text
    }
}

impl Write for Clipped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(char);
        }
        Ok(())
    }
}
