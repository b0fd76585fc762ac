//! Calls that go over what earlier ones gave, and runs that go on from what earlier ones remembered.

use std::collections::BTreeMap;

use apicron::standin::{DatasetKnobs, Fault, Knobs, Seen};

use crate::support::lists::{
    DATASETS, FILES, files_of_each, job_file, library, lines, lists, run_badly, run_well, seen,
};
use crate::support::standin;

fn of_dataset(id: &str) -> impl Fn(&&Seen) -> bool {
    move |seen| seen.query.contains(&format!("resourceId={id}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_records_lead_to_further_lists() {
    let standin = standin::start_with(library(40, 120)).await;
    let by_status = "by_status = 'group_by(.status) | map({key: .[0].status, value: length}) | from_entries'";
    let job = files_of_each("concurrency = 4")
        .replace("files = \"$items.seen\"", &format!("files = \"$items.seen\", {by_status}"));
    let folder = lists(&standin, &job);
    run_well(&folder, "mirror");
    let kept =
        "select collection || ' ' || count(*) || ' ' || count(gone_at) from v_records group by collection order by 1";
    assert_eq!(lines(&folder, kept).await, ["datasets 40 0", "files 4800 0"]);
    assert_eq!(seen(&standin, "GET", FILES).len(), 80, "two pages of each dataset");
    let rows =
        "select count(*) || ' ' || count(distinct element) || ' ' || sum(items) from v_calls where name = 'files'";
    assert_eq!(lines(&folder, rows).await, ["40 40 4800"]);
    let series = "select metric || ' ' || label || ' ' || cast(value as integer) from v_samples
                  where metric in ('mirror.files', 'mirror.by_status') and label like 'ds_demo2%' order by 1";
    assert_eq!(
        lines(&folder, series).await,
        [
            "mirror.by_status ds_demo2/failed 12",
            "mirror.by_status ds_demo2/processing 12",
            "mirror.by_status ds_demo2/ready 96",
            "mirror.files ds_demo2 120"
        ]
    );
    let joined = "select count(*) || ' ' || count(distinct dataset) from v_records_files
                  join v_records on collection = 'datasets' and v_records.key = dataset where status = 'ready'";
    assert_eq!(lines(&folder, joined).await, ["3840 40"]);

    let lost = DatasetKnobs { count: 40, lost: 10, changed: 0 };
    standin.set(Knobs { datasets: lost, ..library(40, 120) });
    run_well(&folder, "mirror");
    assert_eq!(lines(&folder, kept).await, ["datasets 40 10", "files 4800 1200"], "what is gone leads nowhere");
    assert_eq!(seen(&standin, "GET", FILES).len(), 80 + 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_that_fails_ends_the_others_unless_they_are_to_go_on() {
    let broken = Knobs { faults: vec![Fault::status(FILES, 404).after(9).times(1)], ..library(40, 3) };
    for (keys, least, most) in [("concurrency = 4", 10, 14), ("on_error = \"continue\"", 40, 40)] {
        let standin = standin::start_with(broken.clone()).await;
        let folder = lists(&standin, &files_of_each(keys));
        let (kind, reason) = run_badly(&folder, "mirror").await;
        assert!(kind == "status" && reason.starts_with("`files` for `ds_"), "{kind}: {reason}");
        let asked = seen(&standin, "GET", FILES).len();
        assert!((least..=most).contains(&asked), "{keys}: {asked}");
        let gone = lines(&folder, "select count(*) || '' from v_records where gone_at is not null").await;
        assert_eq!(gone, ["0"], "a listing with a hole marks nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_is_asked_of_each_element_and_one_that_does_not_hold_is_no_failure() {
    let standin = standin::start_with(library(6, 2)).await;
    let folder = lists(&standin, &files_of_each("concurrency = 4\nwhen = '$each.name | startswith(\"Price\") | not'"));
    run_well(&folder, "mirror");
    let asked = seen(&standin, "GET", FILES);
    assert_eq!((asked.len(), asked.iter().filter(of_dataset("ds_demo3")).count()), (5, 0));
    let skipped = "select element || ' ' || state from v_calls where state <> 'succeeded'";
    assert_eq!(lines(&folder, skipped).await, ["ds_demo3 skipped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_condition_passes_over_is_not_taken_for_gone() {
    let standin = standin::start_with(library(6, 2)).await;
    let folder = lists(&standin, &files_of_each(""));
    run_well(&folder, "mirror");
    standin.set(library(6, 1));
    let kept = "select count(*) || ' ' || count(gone_at) from v_records where collection = 'files'";
    for (keys, expected) in [("when = '$each.id != \"ds_demo3\"'", "12 0"), ("", "12 6")] {
        let text = job_file(&standin, &files_of_each(keys));
        std::fs::write(folder.path().join("jobs.toml"), text).expect("a job file");
        run_well(&folder, "mirror");
        assert_eq!(lines(&folder, kept).await, [expected], "{keys}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_sees_what_the_last_one_that_succeeded_remembered() {
    let job = r#"
[jobs.newest]
api    = "standin"
scopes = ["datasets:read"]
calls  = [{ name = "datasets", get = "/datasets", query = { limit = 1, offset = '{{ $state.next // 0 }}' }, expect = { that = ".items | length == 1" }, remember = { next = '($state.next // 0) + 1' } }]
"#;
    let standin = standin::start().await;
    let folder = lists(&standin, job);
    run_well(&folder, "newest");
    run_well(&folder, "newest");
    standin.set(Knobs { faults: vec![Fault::status(DATASETS, 404)], ..Knobs::default() });
    run_badly(&folder, "newest").await;
    standin.set(Knobs::default());
    run_well(&folder, "newest");
    let offsets: Vec<_> = seen(&standin, "GET", DATASETS).into_iter().map(|seen| seen.query).collect();
    assert_eq!(offsets, ["limit=1&offset=0", "limit=1&offset=1", "limit=1&offset=2", "limit=1&offset=2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_element_has_an_idempotency_key_of_its_own_which_a_repeat_sends_again() {
    let job = r#"
[jobs.snapshots]
api    = "standin"
scopes = ["datasets:write"]

[[jobs.snapshots.calls]]
name     = "snapshot"
for_each = '"ds_demo1", "ds_demo2", "ds_demo3"'
post     = "/datasets/{{ $each }}/snapshots"
json     = { notes = "{{ $each }}" }
on_error = "continue"
"#;
    let third = "/v1/datasets/ds_demo3/snapshots";
    let standin = standin::start_with(Knobs { faults: vec![Fault::status(third, 404)], ..Knobs::default() }).await;
    let folder = lists(&standin, job);
    run_badly(&folder, "snapshots").await;
    standin.set(Knobs::default());
    let repeat = folder.run(&["repeat", "1"]);
    assert_eq!(repeat.code(), 0, "{repeat:#?}");
    run_well(&folder, "snapshots");
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in standin.journal().into_iter().filter(|seen| seen.method == "POST" && seen.path.ends_with("snapshots")) {
        keys.entry(seen.path).or_default().push(seen.key.expect("a key"));
    }
    let all: Vec<&String> = keys.values().flatten().collect();
    let distinct: std::collections::BTreeSet<&&String> = all.iter().collect();
    assert_eq!((keys.len(), all.len(), distinct.len()), (3, 9, 6), "{keys:#?}");
    for (path, keys) in &keys {
        assert!(keys[0] == keys[1] && keys[1] != keys[2], "{path}: {keys:?}");
    }
}
