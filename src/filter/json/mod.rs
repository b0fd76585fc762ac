//! JSON values as filters see them.

mod convert;
mod parse;
mod write;

use std::fmt;

use jaq_json::{Map, Num, Val};
use jaq_std::ValT as _;

pub use parse::NotJson;
pub(super) use parse::{parse, weight};
use write::write_sorted;
pub(super) use write::{Clipped, length, write};

/// A JSON value in the form that filters work on. Cheap to clone: arrays and objects are shared.
///
/// Numbers keep the digits they came with, however many. Displays as compact JSON text.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub(super) Val);

impl Json {
    /// Reads exactly one JSON text (RFC 8259), nested at most 128 levels, with numbers of at most
    /// 1,000 digits. Of two members with one name the last wins.
    ///
    /// # Errors
    /// [`NotJson`] with the place.
    pub fn parse(bytes: &[u8]) -> Result<Json, NotJson> {
        parse(bytes).map(Json)
    }

    /// About how many bytes of memory [`Json::parse`] would take for a text: many small values take a multiple of it.
    pub fn weight(bytes: &[u8]) -> usize {
        weight(bytes)
    }

    /// `null`.
    pub fn null() -> Json {
        Json(Val::Null)
    }

    /// A string.
    pub fn string(text: &str) -> Json {
        Json(Val::utf8_str(text.to_owned().into_bytes()))
    }

    /// An object with these members; of two with one name the last wins.
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
        let members = members.into_iter().map(|(name, value)| (Json::string(name).0, value.0));
        Json(Val::obj(members.collect::<Map>()))
    }

    /// An array of these elements.
    pub fn array(elements: impl IntoIterator<Item = Json>) -> Json {
        Json(elements.into_iter().map(|element| element.0).collect())
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.0, Val::Null)
    }

    /// Whether jq takes it for true: anything but `null` and `false`.
    pub fn is_truthy(&self) -> bool {
        !matches!(self.0, Val::Null | Val::Bool(false))
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Val::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Val::TStr(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The text that stands for it: a string as it is (with replacement characters where it is no
    /// UTF-8), anything else as JSON.
    pub fn to_text(&self) -> String {
        match &self.0 {
            Val::BStr(_) | Val::TStr(_) => convert::text(&self.0),
            _ => self.to_string(),
        }
    }

    /// The number, if it is whole and fits: `5`, and also `5.0` and `5e3` as long as they are exact.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Val::Num(Num::Int(whole)) => i64::try_from(*whole).ok(),
            Val::Num(Num::Float(_) | Num::Dec(_)) => convert::exact_whole(self.as_f64()?),
            _ => None,
        }
    }

    /// The nearest float, if it is a number. Numbers beyond the range of floats become infinite.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    /// Compact JSON text in which the members of each object are in the order of their names: equal values
    /// have equal texts.
    pub fn to_sorted_text(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        _ = write_sorted(&self.0, &mut text);
        text
    }

    /// The elements, if it is an array.
    pub fn elements(&self) -> Option<impl ExactSizeIterator<Item = Json> + '_> {
        match &self.0 {
            Val::Arr(elements) => Some(elements.iter().cloned().map(Json)),
            _ => None,
        }
    }

    /// The members in order, if it is an object.
    pub fn members(&self) -> Option<impl ExactSizeIterator<Item = (String, Json)> + '_> {
        match &self.0 {
            Val::Obj(members) => Some(members.iter().map(|(name, value)| (convert::text(name), Json(value.clone())))),
            _ => None,
        }
    }

    /// The member of this name, if it is an object that has it.
    pub fn member(&self, name: &str) -> Option<Json> {
        match &self.0 {
            Val::Obj(members) => members.get(&Json::string(name).0).cloned().map(Json),
            _ => None,
        }
    }

    /// "null", "a boolean", "a number", "a string", "an array" or "an object".
    pub fn kind(&self) -> &'static str {
        match self.0 {
            Val::Null => "null",
            Val::Bool(_) => "a boolean",
            Val::Num(_) => "a number",
            Val::BStr(_) | Val::TStr(_) => "a string",
            Val::Arr(_) => "an array",
            Val::Obj(_) => "an object",
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.0, f)
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Json {
        Json(Val::Bool(truth))
    }
}

impl From<i64> for Json {
    fn from(whole: i64) -> Json {
        Json(Val::Num(Num::from_integral(whole)))
    }
}

impl From<u64> for Json {
    fn from(whole: u64) -> Json {
        Json(Val::Num(Num::from_integral(whole)))
    }
}

/// A float; one that is not finite becomes `null`, since JSON has no other word for it.
impl From<f64> for Json {
    fn from(real: f64) -> Json {
        Json(if real.is_finite() { Val::Num(Num::Float(real)) } else { Val::Null })
    }
}

#[cfg(test)]
mod tests;
