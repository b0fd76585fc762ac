//! What the tests of the store share: a file of its own for each, and rows to put into it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tempfile::TempDir;

use super::*;
use crate::clock::{Time, add};
use crate::job::Overlap;
use crate::run::{
    Attempt, CallRecord, CallState, Confidence, Diagnosis, Evidence, Name, Number, Outcome, Phase, Run, RunState,
    Sample, Scopes, StoredBody, Tick, Verdict,
};

/// A folder with a store in it.
pub(super) struct Fixture {
    folder: TempDir,
    pub(super) clock: Clock,
    pub(super) store: Store,
}

impl Fixture {
    pub(super) async fn new() -> Fixture {
        let folder = TempDir::new().expect("a folder");
        let (clock, _hands) = Clock::manual(noon());
        let store = Store::open(&path_in(&folder), Access::Write, &clock).await.expect("a store");
        Fixture { folder, clock, store }
    }

    pub(super) fn path(&self) -> PathBuf {
        path_in(&self.folder)
    }

    /// One more process on the same file, as far as the store can tell.
    pub(super) async fn open(&self, access: Access) -> Result<Store, StoreError> {
        Store::open(&self.path(), access, &self.clock).await
    }

    /// A connection past the store.
    pub(super) async fn raw(&self) -> SqliteConnection {
        connect(&self.path()).await
    }

    /// Runs a statement past the store.
    pub(super) async fn execute(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut self.raw().await).await.expect(sql);
    }

    /// The rows of a query, each as its columns in a line.
    pub(super) async fn rows(&self, sql: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.raw().await).await.expect(sql);
        rows.iter().map(line).collect()
    }

    /// A tick of `job`, won and running.
    pub(super) async fn run(&self, job: &str, minute: u64) -> Run {
        won(self.store.claim(vec![claim(job, minute)]).await.expect("a claim").remove(0))
    }

    /// A run that ended well in the minute of its tick.
    pub(super) async fn ended(&self, job: &str, minute: u64) -> Run {
        let run = self.run(job, minute).await;
        assert_eq!(self.store.finish(outcome(&run)).await.expect("an end"), Finish::Recorded);
        run
    }
}

pub(super) async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a connection")
}

fn path_in(folder: &TempDir) -> PathBuf {
    folder.path().join("apicron.db")
}

fn line(row: &SqliteRow) -> String {
    let cell = |n| match row.try_get::<Option<String>, _>(n) {
        Ok(text) => text.unwrap_or_else(|| "null".to_owned()),
        Err(_) => row.try_get::<i64, _>(n).map_or_else(|_| row.get::<f64, _>(n).to_string(), |n| n.to_string()),
    };
    (0..row.len()).map(cell).collect::<Vec<_>>().join("|")
}

pub(super) fn noon() -> Time {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

/// Minutes after noon.
pub(super) fn minute(n: u64) -> Time {
    add(noon(), Duration::from_secs(60 * n))
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

pub(super) fn claim(job: &str, n: u64) -> Claim {
    Claim {
        credential: None,
        tick: Tick { job: name(job), scheduled_for: minute(n) },
        start: Start::Schedule,
        config_hash: "0123456789abcdef".to_owned(),
        overlap: Overlap::Skip,
        after: None,
        begin: Begin::Now,
        claimed_at: minute(n),
    }
}

pub(super) fn stretch(job: &str, first: u64, last: u64) -> Stretch {
    Stretch {
        job: name(job),
        scheduled_for: minute(first),
        through: minute(last),
        ticks: last - first + 1,
        state: RunState::Missed,
        reason: "apicron was down".to_owned(),
        config_hash: "0123456789abcdef".to_owned(),
        at: minute(last),
    }
}

pub(super) fn won(claimed: Claimed) -> Run {
    match claimed {
        Claimed::Won(run) => run,
        other => panic!("not won: {other:?}"),
    }
}

/// One horizon for runs and their results, and none for the rest.
pub(super) fn horizons(runs: Time) -> Horizons {
    let never = Time::UNIX_EPOCH;
    Horizons { runs, results: runs, samples: never, diagnoses: never }
}

/// An end without calls and samples.
pub(super) fn outcome(run: &Run) -> Outcome {
    Outcome {
        run: run.id,
        state: RunState::Succeeded,
        kind: None,
        reason: None,
        started_at: Some(run.claimed_at),
        finished_at: add(run.claimed_at, Duration::from_millis(250)),
        calls: Vec::new(),
        samples: Vec::new(),
        remembered: Vec::new(),
        uploaded: Vec::new(),
        refused_credential: None,
    }
}

/// An end with something in every table.
pub(super) fn full_outcome(run: &Run) -> Outcome {
    let at = run.claimed_at;
    let job = &run.tick.job;
    let plain = Sample::gauge(job, "credits", at, Number::Whole(412_300));
    let built_in = Sample::gauge(job, "up", at, Number::Whole(1));
    let labelled = Sample {
        label: "ready".to_owned(),
        limit: Some(Number::Whole(10)),
        period: Some((minute(0), minute(60))),
        ..Sample::gauge(job, "files", at, Number::Real(2.5))
    };
    Outcome { calls: vec![call(at)], samples: vec![built_in, plain, labelled], ..outcome(run) }
}

pub(super) fn call(at: Time) -> CallRecord {
    CallRecord {
        seq: 0,
        name: "usage".to_owned(),
        element: None,
        method: "GET".to_owned(),
        url: "https://api.example.com/v1/usage".to_owned(),
        state: CallState::Succeeded,
        kind: None,
        reason: None,
        status: Some(200),
        pages: 1,
        items: 0,
        bytes: 17,
        idempotency_key: None,
        started_at: at,
        finished_at: add(at, Duration::from_millis(120)),
        attempts: vec![Attempt {
            n: 1,
            page: 1,
            started_at: at,
            duration_ms: 118,
            status: Some(200),
            kind: None,
            retry_after_ms: None,
            token_generation: Some(3),
        }],
        result: Some(StoredBody {
            content_type: Some("application/json".to_owned()),
            text: "{\"ok\":true}".to_owned(),
        }),
        diagnoses: vec![diagnosis(at)],
        is_recorded: false,
    }
}

/// What is found out about a token request of a client that is not known.
pub(super) fn refusal(at: Time) -> Diagnosis {
    Diagnosis {
        phase: Phase::Mint,
        status: 401,
        verdict: Verdict::RevokedOrRotatedSecret,
        rule: "T1",
        healed: false,
        summary: "client my-client is not known".to_owned(),
        remedy: "put the current secret in its place".to_owned(),
        ..diagnosis(at)
    }
}

fn diagnosis(at: Time) -> Diagnosis {
    let mut evidence = Evidence::default();
    evidence.token.requested_scopes = Scopes::parse("usage:read usage:write");
    evidence.token.granted_scopes = Some(Scopes::parse("usage:read"));
    evidence.response.status = 403;
    Diagnosis {
        at,
        phase: Phase::Api,
        status: 403,
        verdict: Verdict::MissingScope,
        rule: "missing_scope",
        confidence: Confidence::Proven,
        retry: false,
        healed: true,
        summary: "the token lacks usage:write".to_owned(),
        remedy: "grant usage:write".to_owned(),
        missing_scopes: Scopes::parse("usage:write"),
        evidence,
    }
}
