//! JSON bodies.

use serde_json::{Number, Value};

use super::filters::{self, Uses};
use super::secretlike;
use crate::config::place::At;
use crate::filter::Variable;
use crate::job::JsonBody;

/// A body with its templates compiled.
pub(super) fn lower<'f>(
    at: &At<'f>,
    value: &toml::Value,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<JsonBody> {
    let body = match value {
        toml::Value::String(text) => text_body(at, text, allowed, uses)?,
        // JSON has no dates; RFC 3339 is what APIs take for one, and what TOML writes.
        toml::Value::Datetime(date) => text_body(at, &date.to_string(), allowed, uses)?,
        toml::Value::Boolean(flag) => JsonBody::Literal(Value::Bool(*flag)),
        toml::Value::Integer(number) => JsonBody::Literal(Value::from(*number)),
        toml::Value::Float(number) => match Number::from_f64(*number) {
            Some(number) => JsonBody::Literal(Value::Number(number)),
            None => {
                at.error("wrong-value", format!("JSON cannot say `{number}`"))
                    .help("write another number, or a text")
                    .report();
                return None;
            }
        },
        toml::Value::Array(elements) => {
            let elements: Vec<_> =
                elements.iter().enumerate().map(|(n, element)| lower(&at.index(n), element, allowed, uses)).collect();
            JsonBody::Array(elements.into_iter().collect::<Option<_>>()?)
        }
        toml::Value::Table(members) => {
            for (key, member) in members {
                secretlike::warn_of_member(&at.key(key), key, member);
            }
            let members: Vec<_> = members
                .iter()
                .map(|(key, member)| Some((key.clone(), lower(&at.key(key), member, allowed, uses)?)))
                .collect();
            JsonBody::Object(members.into_iter().collect::<Option<_>>()?)
        }
    };
    Some(body)
}

fn text_body<'f>(at: &At<'f>, text: &str, allowed: &'static [Variable], uses: &mut Vec<Uses<'f>>) -> Option<JsonBody> {
    filters::noted_template(at, text, allowed, uses).map(JsonBody::Text)
}
