//! Deleting what is old, in steps that are short enough for claims to wait for.
//!
//! What is to go is looked for past the writer where that may take long: rows that are old once stay
//! old. A step is a write of its own, and others take their turn between two.

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::errand::{At, Errand};
use super::old::{
    ByKey, COUNTS, OLD_DIAGNOSES, OLD_INCIDENTS, OLD_MESSAGES, OLD_PROCESSES, OLD_RUNS, OLD_SILENCES, OLD_TOKEN_EVENTS,
    OLD_VERSIONS, RESULTS, RUNS_WITH_ALL, SAMPLES,
};
use super::values::{json, millis};
use crate::clock::Time;
use crate::store::{Horizons, StoreError};

/// Rows deleted in one step, of runs with all that is theirs.
const STEP: i64 = 500;

/// Pages given back to the disk in one step.
const PAGES: i64 = 2_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl Sqlite {
    /// As [`crate::store::Store::prune`].
    pub(in crate::store) async fn prune(&self, horizons: Horizons) -> Result<u64, StoreError> {
        let runs = self.prune_runs(horizons.runs).await?;
        let (runs_before, samples_before) = (millis(horizons.runs), millis(horizons.samples));
        let bound = self.first_claimed_since(horizons.results).await?;
        self.prune_by_key(RESULTS, millis(horizons.results), bound).await?;
        self.prune_by_key(SAMPLES, samples_before, i64::MAX).await?;
        self.prune_by_key(COUNTS, samples_before.div_euclid(DAY_MS), i64::MAX).await?;
        for old in [OLD_DIAGNOSES, OLD_INCIDENTS] {
            self.prune_by_time(old, millis(horizons.diagnoses)).await?;
        }
        for old in [OLD_TOKEN_EVENTS, OLD_VERSIONS, OLD_PROCESSES, OLD_MESSAGES] {
            self.prune_by_time(old, runs_before).await?;
        }
        self.prune_by_time(OLD_SILENCES, millis(self.clock.now())).await?;
        let writer = self.writer(Runs::DOING)?;
        while writer.run(Shrink).await? == Shrunk::More {}
        writer.run(Optimize).await?;
        Ok(runs)
    }

    async fn prune_runs(&self, ended_before: Time) -> Result<u64, StoreError> {
        let writer = self.writer(Runs::DOING)?;
        let up_to = self.first_claimed_since(ended_before).await?;
        let (mut pruned, mut after) = (0, 0);
        loop {
            let runs = writer.run(Runs { ended_before, up_to, after }).await?;
            let Some(&last) = runs.last() else { return Ok(pruned) };
            pruned += u64::try_from(runs.len()).unwrap_or(u64::MAX);
            after = last;
        }
    }

    async fn prune_by_key(&self, ByKey { find, delete }: ByKey, before: i64, bound: i64) -> Result<(), StoreError> {
        let writer = self.writer(Runs::DOING)?;
        let mut last = (i64::MIN, i64::MIN);
        loop {
            let find = sqlx::query_as(find).bind(before).bind(last.0).bind(last.1).bind(STEP).bind(bound);
            let keys: Vec<(i64, i64)> =
                find.fetch_all(&self.readers).await.map_err(|error| self.could_not(Runs::DOING, error))?;
            let Some(&found) = keys.last() else { return Ok(()) };
            writer.run(Keys { delete, keys }).await?;
            last = found;
        }
    }

    async fn prune_by_time(&self, delete: &'static str, before: i64) -> Result<(), StoreError> {
        let writer = self.writer(Runs::DOING)?;
        while writer.run(Old { delete, before }).await? > 0 {}
        Ok(())
    }

    /// The oldest run that was claimed at `time` or later, so that a step need not look at the runs
    /// that stay: runs are numbered as they are claimed, so none from here on can have ended before.
    /// Found by halves: a walk would pass millions of runs that stay. Where the clock was set back
    /// meanwhile, it may be an earlier one, and what is between goes a little later.
    async fn first_claimed_since(&self, time: Time) -> Result<i64, StoreError> {
        let search = async {
            let newest: Option<i64> = sqlx::query_scalar("select max(id) from runs").fetch_one(&self.readers).await?;
            let (mut low, mut high) = (1, newest.unwrap_or(0) + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                let found: Option<(i64, i64)> =
                    sqlx::query_as("select id, claimed_at from runs where id >= $1 order by id limit 1")
                        .bind(middle)
                        .fetch_optional(&self.readers)
                        .await?;
                match found {
                    Some((id, claimed_at)) if claimed_at < millis(time) => low = id + 1,
                    _ => high = middle,
                }
            }
            Ok(low)
        };
        search.await.map_err(|error: sqlx::Error| self.could_not(Runs::DOING, error))
    }
}

/// Runs that go with all that is theirs. Answers which.
struct Runs {
    ended_before: Time,
    /// No run from here on is looked at.
    up_to: i64,
    /// Runs up to here were looked at.
    after: i64,
}

impl Errand for Runs {
    type Answer = Vec<i64>;
    const DOING: &'static str = "prune what is old";

    async fn run(&mut self, at: At<'_>) -> Result<Vec<i64>, sqlx::Error> {
        let runs = self.find(&mut *at.connection).await?;
        if runs.is_empty() {
            return Ok(runs);
        }
        sqlx::query("update store set pruned_before = max(coalesce(pruned_before, $1), $1)")
            .bind(millis(self.ended_before))
            .execute(&mut *at.connection)
            .await?;
        let old = json(&runs)?;
        for delete in RUNS_WITH_ALL {
            sqlx::query(delete).bind(&old).execute(&mut *at.connection).await?;
        }
        Ok(runs)
    }
}

impl Runs {
    async fn find(&self, connection: &mut SqliteConnection) -> Result<Vec<i64>, sqlx::Error> {
        sqlx::query_scalar(OLD_RUNS)
            .bind(self.after)
            .bind(self.up_to)
            .bind(millis(self.ended_before))
            .bind(STEP)
            .fetch_all(connection)
            .await
    }
}

/// Rows of which the keys are known.
struct Keys {
    delete: &'static str,
    keys: Vec<(i64, i64)>,
}

impl Errand for Keys {
    type Answer = ();
    const DOING: &'static str = "prune old rows";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        sqlx::query(self.delete).bind(json(&self.keys)?).execute(at.connection).await?;
        Ok(())
    }
}

/// Rows that are found as they are deleted. Answers how many.
struct Old {
    delete: &'static str,
    before: i64,
}

impl Errand for Old {
    type Answer = u64;
    const DOING: &'static str = "prune old rows";

    async fn run(&mut self, at: At<'_>) -> Result<u64, sqlx::Error> {
        Ok(sqlx::query(self.delete).bind(self.before).bind(STEP).execute(at.connection).await?.rows_affected())
    }
}

/// Gives freed pages back to the disk.
struct Shrink;

/// Whether there are more.
#[derive(PartialEq, Eq)]
enum Shrunk {
    More,
    Done,
}

impl Errand for Shrink {
    type Answer = Shrunk;
    const DOING: &'static str = "give freed pages back to the disk";

    async fn run(&mut self, at: At<'_>) -> Result<Shrunk, sqlx::Error> {
        let before = free_pages(&mut *at.connection).await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("pragma incremental_vacuum({PAGES})")))
            .execute(&mut *at.connection)
            .await?;
        let after = free_pages(at.connection).await?;
        // A file that was not made by apicron may not shrink at all.
        Ok(if after > 0 && after < before { Shrunk::More } else { Shrunk::Done })
    }
}

async fn free_pages(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("pragma freelist_count").fetch_one(connection).await
}

/// Has SQLite look at how its tables have grown, to plan its queries by.
struct Optimize;

impl Errand for Optimize {
    type Answer = ();
    const DOING: &'static str = "tidy up the store";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        sqlx::query("pragma optimize").execute(at.connection).await?;
        Ok(())
    }
}
