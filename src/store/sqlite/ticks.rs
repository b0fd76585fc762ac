//! Which ticks were expected, and which are covered.

use std::collections::BTreeSet;

use super::history::from_millis;
use super::serve::version;
use super::values::{json, millis};
use super::{Sqlite, leave};
use crate::clock::Time;
use crate::run::Name;
use crate::store::process::Process;
use crate::store::{Cover, JobVersion, StoreError};

/// Versions that held after `$1` and before `$2`. `$3` are processes that are gone, `$4` is this one.
pub(super) const VERSIONS: &str = "
    select jobs.name as job, version.schedule, version.timezone, version.policies, version.file,
           texts.name as config_hash,
           version.valid_from, version.valid_to,
           version.valid_to is null and exists (
               select 1 from served
               where served.job_id = version.job_id and served.config_id = version.config_id
                 and served.process_id not in (select value from json_each($3))
                 and served.process_id is not $4) as is_kept
    from job_versions as version
    join jobs on jobs.id = version.job_id
    join texts on texts.id = version.config_id
    where version.valid_from < $2 and (version.valid_to is null or version.valid_to > $1)
    order by jobs.name, version.valid_from";

/// Rows of a job that begin after `$2` and up to `$3`. `$4` are processes that are gone.
pub(super) const BEGUN: &str = "
    select tick.scheduled_for, coalesce(tick.through, tick.scheduled_for) from runs as tick
    where tick.job_id = (select id from jobs where name = $1)
      and tick.scheduled_for > $2 and tick.scheduled_for <= $3 and tick.trigger in ('schedule', 'catch_up')
      and (tick.finished_at is not null or tick.process_id is null
           or tick.process_id not in (select value from json_each($4)))
    order by tick.scheduled_for";

/// Stretches of a job that begin before and cover ticks after `$2`, if there is any up to `$3`. Those
/// that come later are looked at as well, which may be many.
pub(super) const REACHING: &str = "
    select stretch.scheduled_for, stretch.through from runs as stretch
    where stretch.job_id = (select id from jobs where name = $1)
      and stretch.through > $2 and stretch.scheduled_for <= $2 and $2 < $3
      and stretch.trigger in ('schedule', 'catch_up')
      and (stretch.finished_at is not null or stretch.process_id is null
           or stretch.process_id not in (select value from json_each($4)))
    order by stretch.scheduled_for";

/// The words about triggers are those of the indexes.
pub(super) const DONE: &str = "
    select done.scheduled_for as tick from runs as done
    where done.job_id = (select id from jobs where name = $1)
      and done.scheduled_for > $2 and done.scheduled_for <= $3 and done.trigger in ('schedule', 'catch_up')
      and done.state in ('waiting', 'held', 'running', 'succeeded')
    union
    select done.scheduled_for from runs as done
    where done.job_id = (select id from jobs where name = $1)
      and done.scheduled_for > $2 and done.scheduled_for <= $3 and done.trigger in ('manual', 'repeat')
      and done.state in ('waiting', 'held', 'running', 'succeeded')";

impl Sqlite {
    /// As [`crate::store::Store::versions_within`].
    pub(in crate::store) async fn versions_within(&self, from: Time, to: Time) -> Result<Vec<JobVersion>, StoreError> {
        let read = async {
            let gone = self.gone().await?;
            let query = sqlx::query(VERSIONS).bind(millis(from)).bind(millis(to)).bind(gone).bind(self.me);
            query.fetch_all(&self.readers).await?.iter().map(version).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which jobs were served", error))
    }

    /// As [`crate::store::Store::pruned_before`].
    pub(in crate::store) async fn pruned_before(&self) -> Result<Option<Time>, StoreError> {
        let read = async {
            let before: Option<i64> =
                sqlx::query_scalar("select pruned_before from store").fetch_one(&self.readers).await?;
            before.map(from_millis).transpose()
        };
        read.await.map_err(|error| self.could_not("read since when runs are kept", error))
    }

    /// As [`crate::store::Store::covers`].
    pub(in crate::store) async fn covers(&self, job: &Name, from: Time, to: Time) -> Result<Vec<Cover>, StoreError> {
        let mut covers = self.read_covers(REACHING, job, from, to).await?;
        covers.extend(self.covers_begun(job, from, to).await?);
        Ok(covers)
    }

    /// As [`crate::store::Store::covers_begun`].
    pub(in crate::store) async fn covers_begun(
        &self,
        job: &Name,
        from: Time,
        to: Time,
    ) -> Result<Vec<Cover>, StoreError> {
        self.read_covers(BEGUN, job, from, to).await
    }

    async fn read_covers(
        &self,
        query: &'static str,
        job: &Name,
        from: Time,
        to: Time,
    ) -> Result<Vec<Cover>, StoreError> {
        let read = async {
            let gone = self.gone().await?;
            let query = sqlx::query_as(query).bind(job.as_str()).bind(millis(from)).bind(millis(to)).bind(gone);
            let rows: Vec<(i64, i64)> = query.fetch_all(&self.readers).await?;
            rows.into_iter()
                .map(|(first, last)| Ok(Cover { scheduled_for: from_millis(first)?, through: from_millis(last)? }))
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which ticks are covered", error))
    }

    /// As [`crate::store::Store::done_ticks`].
    pub(in crate::store) async fn done_ticks(
        &self,
        job: &Name,
        from: Time,
        to: Time,
    ) -> Result<BTreeSet<Time>, StoreError> {
        let read = async {
            let query = sqlx::query_scalar(DONE).bind(job.as_str()).bind(millis(from)).bind(millis(to));
            let ticks: Vec<i64> = query.fetch_all(&self.readers).await?;
            ticks.into_iter().map(from_millis).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which ticks are done", error))
    }

    /// The numbers of processes that are gone and were not swept yet, as a JSON list: whoever only
    /// reads cannot sweep them.
    async fn gone(&self) -> Result<String, sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        json(&leave::dead(&mut connection, &Process::current(), self.me, self.clock.now()).await?)
    }
}
