//! One run with all its rows.

use sqlx::FromRow;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Sqlite;
use super::fields::Fields;
use crate::run::{CallState, Confidence, Kind, Phase, RunId, Verdict};
use crate::store::StoreError;
use crate::store::rows::{AttemptRow, CallRow, DiagnosisRow, IncidentRow, ResultRow, RunDetail, SampleRow};

/// Samples have no index by run, which would be the largest of all. They are of the run's job, and
/// were taken while it ran; a minute more at both ends, should the clock have been set meanwhile.
pub(super) const SAMPLES: &str = "
    with run as (
        select job_id,
               min(claimed_at, coalesce(started_at, claimed_at), finished_at) - 60000 as first,
               max(claimed_at, coalesce(started_at, claimed_at), finished_at) + 60000 as last
        from runs where id = $1
    )
    select metrics.name as metric, series.label,
           strftime('%Y-%m-%dT%H:%M:%fZ', samples.at / 1000.0, 'unixepoch') as at, samples.value, samples.limit_value,
           strftime('%Y-%m-%dT%H:%M:%fZ', samples.period_start / 1000.0, 'unixepoch') as period_start,
           strftime('%Y-%m-%dT%H:%M:%fZ', samples.period_end / 1000.0, 'unixepoch') as period_end, samples.run_id
    from run
    cross join metrics on metrics.job_id = run.job_id
    cross join series on series.metric_id = metrics.id
    cross join samples on samples.series_id = series.id and samples.at between run.first and run.last
    where samples.run_id = $1
    order by series.id, samples.at";

/// Bodies of calls, and of the first elements of each.
pub(super) const RESULTS: &str = "
    with kept as materialized (
        select calls.seq, row_number() over (partition by calls.name_id, calls.element is null order by calls.seq) as n,
               calls.element
        from calls join results using (run_id, seq)
        where calls.run_id = $1
    )
    select v_results.* from v_results
    where v_results.run_id = $1 and v_results.seq in (select seq from kept where element is null or n <= 20)
    order by v_results.seq";

/// What a run waits for.
pub(super) const INCIDENT: &str = "
    select v_incidents.*, coalesce(diagnoses.summary, '') as summary, coalesce(diagnoses.remedy, '') as remedy
    from runs as held
    cross join v_incidents on v_incidents.id = held.incident_id
    left join diagnoses on diagnoses.id = v_incidents.diagnosis_id
    where held.id = $1 and held.state = 'held'";

impl Sqlite {
    /// As [`crate::store::Store::run`]. All that it reads is of one moment.
    pub(in crate::store) async fn run(&self, id: RunId) -> Result<Option<RunDetail>, StoreError> {
        let read = async {
            let mut moment = self.readers.begin().await?;
            let detail = read(&mut moment, id).await?;
            moment.rollback().await?;
            Ok(detail)
        };
        read.await.map_err(|error| self.could_not("read a run", error))
    }
}

async fn read(connection: &mut SqliteConnection, id: RunId) -> Result<Option<RunDetail>, sqlx::Error> {
    let run = sqlx::query_as("select * from v_runs where id = $1").bind(id.0).fetch_optional(&mut *connection).await?;
    let Some(run) = run else { return Ok(None) };
    let calls = sqlx::query_as(
        "select v_calls.*, calls.reason from v_calls join calls using (run_id, seq) where run_id = $1 order by seq",
    )
    .bind(id.0)
    .fetch_all(&mut *connection)
    .await?;
    let attempts = sqlx::query_as("select * from v_attempts where run_id = $1 order by seq, n")
        .bind(id.0)
        .fetch_all(&mut *connection)
        .await?;
    let results = sqlx::query_as(RESULTS).bind(id.0).fetch_all(&mut *connection).await?;
    let diagnoses = sqlx::query_as("select * from v_diagnoses where run_id = $1 order by id")
        .bind(id.0)
        .fetch_all(&mut *connection)
        .await?;
    let samples = sqlx::query_as(SAMPLES).bind(id.0).fetch_all(&mut *connection).await?;
    let incident = sqlx::query_as(INCIDENT).bind(id.0).fetch_optional(connection).await?;
    Ok(Some(RunDetail { run, calls, attempts, results, diagnoses, samples, incident }))
}

impl FromRow<'_, SqliteRow> for CallRow {
    fn from_row(row: &SqliteRow) -> Result<CallRow, sqlx::Error> {
        let row = Fields(row);
        Ok(CallRow {
            run_id: row.run("run_id")?,
            seq: row.whole("seq")?,
            name: row.text("name")?,
            element: row.optional_text("element")?,
            method: row.text("method")?,
            url: row.text("url")?,
            state: row.word("state", CallState::from_word)?,
            kind: row.optional_word("kind", Kind::from_word)?,
            reason: row.optional_text("reason")?,
            status: row.optional_whole("status")?,
            attempts: row.whole("attempts")?,
            pages: row.whole("pages")?,
            items: row.whole("items")?,
            bytes: row.whole("bytes")?,
            idempotency_key: row.optional_text("idempotency_key")?,
            started_at: row.time("started_at")?,
            finished_at: row.optional_time("finished_at")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for AttemptRow {
    fn from_row(row: &SqliteRow) -> Result<AttemptRow, sqlx::Error> {
        let row = Fields(row);
        Ok(AttemptRow {
            run_id: row.run("run_id")?,
            seq: row.whole("seq")?,
            n: row.whole("n")?,
            page: row.whole("page")?,
            started_at: row.time("started_at")?,
            duration_ms: row.whole("duration_ms")?,
            status: row.optional_whole("status")?,
            kind: row.optional_word("kind", Kind::from_word)?,
            retry_after_ms: row.optional_whole("retry_after_ms")?,
            token_generation: row.optional_whole("token_generation")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for ResultRow {
    fn from_row(row: &SqliteRow) -> Result<ResultRow, sqlx::Error> {
        let row = Fields(row);
        Ok(ResultRow {
            run_id: row.run("run_id")?,
            seq: row.whole("seq")?,
            content_type: row.optional_text("content_type")?,
            body: row.text("body")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for DiagnosisRow {
    fn from_row(row: &SqliteRow) -> Result<DiagnosisRow, sqlx::Error> {
        let row = Fields(row);
        Ok(DiagnosisRow {
            id: row.whole("id")?,
            run_id: row.run("run_id")?,
            seq: row.whole("seq")?,
            job: row.name("job")?,
            at: row.time("at")?,
            phase: row.word("phase", Phase::from_word)?,
            status: row.whole("status")?,
            verdict: row.word("verdict", Verdict::from_word)?,
            rule: row.text("rule")?,
            confidence: row.word("confidence", Confidence::from_word)?,
            retry: row.whole::<i64>("retry")? != 0,
            healed: row.whole::<i64>("healed")? != 0,
            summary: row.text("summary")?,
            remedy: row.text("remedy")?,
            requested_scopes: row.json("requested_scopes")?,
            granted_scopes: row.optional_json("granted_scopes")?,
            missing_scopes: row.json("missing_scopes")?,
            evidence: row.json("evidence")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for IncidentRow {
    fn from_row(row: &SqliteRow) -> Result<IncidentRow, sqlx::Error> {
        let row = Fields(row);
        Ok(IncidentRow {
            id: row.whole("id")?,
            credential: row.name("credential")?,
            verdict: row.word("verdict", Verdict::from_word)?,
            opened_at: row.time("opened_at")?,
            closed_at: row.optional_time("closed_at")?,
            probes: row.whole("probes")?,
            waiting_jobs: row.whole("waiting_jobs")?,
            diagnosis_id: row.whole("diagnosis_id")?,
            summary: row.text("summary")?,
            remedy: row.text("remedy")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for SampleRow {
    fn from_row(row: &SqliteRow) -> Result<SampleRow, sqlx::Error> {
        let row = Fields(row);
        Ok(SampleRow {
            metric: row.text("metric")?,
            label: row.text("label")?,
            at: row.time("at")?,
            value: row.number("value")?,
            limit_value: row.optional_number("limit_value")?,
            period_start: row.optional_time("period_start")?,
            period_end: row.optional_time("period_end")?,
            run_id: row.optional_run("run_id")?,
        })
    }
}
