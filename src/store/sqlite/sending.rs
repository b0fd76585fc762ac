//! Calls that are about to be sent and may not be sent twice.

use std::collections::HashSet;

use sqlx::sqlite::SqliteConnection;

use super::calls::CallRow;
use super::conditions::lives_here;
use super::names::Names;
use super::values::json;
use crate::run::{CallRecord, RunId};
use crate::store::Finish;

/// For errors.
pub(super) const DOING: &str = "note a call that is about to be sent";

/// Rows of calls whose runs are still this process's.
pub(super) const SENDING: &str = concat!(
    "
    insert into calls (run_id, seq, name_id, element, method, url_id, state, attempts, pages, items, bytes,
                       idempotency_key, started_at)
    select value->>'run', value->>'seq', value->>'name', value->>'element', value->>'method', value->>'url',
           'sending', 0, 0, 0, 0, value->>'key', value->>'started_at'
    from json_each($1)
    cross join runs on runs.id = value->>'run' and ",
    lives_here!(),
    " where true
    on conflict (run_id, seq) do update set state = 'sending'
    returning run_id, seq"
);

/// Writes the rows of calls whose runs are still this process's. Answers in order.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    process: i64,
    names: &mut Names,
    calls: &[&(RunId, CallRecord)],
) -> Result<Vec<Finish>, sqlx::Error> {
    names
        .learn_texts(&mut *connection, calls.iter().flat_map(|(_, call)| [call.name.as_str(), call.url.as_str()]))
        .await?;
    let rows: Vec<CallRow> = calls.iter().map(|(run, call)| CallRow::of(*run, call, names)).collect();
    let written: Vec<(i64, i64)> =
        sqlx::query_as(SENDING).bind(json(&rows)?).bind(process).fetch_all(connection).await?;
    let written: HashSet<(i64, i64)> = written.into_iter().collect();
    let answer = |(run, call): &(RunId, CallRecord)| match written.contains(&(run.0, i64::from(call.seq))) {
        true => Finish::Recorded,
        false => Finish::Lost,
    };
    Ok(calls.iter().map(|call| answer(call)).collect())
}
