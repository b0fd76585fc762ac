//! Pays for the texts that jaq's own functions make, before they make them: those charge nothing.
//!
//! Each is called in `language.jq` before the function that it is named after, and gives what it was given, or nothing
//! when the allowance does not reach.

use jaq_core::RunPtr;
use jaq_core::native::{self, Fun, run, v};
use jaq_std::ValT as _;

use super::Data;
use super::own::while_within;
use crate::filter::meter::{self, Spent};
use crate::filter::value::{Metered, price};

/// A text that grows lies in memory twice for a moment, the second time with room for as many bytes again.
const GROWS: usize = 3;

pub(super) fn functions() -> impl Iterator<Item = Fun<Data>> {
    let functions: Vec<native::Filter<RunPtr<Data>>> = vec![
        // As long at most, and copied once more.
        ("_room_copy", v(0), |cv| while_within(room(&cv.1, |text| 2 * text.len()), cv.1)),
        ("_room_base64", v(0), |cv| while_within(room(&cv.1, |text| text.len().div_ceil(3) * 4), cv.1)),
        ("_room_uri", v(0), |cv| while_within(room(&cv.1, |text| GROWS * each(text, uri)), cv.1)),
        ("_room_html", v(0), |cv| while_within(room(&cv.1, |text| GROWS * each(text, html)), cv.1)),
        ("_room_sh", v(0), |cv| while_within(room(&cv.1, |text| GROWS * each(text, sh)), cv.1)),
        // `%c` stands for some thirty characters.
        ("_room_time", v(0), |cv| while_within(room(&cv.1, |text| GROWS * 16 * text.len()), cv.1)),
    ];
    functions.into_iter().map(run::<Data>)
}

fn room(value: &Metered, size: impl FnOnce(&[u8]) -> usize) -> Result<(), Spent> {
    // What is no text fails, or is a time.
    let Some(text) = value.as_bytes() else { return Ok(()) };
    meter::steps(text.len() / 16)?;
    meter::bytes(price::TEXT + size(text))
}

fn each(text: &[u8], bytes: impl Fn(u8) -> usize) -> usize {
    text.iter().map(|byte| bytes(*byte)).sum()
}

fn uri(byte: u8) -> usize {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') { 1 } else { 3 }
}

fn html(byte: u8) -> usize {
    match byte {
        b'<' | b'>' => 4,
        b'&' => 5,
        b'\'' | b'"' => 6,
        _ => 1,
    }
}

fn sh(byte: u8) -> usize {
    if byte == b'\'' { 4 } else { 1 }
}

#[cfg(test)]
mod tests {
    use crate::filter::meter::Allowance;
    use crate::filter::{Filter, Json, Variables};

    /// The least allowance of bytes, to a few, with which a filter ends well.
    fn price(text: &str, input: &Json) -> u64 {
        let filter = Filter::compile(text, &[]).expect(text);
        let ends = |bytes| {
            let allowance = Allowance { steps: u64::MAX, bytes };
            filter.run_within(input, &Variables::default(), allowance).is_ok()
        };
        let (mut too_few, mut enough) = (0, 1 << 30);
        while enough - too_few > 1 {
            let between = u64::midpoint(too_few, enough);
            if ends(between) { enough = between } else { too_few = between }
        }
        enough
    }

    #[test]
    fn what_a_function_writes_is_paid_for() {
        let input = Json::string(&"a<'\"& ".repeat(1_000));
        for text in [
            "@html",
            "@uri",
            "@sh",
            "@base64",
            "ascii_downcase",
            "ascii_upcase",
            "@uri | @urid",
            "@base64 | @base64d",
            "tojson",
            "[.] | tojson",
            ". + .",
            ". * 5",
            "[., .] | join(\"-\")",
            "[., .] | add",
            "explode | implode",
            "reverse",
            "gsub(\"a\"; \"bcd\")",
            "split(\"\") | join(\"\")",
            "\"\\(.)-\\(.)\"",
        ] {
            let written = Filter::compile(text, &[]).expect(text).one(&input, &Variables::default());
            let written = written.expect(text).expect(text).to_text().len() as u64;
            let price = price(&format!("{text} | length"), &input);
            assert!(price >= written, "{text}: {price} for {written}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_made() {
        let begun = Json::string("''");
        for name in ["@sh", "@base64", "tojson", "[., .] | add"] {
            let text = format!("{} | length", [name; 60].join(" | "));
            let filter = Filter::compile(&text, &[]).expect(name);
            let allowance = Allowance { steps: 1_000_000, bytes: 100_000 };
            let failure = filter.run_within(&begun, &Variables::default(), allowance).expect_err(name).message;
            assert!(failure.contains("384 MiB"), "{name}: {failure}");
        }
    }
}
