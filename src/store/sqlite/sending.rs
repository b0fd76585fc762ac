//! Calls that are about to be sent and may not be sent twice.

use sqlx::sqlite::SqliteConnection;

use super::names::Names;
use crate::run::{CallRecord, RunId};
use crate::store::Finish;

/// For errors.
pub(super) const DOING: &str = "note a call that is about to be sent";

/// Writes the rows of calls whose runs are still this process's. Answers in order.
pub(super) async fn write(
    _connection: &mut SqliteConnection,
    _process: i64,
    _names: &mut Names,
    _calls: &[&(RunId, CallRecord)],
) -> Result<Vec<Finish>, sqlx::Error> {
    unimplemented!()
}
