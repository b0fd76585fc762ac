//! The forms that values have: texts, numbers, lists, tables, and those that may be one or the other.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeOwned, MapAccess, SeqAccess};

use super::field::{Field, Misfit, Shape};

/// The value itself is not repeated: it may be a secret.
const QUOTED: &str = "write it in quotes: `\"…\"`";
const UNQUOTED: &str = "write it without quotes";

impl Shape for String {
    const EXPECTED: &'static str = "a text";

    fn text(text: String) -> Result<String, Misfit> {
        Ok(text)
    }

    fn flag(_: bool) -> Result<String, Misfit> {
        Err(Misfit::found::<String>("a boolean").help(QUOTED))
    }

    fn whole(_: i64) -> Result<String, Misfit> {
        Err(Misfit::found::<String>("a whole number").help(QUOTED))
    }

    fn real(_: f64) -> Result<String, Misfit> {
        Err(Misfit::found::<String>("a number").help(QUOTED))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        while list.next_element::<toml::Value>()?.is_some() {}
        Ok(Err(Misfit::found::<Self>("a list").help("only one goes here: write it without brackets")))
    }
}

impl Shape for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn flag(flag: bool) -> Result<bool, Misfit> {
        Ok(flag)
    }

    fn text(text: String) -> Result<bool, Misfit> {
        let misfit = Misfit::found::<bool>("a text");
        Err(if text.parse::<bool>().is_ok() { misfit.help(UNQUOTED) } else { misfit })
    }
}

impl Shape for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn whole(number: i64) -> Result<i64, Misfit> {
        Ok(number)
    }

    fn text(text: String) -> Result<i64, Misfit> {
        let misfit = Misfit::found::<i64>("a text");
        Err(if text.trim().parse::<i64>().is_ok() { misfit.help(UNQUOTED) } else { misfit })
    }

    fn real(_: f64) -> Result<i64, Misfit> {
        Err(Misfit::found::<i64>("a float").help("write it without a point and without an exponent"))
    }
}

/// A list.
impl<T: Shape> Shape for Vec<Field<T>> {
    const EXPECTED: &'static str = "a list";

    fn text(text: String) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a text").help(format!("put it in brackets: `[\"{text}\"]`")))
    }

    fn whole(number: i64) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a whole number").help(format!("put it in brackets: `[{number}]`")))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = list.next_element()? {
            fields.push(field);
        }
        Ok(Ok(fields))
    }

    fn table<'de, A: MapAccess<'de>>(mut table: A) -> Result<Result<Self, Misfit>, A::Error> {
        while table.next_entry::<String, toml::Value>()?.is_some() {}
        Ok(Err(Misfit::found::<Self>("a table").help("a list of tables has double brackets: `[[…]]`")))
    }
}

/// A table with fixed keys.
#[derive(Debug, Default)]
pub(in crate::config) struct Table<T>(pub T);

impl<T: DeserializeOwned> Shape for Table<T> {
    const EXPECTED: &'static str = "a table";

    fn table<'de, A: MapAccess<'de>>(table: A) -> Result<Result<Self, Misfit>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(|read| Ok(Table(read)))
    }
}

impl<T: JsonSchema> JsonSchema for Table<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A table whose keys are names, in the order of the file.
#[derive(Debug, Default)]
pub(in crate::config) struct Entries<T>(pub Vec<(String, Field<T>)>);

impl<T: Shape> Shape for Entries<T> {
    const EXPECTED: &'static str = "a table";

    fn table<'de, A: MapAccess<'de>>(mut table: A) -> Result<Result<Self, Misfit>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = table.next_entry()? {
            entries.push(entry);
        }
        Ok(Ok(Entries(entries)))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        while list.next_element::<toml::Value>()?.is_some() {}
        Ok(Err(Misfit::found::<Self>("a list").help("each has a name, which is its key: `{ NAME = … }`")))
    }

    fn text(_: String) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a text").help("each has a name, which is its key: `{ NAME = … }`"))
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}

/// A text, or a table with fixed keys.
#[derive(Debug)]
pub(in crate::config) enum TextOr<T> {
    Text(String),
    Table(T),
}

impl<T: DeserializeOwned> Shape for TextOr<T> {
    const EXPECTED: &'static str = "a text or a table";

    fn text(text: String) -> Result<Self, Misfit> {
        Ok(TextOr::Text(text))
    }

    fn flag(_: bool) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a boolean").help(QUOTED))
    }

    fn whole(_: i64) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a whole number").help(QUOTED))
    }

    fn table<'de, A: MapAccess<'de>>(table: A) -> Result<Result<Self, Misfit>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(|read| Ok(TextOr::Table(read)))
    }
}

impl<T: JsonSchema> JsonSchema for TextOr<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Text_or_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}

/// `true` or `false`, or a table with fixed keys.
#[derive(Debug)]
pub(in crate::config) enum FlagOr<T> {
    Flag(bool),
    Table(T),
}

impl<T: DeserializeOwned> Shape for FlagOr<T> {
    const EXPECTED: &'static str = "`true`, `false` or a table";

    fn flag(flag: bool) -> Result<Self, Misfit> {
        Ok(FlagOr::Flag(flag))
    }

    fn table<'de, A: MapAccess<'de>>(table: A) -> Result<Result<Self, Misfit>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(|read| Ok(FlagOr::Table(read)))
    }
}

impl<T: JsonSchema> JsonSchema for FlagOr<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Flag_or_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, table] })
    }
}

/// A value that goes into a query or a form: a text with templates, or a number or boolean as it is.
#[derive(Debug)]
pub(in crate::config) enum QueryValue {
    One(String),
    /// The parameter comes once for each.
    Many(Vec<Field<QueryValue>>),
}

impl Shape for QueryValue {
    const EXPECTED: &'static str = "a text, a number, a boolean, or a list of these";

    fn text(text: String) -> Result<Self, Misfit> {
        Ok(QueryValue::One(text))
    }

    fn flag(flag: bool) -> Result<Self, Misfit> {
        Ok(QueryValue::One(flag.to_string()))
    }

    fn whole(number: i64) -> Result<Self, Misfit> {
        Ok(QueryValue::One(number.to_string()))
    }

    fn real(number: f64) -> Result<Self, Misfit> {
        Ok(QueryValue::One(number.to_string()))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Result<Self, Misfit>, A::Error> {
        Ok(Vec::list(list)?.map(QueryValue::Many))
    }
}

impl JsonSchema for QueryValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QueryValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let scalar = ["string", "number", "boolean"];
        json_schema!({ "anyOf": [{ "type": scalar }, { "type": "array", "items": { "type": scalar } }] })
    }
}

/// Any value at all: a JSON body.
#[derive(Debug)]
pub(in crate::config) struct Any(pub toml::Value);

impl Shape for Any {
    const EXPECTED: &'static str = "any value";

    fn text(text: String) -> Result<Self, Misfit> {
        Ok(Any(text.into()))
    }

    fn flag(flag: bool) -> Result<Self, Misfit> {
        Ok(Any(flag.into()))
    }

    fn whole(number: i64) -> Result<Self, Misfit> {
        Ok(Any(number.into()))
    }

    fn real(number: f64) -> Result<Self, Misfit> {
        Ok(Any(number.into()))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Result<Self, Misfit>, A::Error> {
        toml::Value::deserialize(SeqAccessDeserializer::new(list)).map(|value| Ok(Any(value)))
    }

    fn table<'de, A: MapAccess<'de>>(table: A) -> Result<Result<Self, Misfit>, A::Error> {
        toml::Value::deserialize(MapAccessDeserializer::new(table)).map(|value| Ok(Any(value)))
    }
}

impl JsonSchema for Any {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Any".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["object", "array", "string", "number", "boolean"] })
    }
}
