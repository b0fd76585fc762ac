//! Runs go back and wait for their credential.

use sqlx::sqlite::SqliteConnection;

use super::conditions::lives_here;
use super::diagnoses::OfCall;
use super::errand::{At, Errand};
use super::judge::refused;
use super::{Sqlite, diagnoses, incidents, orders};
use crate::run::{Hold, IncidentId};
use crate::store::{Held, StoreError};

/// The job of a run that lives in this process, and may wait.
const JOB: &str =
    concat!("select job_id from runs where id = $1 and trigger in ('schedule', 'catch_up') and ", lives_here!());

const HOLD: &str = "
    update runs set state = 'held', process_id = null, started_at = null, reason = $2, incident_id = $3 where id = $1";

/// What was recorded of a run while it ran: calls that needed no token, such as elements that had ended. Nothing
/// of it was sent, and it is made again with the same numbers. What an incident tells of stays.
const FORGET: [&str; 4] = [
    "delete from attempts where run_id = $1",
    "delete from results where run_id = $1",
    "delete from calls where run_id = $1",
    "delete from diagnoses where run_id = $1
       and not exists (select 1 from incidents where incidents.diagnosis_id = diagnoses.id)",
];

const SUMMARY: &str = "
    select diagnoses.summary from incidents join diagnoses on diagnoses.id = incidents.diagnosis_id
    where incidents.id = $1";

struct GoBack(Hold);

impl Errand for GoBack {
    type Answer = Held;
    const DOING: &'static str = "hold a run whose credential is refused";

    async fn run(&mut self, mut at: At<'_>) -> Result<Held, sqlx::Error> {
        let run = self.0.run.0;
        let job: Option<i64> =
            sqlx::query_scalar(JOB).bind(run).bind(at.process).fetch_optional(&mut *at.connection).await?;
        let Some(job) = job else { return Ok(Held::Lost) };
        for forget in FORGET {
            sqlx::query(forget).bind(run).execute(&mut *at.connection).await?;
        }
        let incident = self.incident(&mut at, job).await?;
        let summary = summary(&mut *at.connection, incident).await?;
        sqlx::query(HOLD)
            .bind(run)
            .bind(refused(&self.0.credential, summary.as_deref()))
            .bind(incident)
            .execute(&mut *at.connection)
            .await?;
        orders::end_if_asked(at.connection, self.0.run, at.now).await?;
        Ok(Held::For(IncidentId(incident)))
    }
}

impl GoBack {
    /// The open incident of its credential. Where none is, opens one.
    async fn incident(&self, at: &mut At<'_>, job: i64) -> Result<i64, sqlx::Error> {
        let credential = self.0.credential.as_str();
        at.names.learn_texts(&mut *at.connection, std::iter::once(credential)).await?;
        let credential = at.names.texts.number(credential);
        if let Some(incident) = incidents::open_one(&mut *at.connection, credential).await? {
            return Ok(incident);
        }
        let of = OfCall { job, run: self.0.run, seq: self.0.seq };
        let diagnosis = diagnoses::write_one(&mut *at.connection, of, &self.0.diagnosis).await?;
        incidents::open(&mut *at.connection, credential, self.0.at, diagnosis).await
    }
}

async fn summary(connection: &mut SqliteConnection, incident: i64) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(SUMMARY).bind(incident).fetch_optional(connection).await
}

impl Sqlite {
    /// As [`crate::store::Store::hold`].
    pub(in crate::store) async fn hold(&self, hold: Hold) -> Result<Held, StoreError> {
        self.writer(GoBack::DOING)?.run(GoBack(hold)).await
    }
}
