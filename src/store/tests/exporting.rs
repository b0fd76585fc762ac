//! Copies: rows out, and the whole file.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Map, Value, json};

use crate::job::Overlap;
use crate::run::{Number, Sample};
use crate::store::fixture::*;
use crate::store::*;

async fn exported(store: &Store, table: Table) -> Vec<Map<String, Value>> {
    let mut rows = Vec::new();
    let each = |row| {
        rows.push(row);
        Ok::<(), StoreError>(())
    };
    store.export(table, each).await.expect("rows");
    rows
}

fn columns(row: &Map<String, Value>) -> String {
    row.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_export_has_every_row_of_the_view_with_its_columns_in_their_order() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        let run = fixture.run("usage", n).await;
        fixture.store.finish(full_outcome(&run)).await.expect("an end");
    }
    for (table, view, n) in
        [(Table::Runs, "v_runs", 3), (Table::Results, "v_results", 3), (Table::Samples, "v_samples", 9)]
    {
        let rows = exported(&fixture.store, table).await;
        let names = fixture.rows(&format!("select name from pragma_table_info('{view}') order by cid")).await;
        assert_eq!((rows.len(), columns(&rows[0])), (n, names.join(" ")), "{view}");
        assert_eq!(table.columns(), names, "{view}");
    }
    let runs = exported(&fixture.store, Table::Runs).await;
    assert_eq!(exported(&fixture.store, Table::Records).await.len(), 0);
    let first = fixture.store.run(crate::run::RunId(1)).await.expect("read").expect("a run").run;
    assert_eq!(Value::Object(runs[0].clone()), serde_json::to_value(first).expect("JSON"));
}

#[tokio::test]
async fn an_export_longer_than_a_page_has_each_row_once_oldest_first() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        let claims =
            (0..1_000).map(|job| Claim { overlap: Overlap::Allow, ..claim(&format!("job-{job}"), n) }).collect();
        fixture.store.claim(claims).await.expect("claims");
    }
    let runs = exported(&fixture.store, Table::Runs).await;
    let ids: Vec<i64> = runs.iter().map(|run| run["id"].as_i64().expect("a number")).collect();
    assert!(ids == (1..=3_000).collect::<Vec<_>>(), "{} rows", ids.len());

    let run = fixture.run("many", 4).await;
    let sample = |at: u64, label: &str| Sample {
        label: label.to_owned(),
        ..Sample::gauge(&run.tick.job, "n", minute(at), Number::Whole(1))
    };
    let samples = (0..1_500).flat_map(|at| [sample(at, "a"), sample(at, "b")]).collect();
    fixture.store.finish(crate::run::Outcome { samples, ..outcome(&run) }).await.expect("an end");
    let rows = exported(&fixture.store, Table::Samples).await;
    let keys: Vec<_> = rows.iter().map(|row| (row["label"].to_string(), row["at"].to_string())).collect();
    assert_eq!(keys.len(), 3_000);
    assert!(keys.is_sorted_by(|one, next| one < next), "series by series, each oldest first");
}

#[tokio::test]
async fn numbers_are_exported_as_they_were_stored() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    let numbers = [Number::Whole((1 << 53) + 1), Number::Whole(i64::MIN), Number::Real(2.0), Number::Real(0.1)];
    let samples = numbers.iter().zip(0..).map(|(number, n)| Sample::gauge(&run.tick.job, "n", minute(n), *number));
    fixture.store.finish(crate::run::Outcome { samples: samples.collect(), ..outcome(&run) }).await.expect("an end");
    let values: Vec<String> =
        exported(&fixture.store, Table::Samples).await.iter().map(|row| row["value"].to_string()).collect();
    assert_eq!(values, ["9007199254740993", "-9223372036854775808", "2.0", "0.1"]);
}

#[tokio::test]
async fn whoever_takes_the_rows_may_end_the_export() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    fixture.ended("usage", 1).await;
    let mut seen = 0;
    let each = |_| {
        seen += 1;
        Err(StoreError::Exists { path: fixture.path().into() })
    };
    fixture.store.export(Table::Runs, each).await.expect_err("enough");
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn a_backup_is_a_whole_store_of_one_moment_while_others_write() {
    let fixture = Fixture::new().await;
    for n in 0..200 {
        let run = fixture.run("usage", n).await;
        fixture.store.finish(full_outcome(&run)).await.expect("an end");
    }
    let copy = fixture.path().with_file_name("copy.db");
    let writes = async {
        for n in 200..300 {
            let run = fixture.run("usage", n).await;
            fixture.store.finish(full_outcome(&run)).await.expect("an end");
        }
    };
    fixture.run("lives", 0).await;
    let (backup, ()) = tokio::join!(fixture.store.backup(&copy), writes);
    backup.expect("a backup");
    assert_eq!(std::fs::metadata(&copy).expect("a file").permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(copy.parent().expect("a folder"))
        .expect("the folder")
        .map(|found| found.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("copy"))
        .collect();
    assert_eq!(left, ["copy.db"]);

    let mut raw = connect(&copy).await;
    let mut one = async |sql: &'static str| -> String { sqlx::query_scalar(sql).fetch_one(&mut raw).await.expect(sql) };
    assert_eq!(one("pragma integrity_check").await, "ok");
    assert_eq!(one("select cast(auto_vacuum as text) from pragma_auto_vacuum").await, "2");
    let odd = "select cast(count(*) as text) from runs where state = 'succeeded'
               and not exists (select 1 from calls where run_id = runs.id)";
    assert_eq!(one(odd).await, "0", "a run is there with its calls or not at all");
    let live = "select cast(count(*) as text) from runs where finished_at is null";
    assert_eq!(one(live).await, "0", "nothing lives in a copy");
    let store = Store::open(&copy, Access::Write, &fixture.clock).await.expect("a store");
    assert_eq!(store.id(), fixture.store.id());
    let wanted = RunsWanted { job: None, state: None, since: None, limit: 1_000 };
    assert!((200..=300).contains(&store.runs(&wanted).await.expect("runs").len()));
}

#[tokio::test]
async fn a_backup_takes_the_place_of_no_file_and_can_be_made_by_a_reader() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    let reader = fixture.open(Access::Read).await.expect("a reader");
    let copy = fixture.path().with_file_name("copy.db");
    reader.backup(&copy).await.expect("a backup");
    let before = std::fs::read(&copy).expect("the copy");
    for path in [copy.clone(), fixture.path()] {
        let error = reader.backup(&path).await.expect_err("it exists");
        assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    }
    assert!(before == std::fs::read(&copy).expect("the copy"));

    let partial = copy.with_file_name("next.db.partial");
    std::fs::write(&partial, "half").expect("a file");
    let error = reader.backup(&copy.with_file_name("next.db")).await.expect_err("in the way");
    assert!(error.to_string().contains("next.db.partial is in the way"), "{error}");
    let error = reader.backup(&copy.join("no").join("copy.db")).await.expect_err("no folder");
    assert!(matches!(error, StoreError::Unopenable { .. }), "{error}");
    assert_eq!(json!(fixture.rows("select state from v_runs").await), json!(["succeeded"]));
}
