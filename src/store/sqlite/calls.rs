//! Calls that ended, with their attempts and results.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::names::Names;
use super::values::{Millis, json, whole};
use crate::run::{Attempt, CallRecord, CallState, Kind, RunId};

/// A call that ended, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Ended<'a> {
    /// Its job's number.
    pub(super) job: i64,
    pub(super) run: RunId,
    pub(super) call: &'a CallRecord,
}

/// Writes calls with all that is below them. Those that may not be sent twice have rows
/// since before they were sent.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    names: &mut Names,
    ended: &[Ended<'_>],
) -> Result<(), sqlx::Error> {
    let calls: Vec<(RunId, &CallRecord)> = ended.iter().map(|ended| (ended.run, ended.call)).collect();
    if calls.is_empty() {
        return Ok(());
    }
    names.learn_texts(&mut *connection, calls.iter().flat_map(|(_, call)| texts(call))).await?;
    write_calls(&mut *connection, names, &calls).await?;
    write_attempts(&mut *connection, &calls).await?;
    write_results(connection, names, &calls).await
}

fn texts(call: &CallRecord) -> impl Iterator<Item = &str> {
    let content_type = call.result.as_ref().and_then(|result| result.content_type.as_deref());
    [call.name.as_str(), call.url.as_str()].into_iter().chain(content_type)
}

async fn write_calls(
    connection: &mut SqliteConnection,
    names: &Names,
    calls: &[(RunId, &CallRecord)],
) -> Result<(), sqlx::Error> {
    let rows: Vec<CallRow> = calls.iter().map(|(run, call)| CallRow::of(*run, call, names)).collect();
    sqlx::query(
        "insert into calls (run_id, seq, name_id, element, method, url_id, state, kind, reason, status, attempts,
                            pages, items, bytes, idempotency_key, started_at, finished_at)
         select value->>'run', value->>'seq', value->>'name', value->>'element', value->>'method', value->>'url',
                value->>'state', value->>'kind', value->>'reason', value->>'status', value->>'attempts',
                value->>'pages', value->>'items', value->>'bytes', value->>'key', value->>'started_at',
                value->>'finished_at'
         from json_each($1) where true
         on conflict (run_id, seq) do update set
             url_id = excluded.url_id, state = excluded.state, kind = excluded.kind, reason = excluded.reason,
             status = excluded.status, attempts = excluded.attempts, pages = excluded.pages,
             items = excluded.items, bytes = excluded.bytes, idempotency_key = excluded.idempotency_key,
             started_at = excluded.started_at, finished_at = excluded.finished_at",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_attempts(connection: &mut SqliteConnection, calls: &[(RunId, &CallRecord)]) -> Result<(), sqlx::Error> {
    let rows: Vec<AttemptRow> = calls
        .iter()
        .flat_map(|(run, call)| call.attempts.iter().map(|attempt| AttemptRow::of(*run, call.seq, attempt)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into attempts (run_id, seq, n, page, started_at, duration_ms, status, kind, retry_after_ms,
                               token_generation)
         select value->>'run', value->>'seq', value->>'n', value->>'page', value->>'started_at',
                value->>'duration_ms', value->>'status', value->>'kind', value->>'retry_after_ms',
                value->>'generation'
         from json_each($1)",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_results(
    connection: &mut SqliteConnection,
    names: &Names,
    calls: &[(RunId, &CallRecord)],
) -> Result<(), sqlx::Error> {
    let rows: Vec<ResultRow> = calls.iter().filter_map(|(run, call)| ResultRow::of(*run, call, names)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into results (run_id, seq, content_type_id, body)
         select value->>'run', value->>'seq', value->>'content_type', value->>'body' from json_each($1)",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// A call as a statement takes it apart.
#[derive(Serialize)]
pub(super) struct CallRow<'a> {
    run: RunId,
    seq: u32,
    name: Option<i64>,
    element: Option<&'a str>,
    method: &'a str,
    url: Option<i64>,
    state: CallState,
    kind: Option<Kind>,
    reason: Option<&'a str>,
    status: Option<u16>,
    attempts: usize,
    pages: u32,
    items: i64,
    bytes: i64,
    key: Option<&'a str>,
    started_at: Millis,
    finished_at: Millis,
}

impl CallRow<'_> {
    pub(super) fn of<'a>(run: RunId, call: &'a CallRecord, names: &Names) -> CallRow<'a> {
        CallRow {
            run,
            seq: call.seq,
            name: names.texts.number(&call.name),
            element: call.element.as_deref(),
            method: &call.method,
            url: names.texts.number(&call.url),
            state: call.state,
            kind: call.kind,
            reason: call.reason.as_deref(),
            status: call.status,
            attempts: call.attempts.len(),
            pages: call.pages,
            items: whole(call.items),
            bytes: whole(call.bytes),
            key: call.idempotency_key.as_deref(),
            started_at: Millis(call.started_at),
            finished_at: Millis(call.finished_at),
        }
    }
}

#[derive(Serialize)]
struct AttemptRow {
    run: RunId,
    seq: u32,
    n: u32,
    page: u32,
    started_at: Millis,
    duration_ms: i64,
    status: Option<u16>,
    kind: Option<Kind>,
    retry_after_ms: Option<i64>,
    generation: Option<i64>,
}

impl AttemptRow {
    fn of(run: RunId, seq: u32, attempt: &Attempt) -> AttemptRow {
        AttemptRow {
            run,
            seq,
            n: attempt.n,
            page: attempt.page,
            started_at: Millis(attempt.started_at),
            duration_ms: whole(attempt.duration_ms),
            status: attempt.status,
            kind: attempt.kind,
            retry_after_ms: attempt.retry_after_ms.map(whole),
            generation: attempt.token_generation.map(whole),
        }
    }
}

#[derive(Serialize)]
struct ResultRow<'a> {
    run: RunId,
    seq: u32,
    content_type: Option<i64>,
    body: &'a str,
}

impl ResultRow<'_> {
    fn of<'a>(run: RunId, call: &'a CallRecord, names: &Names) -> Option<ResultRow<'a>> {
        let result = call.result.as_ref()?;
        let content_type = result.content_type.as_deref().and_then(|text| names.texts.number(text));
        Some(ResultRow { run, seq: call.seq, content_type, body: &result.text })
    }
}
