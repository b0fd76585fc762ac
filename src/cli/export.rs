//! `apicron export`.

use std::io::{self, BufWriter, IsTerminal, Write};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Context;
use super::args::{self, ExportFormat, Exported};
use super::error::CliError;
use super::exit::Exit;
use super::screen::clean;
use crate::run::Name;
use crate::store::{Store, Table};
use crate::telemetry::clean_json;

/// Prints all rows of a view, as they come from the store.
pub(super) async fn export(context: &Context, args: &args::Export) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let table = match args.what {
        Exported::Runs => Table::Runs,
        Exported::Results => Table::Results,
        Exported::Samples => Table::Samples,
        Exported::Records => Table::Records,
    };
    let wanted = collection(args)?;
    let store = context.read_store(&jobs).await?;
    if store.is_none() {
        context.screen.note("nothing was ever stored");
    }
    let shown = if io::stdout().is_terminal() { clean } else { str::to_owned };
    let mut writer = BufWriter::new(io::stdout().lock());
    match args.format {
        ExportFormat::Ndjson => {
            export_each(store, table, wanted.as_ref(), |row| write_json(&mut writer, table, row)).await?;
        }
        ExportFormat::Csv => {
            let mut csv = csv::Writer::from_writer(&mut writer);
            csv.write_record(table.columns()).map_err(io::Error::from)?;
            export_each(store, table, wanted.as_ref(), |row| {
                // Whoever reads a pipe or a file wants the text as it was stored.
                Ok(csv.write_record(row.values().map(|value| shown(&field(value))))?)
            })
            .await?;
            csv.flush()?;
        }
    }
    writer.flush()?;
    Ok(Exit::Done)
}

async fn export_each(
    store: Option<Store>,
    table: Table,
    collection: Option<&Name>,
    mut write: impl FnMut(&Map<String, Value>) -> io::Result<()>,
) -> Result<(), CliError> {
    let Some(store) = store else { return Ok(()) };
    let each = |row| write(&row).map_err(CliError::Output);
    match collection {
        Some(collection) => store.export_collection(collection, each).await,
        None => store.export(table, each).await,
    }
}

/// The only collection whose rows are wanted.
fn collection(args: &args::Export) -> Result<Option<Name>, CliError> {
    match (args.what, &args.collection) {
        (_, None) => Ok(None),
        (Exported::Records, Some(text)) => match Name::new(text) {
            Some(name) => Ok(Some(name)),
            None => Err(CliError::Usage(format!("`{text}` is no name that a collection can have"))),
        },
        (_, Some(_)) => Err(CliError::Usage("--collection goes with `export records`".to_owned())),
    }
}

/// A record's body is JSON itself and goes out as such. What could drive a terminal is escaped in a line.
fn write_json(writer: &mut impl Write, table: Table, row: &Map<String, Value>) -> io::Result<()> {
    let line = match table {
        Table::Records => serde_json::to_string(&Record(row))?,
        Table::Runs | Table::Results | Table::Samples => serde_json::to_string(row)?,
    };
    writer.write_all((clean_json(line) + "\n").as_bytes())
}

/// A value of a row.
#[derive(Serialize)]
#[serde(untagged)]
enum Field<'a> {
    /// As the store has it.
    Plain(&'a Value),
    /// JSON with the very digits that were stored.
    Embedded(&'a RawValue),
}

/// A row whose `body` is embedded.
struct Record<'a>(&'a Map<String, Value>);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, embedded(name, value))))
    }
}

fn embedded<'a>(name: &str, value: &'a Value) -> Field<'a> {
    // In JSON, control characters stand between its parts alone: no such text is on one line.
    let text = value.as_str().filter(|text| name == "body" && !text.contains(|c: char| c < ' '));
    let raw = text.and_then(|text| serde_json::from_str(text).ok());
    raw.map_or(Field::Plain(value), Field::Embedded)
}

/// A text as it is, a number in its own digits, nothing for a null.
fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_a_sheet_are_texts_numbers_in_their_own_digits_and_nothing_for_a_null() {
        let fields = [json!("a, \"b\"\nc"), json!(9_007_199_254_740_993_i64), json!(null), json!(0.5)];
        assert_eq!(fields.each_ref().map(field), ["a, \"b\"\nc", "9007199254740993", "", "0.5"]);
    }

    #[test]
    fn a_line_of_json_cannot_drive_a_terminal_and_keeps_its_value() {
        let text = "\u{9b}2J\u{202e}\u{7f}\u{1b}]0;x\u{7}";
        let record = json!({ "key": text, "body": json!({ "s": text }).to_string() });
        for table in [Table::Records, Table::Results] {
            let mut line = Vec::new();
            write_json(&mut line, table, record.as_object().expect("an object")).expect("written");
            let line = String::from_utf8(line).expect("UTF-8");
            assert!(!line.trim_end_matches('\n').contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
            let read: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(read["key"], text);
            assert_eq!(table == Table::Records, read["body"]["s"] == text);
        }
    }

    #[test]
    fn the_body_of_a_record_goes_out_as_json_with_its_digits() {
        let row = json!({ "collection": "datasets", "key": "a", "body": r#"{"n":1e400,"s":"x"}"#, "gone_at": null });
        let written = |table, row: &Value| {
            let mut line = Vec::new();
            write_json(&mut line, table, row.as_object().expect("an object")).expect("written");
            String::from_utf8(line).expect("UTF-8")
        };
        let line = r#"{"collection":"datasets","key":"a","body":{"n":1e400,"s":"x"},"gone_at":null}"#;
        assert_eq!(written(Table::Records, &row), format!("{line}\n"));
        let result = json!({ "body": "{}" });
        let spread = json!({ "body": "{\n\t}" });
        assert_eq!(written(Table::Records, &spread), "{\"body\":\"{\\n\\t}\"}\n");
        assert_eq!(written(Table::Results, &result), "{\"body\":\"{}\"}\n");
    }
}
