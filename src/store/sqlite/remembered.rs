//! What a run leaves for later ones: remembered values, and files that the API took.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::finish::Recorded;
use super::names::Names;
use super::values::{Millis, json};
use crate::run::RunId;

/// Writes what runs remember, in their order.
pub(super) async fn remember(connection: &mut SqliteConnection, recorded: &[Recorded<'_>]) -> Result<(), sqlx::Error> {
    let rows: Vec<StateRow> = recorded.iter().flat_map(StateRow::all).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into remembered (job_id, name, value, at, run_id)
         select value->>'job', value->>'name', value->>'value', value->>'at', value->>'run'
         from json_each($1) where true order by json_each.key
         on conflict (job_id, name) do update set
             value = excluded.value, at = excluded.at, run_id = excluded.run_id",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes which files runs have sent, in their order.
pub(super) async fn note_uploads(
    connection: &mut SqliteConnection,
    names: &mut Names,
    recorded: &[Recorded<'_>],
) -> Result<(), sqlx::Error> {
    let uploads = recorded.iter().flat_map(|recorded| &recorded.outcome.uploaded);
    names.learn_texts(&mut *connection, uploads.map(|upload| upload.call.as_str())).await?;
    let rows: Vec<UploadRow> = recorded.iter().flat_map(|recorded| UploadRow::all(recorded, names)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into uploads (job_id, call_id, file, sha256, at, run_id)
         select value->>'job', value->>'call', value->>'file', value->>'sha256', value->>'at', value->>'run'
         from json_each($1) where true order by json_each.key
         on conflict (job_id, call_id, file) do update set
             sha256 = excluded.sha256, at = excluded.at, run_id = excluded.run_id",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct StateRow<'a> {
    job: i64,
    name: &'a str,
    value: &'a str,
    at: Millis,
    run: RunId,
}

impl StateRow<'_> {
    fn all<'a>(recorded: &Recorded<'a>) -> impl Iterator<Item = StateRow<'a>> {
        let Recorded { job, outcome } = *recorded;
        let (at, run) = (Millis(outcome.finished_at), outcome.run);
        outcome.remembered.iter().map(move |value| StateRow { job, name: &value.name, value: &value.value, at, run })
    }
}

#[derive(Serialize)]
struct UploadRow<'a> {
    job: i64,
    call: Option<i64>,
    file: &'a str,
    sha256: &'a str,
    at: Millis,
    run: RunId,
}

impl UploadRow<'_> {
    fn all<'a>(recorded: &Recorded<'a>, names: &Names) -> Vec<UploadRow<'a>> {
        let Recorded { job, outcome } = *recorded;
        let (at, run) = (Millis(outcome.finished_at), outcome.run);
        let row = |upload: &'a crate::run::Uploaded| UploadRow {
            job,
            call: names.texts.number(&upload.call),
            file: &upload.file,
            sha256: &upload.sha256,
            at,
            run,
        };
        outcome.uploaded.iter().map(row).collect()
    }
}
