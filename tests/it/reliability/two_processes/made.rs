//! Processes that make a store, or bring one up to date, at the same moment.

use std::path::Path;

use rustix::process::Signal;
use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::binary::Folder;
use crate::support::each_second::{folder, job, slow_by};
use crate::support::jobs::usage_job;
use crate::support::lists::lines;
use crate::support::rows;
use crate::support::serving::{count, store};
use crate::support::size::size;

fn two_jobs() -> String {
    ["one", "other"].map(|name| job(name, "").replace("schedule = \"@every 1s\"", "")).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_that_make_the_store_at_once_both_find_it_whole() {
    let standin = slow_by(0).await;
    for n in 0..size(10, 20) {
        let folder = folder("", &standin, &two_jobs());
        let runs = ["one", "other"].map(|job| folder.spawn(&["run", job]));
        for run in runs {
            let ended = run.end();
            assert_eq!(ended.code(), 0, "try {n}: {ended:#?}");
        }
        assert_eq!(count(&folder, "state = 'succeeded'").await, 2);
        check_made(&folder).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_make_the_store_at_once_both_serve() {
    let standin = slow_by(0).await;
    for n in 0..size(10, 20) {
        let folder = folder("", &standin, &job("one", "").replace("@every 1s", "@every 1h"));
        let servers = [folder.spawn(&["serve"]), folder.spawn(&["serve"])];
        for server in &servers {
            server.wait_for_stderr("apicron is ready");
        }
        for server in servers {
            server.signal(Signal::TERM);
            let ended = server.end();
            assert_eq!(ended.code(), 0, "try {n}: {ended:#?}");
        }
        check_made(&folder).await;
        assert_eq!(lines(&folder, "select count(*) || ' ' || count(gone_at) from processes").await, ["2 2"]);
    }
}

async fn check_made(folder: &Folder) {
    assert_eq!(lines(folder, "pragma integrity_check").await, ["ok"]);
    let versions = "select count(*) || ' ' || count(distinct version) || ' ' || sum(success) from _sqlx_migrations";
    let n = migrations().len();
    assert_eq!(lines(folder, versions).await, [format!("{n} {n} {n}")], "each migration once");
}

fn migrations() -> Vec<std::path::PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<_> =
        std::fs::read_dir(all).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}

/// A store as a version with so many migrations left it, with a run of that time.
async fn leave_old_store(folder: &Folder, count: usize) {
    let of_then = folder.path().join("migrations");
    std::fs::create_dir(&of_then).expect("a folder");
    for file in migrations().iter().take(count) {
        std::fs::copy(file, of_then.join(file.file_name().expect("a name"))).expect("a copy");
    }
    std::fs::write(store(folder), "").expect("a file");
    let options = SqliteConnectOptions::new().filename(store(folder));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the store opened");
    Migrator::new(of_then).await.expect("migrations").run(&mut connection).await.expect("a schema");
    connection.close().await.expect("closed");
    for sql in [
        "insert into jobs (name) values ('old')",
        "insert into texts (name) values ('hash')",
        "insert into runs (job_id, trigger, scheduled_for, state, claimed_at, started_at, finished_at, config_id)
         values (1, 'schedule', 0, 'succeeded', 0, 0, 1, 1)",
    ] {
        rows::execute(&store(folder), sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_that_bring_an_old_store_up_to_date_at_once_do_it_once() {
    let standin = slow_by(0).await;
    let newest = migrations().len();
    for (n, version) in (2..newest).enumerate() {
        let text =
            two_jobs() + &usage_job("third", "").replace("usage:read", "models:read").replace("/usage", "/models");
        let text = text.replace("metrics = { credits_used = \".credits.used\" }", "");
        let folder = folder("", &standin, &text);
        leave_old_store(&folder, version).await;
        let runs = ["one", "other", "third"].map(|job| folder.spawn(&["run", job]));
        for run in runs {
            let ended = run.end();
            assert_eq!(ended.code(), 0, "try {n}, from schema {version}: {ended:#?}");
        }
        check_made(&folder).await;
        assert_eq!(count(&folder, "state = 'succeeded'").await, 4, "the old row is there, from schema {version}");
    }
}
