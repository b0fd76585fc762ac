use chrono::TimeDelta;

use super::records;
use crate::clock::Time;
use crate::run::{Number, Outcome, Sample, Scopes, TokenEvent, TokenEventKind};
use crate::store::fixture::*;
use crate::store::*;

#[tokio::test]
async fn old_runs_go_with_their_rows_and_samples_diagnoses_and_counts_stay() {
    let fixture = Fixture::new().await;
    for n in 0..4 {
        let run = fixture.run("usage", n).await;
        fixture.store.finish(full_outcome(&run)).await.expect("an end");
    }
    assert_eq!(fixture.store.prune(horizons(minute(2))).await.expect("a number"), 2);
    assert_eq!(fixture.rows("select id from v_runs").await, ["3", "4"]);
    for view in ["v_calls", "v_attempts", "v_results"] {
        assert_eq!(fixture.rows(&format!("select run_id from {view}")).await, ["3", "4"], "{view}");
    }
    assert_eq!(fixture.rows("select count(*), count(distinct run_id) from v_diagnoses").await, ["4|4"]);
    assert_eq!(fixture.rows("select count(*) from v_samples").await, ["12"]);
    assert_eq!(fixture.rows("select n from run_counts").await, ["4"]);
}

#[tokio::test]
async fn the_newest_run_of_a_job_and_the_newest_that_covers_a_tick_stay_whatever_their_age() {
    let fixture = Fixture::new().await;
    fixture.ended("yearly", 0).await;
    fixture.ended("yearly", 1).await;
    for n in 2..4 {
        let manual = Claim { start: Start::Manual, ..claim("yearly", n) };
        let run = won(fixture.store.claim(vec![manual]).await.expect("a claim").remove(0));
        fixture.store.finish(outcome(&run)).await.expect("an end");
    }
    assert_eq!(fixture.store.prune(horizons(minute(600))).await.expect("a number"), 2);
    assert_eq!(
        fixture.rows("select scheduled_for, trigger from v_runs").await,
        ["2026-11-24T12:01:00.000Z|schedule", "2026-11-24T12:03:00.000Z|manual"]
    );
    assert_eq!(fixture.store.last_covered().await.expect("times").get("yearly"), Some(&minute(1)));
}

#[tokio::test]
async fn a_live_run_stays_however_long_it_takes() {
    let fixture = Fixture::new().await;
    let manual = |n| Claim { start: Start::Manual, ..claim("usage", n) };
    fixture.store.claim(vec![manual(0)]).await.expect("a run");
    fixture.store.claim(vec![manual(1), manual(2)]).await.expect("two that overlap");
    assert_eq!(fixture.store.prune(horizons(minute(600))).await.expect("a number"), 1);
    assert_eq!(fixture.rows("select state from v_runs").await, ["running", "skipped"]);
}

#[tokio::test]
async fn many_old_runs_go_in_steps_and_the_file_shrinks() {
    let fixture = Fixture::new().await;
    for n in 0..6 {
        let claims = (0..300).map(|job| claim(&format!("job-{job}"), n)).collect();
        let runs = fixture.store.claim(claims).await.expect("claims");
        let ends = runs.into_iter().map(|claimed| fixture.store.finish(full_outcome(&won(claimed))));
        for end in futures_util::future::join_all(ends).await {
            assert_eq!(end.expect("an end"), Finish::Recorded);
        }
    }
    let pages = |rows: Vec<String>| rows[0].parse::<u32>().expect("a number");
    let before = pages(fixture.rows("pragma page_count").await);
    assert_eq!(fixture.store.prune(horizons(minute(600))).await.expect("a number"), 5 * 300);
    assert_eq!(fixture.rows("select count(*) from v_runs").await, ["300"]);
    assert!(pages(fixture.rows("pragma page_count").await) < before);
    assert_eq!(fixture.rows("pragma foreign_key_check").await, Vec::<String>::new());
    assert_eq!(fixture.rows("pragma integrity_check").await, ["ok"]);
}

#[tokio::test]
async fn old_token_events_and_processes_that_are_gone_go_too() {
    let fixture = Fixture::new().await;
    fixture.open(Access::Write).await.expect("a second").close().await;
    for n in 0..3 {
        fixture.store.token_event(TokenEvent {
            at: minute(n),
            credential: name("cuadra"),
            scopes: Scopes::default(),
            event: TokenEventKind::Fetched,
            generation: n,
            served: 0,
            duration_ms: None,
            expires_at: None,
            detail: None,
        });
    }
    assert_eq!(fixture.store.prune(horizons(minute(2))).await.expect("a number"), 0);
    assert_eq!(fixture.rows("select generation from v_token_events").await, ["2"]);
    assert_eq!(fixture.rows("select count(*) from processes").await, ["1"]);
}

/// Horizons that keep everything, to change one of.
fn keep_all() -> Horizons {
    horizons(Time::UNIX_EPOCH)
}

async fn ten_minutes(fixture: &Fixture) {
    for n in 0..10 {
        let run = fixture.run("usage", n).await;
        fixture.store.finish(full_outcome(&run)).await.expect("an end");
    }
}

#[tokio::test]
async fn results_samples_and_diagnoses_go_by_their_own_horizons_and_runs_stay() {
    let fixture = Fixture::new().await;
    ten_minutes(&fixture).await;
    let never = keep_all();
    let count = async |view: &str| fixture.rows(&format!("select count(*) from {view}")).await.remove(0);
    fixture.store.prune(Horizons { results: minute(4), ..never }).await.expect("a number");
    assert_eq!((count("v_results").await, count("v_samples").await), ("6".to_owned(), "30".to_owned()));
    fixture.store.prune(Horizons { samples: minute(5), ..never }).await.expect("a number");
    assert_eq!((count("v_samples").await, count("v_diagnoses").await), ("15".to_owned(), "10".to_owned()));
    fixture.store.prune(Horizons { diagnoses: minute(6), ..never }).await.expect("a number");
    assert_eq!((count("v_diagnoses").await, count("v_runs").await), ("4".to_owned(), "10".to_owned()));
    assert_eq!((count("v_calls").await, count("v_attempts").await), ("10".to_owned(), "10".to_owned()));
    assert_eq!(fixture.rows("select min(run_id) from v_results").await, ["5"], "by the end of the run");
}

#[tokio::test]
async fn the_newest_sample_of_each_series_stays_whatever_its_age() {
    let fixture = Fixture::new().await;
    ten_minutes(&fixture).await;
    fixture.store.prune(Horizons { samples: minute(600), ..keep_all() }).await.expect("a number");
    assert_eq!(
        fixture.rows("select metric, label, at from v_samples order by metric").await,
        [
            "usage.credits||2026-11-24T12:09:00.000Z",
            "usage.files|ready|2026-11-24T12:09:00.000Z",
            "usage.up||2026-11-24T12:09:00.000Z"
        ]
    );
}

#[tokio::test]
async fn many_samples_of_many_series_go_in_steps() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    let sample = |series: u64, at: u64| Sample {
        label: series.to_string(),
        ..Sample::gauge(&run.tick.job, "n", minute(at), Number::Whole(1))
    };
    let samples = (0..40).flat_map(|series| (0..100).map(move |at| sample(series, at))).collect();
    fixture.store.finish(Outcome { samples, ..outcome(&run) }).await.expect("an end");
    fixture.store.prune(Horizons { samples: minute(98), ..keep_all() }).await.expect("a number");
    assert_eq!(fixture.rows("select count(*), min(at) from v_samples").await, ["80|2026-11-24T13:38:00.000Z"]);
}

#[tokio::test]
async fn counts_go_by_the_day_and_with_the_samples_and_versions_with_the_runs() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    let day = noon().timestamp_millis() / 86_400_000;
    fixture.execute(&format!("insert into run_counts values (1, {}, 'failed', 7)", day - 1)).await;
    for valid_to in ["1", "null"] {
        let version = format!("insert into job_versions values (1, '@hourly', 'UTC', 1, 0, {valid_to}, '{{}}', '')");
        fixture.execute(&version).await;
    }
    let counts = async || fixture.rows("select day, n from run_counts").await;
    fixture.store.prune(Horizons { samples: noon() - TimeDelta::days(1), ..keep_all() }).await.expect("a number");
    assert_eq!(counts().await.len(), 2, "noon of yesterday: its day goes when all of it is old");
    fixture.store.prune(Horizons { samples: noon(), ..keep_all() }).await.expect("a number");
    assert_eq!(counts().await, [format!("{day}|1")]);
    assert_eq!(fixture.rows("select count(*) from job_versions").await, ["2"]);
    fixture.store.prune(horizons(minute(600))).await.expect("a number");
    assert_eq!(fixture.rows("select valid_to from job_versions").await, ["null"]);
}

#[tokio::test]
async fn a_prune_holds_up_no_claim_for_longer_than_a_step() {
    let fixture = Fixture::new().await;
    for n in 0..10 {
        let claims = (0..300).map(|job| Claim { start: Start::Manual, ..claim(&format!("job-{job}"), n) });
        let runs = fixture.store.claim(claims.collect()).await.expect("claims");
        let ends = runs.into_iter().map(|claimed| fixture.store.finish(outcome(&won(claimed))));
        futures_util::future::join_all(ends).await;
    }
    let prune = fixture.store.prune(horizons(minute(600)));
    let mut prune = std::pin::pin!(prune);
    let mut claimed = 0;
    let pruned = loop {
        let next = Claim { start: Start::Manual, ..claim("another", 700 + claimed) };
        let next = std::pin::pin!(fixture.store.claim(vec![next]));
        match futures_util::future::select(prune, next).await {
            futures_util::future::Either::Left((pruned, _)) => break pruned.expect("a number"),
            futures_util::future::Either::Right((claim, rest)) => {
                claim.expect("a claim");
                claimed += 1;
                prune = rest;
            }
        }
    };
    assert_eq!(pruned, 9 * 300);
    assert!(claimed >= 3, "only {claimed} claims came between the steps");
}

#[tokio::test]
async fn the_file_is_whole_after_a_prune_and_a_second_one_finds_nothing() {
    let fixture = Fixture::new().await;
    ten_minutes(&fixture).await;
    fixture.store.prune(horizons(minute(600))).await.expect("a number");
    fixture.store.prune(horizons(minute(600))).await.expect("nothing more");
    assert_eq!(fixture.rows("pragma foreign_key_check").await, Vec::<String>::new());
    assert_eq!(fixture.rows("pragma integrity_check").await, ["ok"]);
    assert_eq!(fixture.rows("pragma freelist_count").await, ["0"]);
}

/// Tables that grow, by their names in statements.
const LARGE: [&str; 16] = [
    "runs",
    "old",
    "newer",
    "samples",
    "results",
    "tick",
    "stretch",
    "done",
    "living",
    "records",
    "sightings",
    "listings",
    "progress",
    "held",
    "incidents",
    "outbox",
];

#[tokio::test]
async fn statistics_that_were_gathered_lead_no_statement_to_a_scan() {
    let fixture = Fixture::new().await;
    ten_minutes(&fixture).await;
    for job in 0..50 {
        fixture.run(&format!("job-{job}"), 20).await;
    }
    let many = "with recursive n(n) as (select 1 union all select n + 1 from n where n < 20000)
                insert into runs (job_id, trigger, scheduled_for, ticks, state, reason, claimed_at, finished_at, config_id,
                                  process_id)
                select 2 + n % 50, 'schedule', n, 1, 'skipped', 'many', n, n, 1, 1 from n";
    fixture.execute(many).await;
    let run = fixture.run("records", 21).await;
    for collection in ["files", "others"] {
        let of = records::open(&fixture.store, run.id, records::listing(collection)).await;
        let page = records::page(&of, (0..2_000).map(|n| records::record(&n.to_string(), "1")).collect());
        records::keep(&fixture.store, run.id, page).await;
    }
    fixture.store.prune(keep_all()).await.expect("a number");
    fixture.execute("analyze").await; // what `optimize` does once tables have grown
    for query in sqlite::statements() {
        let plan = fixture.rows(&format!("explain query plan {query}")).await;
        let scans = |step: &&String| LARGE.iter().any(|table| step.ends_with(&format!("|SCAN {table}")));
        assert_eq!(plan.iter().find(scans), None, "{query}\n{plan:#?}");
    }
}
