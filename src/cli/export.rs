//! `apicron export`.

use std::io::{self, BufWriter, Write};

use serde_json::{Map, Value};

use super::Context;
use super::args::{self, ExportFormat, Exported};
use super::error::CliError;
use super::exit::Exit;
use crate::store::Table;

/// Prints all rows of a view, as they come from the store.
pub(super) async fn export(context: &Context, args: &args::Export) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let Some(store) = context.read_store(&jobs).await? else {
        context.screen.note("nothing was ever stored");
        return Ok(Exit::Done);
    };
    let table = match args.what {
        Exported::Runs => Table::Runs,
        Exported::Results => Table::Results,
        Exported::Samples => Table::Samples,
    };
    let mut writer = BufWriter::new(io::stdout().lock());
    match args.format {
        ExportFormat::Ndjson => {
            store.export(table, |row| write_json(&mut writer, &row).map_err(CliError::Output)).await?;
        }
        ExportFormat::Csv => {
            let mut sheet = Sheet::new(&mut writer);
            store.export(table, |row| sheet.write(&row).map_err(CliError::Output)).await?;
            sheet.end()?;
        }
    }
    writer.flush()?;
    Ok(Exit::Done)
}

fn write_json(writer: &mut impl Write, row: &Map<String, Value>) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, row)?;
    writer.write_all(b"\n")
}

/// Rows under a line with the names of their columns.
struct Sheet<W: Write> {
    csv: csv::Writer<W>,
    rows: u64,
}

impl<W: Write> Sheet<W> {
    fn new(writer: W) -> Sheet<W> {
        Sheet { csv: csv::Writer::from_writer(writer), rows: 0 }
    }

    fn write(&mut self, row: &Map<String, Value>) -> io::Result<()> {
        if self.rows == 0 {
            self.csv.write_record(row.keys())?;
        }
        self.rows += 1;
        Ok(self.csv.write_record(row.values().map(field))?)
    }

    fn end(mut self) -> io::Result<()> {
        self.csv.flush()
    }
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

    fn sheet(rows: &[Value]) -> String {
        let mut text = Vec::new();
        let mut sheet = Sheet::new(&mut text);
        for row in rows {
            sheet.write(row.as_object().expect("an object")).expect("written");
        }
        sheet.end().expect("an end");
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn the_columns_are_named_once_and_fields_are_quoted_where_they_have_to_be() {
        let rows = [
            json!({ "id": 9_007_199_254_740_993_i64, "reason": "a, \"b\"\nc", "kind": null }),
            json!({ "id": 2, "reason": "plain", "kind": 0.5 }),
        ];
        let expected =
            "id,reason,kind\n9007199254740993,\"a, \"\"b\"\"\nc\",\nplain".replace("\nplain", "\n2,plain,0.5\n");
        assert_eq!(sheet(&rows), expected);
        assert_eq!(sheet(&[]), "");
    }
}
