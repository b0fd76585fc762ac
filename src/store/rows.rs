//! What the store tells: rows with the columns of the views `v_runs`, `v_calls`, ….
//!
//! As JSON their keys are the views' columns, and times are RFC 3339 in UTC with milliseconds.

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};

use crate::clock::Time;
use crate::run::{
    CallState, Confidence, Evidence, Kind, Name, Number, Phase, RunId, RunState, Scopes, Trigger, Verdict,
};

/// A row of `v_runs`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct RunRow {
    pub id: RunId,
    pub job: Name,
    pub trigger: Trigger,
    #[serde(serialize_with = "time")]
    pub scheduled_for: Time,
    #[serde(serialize_with = "optional_time")]
    pub through: Option<Time>,
    pub ticks: u64,
    pub state: RunState,
    pub kind: Option<Kind>,
    pub reason: Option<String>,
    pub repeats: Option<RunId>,
    #[serde(serialize_with = "time")]
    pub claimed_at: Time,
    #[serde(serialize_with = "optional_time")]
    pub started_at: Option<Time>,
    #[serde(serialize_with = "optional_time")]
    pub finished_at: Option<Time>,
    pub config_hash: String,
    /// `HOST/PID`; `None` when no process has taken it, or its process is long gone.
    pub process: Option<String>,
}

/// A row of `v_calls`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct CallRow {
    pub run_id: RunId,
    pub seq: u32,
    pub name: String,
    pub element: Option<String>,
    pub method: String,
    pub url: String,
    pub state: CallState,
    pub kind: Option<Kind>,
    /// One sentence for a person. Not a column of the view, hence not in its JSON.
    #[serde(skip)]
    pub reason: Option<String>,
    pub status: Option<u16>,
    pub attempts: u32,
    pub pages: u32,
    pub items: u64,
    pub bytes: u64,
    pub idempotency_key: Option<String>,
    #[serde(serialize_with = "time")]
    pub started_at: Time,
    #[serde(serialize_with = "optional_time")]
    pub finished_at: Option<Time>,
}

/// A row of `v_attempts`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct AttemptRow {
    pub run_id: RunId,
    pub seq: u32,
    pub n: u32,
    pub page: u32,
    #[serde(serialize_with = "time")]
    pub started_at: Time,
    pub duration_ms: u64,
    pub status: Option<u16>,
    pub kind: Option<Kind>,
    pub retry_after_ms: Option<u64>,
    pub token_generation: Option<u64>,
}

/// A row of `v_results`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct ResultRow {
    pub run_id: RunId,
    pub seq: u32,
    pub content_type: Option<String>,
    pub body: String,
}

/// A row of `v_diagnoses`. As JSON, `retry` and `healed` are booleans, scopes and evidence are JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct DiagnosisRow {
    pub id: i64,
    pub run_id: RunId,
    pub seq: u32,
    pub job: Name,
    #[serde(serialize_with = "time")]
    pub at: Time,
    pub phase: Phase,
    pub status: u16,
    pub verdict: Verdict,
    pub rule: String,
    pub confidence: Confidence,
    pub retry: bool,
    pub healed: bool,
    pub summary: String,
    pub remedy: String,
    pub requested_scopes: Scopes,
    pub granted_scopes: Option<Scopes>,
    pub missing_scopes: Scopes,
    pub evidence: Evidence,
}

/// A row of `v_incidents`, with what its diagnosis says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct IncidentRow {
    pub id: i64,
    pub credential: Name,
    pub verdict: Verdict,
    #[serde(serialize_with = "time")]
    pub opened_at: Time,
    #[serde(serialize_with = "optional_time")]
    pub closed_at: Option<Time>,
    pub probes: u64,
    pub waiting_jobs: u64,
    pub diagnosis_id: i64,
    /// What happened, in one sentence. Not a column of the view.
    pub summary: String,
    /// What to do. Not a column of the view.
    pub remedy: String,
}

/// A row of `v_samples`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the columns are those of the view, which the contract describes")]
pub struct SampleRow {
    pub metric: String,
    pub label: String,
    #[serde(serialize_with = "time")]
    pub at: Time,
    pub value: Number,
    pub limit_value: Option<Number>,
    #[serde(serialize_with = "optional_time")]
    pub period_start: Option<Time>,
    #[serde(serialize_with = "optional_time")]
    pub period_end: Option<Time>,
    pub run_id: Option<RunId>,
}

/// A run with what was recorded with it. As JSON, the run's columns and the lists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunDetail {
    /// The run itself.
    #[serde(flatten)]
    pub run: RunRow,
    /// In order.
    pub calls: Vec<CallRow>,
    /// By call and number.
    pub attempts: Vec<AttemptRow>,
    /// One per call whose body was kept, of the elements of one call the first twenty: 100,000 of them
    /// would be gigabytes. [`Table::Results`](super::Table) has all.
    pub results: Vec<ResultRow>,
    /// In the order in which they were made.
    pub diagnoses: Vec<DiagnosisRow>,
    /// In the order of the metrics.
    pub samples: Vec<SampleRow>,
    /// What it waits for, while it is held.
    pub incident: Option<IncidentRow>,
}

/// RFC 3339, UTC, milliseconds: the form of the views.
pub(super) fn iso(time: Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn time<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&iso(*time))
}

fn optional_time<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(iso).serialize(serializer)
}
