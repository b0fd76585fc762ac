//! Lists of runs, and where each job stands.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::{Sqlite as Driver, SqlitePool, SqliteRow};
use sqlx::{FromRow, QueryBuilder, Row};

use super::Sqlite;
use super::fields::Fields;
use super::trouble::Trouble;
use super::values::{json, millis};
use crate::clock::Time;
use crate::run::{Kind, Name, RunId, RunState, Trigger};
use crate::store::rows::{RunRow, iso};
use crate::store::{JobOverview, RunsWanted, StoreError};

/// The newest run of each job.
pub(super) const LAST_RUNS: &str = "
    select v_runs.* from jobs
    join v_runs on v_runs.id = (select max(runs.id) from runs where runs.job_id = jobs.id)";

/// Runs by their numbers.
pub(super) const AMONG: &str = "select * from v_runs where id in (select value from json_each($1)) order by id";

/// The newest value of each series that is not built in. Of a job's, the one of its newest run
/// counts, so that a metric that is no longer taken gives way, and of those the first. (`cross` keeps
/// SQLite from beginning with the samples, which are most.)
pub(super) const METRICS: &str = "
    select jobs.name as job, metrics.name as metric, series.label, samples.value
    from jobs
    cross join metrics on metrics.job_id = jobs.id
        and substr(metrics.name, length(jobs.name) + 2) not in ('up', 'duration_ms', 'lateness_ms')
    cross join series on series.metric_id = metrics.id
    cross join samples on samples.series_id = series.id
        and samples.at = (select max(newest.at) from samples as newest where newest.series_id = series.id)
    order by samples.run_id, series.id desc";

/// The newest tick of each job that a row covers, by itself or in a stretch.
pub(super) const LAST_COVERED: &str = "
    with last as materialized (
        select jobs.name as job,
               (select max(runs.scheduled_for) from runs
                where runs.job_id = jobs.id and runs.trigger in ('schedule', 'catch_up')) as tick,
               (select max(runs.through) from runs
                where runs.job_id = jobs.id and runs.through is not null
                  and runs.trigger in ('schedule', 'catch_up')) as through
        from jobs
    )
    select job, max(tick, coalesce(through, tick)) as last from last where tick is not null";

impl Sqlite {
    /// As [`crate::store::Store::runs`].
    pub(in crate::store) async fn runs(&self, wanted: &RunsWanted) -> Result<Vec<RunRow>, StoreError> {
        let read = async {
            let after = match wanted.since {
                Some(since) => last_claimed_before(&self.readers, since).await?,
                None => 0,
            };
            list(wanted, after).build_query_as().fetch_all(&self.readers).await
        };
        read.await.map_err(|error| self.could_not("list runs", error))
    }

    /// As [`crate::store::Store::news`].
    pub(in crate::store) async fn news(
        &self,
        job: Option<&Name>,
        after: RunId,
        living: &BTreeSet<RunId>,
    ) -> Result<Vec<RunRow>, StoreError> {
        let read = async {
            let mut known = Vec::new();
            if !living.is_empty() {
                known = among(&self.readers, living).await?;
            }
            let mut later = QueryBuilder::<Driver>::new("select * from v_runs where id > ");
            later.push_bind(after.0);
            if let Some(job) = job {
                later.push(" and job = ").push_bind(job.as_str().to_owned());
            }
            later.push(" order by id limit 1000");
            known.extend(later.build_query_as::<RunRow>().fetch_all(&self.readers).await?);
            Ok(known)
        };
        read.await.map_err(|error: sqlx::Error| self.could_not("look for runs that ended", error))
    }

    /// As [`crate::store::Store::runs_among`].
    pub(in crate::store) async fn runs_among(&self, runs: &BTreeSet<RunId>) -> Result<Vec<RunRow>, StoreError> {
        among(&self.readers, runs).await.map_err(|error| self.could_not("look for runs", error))
    }

    /// As [`crate::store::Store::overview`].
    pub(in crate::store) async fn overview(&self) -> Result<BTreeMap<Name, JobOverview>, StoreError> {
        let read = async {
            let last: Vec<RunRow> = sqlx::query_as(LAST_RUNS).fetch_all(&self.readers).await?;
            let mut jobs: BTreeMap<Name, JobOverview> =
                last.into_iter().map(|last| (last.job.clone(), JobOverview { last, metric: None })).collect();
            for row in sqlx::query(METRICS).fetch_all(&self.readers).await? {
                let row = Fields(&row);
                if let Some(overview) = jobs.get_mut(&row.name("job")?) {
                    overview.metric = Some((full_name(row)?, row.number("value")?));
                }
            }
            Ok(jobs)
        };
        read.await.map_err(|error| self.could_not("read where the jobs stand", error))
    }

    /// As [`crate::store::Store::last_covered`].
    pub(in crate::store) async fn last_covered(&self) -> Result<BTreeMap<Name, Time>, StoreError> {
        let read = async {
            let rows = sqlx::query(LAST_COVERED).fetch_all(&self.readers).await?;
            let covered = rows.iter().map(|row| Ok((Fields(row).name("job")?, from_millis(row.try_get("last")?)?)));
            covered.collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which ticks are covered", error))
    }

    pub(super) fn could_not(&self, doing: &'static str, error: sqlx::Error) -> StoreError {
        Trouble::from(error).while_doing(doing, &self.path)
    }
}

async fn among(readers: &SqlitePool, runs: &BTreeSet<RunId>) -> Result<Vec<RunRow>, sqlx::Error> {
    sqlx::query_as(AMONG).bind(json(runs)?).fetch_all(readers).await
}

/// The first of those that waited for a credential and were released since.
pub(super) const RELEASED_SINCE: &str = "select min(id) from runs where incident_id is not null and claimed_at >= $1";

/// A run before all that were claimed since `time`. Runs are numbered as they are claimed, so a list need not
/// go back beyond the newest that was claimed before; but for those that waited for a credential.
async fn last_claimed_before(readers: &SqlitePool, time: Time) -> Result<i64, sqlx::Error> {
    let last: Option<i64> =
        sqlx::query_scalar("select id from runs where id > 0 and claimed_at < $1 order by id desc limit 1")
            .bind(millis(time))
            .fetch_optional(readers)
            .await?;
    let released: Option<i64> = sqlx::query_scalar(RELEASED_SINCE).bind(millis(time)).fetch_one(readers).await?;
    let last = last.unwrap_or(0);
    Ok(released.map_or(last, |released| last.min(released - 1)))
}

/// The newest runs after one, as wanted.
pub(super) fn list(wanted: &RunsWanted, after: i64) -> QueryBuilder<Driver> {
    let mut query = QueryBuilder::new("select * from v_runs where id > ");
    query.push_bind(after);
    if let Some(job) = &wanted.job {
        query.push(" and job = ").push_bind(job.as_str().to_owned());
    }
    if let Some(state) = wanted.state {
        query.push(" and state = ").push_bind(state.as_str()).push(index_of(state));
    }
    if let Some(since) = wanted.since {
        query.push(" and claimed_at >= ").push_bind(iso(since));
    }
    query.push(" order by id desc limit ").push_bind(i64::from(wanted.limit));
    query
}

/// The condition of the partial index that holds runs in a state, word for word. Those that
/// succeeded are most, and have none; those that live are few, and looked up as a whole.
fn index_of(state: RunState) -> &'static str {
    match state {
        RunState::Waiting | RunState::Held | RunState::Running => {
            " and id in (select live.id from runs as live where live.state in ('waiting', 'held', 'running'))"
        }
        RunState::Succeeded => "",
        RunState::Failed | RunState::Refused | RunState::Skipped | RunState::Missed | RunState::Interrupted => {
            " and state in ('failed', 'refused', 'skipped', 'missed', 'interrupted')"
        }
    }
}

fn full_name(series: Fields<'_>) -> Result<String, sqlx::Error> {
    let (metric, label) = (series.text("metric")?, series.text("label")?);
    Ok(if label.is_empty() { metric } else { format!("{metric}{{{label}}}") })
}

pub(super) fn from_millis(millis: i64) -> Result<Time, sqlx::Error> {
    Time::from_timestamp_millis(millis).ok_or_else(|| sqlx::Error::Decode("a time out of range".into()))
}

impl FromRow<'_, SqliteRow> for RunRow {
    fn from_row(row: &SqliteRow) -> Result<RunRow, sqlx::Error> {
        let row = Fields(row);
        Ok(RunRow {
            id: row.run("id")?,
            job: row.name("job")?,
            trigger: row.word("trigger", Trigger::from_word)?,
            scheduled_for: row.time("scheduled_for")?,
            through: row.optional_time("through")?,
            ticks: row.whole("ticks")?,
            state: row.word("state", RunState::from_word)?,
            kind: row.optional_word("kind", Kind::from_word)?,
            reason: row.optional_text("reason")?,
            repeats: row.optional_run("repeats")?,
            claimed_at: row.time("claimed_at")?,
            started_at: row.optional_time("started_at")?,
            finished_at: row.optional_time("finished_at")?,
            config_hash: row.text("config_hash")?,
            process: row.optional_text("process")?,
        })
    }
}
