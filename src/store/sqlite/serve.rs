//! Which jobs are served, with which schedule, since when and by whom.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::history::from_millis;
use super::values::{json, millis};
use crate::clock::Time;
use crate::run::Name;
use crate::store::{JobVersion, Served, StoreError, Timing};

const FORMERLY: &str = "select job_id from served where process_id = $1";

const UNSERVE: &str = "delete from served where process_id = $1";

const SERVE: &str = "
    insert into served (process_id, job_id, config_id)
    select $1, value->>'job', value->>'config' from json_each($2)";

/// A version ends when its job is served in another form here, or, of those in `$4`, by nobody. Only
/// processes that are present have rows in `served`.
const CLOSE: &str = "
    update job_versions set valid_to = max(valid_from, $3)
    where valid_to is null and (
        exists (select 1 from served
                where served.process_id = $1 and served.job_id = job_versions.job_id
                  and served.config_id <> job_versions.config_id)
        or job_id in (select value from json_each($4))
           and not exists (select 1 from served
                           where served.job_id = job_versions.job_id and served.config_id = job_versions.config_id))";

const OPEN: &str = "
    insert into job_versions (job_id, schedule, timezone, config_id, policies, file, valid_from)
    select value->>'job', value->>'schedule', value->>'timezone', value->>'config', value->>'policies', value->>'file',
           $3
    from json_each($2)
    where value->>'schedule' is not null
      and not exists (select 1 from job_versions where job_id = value->>'job' and valid_to is null)";

/// A file may have been moved.
const NAME_FILE: &str = "
    update job_versions set file = asked.file
    from (select value->>'job' as job, value->>'file' as file from json_each($2)) as asked
    where job_versions.job_id = asked.job and valid_to is null and job_versions.file <> asked.file";

/// Columns of a version, as [`version`] reads them.
pub(super) const VERSION: &str = "
    select jobs.name as job, schedule, timezone, policies, file, texts.name as config_hash, valid_from, valid_to,
           exists (select 1 from served
                   where served.job_id = job_versions.job_id and served.config_id = job_versions.config_id
                     and served.process_id is not $1) as is_kept
    from job_versions join jobs on jobs.id = job_id join texts on texts.id = config_id";

const SERVED_ELSEWHERE: &str = "
    select distinct jobs.name
    from json_each($1)
    join jobs on jobs.name = value->>0
    join texts on texts.name = value->>1
    join served on served.job_id = jobs.id and served.config_id = texts.id and served.process_id is not $2";

const SERVED_OTHERWISE: &str = "
    select distinct jobs.name
    from json_each($1)
    join jobs on jobs.name = value->>0
    join served on served.job_id = jobs.id and served.process_id is not $2
    join texts on texts.id = served.config_id and texts.name <> value->>1";

struct Serve {
    jobs: Vec<Served>,
    settled: Vec<Name>,
    at: Time,
}

#[derive(Serialize)]
struct ServedRow<'a> {
    job: Option<i64>,
    config: Option<i64>,
    schedule: Option<&'a str>,
    timezone: Option<&'a str>,
    policies: Option<&'a str>,
    file: Option<&'a str>,
}

impl Errand for Serve {
    type Answer = ();
    const DOING: &'static str = "note which jobs are served";

    async fn run(&mut self, At { connection, names, process, .. }: At<'_>) -> Result<(), sqlx::Error> {
        let jobs = self.jobs.iter().map(|served| &served.job).chain(&self.settled);
        names.learn_jobs(&mut *connection, jobs.map(Name::as_str)).await?;
        names.learn_texts(&mut *connection, self.jobs.iter().map(|served| served.config_hash.as_str())).await?;
        let row = |served: &Served| -> (Option<i64>, Option<i64>) {
            (names.jobs.number(served.job.as_str()), names.texts.number(&served.config_hash))
        };
        let rows: Vec<ServedRow> = self
            .jobs
            .iter()
            .map(|served| {
                let ((job, config), timing) = (row(served), served.timing.as_ref());
                ServedRow {
                    job,
                    config,
                    schedule: timing.map(|timing| timing.schedule.as_str()),
                    timezone: timing.map(|timing| timing.timezone.as_str()),
                    policies: timing.map(|timing| timing.policies.as_str()),
                    file: timing.map(|timing| timing.file.as_str()),
                }
            })
            .collect();
        let rows = json(&rows)?;
        let mut ending: Vec<i64> = sqlx::query_scalar(FORMERLY).bind(process).fetch_all(&mut *connection).await?;
        ending.extend(self.settled.iter().filter_map(|job| names.jobs.number(job.as_str())));
        let ending = json(&ending)?;
        for statement in [UNSERVE, SERVE, CLOSE, OPEN, NAME_FILE] {
            sqlx::query(statement)
                .bind(process)
                .bind(&rows)
                .bind(millis(self.at))
                .bind(&ending)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

impl Sqlite {
    /// As [`crate::store::Store::serve`].
    pub(in crate::store) async fn serve(
        &self,
        jobs: Vec<Served>,
        settled: Vec<Name>,
        at: Time,
    ) -> Result<(), StoreError> {
        self.writer(Serve::DOING)?.run(Serve { jobs, settled, at }).await
    }

    /// As [`crate::store::Store::versions`].
    pub(in crate::store) async fn versions(&self) -> Result<Vec<JobVersion>, StoreError> {
        let read = async {
            let mut query = sqlx::QueryBuilder::new(VERSION);
            query.push(" where valid_to is null order by jobs.name");
            let rows = query.build().bind(self.me).fetch_all(&self.readers).await?;
            rows.iter().map(version).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which jobs were served", error))
    }

    /// As [`crate::store::Store::served_elsewhere`].
    pub(in crate::store) async fn served_elsewhere(
        &self,
        jobs: &[(Name, String)],
    ) -> Result<BTreeSet<Name>, StoreError> {
        self.served(SERVED_ELSEWHERE, jobs).await
    }

    /// As [`crate::store::Store::served_otherwise`].
    pub(in crate::store) async fn served_otherwise(
        &self,
        jobs: &[(Name, String)],
    ) -> Result<BTreeSet<Name>, StoreError> {
        self.served(SERVED_OTHERWISE, jobs).await
    }

    async fn served(&self, sql: &'static str, jobs: &[(Name, String)]) -> Result<BTreeSet<Name>, StoreError> {
        let read = async {
            let rows = sqlx::query(sql).bind(json(jobs)?).bind(self.me).fetch_all(&self.readers).await?;
            rows.iter().map(|row| Fields(row).name("name")).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("look for a process that serves the job", error))
    }
}

/// Reads a version.
pub(super) fn version(row: &SqliteRow) -> Result<JobVersion, sqlx::Error> {
    let valid_to: Option<i64> = row.try_get("valid_to")?;
    Ok(JobVersion {
        job: Fields(row).name("job")?,
        config_hash: row.try_get("config_hash")?,
        timing: Timing {
            schedule: row.try_get("schedule")?,
            timezone: row.try_get("timezone")?,
            policies: row.try_get("policies")?,
            file: row.try_get("file")?,
        },
        valid_from: from_millis(row.try_get("valid_from")?)?,
        valid_to: valid_to.map(from_millis).transpose()?,
        is_kept: row.try_get("is_kept")?,
    })
}
