//! Deleting what is old, in steps that are short enough for claims to wait for.

use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::Sqlite;
use super::errand::{At, Errand};
use super::trouble::Trouble;
use super::values::{json, millis};
use crate::clock::Time;
use crate::store::{Horizons, StoreError};

/// Runs, token events and processes deleted in one step, each.
const STEP: i64 = 500;

/// Runs that nothing needs any more: see [`crate::store::Store::prune`] for those that stay.
pub(super) const OLD_RUNS: &str = "
    select old.id from runs as old
    where old.id > $1 and old.id < $2 and old.finished_at < $3
      and exists (select 1 from runs as newer where newer.job_id = old.job_id and newer.id > old.id)
      and (old.trigger not in ('schedule', 'catch_up')
           or exists (select 1 from runs as newer
                      where newer.job_id = old.job_id and newer.scheduled_for > old.scheduled_for
                        and newer.trigger in ('schedule', 'catch_up')))
    order by old.id limit $4";

/// One step of pruning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    ended_before: Time,
    /// Runs are numbered as they are claimed, so none from here on can have ended before.
    up_to: i64,
    /// Runs up to here were looked at.
    after: i64,
}

/// What a step did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pruned {
    /// How many runs went.
    pub(super) runs: u64,
    /// The next step; `None` when nothing is left to do.
    pub(super) next: Option<Step>,
}

impl Step {
    /// The first step.
    pub(super) fn first(ended_before: Time, up_to: i64) -> Step {
        Step { ended_before, up_to, after: 0 }
    }
}

/// The oldest run that was claimed at `time` or later, so that the steps need not look at the
/// runs that stay.
pub(super) async fn first_claimed_since(readers: &SqlitePool, time: Time) -> Result<i64, sqlx::Error> {
    let first: Option<i64> =
        sqlx::query_scalar("select id from runs where id > 0 and claimed_at >= $1 order by id limit 1")
            .bind(millis(time))
            .fetch_optional(readers)
            .await?;
    Ok(first.unwrap_or(i64::MAX))
}

/// Takes one step.
pub(super) async fn prune(connection: &mut SqliteConnection, step: Step) -> Result<Pruned, sqlx::Error> {
    let runs = old_runs(&mut *connection, step).await?;
    let old = json(&runs)?;
    for delete in [
        "delete from attempts where run_id in (select value from json_each($1))",
        "delete from results where run_id in (select value from json_each($1))",
        "delete from calls where run_id in (select value from json_each($1))",
        "delete from runs where id in (select value from json_each($1))",
    ] {
        sqlx::query(delete).bind(&old).execute(&mut *connection).await?;
    }
    let others = prune_others(&mut *connection, step.ended_before).await?;
    // Gives the freed pages back to the disk, no more at a time than a step may have freed.
    sqlx::query("pragma incremental_vacuum(2000)").execute(connection).await?;
    let next = match runs.last() {
        Some(&after) => Some(Step { after, ..step }),
        None if others > 0 => Some(Step { after: step.up_to, ..step }),
        None => None,
    };
    Ok(Pruned { runs: runs.len().try_into().unwrap_or(u64::MAX), next })
}

async fn old_runs(connection: &mut SqliteConnection, step: Step) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(OLD_RUNS)
        .bind(step.after)
        .bind(step.up_to)
        .bind(millis(step.ended_before))
        .bind(STEP)
        .fetch_all(connection)
        .await
}

async fn prune_others(connection: &mut SqliteConnection, before: Time) -> Result<u64, sqlx::Error> {
    let mut deleted = 0;
    for delete in [
        "delete from token_events where id in (select id from token_events where at < $1 order by at limit $2)",
        "delete from processes where id in (select id from processes where gone_at < $1 limit $2)",
    ] {
        deleted += sqlx::query(delete).bind(millis(before)).bind(STEP).execute(&mut *connection).await?.rows_affected();
    }
    Ok(deleted)
}

impl Sqlite {
    /// As [`crate::store::Store::prune`].
    pub(in crate::store) async fn prune(&self, horizons: Horizons) -> Result<u64, StoreError> {
        let writer = self.writer(Step::DOING)?;
        let up_to = first_claimed_since(&self.readers, horizons.runs)
            .await
            .map_err(|error| Trouble::from(error).while_doing(Step::DOING, &self.path))?;
        let (mut runs, mut step) = (0, Step::first(horizons.runs, up_to));
        loop {
            let pruned = writer.run(step).await?;
            runs += pruned.runs;
            match pruned.next {
                Some(next) => step = next,
                None => return Ok(runs),
            }
        }
    }
}

impl Errand for Step {
    type Answer = Pruned;
    const DOING: &'static str = "prune runs";

    async fn run(&mut self, at: At<'_>) -> Result<Pruned, sqlx::Error> {
        prune(at.connection, *self).await
    }
}
