//! The job files that are shown to people, as they stand, against the stand-in.

use apicron::standin::{ALL, DatasetKnobs, Knobs, Standin};
use serde_json::Value;

use crate::support::binary::Folder;
use crate::support::jobs::json_lines;
use crate::support::rows::{only, rows};
use crate::support::standin::{start, start_with};

const EXAMPLE: &str = include_str!("../../../jobs.example.toml");
const LISTS: &str = include_str!("../../../docs/lists.md");

/// The example in a folder of its own.
fn folder(standin: &Standin) -> Folder {
    folder_of(EXAMPLE, standin)
}

/// A job file with the stand-in's addresses, and quicker looks at what was sent.
fn folder_of(text: &str, standin: &Standin) -> Folder {
    let text = text
        .replace("https://auth.cuadra.ai", &standin.url())
        .replace("https://api.cuadra.ai", &standin.url())
        .replace("= \"5s\"", "= \"100ms\"");
    Folder::new()
        .file("jobs.toml", &text)
        .file("handbook/a.md", "# A\n")
        .file("handbook/b.md", "# B\n")
        .env("CUADRA_CLIENT_ID", ALL.id)
        .env("CUADRA_CLIENT_SECRET", ALL.secret)
}

/// A job's metrics, after a run of it that went well.
fn metrics(folder: &Folder, job: &str) -> Value {
    let ended = folder.run(&["run", job, "--json"]);
    assert_eq!(ended.code(), 0, "{job}: {ended:#?}");
    json_lines(&ended)[0]["metrics"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_runs_against_the_stand_in() {
    let standin = start().await;
    let folder = folder(&standin);
    // Those that others need.
    for job in ["dataset-upload", "dataset-inventory", "dataset-files-reconcile"] {
        metrics(&folder, job);
    }
    let ended = folder.run(&["run", "--all", "--json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines = json_lines(&ended);
    let (_, runs) = lines.split_last().expect("lines");
    assert_eq!(runs.len(), 10);
    assert!(runs.iter().all(|run| run["state"] == "succeeded"), "{runs:#?}");
    let store = folder.path().join("apicron.db");
    let collections = "select collection, cast(count(*) as text) from v_records group by collection";
    assert_eq!(rows(&store, collections).await, [["datasets", "5"], ["files", "8"], ["model_catalog", "6"]]);
    let files = "select cast(count(*) as text) from v_records_files where dataset = 'ds_demo1' and status = 'ready'";
    assert_eq!(only(&store, files).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_failures_are_new_once() {
    let datasets = DatasetKnobs { count: 40, ..DatasetKnobs::default() };
    let standin = start_with(Knobs { datasets, ..Knobs::default() }).await;
    let folder = folder(&standin);
    for new in [8, 0] {
        let metrics = metrics(&folder, "file-failures");
        let told = ["failed", "failed_new", "processing"].map(|name| metrics[name].as_i64());
        assert_eq!(told, [Some(8), Some(new), Some(4)], "{metrics}");
    }
    let store = folder.path().join("apicron.db");
    assert_eq!(only(&store, "select distinct error from v_records_failed_files").await, "The file holds no text.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_upload_sends_only_what_is_new() {
    let standin = start().await;
    let folder = folder(&standin);
    let first = metrics(&folder, "dataset-upload");
    std::fs::write(folder.path().join("handbook/c.md"), "# A\n").expect("a file");
    let second = metrics(&folder, "dataset-upload");
    let third = metrics(&folder, "dataset-upload");
    let told = |metrics: &Value| ["uploaded", "duplicates", "files_ready"].map(|name| metrics[name].as_i64());
    assert_eq!(told(&first), [Some(2), Some(0), Some(2)], "{first}");
    assert_eq!(told(&second), [Some(1), Some(1), Some(3)], "{second}");
    assert_eq!(told(&third), [Some(0), Some(0), Some(3)], "{third}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_jobs_in_the_page_about_lists_run_against_the_stand_in() {
    let standin = start().await;
    let parts = LISTS.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    let folder = folder_of(&parts.collect::<String>(), &standin);
    assert_eq!(metrics(&folder, "dataset-inventory")["datasets"], 5);
    assert_eq!(metrics(&folder, "dataset-files")["files{ds_demo4/ready}"], 3);
    metrics(&folder, "dataset-upload");
    for more in [0, 0] {
        assert_eq!(metrics(&folder, "model-count")["more_than_before"], more);
    }
    let store = folder.path().join("apicron.db");
    let queries = LISTS.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).expect("queries");
    for (query, found) in queries.lines().zip([5, 0]) {
        assert_eq!(rows(&store, query).await.len(), found, "{query}");
    }
}
