//! What a call sends.

use super::super::filters::{self, Uses};
use super::super::json;
use super::pairs::pairs;
use super::sees::is_there;
use crate::config::file::{Call as Written, Upload};
use crate::config::place::{At, Draft};
use crate::filter::Variable;
use crate::job::{Body, Method};

const CONTENT_TYPE: &str = "text/plain; charset=utf-8";
const FILE_FIELD: &str = "file";

/// The body of a call, of which there is at most one: `Some(None)` for none, and `None` for a wrong one.
pub(super) fn lower<'f>(
    at: &At<'f>,
    written: &Written,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Option<Body>> {
    let bodies = [
        at.get("json", &written.json).map(|body| json::lower(&at.key("json"), &body.0, allowed, uses).map(Body::Json)),
        is_there(&written.form).then(|| Some(Body::Form(pairs(at, "form", &written.form, allowed, uses)))),
        at.get("text", &written.text).map(|text| text_body(at, written, text, allowed, uses)),
        at.get("upload", &written.upload).map(|upload| Some(upload_body(at, &upload.0, allowed, uses))),
    ];
    check_alone(at, written);
    match bodies.into_iter().flatten().next() {
        Some(body) => body.map(Some),
        None => Some(None),
    }
}

/// The keys that make a body and are there.
fn keys(written: &Written) -> impl Iterator<Item = &'static str> {
    let keys = [
        ("json", is_there(&written.json)),
        ("form", is_there(&written.form)),
        ("text", is_there(&written.text)),
        ("upload", is_there(&written.upload)),
    ];
    keys.into_iter().filter_map(|(key, is_there)| is_there.then_some(key))
}

fn check_alone(at: &At<'_>, written: &Written) {
    let mut keys = keys(written);
    let first = keys.next();
    for second in keys {
        let draft = at.key(second).key_error("conflicting-keys", "a call has one body").help("keep one of the two");
        let related = first.map(|first| at.key(first).as_related("the other one"));
        related.into_iter().fold(draft, Draft::related).report();
    }
    if is_there(&written.content_type) && !is_there(&written.text) {
        at.key("content_type")
            .key_error("conflicting-keys", "`content_type` goes with `text` only")
            .help("the other bodies say by themselves what they are")
            .report();
    }
}

fn text_body<'f>(
    at: &At<'f>,
    written: &Written,
    text: &str,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Body> {
    let content_type = at.get("content_type", &written.content_type).map_or(CONTENT_TYPE, String::as_str);
    if !content_type.contains('/') || content_type.chars().any(|c| c.is_control() || !c.is_ascii()) {
        at.key("content_type")
            .error("wrong-value", format!("`{}` is not a media type", content_type.escape_default()))
            .help("write for example `\"text/csv\"` or `\"application/xml\"`")
            .report();
    }
    let text = filters::noted_template(&at.key("text"), text, allowed, uses)?;
    Some(Body::Text { text, content_type: content_type.to_owned() })
}

fn upload_body<'f>(at: &At<'f>, upload: &Upload, allowed: &'static [Variable], uses: &mut Vec<Uses<'f>>) -> Body {
    let at = at.key("upload");
    let field = at.get("field", &upload.field).map_or(FILE_FIELD, String::as_str);
    if field.is_empty() {
        at.key("field")
            .error("wrong-value", "`field` is empty")
            .help("write the name of the form's field, such as `\"file\"`")
            .report();
    }
    Body::Upload { field: field.to_owned(), fields: pairs(&at, "fields", &upload.fields, allowed, uses) }
}

/// Reports what a method cannot have with it.
pub(super) fn check_fits(at: &At<'_>, written: &Written, method: Method) {
    let word = method.as_str().to_ascii_lowercase();
    for key in keys(written) {
        let (message, help) = match (method, key) {
            (Method::Get | Method::Delete, _) => {
                (format!("a {method} has no body"), format!("use `query`, or `post` instead of `{word}`"))
            }
            (Method::Patch, "upload") => (
                "files are sent by a POST or a PUT only".to_owned(),
                format!("write `post` or `put` instead of `{word}`"),
            ),
            (Method::Post | Method::Put | Method::Patch, _) => continue,
        };
        at.key(key).key_error("conflicting-keys", message).help(help).report();
    }
    if method.is_safe() && at.get("idempotency_key", &written.idempotency_key) == Some(&true) {
        let draft = at.key("idempotency_key").key_error("conflicting-keys", "a GET has no Idempotency-Key");
        draft.help("it may be sent again anyway: leave this out").report();
    }
}
