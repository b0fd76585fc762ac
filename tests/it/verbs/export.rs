//! `apicron export`.

use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::terminal::printed_on_terminal;
use crate::support::{rows, standin};

async fn twice_run() -> Folder {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    for _ in 0..2 {
        assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_results_and_samples_come_as_lines_of_json_oldest_first() {
    let folder = twice_run().await;
    let runs = json_lines(&folder.run(&["export", "runs"]));
    let mut listed = json_lines(&folder.run(&["runs", "--json"]));
    listed.reverse();
    assert_eq!(runs, listed);
    let results = json_lines(&folder.run(&["export", "results", "--format", "ndjson"]));
    let ids: Vec<_> = results.iter().map(|result| result["run_id"].as_i64()).collect();
    assert_eq!(ids, [Some(1), Some(2)]);
    assert!(results[0]["body"].as_str().expect("a body").contains("credits"));
    let samples = json_lines(&folder.run(&["export", "samples"]));
    assert!(samples.iter().any(|sample| sample["metric"] == "balance.credits_used"), "{samples:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_has_the_columns_of_the_view_over_the_rows() {
    let folder = twice_run().await;
    let ended = folder.run(&["export", "runs", "--format", "csv"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "id,job,trigger,scheduled_for,through,ticks,state,kind,reason,repeats,claimed_at,started_at,finished_at,\
         config_hash,process"
    );
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("1,balance,manual,2"), "{}", lines[1]);
}

#[test]
fn nothing_stored_is_nothing_printed_but_the_columns_of_a_sheet() {
    let jobs =
        "[apis.open]\nbase_url = \"https://api.example.com\"\n[jobs.j]\napi = \"open\"\ncalls = [{ get = \"/\" }]\n";
    let folder = Folder::new().file("jobs.toml", jobs);
    let ended = folder.run(&["export", "runs"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, ""), "{ended:#?}");
    let ended = folder.run(&["export", "results", "--format", "csv"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, "run_id,seq,content_type,body\n"), "{ended:#?}");
    let ended = folder.run(&["export", "records", "--collection", "datasets", "--format", "csv"]);
    let columns = "collection,key,body,first_seen_at,changed_at,last_seen_at,gone_at,run_id\n";
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, columns), "{ended:#?}");
    let ended = folder.run(&["export", "runs", "--collection", "datasets"]);
    assert_eq!(ended.code(), 2, "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_come_with_their_bodies_as_json_and_of_one_collection_when_asked() {
    let folder = twice_run().await;
    let add = "insert into collections (id, name) values (1, 'datasets'), (2, 'files');
               insert into records (collection_id, key, body, first_seen_at, changed_at, run_id)
               values (1, 'a', '{\"n\":1e400}', 0, 0, 1), (2, 'b', '\"x\"', 0, 0, 1)";
    for statement in add.split(';') {
        rows::execute(&folder.path().join("apicron.db"), statement).await;
    }
    let ended = folder.run(&["export", "records"]);
    let first = r#"{"collection":"datasets","key":"a","body":{"n":1e400},"first_seen_at":"1970-01-01T00:00:00.000Z""#;
    assert!(ended.stdout.starts_with(first) && ended.stdout.lines().count() == 2, "{ended:#?}");
    let ended = folder.run(&["export", "records", "--collection", "files", "--format", "csv"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.len() == 2 && lines[1].starts_with(r#"files,b,"""x""","#), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_on_a_terminal_is_clean_and_through_a_pipe_as_it_was_stored() {
    let folder = twice_run().await;
    let hostile = "update results set body = char(27) || ']0;x' || char(7) || char(155) || '2J' || char(8238) || 'é,'
                   || char(10) || 'b'";
    rows::execute(&folder.path().join("apicron.db"), hostile).await;
    let export = ["export", "results", "--format", "csv"];
    let shown = printed_on_terminal(&folder, &export);
    // A terminal adds the carriage returns.
    let shown = shown.replace("\r\n", "\n");
    assert!(shown.contains("\"\\u{1b}]0;x\\u{7}\\u{9b}2J\\u{202e}é,\nb\"\n"), "{shown:?}");
    assert!(!shown.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
    let piped = folder.run(&export).stdout;
    assert!(piped.contains("\"\u{1b}]0;x\u{7}\u{9b}2J\u{202e}é,\nb\"\n"), "{piped:?}");
    let lines = folder.run(&["export", "results"]).stdout;
    assert!(!lines.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{lines:?}");
}
