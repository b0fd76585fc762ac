//! Processes that leave, by themselves or by dying, and the runs that they leave behind.

use serde::Serialize;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row};

use super::Sqlite;
use super::counts::Counts;
use super::values::{json, millis};
use crate::clock::Time;
use crate::run::RunState;
use crate::store::StoreError;
use crate::store::process::{Life, Process};

/// Ends what processes left live, but for runs that wait for a person. The first condition is word
/// for word that of the index of live runs.
pub(super) const INTERRUPT: &str = "
    update runs set state = 'interrupted', kind = 'stopped', reason = gone.reason, finished_at = $2
    from (select value->>'process' as process, value->>'reason' as reason from json_each($1)) as gone
    where runs.state in ('waiting', 'held', 'running') and runs.state <> 'held' and runs.process_id = gone.process
    returning runs.job_id";

/// A process that is no more, and why its runs did not end.
#[derive(Serialize)]
struct Gone {
    process: i64,
    reason: String,
}

/// Ends the runs of dead processes of this host. A process that lives, or of which nothing is
/// known, is left alone; the caller is not registered yet, so it cannot sweep itself.
pub(super) async fn sweep(connection: &mut SqliteConnection, me: &Process, now: Time) -> Result<(), sqlx::Error> {
    let present: Vec<Present> =
        sqlx::query_as("select id, host, boot_id, pid, pid_started from processes where host = $1 and gone_at is null")
            .bind(&me.host)
            .fetch_all(&mut *connection)
            .await?;
    let dead: Vec<Gone> = present
        .into_iter()
        .filter(|present| me.life_of(&present.process) == Life::Dead)
        .map(|present| Gone { process: present.id, reason: format!("its process (pid {}) died", present.process.pid) })
        .collect();
    if dead.is_empty() { Ok(()) } else { take_leave(connection, &dead, now).await }
}

/// Marks a process gone that stops by itself.
pub(super) async fn leave(connection: &mut SqliteConnection, process: i64, now: Time) -> Result<(), sqlx::Error> {
    let reason = "its process stopped before it ended".to_owned();
    take_leave(connection, &[Gone { process, reason }], now).await
}

async fn take_leave(connection: &mut SqliteConnection, gone: &[Gone], now: Time) -> Result<(), sqlx::Error> {
    let gone = json(gone)?;
    let interrupted = sqlx::query(INTERRUPT).bind(&gone).bind(millis(now)).fetch_all(&mut *connection).await?;
    let mut counts = Counts::default();
    for run in interrupted {
        counts.add(run.try_get(0)?, now, RunState::Interrupted, 1);
    }
    counts.write(&mut *connection).await?;
    sqlx::query(
        "update processes set gone_at = $2
         where gone_at is null and id in (select value->>'process' from json_each($1))",
    )
    .bind(&gone)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

struct Present {
    id: i64,
    process: Process,
}

impl FromRow<'_, SqliteRow> for Present {
    fn from_row(row: &SqliteRow) -> Result<Present, sqlx::Error> {
        let process = Process {
            host: row.try_get("host")?,
            boot_id: row.try_get("boot_id")?,
            pid: row.try_get("pid")?,
            started: row.try_get("pid_started")?,
        };
        Ok(Present { id: row.try_get("id")?, process })
    }
}

impl Sqlite {
    /// As [`crate::store::Store::sweep`].
    pub(in crate::store) async fn sweep(&self) -> Result<u64, StoreError> {
        unimplemented!()
    }
}
