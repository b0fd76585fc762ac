//! Files that are sent, and looked after until the API is done with them.

use std::collections::BTreeSet;
use std::path::Path;

use apicron::standin::{DATA, Fault, FileKnobs, Knobs, Standin};
use rustix::process::{Flock, FlockType, Signal, fcntl_getlk, kill_process};

use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::lists::{FILES, files, lines, lists, run_badly, run_well, seen};
use crate::support::serving::until_runs;
use crate::support::standin;
use crate::support::standin::Caller;

const PUSH: &str = r#"
[jobs.push]
api    = "standin"
scopes = ["files:read", "files:write"]

[[jobs.push.calls]]
name        = "push"
post        = "/files"
upload      = { files = "out/*.txt", fields = { resource_type = "dataset", resource_id = "ds_demo1" } }
concurrency = 8
on_error    = "continue"

[[jobs.push.calls]]
name        = "ready"
for_each    = '$calls.push | to_entries[]'
each_key    = ".key"
get         = "/files/{{ $each.value.id }}"
until       = '.status == "ready"'
failed      = '.status == "failed"'
every       = "100ms"
within      = "20s"
concurrency = 8
on_error    = "continue"
"#;

/// A folder with so many files to be sent.
fn with_files(standin: &Standin, count: usize) -> Folder {
    let folder = lists(standin, PUSH);
    (0..count).fold(folder, |folder, n| folder.file(&format!("out/part-{n:03}.txt"), &format!("content {n}")))
}

fn change(folder: &Folder, file: &str) {
    std::fs::write(folder.path().join(file), format!("another {file}")).expect("a file");
}

/// Names of the files that were sent since so many, sorted.
fn sent_since(standin: &Standin, before: usize) -> Vec<String> {
    let name = |body: &str| {
        let (_, rest) = body.split_once("filename=\"").expect("a file");
        rest.split_once('"').expect("a name").0.to_owned()
    };
    let mut names: Vec<_> = seen(standin, "POST", FILES)[before..].iter().map(|seen| name(&seen.body)).collect();
    names.sort();
    names
}

async fn states(folder: &Folder, call: &str) -> Vec<String> {
    let sql = format!(
        "select state || ' ' || count(*) from v_calls
         where name = '{call}' and run_id = (select max(id) from v_runs) group by state order by state"
    );
    lines(folder, &sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_is_sent_once_until_it_changes() {
    let standin =
        standin::start_with(Knobs { files: FileKnobs { looks: 2, ..FileKnobs::default() }, ..Knobs::default() }).await;
    let folder = with_files(&standin, 200);
    run_well(&folder, "push");
    assert_eq!(sent_since(&standin, 0).len(), 200);
    assert_eq!(
        (states(&folder, "push").await, states(&folder, "ready").await),
        (vec!["succeeded 200".to_owned()], vec!["succeeded 200".to_owned()])
    );
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let listed = caller.get("/v1/files?resourceId=ds_demo1&statusFilter=ready&limit=1", &token).await.json();
    assert!(listed["totalCount"].as_u64() >= Some(200), "{listed}");

    run_well(&folder, "push");
    assert_eq!(sent_since(&standin, 200), [""; 0]);
    assert_eq!(
        (states(&folder, "push").await, states(&folder, "ready").await),
        (vec!["skipped 1".to_owned()], vec!["skipped 1".to_owned()])
    );

    let changed = ["part-007.txt", "part-100.txt", "part-199.txt"];
    changed.iter().for_each(|file| change(&folder, &format!("out/{file}")));
    run_well(&folder, "push");
    assert_eq!(sent_since(&standin, 200), changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_api_fails_is_named_and_sent_again_and_no_other_is() {
    let knobs = FileKnobs { fail: vec!["part-005".to_owned()], ..FileKnobs::default() };
    let standin = standin::start_with(files(knobs)).await;
    let folder = with_files(&standin, 20);
    let (kind, reason) = run_badly(&folder, "push").await;
    assert_eq!(kind, "expect");
    assert_eq!(reason, "`ready` for `out/part-005.txt`: The stand-in was told that part-005.txt fails.");
    assert_eq!(states(&folder, "ready").await, ["failed 1", "succeeded 19"]);

    standin.set(files(FileKnobs::default()));
    run_well(&folder, "push");
    assert_eq!(sent_since(&standin, 20), ["part-005.txt"]);
    run_well(&folder, "push");
    assert_eq!(sent_since(&standin, 21), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_api_refuses_is_named_and_the_others_are_sent() {
    let knobs = FileKnobs { refuse: vec!["part-003".to_owned()], ..FileKnobs::default() };
    let standin = standin::start_with(files(knobs)).await;
    let folder = with_files(&standin, 20);
    let (kind, reason) = run_badly(&folder, "push").await;
    assert_eq!(kind, "status", "{reason}");
    assert!(reason.starts_with("`push` for `out/part-003.txt`: ") && reason.contains("422"), "{reason}");
    assert!(reason.contains("The stand-in was told to refuse part-003.txt"), "{reason}");
    assert_eq!(
        (states(&folder, "push").await, states(&folder, "ready").await),
        (vec!["failed 1".to_owned(), "succeeded 19".to_owned()], vec!["succeeded 19".to_owned()])
    );
    assert_eq!(standin.counts().by_status.get(&422), Some(&1));

    run_badly(&folder, "push").await;
    assert_eq!(sent_since(&standin, 20), ["part-003.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_killed_on_the_way_makes_no_file_twice() {
    let stuck = Knobs { faults: vec![Fault::slow(FILES, 600_000).after(60)], ..files(FileKnobs::default()) };
    let standin = standin::start_with(stuck).await;
    let folder = with_files(&standin, 100);
    let run = folder.spawn(&["run", "push"]);
    let sent = async || standin.counts().of("POST", FILES);
    eventually("files sent", sent, |&sent| sent >= 68).await;
    kill_process(run.pid(), Signal::KILL).expect("the signal sent");
    drop(run.end());
    standin.set(files(FileKnobs::default()));
    let serve = folder.spawn(&["serve"]);
    until_runs(&folder, 1, "state = 'succeeded'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);

    let runs = lines(&folder, "select trigger || ' ' || state from v_runs order by id").await;
    assert_eq!(runs, ["manual interrupted", "repeat succeeded"]);
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let listed = caller.get("/v1/files?resourceId=ds_demo1&limit=1", &token).await.json();
    assert_eq!(listed["totalCount"], 100, "the repeat sends what was sent under the same key");
    run_well(&folder, "push");
    let sent = sent_since(&standin, 0);
    assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), 100);
    assert_eq!(standin.counts().of("POST", FILES), sent.len() as u64, "and the next run sends nothing");
}

/// Whether another process has a lock on a file.
fn is_locked(path: &Path) -> bool {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).expect("a file");
    fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)).expect("the locks").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_not_sent_with_the_folder_that_it_is_in_and_keeps_its_locks() {
    let stuck = Knobs { faults: vec![Fault::slow(FILES, 600_000)], ..files(FileKnobs::default()) };
    let standin = standin::start_with(stuck).await;
    let folder = lists(&standin, &PUSH.replace("out/*.txt", "*")).file("a.txt", "content");
    let run = folder.spawn(&["run", "push"]);
    let sent = async || standin.counts().of("POST", FILES);
    eventually("files sent", sent, |&sent| sent >= 2).await;
    for name in ["apicron.db", "apicron.db-shm"] {
        assert!(is_locked(&folder.path().join(name)), "{name}");
    }
    kill_process(run.pid(), Signal::KILL).expect("the signal sent");
    drop(run.end());
    standin.set(files(FileKnobs::default()));
    run_well(&folder, "push");
    assert_eq!(sent_since(&standin, 2), ["a.txt", "jobs.toml"]);
    assert_eq!(lines(&folder, "pragma integrity_check").await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_named_as_a_file_to_send_is_refused() {
    let standin = standin::start_with(files(FileKnobs::default())).await;
    let folder = lists(&standin, &PUSH.replace("out/*.txt", "apicron.db"));
    let (kind, reason) = run_badly(&folder, "push").await;
    assert_eq!(kind, "upload");
    assert!(reason.contains("is a file of the store") && reason.contains("`apicron backup`"), "{reason}");
    assert_eq!(standin.counts().of("POST", FILES), 0);
}
