//! R1: a server that is killed again and again, at moments that nobody chose.

use std::collections::BTreeMap;
use std::time::Duration;

use apicron::clock::{Clock, Time, rfc3339};
use apicron::standin::{DATA, Fault, Knobs, Seen, Standin};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustix::process::{Signal, kill_process};

use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::jobs::{folder_as, head};
use crate::support::serving::{count, store};
use crate::support::size::number;
use crate::support::{rows, standin};

const JOBS: usize = 30;
const SNAPSHOTS: &str = "/v1/datasets/ds_demo1/snapshots";

/// Jobs that are due each second and send what may not have effect twice. The body names the tick.
fn posting_jobs() -> String {
    let job = |n: usize| {
        format!(
            r#"
[jobs.job-{n}]
schedule = "@every 1s"
scopes   = ["datasets:write"]
api      = "standin"

[[jobs.job-{n}.calls]]
name = "snapshot"
post = "/datasets/ds_demo1/snapshots"
json = {{ notes = "{{{{ $run.job }}}} {{{{ $run.scheduled_for }}}}" }}
"#
        )
    };
    (0..JOBS).map(job).collect()
}

/// What one test learns on its way.
struct Ordeal {
    folder: Folder,
    clock: Clock,
    random: StdRng,
    restarts: Vec<Duration>,
}

impl Ordeal {
    /// Starts the server, now and then after some seconds, and kills it a while later: most times when it
    /// is ready, and now and then before. Every second time the moment is just after a tick, when the
    /// work is.
    async fn start_and_kill(&mut self) {
        if self.random.random_range(0..3) == 0 {
            self.sleep_up_to(4000).await;
        }
        let began = self.clock.elapsed();
        let serve = self.folder.spawn(&["serve"]);
        if self.random.random_range(0..4) > 0 {
            serve.wait_for_stderr("apicron is ready");
            self.restarts.push(self.clock.elapsed() - began);
            self.sleep_up_to(1500).await;
            if self.random.random() {
                let into_second = u64::from(self.clock.now().timestamp_subsec_millis());
                self.clock.sleep(Duration::from_millis(1000 - into_second)).await;
                self.sleep_up_to(120).await;
            }
        } else {
            self.sleep_up_to(150).await;
        }
        kill_process(serve.pid(), Signal::KILL).expect("the signal sent");
        drop(serve.end());
    }

    async fn sleep_up_to(&mut self, millis: u64) {
        let moment = Duration::from_millis(self.random.random_range(0..millis));
        self.clock.sleep(moment).await;
    }

    /// A last server covers the rest. Gives back a moment up to which all has to be covered.
    async fn serve_to_the_end(&mut self) -> Time {
        let began = self.clock.elapsed();
        let serve = self.folder.spawn(&["serve"]);
        serve.wait_for_stderr("apicron is ready");
        self.restarts.push(self.clock.elapsed() - began);
        let stop = self.clock.now();
        let sql = format!(
            "select cast(count(distinct job) as text) from v_runs
             where state = 'succeeded' and scheduled_for > '{}'",
            rfc3339(stop)
        );
        let store = store(&self.folder);
        let all = JOBS.to_string();
        eventually("a tick of each job after the kills", async || rows::only(&store, &sql).await, |seen| *seen == all)
            .await;
        serve.terminate();
        let ended = serve.end();
        assert_eq!(ended.code(), 0, "{ended:#?}");
        stop
    }

    async fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        rows::rows(&store(&self.folder), sql).await
    }
}

/// A stretch of ticks that one row covers, in seconds since the epoch.
fn cover(row: &[String]) -> (i64, i64, i64) {
    let second = |text: &str| text.parse::<Time>().expect("a time").timestamp();
    (second(&row[0]), second(&row[1]), row[2].parse().expect("a number"))
}

/// Checks that each second of a job up to `stop` is covered by one row. Gives back how many there are.
async fn check_covered(ordeal: &Ordeal, job: &str, first: Time, stop: Time) -> i64 {
    let sql = format!(
        "select scheduled_for, coalesce(through, scheduled_for), cast(ticks as text) from v_runs
         where job = '{job}' and trigger in ('schedule', 'catch_up') order by scheduled_for"
    );
    let covers: Vec<_> = ordeal.sql(&sql).await.iter().map(|row| cover(row)).collect();
    assert!(covers[0].0 <= first.timestamp() + 1, "{job} is covered from its first tick on: {:?}", covers[0]);
    for pair in covers.windows(2) {
        assert_eq!(pair[1].0, pair[0].1 + 1, "{job}: neither a hole nor a tick twice: {pair:?}");
    }
    for (from, through, ticks) in &covers {
        assert_eq!(*ticks, through - from + 1, "{job}: a row counts its ticks");
    }
    let last = covers[covers.len() - 1].1;
    assert!(last >= stop.timestamp(), "{job} is covered up to the stop");
    last - covers[0].0 + 1
}

/// The requests of each tick, by the body that names it.
fn by_tick(standin: &Standin) -> BTreeMap<String, Vec<Seen>> {
    assert_eq!(standin.counts().journal_dropped, 0);
    let mut ticks: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for seen in standin.journal().into_iter().filter(|seen| seen.path == SNAPSHOTS) {
        ticks.entry(seen.body.clone()).or_default().push(seen);
    }
    ticks
}

/// Checks that each tick was sent at most twice, under one key of its own. Gives back how many were sent
/// twice.
fn check_requests(ticks: &BTreeMap<String, Vec<Seen>>) -> usize {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (tick, requests) in ticks {
        assert!(requests.len() <= 2, "{tick}: {requests:#?}");
        for seen in requests {
            let key = seen.key.as_deref().expect("an idempotency key");
            let owner = *owners.entry(key).or_insert(tick);
            assert_eq!(owner, tick, "a key is one tick's");
            assert_eq!(seen.key, requests[0].key, "a tick has one key");
        }
    }
    ticks.values().filter(|requests| requests.len() == 2).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_at_any_moment_loses_no_tick_and_runs_none_twice() {
    let kills = number("APICRON_KILLS", 10);
    let seed = number("APICRON_SEED", rand::random());
    println!("APICRON_KILLS={kills} APICRON_SEED={seed}");
    let standin = standin::start_with(Knobs { faults: vec![Fault::slow(SNAPSHOTS, 150)], ..Knobs::default() }).await;
    let folder = folder_as(DATA, &(head(&standin) + &posting_jobs()));
    let (clock, random) = (Clock::system(), StdRng::seed_from_u64(seed));
    let mut ordeal = Ordeal { folder, clock, random, restarts: Vec::new() };
    let serve = ordeal.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    let first = ordeal.clock.now();
    kill_process(serve.pid(), Signal::KILL).expect("the signal sent");
    drop(serve.end());
    for _ in 1..kills {
        ordeal.start_and_kill().await;
    }
    let stop = ordeal.serve_to_the_end().await;

    let audit = ordeal.folder.run(&["audit", "--to", &rfc3339(stop)]);
    assert_eq!(audit.code(), 0, "{audit:#?}");
    let mut ticks = 0;
    for n in 0..JOBS {
        ticks += check_covered(&ordeal, &format!("job-{n}"), first, stop).await;
    }
    assert_eq!(count(&ordeal.folder, "state in ('running', 'waiting', 'held')").await, 0);
    let twice = "select job, scheduled_for from v_runs where state = 'succeeded' group by 1, 2 having count(*) > 1";
    assert_eq!(ordeal.sql(twice).await, Vec::<Vec<String>>::new());
    assert_eq!(ordeal.sql("pragma integrity_check").await, [["ok"]]);
    let sent = by_tick(&standin);
    let doubles = check_requests(&sent);
    let states = "select state || ' ' || count(*) from v_runs group by state order by state";
    let states = ordeal.sql(states).await.concat().join(", ");
    let requests: usize = sent.values().map(Vec::len).sum();
    let longest = ordeal.restarts.iter().max().copied().unwrap_or_default();
    println!(
        "{kills} kills; {ticks} ticks; rows: {states}; {requests} requests, {doubles} ticks sent twice; \
         longest restart {longest:?}"
    );
}
