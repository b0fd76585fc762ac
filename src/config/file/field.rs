//! The value of a key, read so that one wrong value does not hide the rest of the file.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The value of a key as the file has it.
#[derive(Debug, Default)]
pub(in crate::config) enum Field<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// It has a value of the right form.
    Written(T),
    /// It has another value.
    Wrong(Misfit),
}

/// Why a value does not have the right form. Never holds the value, which may be a secret.
#[derive(Debug)]
pub(in crate::config) struct Misfit {
    pub message: String,
    pub help: Option<String>,
    /// The forms that were expected, where it has none of them.
    pub expected: Option<&'static str>,
}

impl Misfit {
    pub(in crate::config) fn new(message: impl Into<String>) -> Misfit {
        Misfit { message: message.into(), help: None, expected: None }
    }

    pub(in crate::config) fn help(self, help: impl Into<String>) -> Misfit {
        Misfit { help: Some(help.into()), ..self }
    }

    /// A value of another type than `T`.
    pub(in crate::config) fn found<T: Shape>(found: &str) -> Misfit {
        let message = format!("expected {}, found {found}", T::EXPECTED);
        Misfit { expected: Some(T::EXPECTED), ..Misfit::new(message) }
    }
}

/// A type that is read from some of the forms that a TOML value can have.
pub(in crate::config) trait Shape: Sized {
    /// The forms it is read from, for people.
    const EXPECTED: &'static str;

    fn text(_text: String) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a text"))
    }

    fn flag(_flag: bool) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a boolean"))
    }

    fn whole(_number: i64) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a whole number"))
    }

    fn real(_number: f64) -> Result<Self, Misfit> {
        Err(Misfit::found::<Self>("a number"))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        while list.next_element::<toml::Value>()?.is_some() {}
        Ok(Err(Misfit::found::<Self>("a list")))
    }

    fn table<'de, A: MapAccess<'de>>(mut table: A) -> Result<Result<Self, Misfit>, A::Error> {
        let mut found = "a table";
        // Read as values, since what serde is told to ignore would be called an unknown key.
        while let Some((key, _)) = table.next_entry::<String, toml::Value>()? {
            if key.starts_with(DATE_KEY) {
                found = "a date or a time";
            }
        }
        Ok(Err(Misfit::found::<Self>(found)))
    }
}

/// toml hands dates over as tables with one key, which begins like this.
pub(in crate::config) const DATE_KEY: &str = "$__toml_private";

impl<'de, T: Shape> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor(PhantomData))
    }
}

struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: Shape> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(T::text(text.to_owned()).into())
    }

    fn visit_string<E>(self, text: String) -> Result<Field<T>, E> {
        Ok(T::text(text).into())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Field<T>, E> {
        Ok(T::flag(flag).into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Field<T>, E> {
        Ok(T::whole(number).into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field<T>, E> {
        Ok(i64::try_from(number).map_err(|_| too_large()).and_then(T::whole).into())
    }

    fn visit_i128<E>(self, _number: i128) -> Result<Field<T>, E> {
        Ok(Field::Wrong(too_large()))
    }

    fn visit_u128<E>(self, _number: u128) -> Result<Field<T>, E> {
        Ok(Field::Wrong(too_large()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Field<T>, E> {
        Ok(T::real(number).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Field<T>, A::Error> {
        T::list(list).map(Field::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Field<T>, A::Error> {
        T::table(table).map(Field::from)
    }
}

fn too_large() -> Misfit {
    Misfit::new("this number has more than 64 bits").help("write a smaller one")
}

impl<T> From<Result<T, Misfit>> for Field<T> {
    fn from(read: Result<T, Misfit>) -> Field<T> {
        match read {
            Ok(value) => Field::Written(value),
            Err(misfit) => Field::Wrong(misfit),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
