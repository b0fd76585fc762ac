//! Forms that values of alerts and channels have: one or a list, a time or a table, a number, a percentage.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess};

use super::Span;
use super::field::{Field, Misfit, Shape};

impl Shape for f64 {
    const EXPECTED: &'static str = "a number";

    #[expect(clippy::cast_precision_loss, reason = "thresholds are compared with floats")]
    fn whole(number: i64) -> Result<f64, Misfit> {
        Ok(number as f64)
    }

    fn real(number: f64) -> Result<f64, Misfit> {
        if number.is_finite() { Ok(number) } else { Err(Misfit::new("expected a number that is finite")) }
    }

    fn text(text: String) -> Result<f64, Misfit> {
        let misfit = Misfit::found::<f64>("a text");
        let number = text.trim().trim_end_matches('%').trim_end();
        Err(if number.parse::<f64>().is_ok() {
            misfit.help(format!("write the number alone: `{number}`"))
        } else {
            misfit
        })
    }
}

/// A list, or the only element of one.
#[derive(Debug)]
pub(in crate::config) enum OneOrMore<T> {
    One(T),
    More(Vec<Field<T>>),
}

impl<T: Shape> Shape for OneOrMore<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn text(text: String) -> Result<Self, Misfit> {
        T::text(text).map(OneOrMore::One)
    }

    fn flag(flag: bool) -> Result<Self, Misfit> {
        T::flag(flag).map(OneOrMore::One)
    }

    fn whole(number: i64) -> Result<Self, Misfit> {
        T::whole(number).map(OneOrMore::One)
    }

    fn real(number: f64) -> Result<Self, Misfit> {
        T::real(number).map(OneOrMore::One)
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Result<Self, Misfit>, A::Error> {
        Ok(Vec::list(list)?.map(OneOrMore::More))
    }

    fn table<'de, A: MapAccess<'de>>(table: A) -> Result<Result<Self, Misfit>, A::Error> {
        Ok(T::table(table)?.map(OneOrMore::One))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("One_or_more_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "array", "items": one, "minItems": 1 }, one] })
    }
}

/// A length of time, or a table with fixed keys.
#[derive(Debug)]
pub(in crate::config) enum SpanOr<T> {
    Span(Duration),
    Table(T),
}

impl<T: DeserializeOwned> Shape for SpanOr<T> {
    const EXPECTED: &'static str = "a time with a unit, such as `\"30m\"`, or a table";

    fn text(text: String) -> Result<Self, Misfit> {
        Span::text(text).map(|span| SpanOr::Span(span.0))
    }

    fn whole(number: i64) -> Result<Self, Misfit> {
        Span::whole(number).map(|span| SpanOr::Span(span.0))
    }

    fn table<'de, A: MapAccess<'de>>(table: A) -> Result<Result<Self, Misfit>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(|read| Ok(SpanOr::Table(read)))
    }
}

impl<T: JsonSchema> JsonSchema for SpanOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Time_or_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (span, table) = (generator.subschema_for::<Span>(), generator.subschema_for::<T>());
        json_schema!({ "anyOf": [span, table] })
    }
}

/// A percentage: `"5%"`. Kept as a part: 0.05.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Percentage(pub f64);

impl Shape for Percentage {
    const EXPECTED: &'static str = "a percentage, such as `\"5%\"`";

    fn text(text: String) -> Result<Percentage, Misfit> {
        let number = text.strip_suffix('%').and_then(|number| number.trim_end().parse::<f64>().ok());
        match number {
            Some(number) if (0.0..100.0).contains(&number) => Ok(Percentage(number / 100.0)),
            Some(_) => Err(Misfit::new("the percentage must be at least 0% and less than 100%")),
            None => Err(Misfit::new(format!("`{text}` is not a percentage")).help("write for example `\"5%\"`")),
        }
    }

    fn whole(number: i64) -> Result<Percentage, Misfit> {
        Err(Misfit::found::<Percentage>("a number").help(format!("write `\"{number}%\"`")))
    }

    fn real(number: f64) -> Result<Percentage, Misfit> {
        let misfit = Misfit::found::<Percentage>("a number");
        Err(misfit.help(format!("write `\"{}%\"`", if number < 1.0 { 100.0 * number } else { number })))
    }
}

impl JsonSchema for Percentage {
    fn schema_name() -> Cow<'static, str> {
        "Percentage".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,2}(\\.[0-9]+)?\\s*%$" })
    }
}
