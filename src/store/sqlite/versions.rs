//! Which jobs are served, with which schedule, since when.

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::fields::Fields;
use super::history::from_millis;
use super::names::Names;
use super::values::{json, millis};
use crate::clock::Time;
use crate::store::{JobVersion, StoreError};

/// A version ends when its job is served otherwise, or no longer.
const CLOSE: &str = "
    update job_versions set valid_to = $2
    where valid_to is null and not exists (
        select 1 from json_each($1)
        where value->>'job' = job_id and value->>'schedule' = schedule
          and value->>'timezone' = timezone and value->>'config' = config_id)";

const OPEN: &str = "
    insert into job_versions (job_id, schedule, timezone, config_id, valid_from)
    select value->>'job', value->>'schedule', value->>'timezone', value->>'config', $2
    from json_each($1)
    where not exists (select 1 from job_versions where job_id = value->>'job' and valid_to is null)";

const LIST_OPEN: &str = "
    select jobs.name as job, schedule, timezone, texts.name as config_hash, valid_from
    from job_versions join jobs on jobs.id = job_id join texts on texts.id = config_id
    where valid_to is null";

#[derive(Serialize)]
struct VersionRow<'a> {
    job: Option<i64>,
    schedule: &'a str,
    timezone: &'a str,
    config: Option<i64>,
}

/// Makes the given versions the open ones. One that was open already stays as it was.
pub(super) async fn serve(
    connection: &mut SqliteConnection,
    names: &mut Names,
    versions: &[JobVersion],
    now: Time,
) -> Result<(), sqlx::Error> {
    names.learn_jobs(&mut *connection, versions.iter().map(|version| version.job.as_str())).await?;
    names.learn_texts(&mut *connection, versions.iter().map(|version| version.config_hash.as_str())).await?;
    let row = |version: &JobVersion| -> (Option<i64>, Option<i64>) {
        (names.jobs.number(version.job.as_str()), names.texts.number(&version.config_hash))
    };
    let rows: Vec<VersionRow<'_>> = versions
        .iter()
        .map(|version| {
            let (job, config) = row(version);
            VersionRow { job, schedule: &version.schedule, timezone: &version.timezone, config }
        })
        .collect();
    let rows = json(&rows)?;
    sqlx::query(CLOSE).bind(&rows).bind(millis(now)).execute(&mut *connection).await?;
    sqlx::query(OPEN).bind(&rows).bind(millis(now)).execute(&mut *connection).await?;
    Ok(())
}

impl Sqlite {
    /// As [`crate::store::Store::served`].
    pub(in crate::store) async fn served(&self) -> Result<Vec<JobVersion>, StoreError> {
        let read = async {
            let rows = sqlx::query(LIST_OPEN).fetch_all(&self.readers).await?;
            rows.iter().map(version).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which jobs were served", error))
    }
}

fn version(row: &sqlx::sqlite::SqliteRow) -> Result<JobVersion, sqlx::Error> {
    Ok(JobVersion {
        job: Fields(row).name("job")?,
        schedule: row.try_get("schedule")?,
        timezone: row.try_get("timezone")?,
        config_hash: row.try_get("config_hash")?,
        valid_from: from_millis(row.try_get("valid_from")?)?,
    })
}
