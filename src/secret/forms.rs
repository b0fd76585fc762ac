//! The spellings of a value.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::SHORTEST;
use super::unescaped;

/// Every spelling in which a value may turn up in a body, a header, a URL or an error. The case of letters is no
/// matter.
pub(super) fn forms(value: &str) -> Vec<String> {
    let mut forms = spelled(value);
    // A file may end in an empty line, which a server is free to leave out.
    if value.trim() != value {
        forms.extend(spelled(value.trim()));
    }
    // Of a text in which it is escaped, its own escapes are undone as well.
    let undone = unescaped::layers(value.as_bytes()).filter_map(|layer| String::from_utf8(layer).ok());
    forms.extend(undone.filter(|plain| plain.chars().count() >= SHORTEST));
    forms.retain(|form| !form.is_empty());
    forms.sort();
    forms.dedup();
    forms
}

fn spelled(value: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let blanks = form.replace('+', "%20");
    let quoted = serde_json::Value::from(value).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    // As PHP and Go write JSON, and as HTML has it.
    let slashed = json.replace('/', "\\/");
    let unicode = json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![
        value.to_owned(),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        blanks.clone(),
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
    forms.extend(within_base64(value));
    // Basic authentication sends it with `%20` for blanks; a server may mirror any of these.
    for spelling in [&form, &blanks, &json].into_iter().filter(|spelling| *spelling != value) {
        forms.extend(within_base64(spelling));
    }
    forms.extend([json, form]);
    forms
}

/// What Base64 makes of a value in the middle of a text, after any number of bytes: a claim of a JWT, a mirrored
/// request. Characters that hold bits of what is around it are left out.
fn within_base64(value: &str) -> Vec<String> {
    let shifted = |before: usize| {
        let text = [&[0; 3][..before], value.as_bytes()].concat();
        let (from, to) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        STANDARD_NO_PAD.encode(text).get(from..to).map(str::to_owned)
    };
    let standard = (0..3).filter_map(shifted);
    standard.flat_map(|text| [text.replace('+', "-").replace('/', "_"), text]).collect()
}
