//! Deleting what is old, in steps that are short enough for claims to wait for.
//!
//! What is to go is looked for past the writer where that may take long: rows that are old once stay
//! old. A step is a write of its own, and others take their turn between two.

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::errand::{At, Errand};
use super::values::{json, millis};
use crate::clock::Time;
use crate::store::{Horizons, StoreError};

/// Rows deleted in one step, of runs with all that is theirs.
const STEP: i64 = 500;

/// Pages given back to the disk in one step.
const PAGES: i64 = 2_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

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

/// Rows found by a key of two numbers, a page after another, and how to delete them by it.
#[derive(Clone, Copy)]
struct ByKey {
    /// From `$1` on rows stay; they come after the key of `$2` and `$3`, `$4` at most.
    find: &'static str,
    delete: &'static str,
}

/// Results of runs that ended before. `cross` keeps SQLite from beginning with the runs.
pub(super) const OLD_RESULTS: &str = "
    select results.run_id, results.seq from results
    cross join runs as old on old.id = results.run_id and old.finished_at < $1
    where (results.run_id, results.seq) > ($2, $3) and results.run_id < $5
    order by results.run_id, results.seq limit $4";

/// Samples but for the newest of each series.
pub(super) const OLD_SAMPLES: &str = "
    select samples.series_id, samples.at from series
    cross join samples on samples.series_id = series.id and samples.at < $1
        and samples.at < (select max(newest.at) from samples as newest where newest.series_id = series.id)
    where series.id >= $2 and (series.id > $2 or samples.at > $3)
    order by series.id, samples.at limit $4";

/// Days of jobs that were counted.
pub(super) const OLD_COUNTS: &str = "
    select distinct run_counts.job_id, run_counts.day from jobs
    cross join run_counts on run_counts.job_id = jobs.id and run_counts.day < $1
    where jobs.id >= $2 and (jobs.id > $2 or run_counts.day > $3)
    order by jobs.id, run_counts.day limit $4";

const RESULTS: ByKey = ByKey {
    find: OLD_RESULTS,
    delete: "delete from results where (run_id, seq) in (select value->>0, value->>1 from json_each($1))",
};
const SAMPLES: ByKey = ByKey {
    find: OLD_SAMPLES,
    delete: "delete from samples where (series_id, at) in (select value->>0, value->>1 from json_each($1))",
};
const COUNTS: ByKey = ByKey {
    find: OLD_COUNTS,
    delete: "delete from run_counts where (job_id, day) in (select value->>0, value->>1 from json_each($1))",
};

/// Rows whose time came before `$1`, `$2` at most. What is still refused stays, with its diagnosis; and so
/// does what a row waited for that nobody has taken.
pub(super) const OLD_DIAGNOSES: &str = "
    delete from diagnoses where id in (
        select old.id from diagnoses as old
        where old.at < $1
          and not exists (select 1 from incidents
                          where incidents.closed_at is null and incidents.diagnosis_id = old.id)
        order by old.at limit $2)";
pub(super) const OLD_INCIDENTS: &str = "
    delete from incidents where id in (
        select incidents.id from incidents
        where incidents.closed_at < $1
          and not exists (select 1 from runs
                          where runs.incident_id = incidents.id and runs.state in ('waiting', 'held', 'running'))
        order by incidents.closed_at limit $2)";
pub(super) const OLD_TOKEN_EVENTS: &str =
    "delete from token_events where id in (select id from token_events where at < $1 order by at limit $2)";
pub(super) const OLD_VERSIONS: &str = "
    delete from job_versions where rowid in (
        select version.rowid from jobs
        cross join job_versions as version on version.job_id = jobs.id and version.valid_to < $1
        limit $2)";
const OLD_PROCESSES: &str = "
    delete from processes where id in (
        select id from processes
        where gone_at < $1 and not exists (select 1 from served where served.process_id = processes.id)
        limit $2)";

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
        for old in [OLD_TOKEN_EVENTS, OLD_VERSIONS, OLD_PROCESSES] {
            self.prune_by_time(old, runs_before).await?;
        }
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
        for delete in [
            "delete from attempts where run_id in (select value from json_each($1))",
            "delete from results where run_id in (select value from json_each($1))",
            "delete from calls where run_id in (select value from json_each($1))",
            "delete from progress where listing_id in (
                select listings.id from json_each($1) cross join listings on listings.run_id = json_each.value)",
            "delete from listings where run_id in (select value from json_each($1))",
            "delete from runs where id in (select value from json_each($1))",
        ] {
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
