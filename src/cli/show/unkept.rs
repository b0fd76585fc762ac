//! What of a call had a value in its run alone: the store keeps its address without the query, and no header or body.

use crate::job::{Body, Call, Header, HeaderText, JsonBody};

/// The parts of a call with such values, as people call them. That of the path is kept with the address.
pub(super) fn parts(call: Option<&Call>, headers: &[&Header]) -> Vec<&'static str> {
    let Some(call) = call else { return Vec::new() };
    let header = |header: &&Header| matches!(&header.value, HeaderText::Template(text) if !text.is_literal());
    let parts = [
        ("query", call.query.iter().any(|(_, value)| !value.is_literal())),
        ("headers", headers.iter().any(header)),
        ("body", call.body.as_ref().is_some_and(is_filled)),
    ];
    parts.into_iter().filter(|(_, is_filled)| *is_filled).map(|(part, _)| part).collect()
}

fn is_filled(body: &Body) -> bool {
    match body {
        Body::Json(json) => is_json_filled(json),
        Body::Form(fields) => fields.iter().any(|(_, value)| !value.is_literal()),
        Body::Text { text, .. } => !text.is_literal(),
        // The file itself is one.
        Body::Upload { .. } => true,
    }
}

fn is_json_filled(json: &JsonBody) -> bool {
    match json {
        JsonBody::Text(text) => !text.is_literal(),
        JsonBody::Literal(_) => false,
        JsonBody::Array(elements) => elements.iter().any(is_json_filled),
        JsonBody::Object(members) => members.iter().any(|(_, member)| is_json_filled(member)),
    }
}
