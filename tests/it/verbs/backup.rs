//! `apicron backup`.

use std::os::unix::fs::PermissionsExt;

use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, usage_job};
use crate::support::{rows, standin};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_a_server_is_a_store_that_reads_and_goes_on() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("each-second", "schedule = \"@every 1s\"")));
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("ready");
    let store = folder.path().join("apicron.db");
    let ended = async || rows::rows(&store, "select state from v_runs where state = 'succeeded'").await.len();
    eventually("a run", ended, |&seen| seen >= 1).await;
    let backup = folder.run(&["backup", "copy.db"]);
    assert_eq!(backup.code(), 0, "{backup:#?}");
    serve.terminate();
    assert_eq!(serve.end().code(), 0);

    let copy = folder.path().join("copy.db");
    assert_eq!(std::fs::metadata(&copy).expect("the copy").permissions().mode() & 0o777, 0o600);
    assert_eq!(rows::only(&copy, "pragma integrity_check").await, "ok");
    std::fs::rename(&copy, &store).expect("put in the place of the store");
    let run = folder.run(&["run", "each-second", "--here"]);
    assert_eq!(run.code(), 0, "{run:#?}");
    assert!(rows::rows(&store, "select state from v_runs").await.len() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_is_overwritten_and_without_a_store_there_is_nothing_to_copy() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", ""))).file("mine.txt", "my diary");
    let ended = folder.run(&["backup", "copy.db"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stderr.contains("there is no store at ") && !folder.path().join("copy.db").exists());
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    let ended = folder.run(&["backup", "mine.txt"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stderr.contains("mine.txt exists and is left as it is"), "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(folder.path().join("mine.txt")).expect("the file"), "my diary");
}
