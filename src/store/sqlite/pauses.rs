//! Jobs that have no runs for now.

use std::collections::BTreeMap;

use sqlx::Row;

use super::Sqlite;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::history::from_millis;
use super::values::millis;
use crate::clock::Time;
use crate::run::Name;
use crate::store::{Pause, StoreError};

/// Begins a pause, and clears away those that are over.
struct Begin {
    job: Name,
    pause: Pause,
}

impl Errand for Begin {
    type Answer = ();
    const DOING: &'static str = "pause a job";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        at.names.learn_jobs(&mut *at.connection, std::iter::once(self.job.as_str())).await?;
        sqlx::query("delete from pauses where until <= $1").bind(millis(at.now)).execute(&mut *at.connection).await?;
        sqlx::query(
            "insert into pauses (job_id, paused_at, until, reason) values ($1, $2, $3, $4)
             on conflict (job_id) do update
             set paused_at = excluded.paused_at, until = excluded.until, reason = excluded.reason",
        )
        .bind(at.names.jobs.number(self.job.as_str()))
        .bind(millis(self.pause.paused_at))
        .bind(self.pause.until.map(millis))
        .bind(self.pause.reason.as_deref())
        .execute(at.connection)
        .await?;
        Ok(())
    }
}

/// Ends a pause.
struct End {
    job: Name,
}

impl Errand for End {
    type Answer = bool;
    const DOING: &'static str = "resume a job";

    async fn run(&mut self, at: At<'_>) -> Result<bool, sqlx::Error> {
        let held: Option<bool> = sqlx::query_scalar(
            "delete from pauses where job_id = (select id from jobs where name = $1)
             returning until is null or until > $2",
        )
        .bind(self.job.as_str())
        .bind(millis(at.now))
        .fetch_optional(at.connection)
        .await?;
        Ok(held.unwrap_or(false))
    }
}

impl Sqlite {
    /// As [`crate::store::Store::pause`].
    pub(in crate::store) async fn pause(&self, job: &Name, pause: Pause) -> Result<(), StoreError> {
        self.writer(Begin::DOING)?.run(Begin { job: job.clone(), pause }).await
    }

    /// As [`crate::store::Store::resume`].
    pub(in crate::store) async fn resume(&self, job: &Name) -> Result<bool, StoreError> {
        self.writer(End::DOING)?.run(End { job: job.clone() }).await
    }

    /// As [`crate::store::Store::pauses`].
    pub(in crate::store) async fn pauses(&self, now: Time) -> Result<BTreeMap<Name, Pause>, StoreError> {
        let read = async {
            let rows = sqlx::query(
                "select jobs.name as job, pauses.paused_at, pauses.until, pauses.reason
                 from pauses join jobs on jobs.id = pauses.job_id
                 where pauses.until is null or pauses.until > $1",
            )
            .bind(millis(now))
            .fetch_all(&self.readers)
            .await?;
            rows.iter()
                .map(|row| {
                    let pause = Pause {
                        paused_at: from_millis(row.try_get("paused_at")?)?,
                        until: row.try_get::<Option<i64>, _>("until")?.map(from_millis).transpose()?,
                        reason: Fields(row).optional_text("reason")?,
                    };
                    Ok((Fields(row).name("job")?, pause))
                })
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which jobs are paused", error))
    }
}
