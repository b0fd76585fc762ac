//! Somebody removes or replaces the file under a server, or the log beside it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use apicron::standin::OPS;
use rustix::process::{Signal, kill_process};

use super::{Ground, without_deed};
use crate::support::jobs::{head, usage_job};
use crate::support::size::figure;
use crate::support::{rows, standin};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_removed_under_a_server_is_missed_and_loses_nothing_once_it_is_put_back() {
    let ground = Ground::new().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    let known = ground.succeeded().await;
    let away = ground.folder.path().join("away.db");
    std::fs::rename(&ground.store, &away).expect("moved away");
    let ended = serve.end();
    insta::assert_snapshot!(without_deed(&ground.said(&ended)), @r#"error: could not …: HERE/apicron.db was removed, replaced or emptied while it was in use; put it back, or start anew: No such file or directory (os error 2)"#);
    assert!(ended.stderr.lines().count() <= 8, "{ended:#?}");
    assert!(log(&ground, "-wal").exists(), "the log waits for its file");
    std::fs::rename(&away, &ground.store).expect("put back");
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_removed_is_missed_by_a_server_whose_next_tick_is_years_away() {
    let standin = standin::start().await;
    let rare = head(&standin) + &usage_job("rare", "schedule = \"0 0 29 2 *\"");
    let ground = Ground::of(standin, OPS, "apicron.db", &rare);
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    let (clock, away) = (ground.clock(), ground.folder.path().join("away.db"));
    let began = clock.elapsed();
    std::fs::rename(&ground.store, &away).expect("moved away");
    serve.wait_for_stderr("the store failed: stopping");
    figure("R3", format!("noticed {} ms after it was removed", (clock.elapsed() - began).as_millis()));
    let ended = serve.end();
    insta::assert_snapshot!(without_deed(&ground.said(&ended)), @r#"error: could not …: HERE/apicron.db was removed, replaced or emptied while it was in use; put it back, or start anew: No such file or directory (os error 2)"#);
    // A read in between may find no file as well, and is told once.
    assert!(ended.stderr.matches("trying on").count() <= 1, "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_under_a_server_is_left_alone() {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    assert_eq!(ground.folder.run(&["backup", "backup.db"]).code(), 0);
    let known = ground.succeeded().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    std::fs::rename(ground.folder.path().join("backup.db"), &ground.store).expect("replaced");
    let replaced = std::fs::read(&ground.store).expect("the file");
    let ended = serve.end();
    insta::assert_snapshot!(without_deed(&ground.said(&ended)), @r#"error: could not …: HERE/apicron.db was removed, replaced or emptied while it was in use; put it back, or start anew: another file has its name"#);
    assert!(std::fs::read(&ground.store).expect("the file") == replaced, "the other file was changed");
    assert!(!log(&ground, "-wal").exists(), "it would be taken for the log of the other file, and damage it");
    assert!(log(&ground, "-wal.replaced").exists());
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_log_of_a_server_that_was_killed_the_store_is_as_of_its_last_checkpoint() {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    let known = ground.succeeded().await;
    kill_a_server(&ground).await;
    for ending in ["-wal", "-shm"] {
        std::fs::remove_file(log(&ground, ending)).expect("removed");
    }
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nothing_was_checked_into_the_file_from_leaves_a_store_to_begin_anew() {
    let ground = Ground::new().await;
    kill_a_server(&ground).await;
    std::fs::remove_file(log(&ground, "-wal")).expect("removed");
    ground.check_nothing_lost(&BTreeSet::new()).await;
    assert_eq!(rows::rows(&ground.store, "pragma integrity_check").await, [["ok"]]);
}

fn log(ground: &Ground, ending: &str) -> PathBuf {
    ground.folder.path().join(format!("apicron.db{ending}"))
}

async fn kill_a_server(ground: &Ground) {
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    kill_process(serve.pid(), Signal::KILL).expect("the signal sent");
    drop(serve.end());
}
