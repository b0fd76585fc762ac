//! Bodies that are no JSON, and JSON that is hard to read.

use super::fault::Right::{Done, Fails, Value};
use super::fault::{Fault, GOOD, TOUCH, answer, json};

pub(super) fn faults() -> Vec<Fault> {
    let body = |name, body: &[u8], right| Fault::answer(name, json(body), right);
    let utf_16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let html = "<!doctype html><html><body>Please sign in</body></html>";
    let used = |number: &str| format!(r#"{{"credits":{{"used":{number}}}}}"#);
    let nested = |levels: usize| used(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
    vec![
        Fault::answer("html-for-json", answer(200, "content-type: text/html\r\n", html), Fails("not_json")),
        Fault::answer("html-that-nobody-looks-into", answer(200, "content-type: text/html\r\n", html), Done)
            .calls(&[TOUCH]),
        body("json-cut", &GOOD.as_bytes()[..10], Fails("not_json")),
        body("json-twice", format!("{GOOD}\n{GOOD}").as_bytes(), Fails("not_json")),
        body("json-with-a-comment", format!("# hello\n{GOOD}").as_bytes(), Fails("not_json")),
        body("not-a-number", used("NaN").as_bytes(), Fails("not_json")),
        body("utf-8-that-is-none", b"{\"credits\":{\"used\":7},\"name\":\"\xe9\"}", Fails("encoding")),
        body("utf-8-with-a-bom", format!("\u{feff}{GOOD}").as_bytes(), Value("7")),
        body("utf-16", &utf_16, Fails("not_json")),
        body("utf-16-with-a-bom", &[&[0xff, 0xfe], utf_16.as_slice()].concat(), Fails("encoding")),
        body("nesting-100000", nested(100_000).as_bytes(), Fails("not_json")),
        body("nesting-100000-that-nobody-looks-into", nested(100_000).as_bytes(), Done).calls(&[TOUCH]),
        body("duplicate-keys", br#"{"credits":{"used":1},"credits":{"used":7}}"#, Value("7")),
        body("number-beyond-2-to-the-53", used("9007199254740993").as_bytes(), Value("9007199254740993")),
        body("number-beyond-64-bits", used("1e30").as_bytes(), Value("1.0e+30")),
        body("number-beyond-all", used("1e400").as_bytes(), Fails("filter")),
        body("number-of-a-million-digits", used(&"9".repeat(1_000_000)).as_bytes(), Fails("not_json")),
        body("text-for-a-number", used("\"seven\"").as_bytes(), Fails("filter")),
        body("empty-where-json-is-due", b"", Fails("not_json")),
        body("blanks-where-json-is-due", b" \r\n ", Fails("not_json")),
        body("empty-where-nothing-is-due", b"", Done).calls(&[TOUCH]),
    ]
}
