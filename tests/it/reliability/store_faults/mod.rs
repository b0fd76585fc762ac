//! R3: faults of the store. Each ends in a clear error with exit code 5, or heals by itself; and what was
//! there before is there after it.

mod beside;
mod damaged;
mod full;
mod locked;
mod refused;
mod torn;
mod unread;
mod versions;

use std::collections::BTreeSet;
use std::path::PathBuf;

use apicron::clock::{Clock, Time, rfc3339};
use apicron::standin::{DemoClient, OPS, Standin};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::binary::{Ended, Folder};
use crate::support::eventually::eventually;
use crate::support::jobs::{folder_as, head, usage_job};
use crate::support::rows;
use crate::support::standin;

const USAGE: &str = "/v1/usage";

/// Jobs that are due each second.
const TICKING: [&str; 2] = ["left", "right"];

/// Verbs that write the store or read it.
const VERBS: [&[&str]; 6] =
    [&["run", "left"], &["status"], &["runs"], &["audit"], &["pause", "left"], &["backup", "b.db"]];

/// A folder with jobs and a store, and the API that they call.
struct Ground {
    standin: Standin,
    folder: Folder,
    store: PathBuf,
}

impl Ground {
    /// With the store where a fresh folder has it.
    async fn new() -> Ground {
        Ground::with_store_at("apicron.db").await
    }

    /// With jobs that tick each second, and the store at a path within the folder.
    async fn with_store_at(path: &str) -> Ground {
        let standin = standin::start().await;
        let text = head(&standin) + &ticking();
        Ground::of(standin, OPS, path, &text)
    }

    fn of(standin: Standin, client: DemoClient, path: &str, text: &str) -> Ground {
        let folder = folder_as(client, &format!("[store]\nurl = \"sqlite:{path}\"\n{text}"));
        let store = folder.path().join(path);
        Ground { standin, folder, store }
    }

    /// Serves until a tick of each job has succeeded.
    async fn serve_a_while(&self) {
        let serve = self.folder.spawn(&["serve"]);
        serve.wait_for_stderr("apicron is ready");
        self.until_succeeded_after(self.clock().now()).await;
        serve.terminate();
        let ended = serve.end();
        assert_eq!(ended.code(), 0, "{ended:#?}");
        check_quiet(&ended);
    }

    /// Waits until nobody has the store open, this test neither: whoever reads alone leaves files beside it,
    /// which the last one that could write takes away.
    async fn until_closed(&self) {
        let beside = self.store.with_extension("db-shm");
        let options = SqliteConnectOptions::new().filename(&self.store);
        let close = async || {
            let mut connection = options.connect().await.expect("the store opened");
            sqlx::query("select count(*) from runs").execute(&mut connection).await.expect("the store read");
            connection.close().await.expect("the store closed");
            beside.exists()
        };
        eventually("the end of who has it open", close, |exists| !exists).await;
    }

    /// Waits for the end of a tick of each job that came after a time.
    async fn until_succeeded_after(&self, time: Time) {
        let sql = format!(
            "select cast(count(distinct job) as text) from v_runs
             where state = 'succeeded' and scheduled_for > '{}'",
            rfc3339(time)
        );
        let all = TICKING.len().to_string();
        eventually("a tick of each job", async || rows::only(&self.store, &sql).await, |seen| *seen == all).await;
    }

    /// What is known to have succeeded. The runs of a store that was read say so for ever.
    async fn succeeded(&self) -> BTreeSet<Vec<String>> {
        let sql = "select cast(id as text), job, scheduled_for, finished_at from v_runs where state = 'succeeded'";
        rows::rows(&self.store, sql).await.into_iter().collect()
    }

    /// The same, when nobody has the store open any more.
    async fn succeeded_so_far(&self) -> BTreeSet<Vec<String>> {
        let succeeded = self.succeeded().await;
        self.until_closed().await;
        succeeded
    }

    fn clock(&self) -> Clock {
        Clock::system()
    }

    /// Checks that with the fault gone a server goes on, that each tick up to then is covered by one row, and
    /// that nothing is gone of what was known to have succeeded.
    async fn check_nothing_lost(&self, known: &BTreeSet<Vec<String>>) {
        let ready = self.clock().now();
        self.serve_a_while().await;
        let audit = self.folder.run(&["audit", "--to", &rfc3339(ready)]);
        assert_eq!(audit.code(), 0, "{audit:#?}");
        self.check_rows(known).await;
    }

    /// Checks the rows: whole, no tick twice, nothing gone, and nothing that succeeded without its request.
    async fn check_rows(&self, known: &BTreeSet<Vec<String>>) {
        assert_eq!(rows::rows(&self.store, "pragma integrity_check").await, [["ok"]]);
        let succeeded = self.succeeded().await;
        assert!(known.is_subset(&succeeded), "lost: {:#?}", known.difference(&succeeded));
        for job in TICKING {
            self.check_each_tick_once(job).await;
        }
        let requests =
            self.standin.journal().iter().filter(|seen| seen.path == USAGE && seen.status == Some(200)).count();
        assert!(requests >= succeeded.len(), "{requests} requests for {} runs", succeeded.len());
    }

    async fn check_each_tick_once(&self, job: &str) {
        let sql = format!(
            "select scheduled_for, coalesce(through, scheduled_for) from v_runs
             where job = '{job}' and trigger in ('schedule', 'catch_up') order by scheduled_for"
        );
        let second = |text: &String| text.parse::<Time>().expect("a time").timestamp();
        let covers: Vec<(i64, i64)> =
            rows::rows(&self.store, &sql).await.iter().map(|row| (second(&row[0]), second(&row[1]))).collect();
        for pair in covers.windows(2) {
            assert_eq!(pair[1].0, pair[0].1 + 1, "{job}: neither a hole nor a tick twice: {covers:?}");
        }
    }

    /// Runs a verb that ends with exit code 5, and gives the one thing that it says.
    fn refused(&self, arguments: &[&str]) -> String {
        self.said(&self.folder.run(arguments))
    }

    /// What a process said at its end, which is why it ended with exit code 5.
    fn said(&self, ended: &Ended) -> String {
        assert_eq!((ended.code(), ended.stdout.as_str()), (5, ""), "{ended:#?}");
        let last = ended.stderr.lines().last().expect("a line");
        for line in ended.stderr.lines() {
            assert!(!line.contains("begin_with"), "{ended:#?}");
        }
        last.replace(self.folder.path().to_str().expect("UTF-8"), "HERE")
    }
}

fn ticking() -> String {
    TICKING.map(|job| usage_job(job, "schedule = \"@every 1s\"")).concat()
}

/// Checks that a server had nothing to say of its store.
fn check_quiet(ended: &Ended) {
    assert!(!ended.stderr.contains("the store ") && !ended.stderr.contains("ERROR"), "{ended:#?}");
}

/// A message without what was being done, where that is one of several things that are done at a time.
fn without_deed(message: &str) -> String {
    let (deed, rest) = message.split_once(": ").and_then(|(_, rest)| rest.split_once(": ")).expect(message);
    assert!(deed.starts_with("could not "), "{message}");
    format!("error: could not …: {rest}")
}
