//! What others want of this process.

use std::collections::BTreeSet;

use super::Sqlite;
use super::adopt::PATIENCE;
use super::counts::Counts;
use super::errand::{At, Errand};
use super::trouble::Trouble;
use super::values::millis;
use crate::clock::subtract;
use crate::run::{Name, RunId, RunState};
use crate::store::{Cancel, Orders, StoreError};

/// Whether a run waits that this process may take, or that waits too long.
pub(super) const HANDED_OVER: &str = "
    select exists (
        select 1 from runs
        where process_id is null and state in ('waiting', 'held', 'running') and state = 'waiting'
          and (claimed_at < $2
               or exists (select 1 from served
                          where served.process_id = $1 and served.job_id = runs.job_id
                            and served.config_id = runs.config_id)))";

/// Whether the store knows what a process serves.
const IS_SERVING: &str = "select exists (select 1 from served where process_id = $1)";

/// The runs of a process that live.
pub(super) const LIVING: &str =
    "select id from runs where process_id = $1 and state in ('waiting', 'held', 'running') and state <> 'held'";

/// The runs of a process that are to end.
pub(super) const CANCELS: &str = "
    select cancels.run_id from cancels cross join runs on runs.id = cancels.run_id where runs.process_id = $1";

/// Whether an earlier run of a job lives.
pub(super) const LIVES_BEFORE: &str = "
    select exists (
        select 1 from runs
        where job_id = (select jobs.id from jobs where jobs.name = $1) and id < $2
          and state in ('waiting', 'held', 'running'))";

struct AskToEnd(RunId);

impl Errand for AskToEnd {
    type Answer = Cancel;
    const DOING: &'static str = "cancel a run";

    async fn run(&mut self, at: At<'_>) -> Result<Cancel, sqlx::Error> {
        let run = self.0.0;
        let found: Option<(String, Option<i64>, i64)> =
            sqlx::query_as("select state, process_id, job_id from runs where id = $1")
                .bind(run)
                .fetch_optional(&mut *at.connection)
                .await?;
        let Some((state, process, job)) = found else { return Ok(Cancel::Unknown) };
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
        sqlx::query(
            "update runs set state = 'interrupted', kind = 'stopped', reason = 'it was cancelled before it began',
                             finished_at = $2
             where id = $1",
        )
        .bind(run)
        .bind(millis(at.now))
        .execute(&mut *at.connection)
        .await?;
        let mut counts = Counts::default();
        counts.add(job, at.now, RunState::Interrupted, 1);
        counts.write(at.connection).await?;
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
