//! `apicron export`.

use std::io::{self, BufWriter, Write};

use serde_json::{Map, Value};

use super::Context;
use super::args::{self, ExportFormat, Exported};
use super::error::CliError;
use super::exit::Exit;
use crate::store::{Store, Table};

/// Prints all rows of a view, as they come from the store.
pub(super) async fn export(context: &Context, args: &args::Export) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let table = match args.what {
        Exported::Runs => Table::Runs,
        Exported::Results => Table::Results,
        Exported::Samples => Table::Samples,
    };
    let store = context.read_store(&jobs).await?;
    if store.is_none() {
        context.screen.note("nothing was ever stored");
    }
    let mut writer = BufWriter::new(io::stdout().lock());
    match args.format {
        ExportFormat::Ndjson => {
            export_each(store, table, |row| write_json(&mut writer, row)).await?;
        }
        ExportFormat::Csv => {
            let mut csv = csv::Writer::from_writer(&mut writer);
            csv.write_record(table.columns()).map_err(io::Error::from)?;
            export_each(store, table, |row| Ok(csv.write_record(row.values().map(field))?)).await?;
            csv.flush()?;
        }
    }
    writer.flush()?;
    Ok(Exit::Done)
}

async fn export_each(
    store: Option<Store>,
    table: Table,
    mut write: impl FnMut(&Map<String, Value>) -> io::Result<()>,
) -> Result<(), CliError> {
    match store {
        Some(store) => store.export(table, |row| write(&row).map_err(CliError::Output)).await,
        None => Ok(()),
    }
}

fn write_json(writer: &mut impl Write, row: &Map<String, Value>) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, row)?;
    writer.write_all(b"\n")
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
}
