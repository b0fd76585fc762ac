//! Views as streams of rows: a page by its key after another, so that no history is too long, and
//! whoever takes the rows slowly holds up nobody.

use serde_json::{Map, Value};
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::Sqlite;
use crate::run::{Name, Number};
use crate::store::{StoreError, Table};

/// Rows after the key of `$1` and `$2`, `$3` at most. The first two columns are the key, the others
/// those of the view.
pub(super) const RUNS: &str = "
    select v_runs.id as key_1, $2 as key_2, v_runs.* from v_runs where v_runs.id > $1 order by v_runs.id limit $3";

pub(super) const RESULTS: &str = "
    select v_results.run_id as key_1, v_results.seq as key_2, v_results.* from v_results
    where (v_results.run_id, v_results.seq) > ($1, $2) order by v_results.run_id, v_results.seq limit $3";

/// The view has no number of the series, so its columns stand here once more.
pub(super) const SAMPLES: &str = "
    select samples.series_id as key_1, samples.at as key_2,
           metrics.name as metric, series.label,
           strftime('%Y-%m-%dT%H:%M:%fZ', samples.at / 1000.0, 'unixepoch') as at, samples.value, samples.limit_value,
           strftime('%Y-%m-%dT%H:%M:%fZ', samples.period_start / 1000.0, 'unixepoch') as period_start,
           strftime('%Y-%m-%dT%H:%M:%fZ', samples.period_end / 1000.0, 'unixepoch') as period_end, samples.run_id
    from samples
    cross join series on series.id = samples.series_id
    cross join metrics on metrics.id = series.metric_id
    where (samples.series_id, samples.at) > ($1, $2)
    order by samples.series_id, samples.at limit $3";

/// The number of the collection, and a text. The view has no number, so its columns stand here once more.
macro_rules! record_columns {
    () => {
        "records.collection_id as key_1, records.key as key_2,
         collections.name as collection, records.key, records.body,
         strftime('%Y-%m-%dT%H:%M:%fZ', records.first_seen_at / 1000.0, 'unixepoch') as first_seen_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', records.changed_at / 1000.0, 'unixepoch') as changed_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', sightings.at / 1000.0, 'unixepoch') as last_seen_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', records.gone_at / 1000.0, 'unixepoch') as gone_at, records.run_id"
    };
}

pub(super) const RECORDS: &str = concat!(
    "select ",
    record_columns!(),
    " from records
    cross join collections on collections.id = records.collection_id
    left join sightings on sightings.record_id = records.id
    where (records.collection_id, records.key) > ($1, $2)
    order by records.collection_id, records.key limit $3"
);

/// Of the collection `$4` alone, so that `$1` says nothing.
pub(super) const RECORDS_OF: &str = concat!(
    "select ",
    record_columns!(),
    " from collections
    cross join records on records.collection_id = collections.id and records.key > $2
    left join sightings on sightings.record_id = records.id
    where collections.name = $4
    order by records.key limit $3"
);

/// Which rows, a page of them at most, and after which key the first one begins.
struct Pages<'a> {
    query: &'static str,
    rows: i64,
    collection: Option<&'a Name>,
    after: (i64, Second),
}

/// The second half of a key.
enum Second {
    Number(i64),
    Text(String),
}

impl Sqlite {
    /// As [`crate::store::Store::export`].
    pub(in crate::store) async fn export<E: From<StoreError>>(
        &self,
        table: Table,
        each: impl FnMut(Map<String, Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (query, rows) = page_of(table);
        let after = (i64::MIN, Second::Number(i64::MIN));
        self.export_pages(Pages { query, rows, collection: None, after }, each).await
    }

    /// As [`crate::store::Store::export_collection`].
    pub(in crate::store) async fn export_collection<E: From<StoreError>>(
        &self,
        collection: &Name,
        each: impl FnMut(Map<String, Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (_, rows) = page_of(Table::Records);
        let after = (i64::MIN, Second::Text(String::new()));
        self.export_pages(Pages { query: RECORDS_OF, rows, collection: Some(collection), after }, each).await
    }

    async fn export_pages<E: From<StoreError>>(
        &self,
        mut pages: Pages<'_>,
        mut each: impl FnMut(Map<String, Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| self.could_not("export rows", error);
        loop {
            let page = sqlx::query(pages.query).bind(pages.after.0);
            let page = match &pages.after.1 {
                Second::Number(number) => page.bind(*number),
                Second::Text(text) => page.bind(text.clone()),
            };
            let mut page = page.bind(pages.rows);
            if let Some(collection) = pages.collection {
                page = page.bind(collection.as_str());
            }
            let page = page.fetch_all(&self.readers).await.map_err(failed)?;
            for row in &page {
                pages.after = key(row).map_err(failed)?;
                each(object(row).map_err(failed)?)?;
            }
            if page.is_empty() {
                return Ok(());
            }
        }
    }
}

/// How to read a page, and of how many rows. A result may be large, and so may a record.
fn page_of(table: Table) -> (&'static str, i64) {
    match table {
        Table::Runs => (RUNS, 1_000),
        Table::Results => (RESULTS, 50),
        Table::Samples => (SAMPLES, 1_000),
        Table::Records => (RECORDS, 200),
    }
}

fn key(row: &SqliteRow) -> Result<(i64, Second), sqlx::Error> {
    let is_text = row.try_get_raw(1)?.type_info().name() == "TEXT";
    let second = if is_text { Second::Text(row.try_get(1)?) } else { Second::Number(row.try_get(1)?) };
    Ok((row.try_get(0)?, second))
}

fn object(row: &SqliteRow) -> Result<Map<String, Value>, sqlx::Error> {
    let columns = row.columns().iter().skip(2);
    columns.map(|column| Ok((column.name().to_owned(), value(row, column.ordinal())?))).collect()
}

fn value(row: &SqliteRow, column: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    Ok(match raw.type_info().name() {
        "TEXT" => Value::String(row.try_get(column)?),
        "REAL" => serde_json::json!(Number::Real(row.try_get(column)?)),
        _ => serde_json::json!(Number::Whole(row.try_get(column)?)),
    })
}
