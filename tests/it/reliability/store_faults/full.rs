//! The disk is full: under a server, in the middle of a list, at the start, and for a run.

use std::collections::BTreeSet;

use apicron::standin::{DATA, Fault, Knobs, OPS};

use super::{Ground, USAGE, VERBS, ticking, without_deed};
use crate::support::disk::Disk;
use crate::support::eventually::eventually;
use crate::support::jobs::{head, usage_job};
use crate::support::lists::{datasets, job_file, mirror};
use crate::support::{rows, standin};

const STORE: &str = "disk/apicron.db";

/// `None` where the test has to be skipped.
async fn ground(kib: u32) -> Option<(Ground, Disk)> {
    let ground = Ground::with_store_at(STORE).await;
    let disk = Disk::mount(ground.folder.path().join("disk"), kib)?;
    Some((ground, disk))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_a_full_disk_stops_with_a_clear_error_and_goes_on_once_there_is_room() {
    let Some((ground, disk)) = ground(4096).await else { return };
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    let known = ground.succeeded().await;
    disk.fill();
    let ended = serve.end();
    insta::assert_snapshot!(without_deed(&ground.said(&ended)), @r#"error: could not …: the disk that holds HERE/disk/apicron.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    let failures = ended.stderr.lines().filter(|line| line.contains("the store failed: stopping")).count();
    assert_eq!(failures, 1, "told once: {ended:#?}");
    assert!(ended.stderr.lines().count() <= 5, "{ended:#?}");

    insta::assert_snapshot!(ground.refused(&["serve"]), @r#"error: could not open the store: the disk that holds HERE/disk/apicron.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    disk.make_room();
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_is_full_from_the_start_nothing_is_sent() {
    let Some((ground, disk)) = ground(4096).await else { return };
    disk.fill();
    insta::assert_snapshot!(ground.refused(&["run", "left"]), @r#"error: could not open the store: the disk that holds HERE/disk/apicron.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    insta::assert_snapshot!(ground.refused(&["serve"]), @r#"error: could not open the store: the disk that holds HERE/disk/apicron.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    assert!(ground.standin.journal().is_empty());
    disk.make_room();
    ground.check_nothing_lost(&BTreeSet::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_no_verb_speaks_of_anything_else() {
    let Some((ground, disk)) = ground(4096).await else { return };
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    let requests = ground.standin.journal().len();
    disk.fill();
    for verb in VERBS {
        let said = ground.refused(verb);
        let full = "error: could not open the store: the disk that holds HERE/disk/apicron.db is full; make room: ";
        assert!(said.starts_with(full), "{verb:?}: {said}");
    }
    assert_eq!(ground.standin.journal().len(), requests, "what cannot be recorded is not sent");
    disk.make_room();
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_fills_the_disk_keeps_its_pages_and_is_whole_once_there_is_room() {
    let standin = standin::start_with(datasets(3000, 0, 0)).await;
    let text = job_file(&standin, &mirror(""));
    let ground = Ground::of(standin, DATA, STORE, &text);
    let Some(disk) = Disk::mount(ground.folder.path().join("disk"), 1200) else { return };
    let ended = ground.folder.run(&["run", "mirror"]);
    insta::assert_snapshot!(ground.said(&ended), @r#"error: could not record the end of a run: the disk that holds HERE/disk/apicron.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    disk.grow(16_384);
    let kept = "select cast(count(*) as text) from v_records";
    let kept: usize = rows::only(&ground.store, kept).await.parse().expect("a number");
    let sent = ground.standin.journal().iter().filter(|seen| seen.path == "/v1/datasets").count();
    assert!(kept >= 100 * (sent - 2) && kept < 3000, "{kept} records of {sent} pages");
    let ended = ground.folder.run(&["run", "mirror"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(rows::only(&ground.store, "select cast(count(*) as text) from v_records").await, "3000");
    let states = rows::rows(&ground.store, "select state from v_runs order by id").await;
    assert_eq!(states.concat(), ["interrupted", "succeeded"]);
    assert_eq!(rows::rows(&ground.store, "pragma integrity_check").await, [["ok"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_end_finds_the_disk_full_says_so_and_is_no_success() {
    let standin = standin::start_with(Knobs { faults: vec![Fault::slow(USAGE, 700)], ..Knobs::default() }).await;
    let text = head(&standin) + &ticking();
    let ground = Ground::of(standin, OPS, STORE, &text);
    let Some(disk) = Disk::mount(ground.folder.path().join("disk"), 4096) else { return };
    assert_eq!(ground.folder.run(&["run", "left"]).code(), 0);
    let known = ground.succeeded().await;
    let run = ground.folder.spawn(&["run", "left"]);
    let states = async || rows::rows(&ground.store, "select state from v_runs order by id").await.concat();
    eventually("a run under way", states, |states| states[..] == ["succeeded", "running"]).await;
    disk.fill();
    insta::assert_snapshot!(ground.said(&run.end()), @r#"error: could not record the end of a run: the disk that holds HERE/disk/apicron.db is full; make room: SQLite says `database or disk is full` (code 13)"#);
    disk.make_room();
    ground.check_nothing_lost(&known).await;
    assert_eq!(states().await[..2], ["succeeded", "interrupted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_tick_waits_for_room_and_heals_by_itself() {
    let standin = standin::start().await;
    let text = head(&standin) + &usage_job("left", "schedule = \"0 0 29 2 *\"") + &usage_job("right", "");
    let ground = Ground::of(standin, OPS, STORE, &text);
    let Some(disk) = Disk::mount(ground.folder.path().join("disk"), 4096) else { return };
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    disk.fill();
    serve.wait_for_stderr("the store does not answer: trying on");
    disk.make_room();
    serve.wait_for_stderr("the store answers again");
    assert_eq!(ground.folder.run(&["run", "right"]).code(), 0);
    serve.terminate();
    let ended = serve.end();
    let told = |what: &str| ended.stderr.matches(what).count();
    let each = ["does not answer", "answers again", "could not remove old runs"].map(told);
    assert!(ended.code() == 0 && each[..2] == [1, 1] && each[2] <= 1, "each told once: {ended:#?}");
    assert!(ended.stderr.contains("the disk that holds "), "{ended:#?}");
    assert_eq!(rows::rows(&ground.store, "select job || state from v_runs").await, [["rightsucceeded"]]);
}
