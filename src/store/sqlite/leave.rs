//! Processes that leave, by themselves or by dying, and the runs that they leave behind.

use serde::Serialize;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row};

use super::conditions::{may_be_repeated, may_not_be_made_twice};
use super::counts::Counts;
use super::errand::{At, Errand};
use super::values::{json, millis};
use super::{Sqlite, adopt, finish};
use crate::clock::Time;
use crate::run::RunState;
use crate::store::process::{Life, Process};
use crate::store::{StoreError, Swept};

/// Ends what processes left live, but for runs that wait for a person. The first condition is word
/// for word that of the index of live runs.
///
/// A run is owed a repeat where no call of it would be made twice and nobody wants it to end: one that
/// had begun, if its process died and it is not itself a repeat, or is one that got further with a list
/// than the run before it: then each crash leaves less to read. One that had not begun, whatever it is, if
/// its process died or was a server. (That a repeat began is on disk before its first call.)
pub(super) const INTERRUPT: &str = concat!(
    "
    update runs
    set state = 'interrupted', kind = 'stopped', finished_at = $2,
        reason = gone.reason || coalesce(
            (select '; its call `' || texts.name || iif(calls.state = 'sending', '` was under way', '` was made')
                    || ' and may not be made twice'
             from calls join texts on texts.id = calls.name_id
             where calls.run_id = runs.id and ",
    may_not_be_made_twice!(),
    " limit 1),
            iif(gone.died and runs.trigger = 'repeat' and runs.state = 'running'
                    and not exists (select 1 from listings where listings.moved_by = runs.id),
                '; it was a repeat itself, and is not repeated again', '')),
        repeat_owed = iif(
            iif(runs.state = 'waiting',
                gone.died or exists (select 1 from served where served.process_id = gone.process),
                gone.died and (runs.trigger <> 'repeat'
                               or exists (select 1 from listings where listings.moved_by = runs.id)))
            and ",
    may_be_repeated!(),
    ", 1, null)
    from (select value->>'process' as process, value->>'reason' as reason, value->>'died' as died
          from json_each($1)) as gone
    where runs.state in ('waiting', 'held', 'running') and runs.state <> 'held' and runs.process_id = gone.process
    returning runs.id, runs.job_id"
);

/// Calls of runs that were interrupted. Whether they took effect is not known.
const INTERRUPT_CALLS: &str = "
    update calls set state = 'interrupted', kind = 'stopped', finished_at = $2,
                     reason = 'it was under way, and whether it took effect is not known'
    where run_id in (select value from json_each($1)) and state = 'sending'";

/// A process that is no more, and why its runs did not end.
#[derive(Serialize)]
struct Gone {
    process: i64,
    reason: String,
    /// Whether it did not stop by itself.
    died: bool,
}

/// Ends the runs of dead processes, but never those of `myself`, and those that nobody took.
pub(super) async fn sweep(
    connection: &mut SqliteConnection,
    me: &Process,
    myself: Option<i64>,
    now: Time,
) -> Result<Swept, sqlx::Error> {
    adopt::give_up(&mut *connection, now).await?;
    let present = present(&mut *connection, myself).await?;
    let dead: Vec<Gone> = present.into_iter().filter(|present| present.is_dead(me, now)).map(Present::gone).collect();
    if dead.is_empty() { Ok(Swept::default()) } else { take_leave(connection, &dead, now).await }
}

/// The numbers of dead processes that nobody has swept yet, but never of `myself`.
pub(super) async fn dead(
    connection: &mut SqliteConnection,
    me: &Process,
    myself: Option<i64>,
    now: Time,
) -> Result<Vec<i64>, sqlx::Error> {
    let present = present(connection, myself).await?;
    Ok(present.into_iter().filter(|present| present.is_dead(me, now)).map(|present| present.id).collect())
}

/// Whether a process lives, for all that this one can tell.
pub(super) async fn lives(
    connection: &mut SqliteConnection,
    me: &Process,
    process: i64,
    now: Time,
) -> Result<bool, sqlx::Error> {
    let present = present(connection, None).await?;
    Ok(present.iter().any(|present| present.id == process && !present.is_dead(me, now)))
}

async fn present(connection: &mut SqliteConnection, myself: Option<i64>) -> Result<Vec<Present>, sqlx::Error> {
    sqlx::query_as(
        "select id, host, boot_id, pid, pid_started, lease_until from processes
         where gone_at is null and id is not $1",
    )
    .bind(myself)
    .fetch_all(connection)
    .await
}

/// Marks a process gone that stops by itself.
pub(super) async fn leave(connection: &mut SqliteConnection, process: i64, now: Time) -> Result<(), sqlx::Error> {
    let reason = "its process stopped before it ended".to_owned();
    take_leave(connection, &[Gone { process, reason, died: false }], now).await?;
    Ok(())
}

/// Marks all processes gone, in a copy of the store. Nothing is owed there.
pub(super) async fn all_leave(connection: &mut SqliteConnection, now: Time) -> Result<(), sqlx::Error> {
    for all in ["delete from served", "delete from senders"] {
        sqlx::query(all).execute(&mut *connection).await?;
    }
    let gone = |present: Present| Gone {
        reason: "it was under way when the backup was made".to_owned(),
        died: false,
        ..present.gone()
    };
    let present: Vec<Gone> = present(&mut *connection, None).await?.into_iter().map(gone).collect();
    take_leave(connection, &present, now).await?;
    Ok(())
}

async fn take_leave(connection: &mut SqliteConnection, gone: &[Gone], now: Time) -> Result<Swept, sqlx::Error> {
    let processes = count(gone.len());
    let gone = json(gone)?;
    let interrupted: Vec<(i64, i64)> =
        sqlx::query_as(INTERRUPT).bind(&gone).bind(millis(now)).fetch_all(&mut *connection).await?;
    let mut counts = Counts::default();
    for (_, job) in &interrupted {
        counts.add(*job, now, RunState::Interrupted, 1);
    }
    counts.write(&mut *connection).await?;
    let runs: Vec<i64> = interrupted.iter().map(|(run, _)| *run).collect();
    let ended = json(&runs)?;
    finish::forget_cancels(&mut *connection, &ended).await?;
    sqlx::query(INTERRUPT_CALLS).bind(ended).bind(millis(now)).execute(&mut *connection).await?;
    for statement in [
        "delete from served where process_id in (select value->>'process' from json_each($1))",
        "delete from senders where process_id in (select value->>'process' from json_each($1))",
        "update processes set gone_at = $2
         where gone_at is null and id in (select value->>'process' from json_each($1))",
    ] {
        sqlx::query(statement).bind(&gone).bind(millis(now)).execute(&mut *connection).await?;
    }
    Ok(Swept { processes, runs: count(runs.len()) })
}

fn count(length: usize) -> u64 {
    length.try_into().unwrap_or(u64::MAX)
}

struct Present {
    id: i64,
    process: Process,
    lease_until: Option<i64>,
}

impl Present {
    /// What is known of the process itself counts; its lease does where nothing is.
    fn is_dead(&self, me: &Process, now: Time) -> bool {
        match me.life_of(&self.process) {
            Life::Alive => false,
            Life::Dead => true,
            Life::Unknown => self.lease_until.is_none_or(|until| until < millis(now)),
        }
    }

    fn gone(self) -> Gone {
        let Process { host, pid, .. } = self.process;
        Gone { process: self.id, reason: format!("its process ({host}/{pid}) died"), died: true }
    }
}

impl FromRow<'_, SqliteRow> for Present {
    fn from_row(row: &SqliteRow) -> Result<Present, sqlx::Error> {
        let process = Process {
            host: row.try_get("host")?,
            boot_id: row.try_get("boot_id")?,
            pid: row.try_get("pid")?,
            started: row.try_get("pid_started")?,
        };
        Ok(Present { id: row.try_get("id")?, process, lease_until: row.try_get("lease_until")? })
    }
}

struct Sweep;

impl Errand for Sweep {
    type Answer = Swept;
    const DOING: &'static str = "end the runs of dead processes";

    async fn run(&mut self, at: At<'_>) -> Result<Swept, sqlx::Error> {
        sweep(at.connection, &Process::current(), Some(at.process), at.now).await
    }
}

impl Sqlite {
    /// As [`crate::store::Store::sweep`].
    pub(in crate::store) async fn sweep(&self) -> Result<Swept, StoreError> {
        self.writer(Sweep::DOING)?.run(Sweep).await
    }
}
