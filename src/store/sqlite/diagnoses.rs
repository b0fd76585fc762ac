//! Diagnoses of calls that ended.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::calls::Ended;
use super::values::{Millis, json};
use crate::diagnose::granted;
use crate::run::{Confidence, Diagnosis, Phase, RunId, Verdict};

const INSERT: &str = "
    insert into diagnoses (run_id, seq, job_id, at, phase, status, verdict, rule, confidence, retry, healed,
                           summary, remedy, granted_scopes, missing_scopes, evidence)
    select value->>'run', value->>'seq', value->>'job', value->>'at', value->>'phase', value->>'status',
           value->>'verdict', value->>'rule', value->>'confidence', value->>'retry', value->>'healed',
           value->>'summary', value->>'remedy', value->>'granted_scopes', value->>'missing_scopes',
           value->>'evidence'
    from json_each($1) where true order by json_each.key";

/// Writes the diagnoses of calls, in the order in which they were made.
pub(super) async fn write(connection: &mut SqliteConnection, ended: &[Ended<'_>]) -> Result<(), sqlx::Error> {
    let mut rows = Vec::new();
    for ended in ended {
        for diagnosis in &ended.call.diagnoses {
            rows.push(DiagnosisRow::of(ended.job, ended.run, ended.call.seq, diagnosis)?);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(INSERT).bind(json(&rows)?).execute(connection).await?;
    Ok(())
}

/// Writes one diagnosis of a call that need not have ended. Returns its number.
pub(super) async fn write_one(
    connection: &mut SqliteConnection,
    of: OfCall,
    diagnosis: &Diagnosis,
) -> Result<i64, sqlx::Error> {
    let row = DiagnosisRow::of(of.job, of.run, of.seq, diagnosis)?;
    let inserted = sqlx::query(INSERT).bind(json(&[row])?).execute(connection).await?;
    Ok(inserted.last_insert_rowid())
}

/// Which call a diagnosis is of.
#[derive(Clone, Copy)]
pub(super) struct OfCall {
    /// The job's number.
    pub(super) job: i64,
    pub(super) run: RunId,
    pub(super) seq: u32,
}

#[derive(Serialize)]
struct DiagnosisRow<'a> {
    run: RunId,
    seq: u32,
    job: i64,
    at: Millis,
    phase: Phase,
    status: u16,
    verdict: Verdict,
    rule: &'a str,
    confidence: Confidence,
    retry: bool,
    healed: bool,
    summary: &'a str,
    remedy: &'a str,
    /// JSON in a text, as it is stored: SQLite need not take it apart.
    granted_scopes: Option<String>,
    /// The same.
    missing_scopes: String,
    /// The same.
    evidence: String,
}

impl<'a> DiagnosisRow<'a> {
    fn of(job: i64, run: RunId, seq: u32, diagnosis: &'a Diagnosis) -> Result<DiagnosisRow<'a>, sqlx::Error> {
        Ok(DiagnosisRow {
            run,
            seq,
            job,
            at: Millis(diagnosis.at),
            phase: diagnosis.phase,
            status: diagnosis.status,
            verdict: diagnosis.verdict,
            rule: diagnosis.rule,
            confidence: diagnosis.confidence,
            retry: diagnosis.retry,
            healed: diagnosis.healed,
            summary: &diagnosis.summary,
            remedy: &diagnosis.remedy,
            granted_scopes: granted(&diagnosis.evidence).map(|scopes| json(&scopes)).transpose()?,
            missing_scopes: json(&diagnosis.missing_scopes)?,
            evidence: json(&diagnosis.evidence)?,
        })
    }
}
