//! Records that were kept, and calls that end while their run goes on.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::calls::Ended;
use super::conditions::lives_here;
use super::errand::{At, Errand};
use super::values::millis;
use super::{Sqlite, calls, diagnoses};
use crate::clock::Time;
use crate::run::{CallRecord, Name, Remembered, RunId, Stored};
use crate::store::{Finish, StoreError};

/// The next records of a collection, until their bodies are 8 MiB: how many that is, is found without
/// reading them. `cross` keeps SQLite from beginning with the records.
pub(super) const STORED: &str = "
    with next as materialized (
        select records.id, records.key, octet_length(records.body) as bytes from collections
        cross join records on records.collection_id = collections.id and records.key > $2
        where collections.name = $1 and records.first_seen_at <= $3
          and (records.gone_at is null or records.gone_at > $3)
        order by records.key limit 1000
    ),
    summed as (
        select id, key, sum(bytes) over (order by key rows between unbounded preceding and 1 preceding) as before
        from next
    )
    select records.key, records.body from summed cross join records on records.id = summed.id
    where coalesce(summed.before, 0) < 8 * 1024 * 1024
    order by summed.key";

/// What a job remembers.
pub(super) const REMEMBERED: &str = "
    select remembered.name, remembered.value from jobs
    cross join remembered on remembered.job_id = jobs.id
    where jobs.name = $1 order by remembered.name";

/// What a call has uploaded.
pub(super) const UPLOADED: &str = "
    select uploads.file, uploads.sha256 from jobs
    cross join texts
    cross join uploads on uploads.job_id = jobs.id and uploads.call_id = texts.id
    where jobs.name = $1 and texts.name = $2";

/// The job of a run that lives in this process.
const JOB: &str = concat!("select job_id from runs where id = $1 and ", lives_here!());

struct End {
    run: RunId,
    call: CallRecord,
}

impl Errand for End {
    type Answer = Finish;
    const DOING: &'static str = "record the end of a call";

    async fn run(&mut self, at: At<'_>) -> Result<Finish, sqlx::Error> {
        let job: Option<i64> =
            sqlx::query_scalar(JOB).bind(self.run.0).bind(at.process).fetch_optional(&mut *at.connection).await?;
        let Some(job) = job else { return Ok(Finish::Lost) };
        let ended = [Ended { job, run: self.run, call: &self.call }];
        calls::write(&mut *at.connection, at.names, &ended).await?;
        diagnoses::write(at.connection, &ended).await?;
        Ok(Finish::Recorded)
    }
}

impl Sqlite {
    /// As [`crate::store::Store::ended`].
    pub(in crate::store) async fn ended(&self, run: RunId, call: CallRecord) -> Result<Finish, StoreError> {
        self.writer(End::DOING)?.run(End { run, call }).await
    }

    /// As [`crate::store::Store::stored`].
    pub(in crate::store) async fn stored(
        &self,
        collection: &Name,
        as_of: Time,
        after: Option<&str>,
    ) -> Result<Vec<Stored>, StoreError> {
        let read = async {
            let rows = sqlx::query(STORED).bind(collection.as_str()).bind(after.unwrap_or_default());
            let rows = rows.bind(millis(as_of)).fetch_all(&self.readers).await?;
            rows.iter()
                .map(pair)
                .map(|pair| pair.map(|(key, body)| Stored { key, body }))
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read records", error))
    }

    /// As [`crate::store::Store::remembered`].
    pub(in crate::store) async fn remembered(&self, job: &Name) -> Result<Vec<Remembered>, StoreError> {
        let read = async {
            let rows = sqlx::query(REMEMBERED).bind(job.as_str()).fetch_all(&self.readers).await?;
            rows.iter()
                .map(pair)
                .map(|pair| pair.map(|(name, value)| Remembered { name, value }))
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read what a job remembers", error))
    }

    /// As [`crate::store::Store::uploaded`].
    pub(in crate::store) async fn uploaded(
        &self,
        job: &Name,
        call: &str,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let read = async {
            let rows = sqlx::query(UPLOADED).bind(job.as_str()).bind(call).fetch_all(&self.readers).await?;
            rows.iter().map(pair).collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which files were uploaded", error))
    }
}

fn pair(row: &SqliteRow) -> Result<(String, String), sqlx::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}
