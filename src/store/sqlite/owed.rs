//! Repeats that a crash owes.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Sqlite;
use super::claim::Row;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::history::from_millis;
use super::values::json;
use crate::run::{RunId, Tick};
use crate::store::{Owed, StoreError};

const LIST: &str = "
    select runs.id, jobs.name as job, runs.scheduled_for, texts.name as config_hash
    from runs join jobs on jobs.id = runs.job_id join texts on texts.id = runs.config_id
    where runs.repeat_owed = 1
    order by runs.id";

const NEWEST_REPEAT: &str = "
    with recursive chain (id) as (
        select id from runs where id = $1
        union
        select runs.id from runs join chain on runs.repeats = chain.id
    )
    select max(id) from chain";

/// Takes from runs what their repeats, which now have rows, were owed.
pub(super) async fn settle(connection: &mut SqliteConnection, rows: &[Row<'_>]) -> Result<(), sqlx::Error> {
    let repeated: Vec<RunId> = rows.iter().filter_map(|row| row.repeats).collect();
    if repeated.is_empty() { Ok(()) } else { forgive(connection, &repeated).await }
}

async fn forgive(connection: &mut SqliteConnection, runs: &[RunId]) -> Result<(), sqlx::Error> {
    sqlx::query("update runs set repeat_owed = null where id in (select value from json_each($1))")
        .bind(json(runs)?)
        .execute(connection)
        .await?;
    Ok(())
}

struct Forgive(Vec<RunId>);

impl Errand for Forgive {
    type Answer = ();
    const DOING: &'static str = "note that runs are not repeated";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        forgive(at.connection, &self.0).await
    }
}

impl Sqlite {
    /// As [`crate::store::Store::owed`].
    pub(in crate::store) async fn owed(&self) -> Result<Vec<Owed>, StoreError> {
        let read = async {
            let rows = sqlx::query(LIST).fetch_all(&self.readers).await?;
            rows.iter().map(read).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which runs are to be repeated", error))
    }

    /// As [`crate::store::Store::newest_repeat`].
    pub(in crate::store) async fn newest_repeat(&self, run: RunId) -> Result<Option<RunId>, StoreError> {
        let newest: Result<Option<i64>, _> =
            sqlx::query_scalar(NEWEST_REPEAT).bind(run.0).fetch_one(&self.readers).await;
        let newest = newest.map_err(|error| self.could_not("look for the repeats of a run", error))?;
        Ok(newest.map(RunId))
    }

    /// As [`crate::store::Store::forgive`].
    pub(in crate::store) async fn forgive(&self, runs: Vec<RunId>) -> Result<(), StoreError> {
        self.writer(Forgive::DOING)?.run(Forgive(runs)).await
    }
}

fn read(row: &SqliteRow) -> Result<Owed, sqlx::Error> {
    let tick = Tick { job: Fields(row).name("job")?, scheduled_for: from_millis(row.try_get("scheduled_for")?)? };
    Ok(Owed { run: Fields(row).run("id")?, tick, config_hash: row.try_get("config_hash")? })
}
