//! What later runs and people see of records, remembered values, uploads and calls.

use std::collections::BTreeMap;

use super::records::{keep, listing, open, page, record};
use crate::run::{CallRecord, CallState, Gone, Listing, Outcome, Record, Remembered, Uploaded};
use crate::store::fixture::*;
use crate::store::*;

fn with_columns(columns: &[&str]) -> Listing {
    Listing { columns: columns.iter().map(|&column| column.to_owned()).collect(), ..listing("file-list") }
}

fn row(key: &str, columns: &str) -> Record {
    Record { columns: Some(columns.to_owned()), ..record(key, "{}") }
}

#[tokio::test]
async fn the_view_of_a_collection_has_typed_columns_and_is_made_anew_where_they_are_others() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, with_columns(&["size", "it's \"x\""])).await;
    let records = vec![row("a", r#"{"size":3,"it's \"x\"":"t"}"#), row("b", r#"{"size":0.5,"it's \"x\"":null}"#)];
    keep(store, run.id, page(&of, records)).await;
    let view = "\"v_records_file-list\"";
    let columns = "select group_concat(name, ',') from pragma_table_info('v_records_file-list')";
    let times = "first_seen_at,changed_at,last_seen_at,gone_at";
    assert_eq!(fixture.rows(columns).await, [format!("key,size,it's \"x\",{times}")]);
    let typed = format!("select key, typeof(size), typeof(\"it's \"\"x\"\"\"), last_seen_at, gone_at from {view}");
    let noon = "2026-11-24T12:00:00.000Z";
    assert_eq!(
        fixture.rows(&typed).await,
        [format!("a|integer|text|{noon}|null"), format!("b|real|null|{noon}|null"),]
    );

    open(store, run.id, with_columns(&["name"])).await;
    assert_eq!(fixture.rows(columns).await, [format!("key,name,{times}")]);
    open(store, run.id, with_columns(&[])).await;
    assert_eq!(fixture.rows("select count(*) from sqlite_schema where name like 'v_records_%'").await, ["0"]);
}

#[tokio::test]
async fn other_columns_of_the_same_body_are_written_and_are_no_change() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, with_columns(&["n"])).await;
    keep(store, run.id, page(&of, vec![row("a", r#"{"n":1}"#)])).await;
    fixture.execute("update records set changed_at = 0").await;
    let tally = keep(store, run.id, page(&of, vec![row("a", r#"{"n":2}"#)])).await;
    assert_eq!((tally.new, tally.changed), (1, 0));
    assert_eq!(fixture.rows("select n, changed_at from \"v_records_file-list\"").await, ["2|1970-01-01T00:00:00.000Z"]);
}

#[tokio::test]
async fn a_record_that_comes_back_is_new() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for (n, records, new) in [(0, vec![record("a", "1")], 1), (1, vec![], 0), (2, vec![record("a", "1")], 1)] {
        let run = fixture.run("a", n).await;
        let of = open(store, run.id, listing("files")).await;
        assert_eq!(keep(store, run.id, page(&of, records)).await.new, new);
        store.complete(run.id, of.id, Gone::MarkEmpty).await.expect("an end");
        store.finish(outcome(&run)).await.expect("an end");
    }
    assert_eq!(fixture.rows("select key, gone_at, run_id from v_records").await, ["a|null|3"]);
}

#[tokio::test]
async fn stored_records_come_by_key_a_thousand_at_a_time_as_they_stood() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, listing("files")).await;
    let records = (0..1_500).rev().map(|n| record(&format!("{n:04}"), &n.to_string())).collect();
    keep(store, run.id, page(&of, records)).await;
    let ms = noon().timestamp_millis();
    fixture.execute(&format!("update records set gone_at = {ms} where key = '0001'")).await;
    fixture.execute(&format!("update records set gone_at = {ms} + 1 where key = '0002'")).await;
    fixture.execute(&format!("update records set first_seen_at = {ms} + 1 where key = '0003'")).await;
    let files = name("files");
    let first = store.stored(&files, noon(), None).await.expect("records");
    let keys: Vec<&str> = first.iter().map(|stored| stored.key.as_str()).collect();
    assert_eq!((first.len(), &keys[..3], keys[999]), (1_000, &["0000", "0002", "0004"][..], "1001"));
    assert_eq!(first[1].body, "2");
    assert_eq!(store.stored(&files, noon(), Some(keys[999])).await.expect("records").len(), 498);
    assert_eq!(store.stored(&name("others"), noon(), None).await.expect("records"), []);
}

#[tokio::test]
async fn large_records_come_a_few_at_a_time_and_one_that_is_larger_than_a_batch_comes_too() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, listing("files")).await;
    let sizes = [1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1];
    let body = |mebibytes: usize| "é".repeat(mebibytes << 19);
    for (n, size) in sizes.into_iter().enumerate() {
        keep(store, run.id, page(&of, vec![record(&format!("{n:02}"), &body(size))])).await;
    }
    let mut batches = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let batch = store.stored(&name("files"), noon(), after.as_deref()).await.expect("records");
        let Some(last) = batch.last() else { break };
        after = Some(last.key.clone());
        batches.push(batch.iter().map(|stored| stored.body.len() >> 20).collect::<Vec<_>>());
    }
    assert_eq!(batches, [vec![1; 8], vec![1, 9], vec![1]]);
}

#[tokio::test]
async fn an_export_has_the_records_by_collection_and_key() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    for collection in ["others", "files"] {
        let of = open(store, run.id, listing(collection)).await;
        let records = (0..300).rev().map(|n| record(&format!("{n:03}"), "{\"n\":1}")).collect();
        keep(store, run.id, page(&of, records)).await;
    }
    let mut rows = Vec::new();
    let each = |row| {
        rows.push(row);
        Ok::<(), StoreError>(())
    };
    store.export(Table::Records, each).await.expect("rows");
    let mut sorted = fixture.rows("select collection, key from v_records order by collection desc, key").await;
    sorted.dedup();
    assert_eq!(rows.len(), 600);
    assert!(rows.iter().all(|row| row.keys().eq(Table::Records.columns())));
    let text = |row: &serde_json::Map<_, _>, column| row[column].as_str().expect("a text").to_owned();
    let keys: Vec<String> =
        rows.iter().map(|row| format!("{}|{}", text(row, "collection"), text(row, "key"))).collect();
    assert!(keys == sorted, "{keys:?}");
    assert_eq!((text(&rows[0], "body"), rows[0]["gone_at"].is_null()), ("{\"n\":1}".to_owned(), true));
    for (collection, wanted) in [("others", &rows[..300]), ("files", &rows[300..]), ("nobodys", &[])] {
        let mut of_one = Vec::new();
        let each = |row| {
            of_one.push(row);
            Ok::<(), StoreError>(())
        };
        store.export_collection(&name(collection), each).await.expect("rows");
        assert!(of_one == wanted, "{collection}: {} rows", of_one.len());
    }
}

#[tokio::test]
async fn what_a_run_remembers_and_uploads_is_there_for_the_next_and_what_is_other_replaces_it() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let value = |name: &str, value: &str| Remembered { name: name.to_owned(), value: value.to_owned() };
    let file = |call: &str, file: &str, sha256: &str| Uploaded {
        call: call.to_owned(),
        file: file.to_owned(),
        sha256: sha256.to_owned(),
    };
    for (n, text) in [(0, "\"x\\u0000\""), (1, "{\"n\":1}")] {
        let run = fixture.run("a", n).await;
        let remembered = vec![value("last", text), value(&format!("of-{n}"), "null")];
        let uploaded = vec![file("push", "a.pdf", text), file("push", &format!("{n}.pdf"), "0")];
        let end = Outcome { remembered, uploaded, ..outcome(&run) };
        assert_eq!(store.finish(end).await.expect("an end"), Finish::Recorded);
    }
    let remembered = store.remembered(&name("a")).await.expect("read");
    assert_eq!(remembered, [value("last", "{\"n\":1}"), value("of-0", "null"), value("of-1", "null")]);
    assert_eq!(store.remembered(&name("b")).await.expect("read"), []);
    let uploaded = store.uploaded(&name("a"), "push").await.expect("read");
    let pair = |file: &str, sha256: &str| (file.to_owned(), sha256.to_owned());
    assert_eq!(uploaded, BTreeMap::from([pair("a.pdf", "{\"n\":1}"), pair("0.pdf", "0"), pair("1.pdf", "0")]));
    assert_eq!(store.uploaded(&name("a"), "other").await.expect("read"), BTreeMap::new());
}

#[tokio::test]
async fn a_call_that_ended_is_on_disk_before_its_run_ends_and_is_not_written_twice() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    assert_eq!(store.ended(run.id, call(noon())).await.expect("an answer"), Finish::Recorded);
    let rows = "select (select count(*) from v_calls), (select count(*) from v_attempts),
                       (select count(*) from v_results), (select count(*) from v_diagnoses where job = 'a')";
    assert_eq!(fixture.rows(rows).await, ["1|1|1|1"]);
    let mut end = full_outcome(&run);
    end.calls = vec![CallRecord { is_recorded: true, state: CallState::Failed, ..call(noon()) }];
    end.calls.push(CallRecord { seq: 1, ..call(noon()) });
    store.finish(end).await.expect("an end");
    assert_eq!(fixture.rows(rows).await, ["2|2|2|2"]);
    assert_eq!(fixture.rows("select state from v_calls").await, ["succeeded", "succeeded"]);
}

#[tokio::test]
async fn a_copy_of_the_store_has_its_records_and_their_view_and_owes_nothing() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, with_columns(&["n"])).await;
    keep(store, run.id, page(&of, vec![row("a", r#"{"n":1}"#)])).await;
    let copy = fixture.path().with_file_name("copy.db");
    store.backup(&copy).await.expect("a copy");
    let copied = Store::open(&copy, Access::Write, &fixture.clock).await.expect("a store");
    assert_eq!(copied.stored(&name("file-list"), noon(), None).await.expect("records").len(), 1);
    assert_eq!(copied.owed().await.expect("read"), []);
    let mut raw = connect(&copy).await;
    let n: i64 =
        sqlx::query_scalar("select n from \"v_records_file-list\"").fetch_one(&mut raw).await.expect("the view");
    assert_eq!(n, 1);
}
