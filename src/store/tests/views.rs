use serde::Serialize;

use crate::run::RunState;
use crate::store::fixture::*;
use crate::store::*;

/// The contract. People build on it.
const VIEWS: [(&str, &str); 10] = [
    (
        "v_runs",
        "id job trigger scheduled_for through ticks state kind reason repeats claimed_at started_at finished_at \
         config_hash process",
    ),
    (
        "v_calls",
        "run_id seq name element method url state kind status attempts pages items bytes idempotency_key started_at \
         finished_at",
    ),
    ("v_attempts", "run_id seq n page started_at duration_ms status kind retry_after_ms token_generation"),
    ("v_results", "run_id seq content_type body"),
    (
        "v_diagnoses",
        "id run_id seq job at phase status verdict rule confidence retry healed summary remedy requested_scopes \
         granted_scopes missing_scopes evidence",
    ),
    ("v_samples", "metric label at value limit_value period_start period_end run_id"),
    ("v_records", "collection key body first_seen_at changed_at last_seen_at gone_at run_id"),
    ("v_incidents", "id credential verdict opened_at closed_at probes waiting_jobs diagnosis_id"),
    ("v_alerts", "name series kind severity state value threshold since silenced_until reason step"),
    ("v_token_events", "at credential scopes event generation served duration_ms expires_at detail"),
];

#[tokio::test]
async fn the_views_have_the_columns_of_the_contract_in_order() {
    let fixture = Fixture::new().await;
    for (view, columns) in VIEWS {
        let found = fixture.rows(&format!("select name from pragma_table_info('{view}') order by cid")).await;
        assert_eq!(found.join(" "), columns, "{view}");
    }
    let views = fixture.rows("select name from sqlite_schema where type = 'view'").await;
    assert_eq!(views.len(), VIEWS.len(), "{views:?}");
}

fn keys(row: &impl Serialize) -> String {
    let json = serde_json::to_value(row).expect("JSON");
    json.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn rows_as_json_have_the_views_columns_and_times_as_text() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    fixture.store.finish(full_outcome(&run)).await.expect("an end");
    let detail = fixture.store.run(run.id).await.expect("read").expect("a run");
    let rows = [
        ("v_runs", keys(&detail.run)),
        ("v_calls", keys(&detail.calls[0])),
        ("v_attempts", keys(&detail.attempts[0])),
        ("v_results", keys(&detail.results[0])),
        ("v_diagnoses", keys(&detail.diagnoses[0])),
        ("v_samples", keys(&detail.samples[0])),
    ];
    for (row, expected) in rows.iter().zip(VIEWS) {
        assert_eq!((row.0, row.1.as_str()), expected);
    }
    let json = serde_json::to_value(&detail).expect("JSON");
    assert_eq!(json["finished_at"], "2026-11-24T12:00:00.250Z");
    assert_eq!(json["through"], serde_json::Value::Null);
    assert_eq!(json["diagnoses"][0]["missing_scopes"], serde_json::json!(["usage:write"]));
    assert_eq!(keys(&detail), format!("{} calls attempts results diagnoses samples incident", VIEWS[0].1));
}

#[tokio::test]
async fn the_schema_knows_every_word_of_the_closed_lists() {
    let fixture = Fixture::new().await;
    let schema = fixture.rows("select sql from sqlite_schema where type = 'table'").await.join("\n");
    let count = |word: &str| schema.matches(&format!("'{word}'")).count();
    for kind in crate::run::Kind::ALL {
        assert!(count(kind.as_str()) >= 3, "{kind} in runs, calls and attempts");
    }
    for state in RunState::ALL {
        assert!(count(state.as_str()) >= 1, "{state}");
    }
    for verdict in crate::run::Verdict::ALL {
        assert!(count(verdict.as_str()) >= 1, "{verdict}");
    }
}

#[tokio::test]
async fn what_people_ask_often_is_found_by_an_index() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    let wanted = RunsWanted { job: None, state: None, since: None, limit: 20 };
    let lists = [
        wanted.clone(),
        RunsWanted { job: Some(name("usage")), ..wanted.clone() },
        RunsWanted { state: Some(RunState::Refused), ..wanted.clone() },
        RunsWanted { state: Some(RunState::Running), ..wanted.clone() },
        RunsWanted { since: Some(noon()), job: Some(name("usage")), ..wanted },
    ];
    let lists = lists.iter().map(sqlite::list_query);
    for query in sqlite::statements().into_iter().map(str::to_owned).chain(lists) {
        let plan = fixture.rows(&format!("explain query plan {query}")).await;
        let whole = [
            "runs",
            "old",
            "newer",
            "living",
            "stretch",
            "tick",
            "samples",
            "records",
            "sightings",
            "listings",
            "held",
            "incidents",
            "diagnoses",
            "outbox",
        ];
        let scans = |step: &&String| {
            whole.iter().any(|table| step.contains(&format!("SCAN {table}"))) && !step.contains(" USING ")
        };
        assert_eq!(plan.iter().find(scans), None, "{query}\n{plan:#?}");
    }
}
