//! Texts with a unit, `"30s"` and `"10MiB"`, and days.

use std::time::Duration;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::MapAccess;

use super::field::{DATE_KEY, Misfit, Shape};

/// Times are kept in milliseconds, so a shorter time would be none.
const SHORTEST: Duration = Duration::from_millis(1);
/// A hundred years: sums of times stay far within what a date can hold.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// A length of time: `"90s"`, `"5m"`, `"1h 30m"`, `"90d"`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Span(pub Duration);

impl Shape for Span {
    const EXPECTED: &'static str = "a time with a unit, such as `\"30s\"`";

    fn text(text: String) -> Result<Span, Misfit> {
        let span = humantime::parse_duration(&text).map_err(|error| {
            let misfit = Misfit::new(format!("`{text}` is not a length of time: {error}"));
            match text.trim().parse::<u64>() {
                Ok(number) => misfit.help(format!("add a unit: `\"{number}s\"`")),
                Err(_) => misfit.help("write for example `\"30s\"`, `\"5m\"`, `\"1h 30m\"` or `\"90d\"`"),
            }
        })?;
        match span {
            _ if span < SHORTEST => Err(Misfit::new("the time must be at least one millisecond")),
            _ if span > LONGEST => Err(Misfit::new("the time must be at most 100 years")),
            _ => Ok(Span(span)),
        }
    }

    fn whole(number: i64) -> Result<Span, Misfit> {
        let misfit = Misfit::found::<Span>("a number without one");
        Err(if number > 0 { misfit.help(format!("write `\"{number}s\"` for seconds")) } else { misfit })
    }

    fn real(_number: f64) -> Result<Span, Misfit> {
        Err(Misfit::found::<Span>("a number without one"))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time: \"500ms\", \"30s\", \"5m\", \"1h 30m\", \"90d\".",
            "pattern": "^\\s*([0-9]+\\s*[a-zA-Zµ]+\\s*)+$",
        })
    }
}

/// A [`Span`] that may be none at all: `"0s"`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Delay(pub Duration);

impl Shape for Delay {
    const EXPECTED: &'static str = Span::EXPECTED;

    fn text(text: String) -> Result<Delay, Misfit> {
        match humantime::parse_duration(&text) {
            Ok(Duration::ZERO) => Ok(Delay(Duration::ZERO)),
            _ => Span::text(text).map(|span| Delay(span.0)),
        }
    }

    fn whole(number: i64) -> Result<Delay, Misfit> {
        Span::whole(number).map(|span| Delay(span.0))
    }

    fn real(number: f64) -> Result<Delay, Misfit> {
        Span::real(number).map(|span| Delay(span.0))
    }
}

impl JsonSchema for Delay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Span::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        Span::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Span::json_schema(generator)
    }
}

/// A number of bytes: `"64KiB"`, `"10MiB"`, `"1GB"`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Size(pub u64);

const UNITS: [(&str, u64); 8] = [
    ("B", 1),
    ("kB", 1000),
    ("KB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

/// A body is held in memory whole, so a larger bound would be none.
const LARGEST: u64 = 1 << 30;

impl Shape for Size {
    const EXPECTED: &'static str = "a size with a unit, such as `\"10MiB\"`";

    fn text(text: String) -> Result<Size, Misfit> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits).unwrap_or((&text, ""));
        let unit = UNITS.iter().find(|(name, _)| *name == unit.trim());
        let bytes = number.parse::<u64>().ok().zip(unit).and_then(|(number, (_, unit))| number.checked_mul(*unit));
        match bytes {
            Some(0) => Err(Misfit::new("the size must be at least one byte")),
            Some(bytes) if bytes <= LARGEST => Ok(Size(bytes)),
            Some(_) => Err(Misfit::new("the size must be at most `1GiB`")),
            None => Err(Misfit::new(format!("`{text}` is not a size"))
                .help("write for example `\"64KiB\"`, `\"10MiB\"` or `\"1GB\"`")),
        }
    }

    fn whole(number: i64) -> Result<Size, Misfit> {
        let misfit = Misfit::found::<Size>("a number without one");
        Err(if number > 0 { misfit.help(format!("write `\"{number}B\"` for bytes")) } else { misfit })
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A number of bytes: \"64KiB\", \"10MiB\", \"1GB\".",
            "pattern": "^[0-9]+\\s*(B|kB|KB|KiB|MB|MiB|GB|GiB)$",
        })
    }
}

/// A day as TOML has it: a date without quotes.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Day(pub NaiveDate);

impl Shape for Day {
    const EXPECTED: &'static str = "a date, such as `2026-10-01`";

    fn text(text: String) -> Result<Day, Misfit> {
        let misfit = Misfit::found::<Day>("a text");
        Err(match text.trim().parse::<NaiveDate>() {
            Ok(day) => misfit.help(format!("write it without quotes: `{day}`")),
            Err(_) => misfit,
        })
    }

    fn table<'de, A: MapAccess<'de>>(mut table: A) -> Result<Result<Day, Misfit>, A::Error> {
        let mut read = Err(Misfit::found::<Day>("a table"));
        while let Some((key, value)) = table.next_entry::<String, toml::Value>()? {
            if let (true, Some(date)) = (key.starts_with(DATE_KEY), value.as_str()) {
                let misfit = || Misfit::found::<Day>("a time").help("write the day alone, such as `2026-10-01`");
                read = date.parse().map(Day).map_err(|_| misfit());
            }
        }
        Ok(read)
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Option<u64> {
        Size::text(text.to_owned()).ok().map(|size| size.0)
    }

    #[test]
    fn a_size_is_a_number_with_a_unit() {
        assert_eq!(size("10MiB"), Some(10 << 20));
        assert_eq!(size("64 KiB"), Some(64 << 10));
        assert_eq!(size("1GB"), Some(1_000_000_000));
        for bad in ["", "10", "MiB", "-1B", "1.5MiB", "10mib", "0B", "2GiB", "99999999999999999999B", "ä"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_is_between_a_millisecond_and_a_century() {
        let span = |text: &str| Span::text(text.to_owned()).ok().map(|span| span.0);
        assert_eq!(span("1h 30m"), Some(Duration::from_secs(5400)));
        for bad in ["", "30", "0s", "10us", "1000years", "-5s", "soon", "99999999999999999999s"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_delay_may_be_none_at_all() {
        let delay = |text: &str| Delay::text(text.to_owned()).ok().map(|delay| delay.0);
        assert_eq!(delay("0s"), Some(Duration::ZERO));
        assert_eq!(delay("30s"), Some(Duration::from_secs(30)));
        for bad in ["", "10us", "-5s", "1000years"] {
            assert_eq!(delay(bad), None, "{bad}");
        }
    }
}
