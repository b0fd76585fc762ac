//! What others want of this process.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::adopt::PATIENCE;
use super::conditions::living_is_at_work;
use super::counts::Counts;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::trouble::Trouble;
use super::values::millis;
use crate::clock::{Time, subtract};
use crate::run::{Name, RunId, RunState};
use crate::store::{Cancel, Orders, StoreError};

/// Whether a run waits that this process may take, or that waits too long.
pub(super) const HANDED_OVER: &str = "
    select exists (
        select 1 from runs
        where process_id is null and state in ('waiting', 'held', 'running') and state = 'waiting'
          and (claimed_at < $2 and trigger not in ('schedule', 'catch_up')
               or exists (select 1 from served
                          where served.process_id = $1 and served.job_id = runs.job_id
                            and (served.config_id = runs.config_id or trigger in ('schedule', 'catch_up')))))";

/// Whether the store knows what a process serves.
const IS_SERVING: &str = "select exists (select 1 from served where process_id = $1)";

/// The runs of a process that live.
pub(super) const LIVING: &str =
    "select id from runs where process_id = $1 and state in ('waiting', 'held', 'running') and state <> 'held'";

/// The runs of a process that are to end.
pub(super) const CANCELS: &str = "
    select cancels.run_id from cancels cross join runs on runs.id = cancels.run_id where runs.process_id = $1";

/// Whether an earlier run of a job is at work.
pub(super) const LIVES_BEFORE: &str = concat!(
    "
    select exists (
        select 1 from runs as living
        where living.job_id = (select jobs.id from jobs where jobs.name = $1) and living.id < $2
          and ",
    living_is_at_work!(),
    ")"
);

/// Ends a run that is nobody's. Ticks that wait for a credential in a row are skipped: none of them began.
const END: &str = "
    update runs
    set state = iif(ticks > 1, 'skipped', 'interrupted'), kind = iif(ticks > 1, null, 'stopped'), finished_at = $2,
        reason = case
            when ticks > 1 then 'cancelled while it waited for its credential'
            when state = 'held' then 'it was cancelled while it waited'
            else 'it was cancelled before it began'
        end
    where id = $1 and state in ('waiting', 'held') and process_id is null
    returning job_id, ticks, state";

/// Ends a run that has become nobody's while somebody wanted it to end.
pub(super) async fn end_if_asked(connection: &mut SqliteConnection, run: RunId, now: Time) -> Result<(), sqlx::Error> {
    let asked = sqlx::query("delete from cancels where run_id = $1").bind(run.0).execute(&mut *connection).await?;
    if asked.rows_affected() > 0 { end(connection, run, now).await } else { Ok(()) }
}

async fn end(connection: &mut SqliteConnection, run: RunId, now: Time) -> Result<(), sqlx::Error> {
    let ended = sqlx::query(END).bind(run.0).bind(millis(now)).fetch_optional(&mut *connection).await?;
    let Some(ended) = ended else { return Ok(()) };
    let ended = Fields(&ended);
    let mut counts = Counts::default();
    counts.add(ended.whole("job_id")?, now, ended.word("state", RunState::from_word)?, ended.whole("ticks")?);
    counts.write(connection).await
}

struct AskToEnd(RunId);

impl Errand for AskToEnd {
    type Answer = Cancel;
    const DOING: &'static str = "cancel a run";

    async fn run(&mut self, at: At<'_>) -> Result<Cancel, sqlx::Error> {
        let run = self.0.0;
        let found: Option<(String, Option<i64>)> = sqlx::query_as("select state, process_id from runs where id = $1")
            .bind(run)
            .fetch_optional(&mut *at.connection)
            .await?;
        let Some((state, process)) = found else { return Ok(Cancel::Unknown) };
        match RunState::from_word(&state) {
            Some(state) if !state.is_live() => return Ok(Cancel::Ended(state)),
            _ => {}
        }
        if process.is_some() {
            sqlx::query("insert into cancels (run_id, asked_at) values ($1, $2) on conflict do nothing")
                .bind(run)
                .bind(millis(at.now))
                .execute(at.connection)
                .await?;
            return Ok(Cancel::Asked);
        }
        end(at.connection, self.0, at.now).await?;
        Ok(Cancel::Done)
    }
}

impl Sqlite {
    /// As [`crate::store::Store::orders`].
    pub(in crate::store) async fn orders(&self) -> Result<Orders, StoreError> {
        let doing = "look for what others want of this process";
        let me = self.process(doing)?;
        let read = async {
            let late = millis(subtract(self.clock.now(), PATIENCE));
            // On one connection: whoever waits for four others has to be answered all the same.
            let mut reader = self.readers.acquire().await?;
            let handed_over = sqlx::query_scalar(HANDED_OVER).bind(me).bind(late).fetch_one(&mut *reader).await?;
            let cancels: Vec<i64> = sqlx::query_scalar(CANCELS).bind(me).fetch_all(&mut *reader).await?;
            let living: Vec<i64> = sqlx::query_scalar(LIVING).bind(me).fetch_all(&mut *reader).await?;
            let living: BTreeSet<RunId> = living.into_iter().map(RunId).collect();
            let is_serving = sqlx::query_scalar(IS_SERVING).bind(me).fetch_one(&mut *reader).await?;
            Ok(Orders { handed_over, is_serving, cancels: cancels.into_iter().map(RunId).collect(), living })
        };
        read.await.map_err(|error: sqlx::Error| Trouble::from(error).while_doing(doing, &self.path))
    }

    /// As [`crate::store::Store::lives_before`].
    pub(in crate::store) async fn lives_before(&self, job: &Name, run: RunId) -> Result<bool, StoreError> {
        let lives = sqlx::query_scalar(LIVES_BEFORE).bind(job.as_str()).bind(run.0).fetch_one(&self.readers).await;
        lives.map_err(|error| self.could_not("look whether an earlier run lives", error))
    }

    /// As [`crate::store::Store::cancel`].
    pub(in crate::store) async fn cancel(&self, run: RunId) -> Result<Cancel, StoreError> {
        self.writer(AskToEnd::DOING)?.run(AskToEnd(run)).await
    }
}
