//! Collections, and a view of each that has columns.

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::values::json;
use crate::run::Listing;

/// The number of a listing's collection, made where it is not there. Its view has the listing's columns.
pub(super) async fn collection(connection: &mut SqliteConnection, listing: &Listing) -> Result<i64, sqlx::Error> {
    let name = listing.collection.as_str();
    sqlx::query("insert into collections (name) values ($1) on conflict do nothing")
        .bind(name)
        .execute(&mut *connection)
        .await?;
    let (id, columns): (i64, String) = sqlx::query_as("select id, columns from collections where name = $1")
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
    let wanted = json(&listing.columns)?;
    // A change of the schema makes every connection prepare its statements anew.
    if columns != wanted {
        let view = quoted(&format!("v_records_{}", listing.collection));
        execute(&mut *connection, format!("drop view if exists {view}")).await?;
        if !listing.columns.is_empty() {
            execute(&mut *connection, definition(&view, id, &listing.columns)?).await?;
        }
        sqlx::query("update collections set columns = $2 where id = $1")
            .bind(id)
            .bind(wanted)
            .execute(connection)
            .await?;
    }
    Ok(id)
}

fn definition(view: &str, collection: i64, columns: &[String]) -> Result<String, sqlx::Error> {
    let columns = columns.iter().map(|column| {
        // In a path a name is as JSON has it.
        let path = format!("$.{}", json(column)?);
        Ok(format!("records.columns ->> {} as {}", text(&path), quoted(column)))
    });
    let columns = columns.collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(format!(
        "create view {view} as
         select records.key, {},
                {}, {}, {}, {}
         from records left join sightings on sightings.record_id = records.id
         where records.collection_id = {collection}",
        columns.join(", "),
        time("records.first_seen_at", "first_seen_at"),
        time("records.changed_at", "changed_at"),
        time("sightings.at", "last_seen_at"),
        time("records.gone_at", "gone_at"),
    ))
}

fn time(column: &str, name: &str) -> String {
    format!("strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1000.0, 'unixepoch') as {name}")
}

/// A name as SQL has it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL has it.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

async fn execute(connection: &mut SqliteConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(sql)).persistent(false).execute(connection).await?;
    Ok(())
}
