//! Runs that were handed over, and taking them.

use std::time::Duration;

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Sqlite;
use super::claim::occasion;
use super::counts::Counts;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::history::from_millis;
use super::values::millis;
use crate::clock::{Time, subtract};
use crate::run::{Run, RunId, RunState, Tick, Trigger};
use crate::store::{Adopted, Finish, StoreError};

/// How long a run that was handed over waits for a process.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Runs that were handed over and waited too long. Those that waited for a credential may wait on.
pub(super) const GIVE_UP: &str = "
    update runs set state = 'missed', reason = 'no process took it within a minute', finished_at = $2
    where process_id is null and state in ('waiting', 'held', 'running') and state = 'waiting' and claimed_at < $1
      and trigger not in ('schedule', 'catch_up')
    returning job_id";

/// Runs of jobs that this process serves in the form in which they were asked for; and ticks that waited for
/// a credential, in whatever form it serves them: it is not that form which somebody asked for.
pub(super) const ADOPT: &str = "
    update runs
    set process_id = $1,
        config_id = (select served.config_id from served
                     where served.process_id = $1 and served.job_id = runs.job_id)
    where process_id is null and state in ('waiting', 'held', 'running') and state = 'waiting'
      and exists (select 1 from served
                  where served.process_id = $1 and served.job_id = runs.job_id
                    and (served.config_id = runs.config_id or runs.trigger in ('schedule', 'catch_up')))
    returning id, (select name from jobs where jobs.id = job_id) as job, trigger, scheduled_for, claimed_at,
              first_manual, (select name from texts where texts.id = config_id) as config_hash";

/// Ends runs that nobody took.
pub(super) async fn give_up(connection: &mut SqliteConnection, now: Time) -> Result<(), sqlx::Error> {
    let late = millis(subtract(now, PATIENCE));
    let given_up = sqlx::query_scalar(GIVE_UP).bind(late).bind(millis(now)).fetch_all(&mut *connection).await?;
    let mut counts = Counts::default();
    for job in given_up {
        counts.add(job, now, RunState::Missed, 1);
    }
    counts.write(connection).await
}

struct Adopt;

impl Errand for Adopt {
    type Answer = Vec<Adopted>;
    const DOING: &'static str = "take runs that were handed over";

    async fn run(&mut self, at: At<'_>) -> Result<Vec<Adopted>, sqlx::Error> {
        give_up(&mut *at.connection, at.now).await?;
        let rows = sqlx::query(ADOPT).bind(at.process).fetch_all(at.connection).await?;
        let mut adopted = rows.iter().map(adopted).collect::<Result<Vec<_>, _>>()?;
        adopted.sort_by_key(|adopted| adopted.run.id);
        Ok(adopted)
    }
}

struct Take(RunId);

impl Errand for Take {
    type Answer = Finish;
    const DOING: &'static str = "take a run back";

    async fn run(&mut self, at: At<'_>) -> Result<Finish, sqlx::Error> {
        let taken =
            sqlx::query("update runs set process_id = $1 where id = $2 and process_id is null and state = 'waiting'")
                .bind(at.process)
                .bind(self.0.0)
                .execute(at.connection)
                .await?;
        Ok(if taken.rows_affected() == 1 { Finish::Recorded } else { Finish::Lost })
    }
}

impl Sqlite {
    /// As [`crate::store::Store::adopt`].
    pub(in crate::store) async fn adopt(&self) -> Result<Vec<Adopted>, StoreError> {
        self.writer(Adopt::DOING)?.run(Adopt).await
    }

    /// As [`crate::store::Store::take`].
    pub(in crate::store) async fn take(&self, run: RunId) -> Result<Finish, StoreError> {
        self.writer(Take::DOING)?.run(Take(run)).await
    }
}

fn adopted(row: &SqliteRow) -> Result<Adopted, sqlx::Error> {
    let fields = Fields(row);
    let (id, trigger) = (fields.run("id")?, fields.word("trigger", Trigger::from_word)?);
    let run = Run {
        id,
        tick: Tick { job: fields.name("job")?, scheduled_for: from_millis(row.try_get("scheduled_for")?)? },
        trigger,
        claimed_at: from_millis(row.try_get("claimed_at")?)?,
        occasion: occasion(trigger, id, fields.optional_run("first_manual")?),
    };
    Ok(Adopted { run, config_hash: row.try_get("config_hash")? })
}
