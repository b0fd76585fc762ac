//! A string with filters in it and a JSON text for its variables: what is filled in fits where it goes.

use apicron::filter::{Json, Template, Variable, briefly};

use super::{filter, parts};

pub(crate) fn run(bytes: &[u8]) {
    let Some(input) = parts::text(bytes) else { return };
    let (text, json) = parts::halves(input);
    let template = match Template::compile(text, Variable::ALL) {
        Ok(template) => template,
        Err(error) => {
            assert!(!error.message.trim().is_empty(), "refused without a reason");
            assert!(text.get(error.span.clone()).is_some(), "{:?} cuts {text:?}", error.span);
            return;
        }
    };
    let json = Json::parse(json.as_bytes()).unwrap_or_else(|_| Json::null());
    let variables = filter::variables(&json);
    assert_eq!(template.text(), text);
    if template.is_literal() {
        assert_eq!(template.to_text(&variables).ok().as_deref(), Some(text), "a literal is not as it was written");
        assert_eq!(template.with_filters_as("x"), text);
    }
    _ = template.calls_used();
    briefly(|| {
        if let Ok(path) = template.to_path(&variables) {
            let end = path.find(['?', '#']).unwrap_or(path.len());
            assert!(!Template::has_dots(&path[..end]), "{path:?} leads elsewhere");
        }
        if let Ok(header) = template.to_header(&variables) {
            assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header:?} fits no header");
        }
        let (json, text) = (template.to_json(&variables), template.to_text(&variables));
        if let (Ok(json), Ok(text)) = (&json, &text) {
            assert_eq!(json.to_text(), *text, "the text and the value are two things");
        }
        for failure in [json.err(), text.err()].into_iter().flatten() {
            assert!(!failure.to_string().trim().is_empty(), "no reason");
        }
    });
}
