//! Jobs that are due each second and send what may not have effect twice, and what became of their ticks.

use std::collections::BTreeMap;
use std::time::Duration;

use apicron::clock::{Clock, Time, rfc3339};
use apicron::standin::{DATA, Fault, Knobs, Seen, Standin};

use super::binary::{Ended, Folder, Running};
use super::eventually::eventually;
use super::jobs::{folder_as, head};
use super::serving::{count, store};
use super::{rows, standin};

/// Where the jobs send to.
pub(crate) const SNAPSHOTS: &str = "/v1/datasets/ds_demo1/snapshots";

/// A job that is due each second. What it sends names the tick.
pub(crate) fn job(name: &str, keys: &str) -> String {
    format!(
        r#"
[jobs.{name}]
schedule = "@every 1s"
scopes   = ["datasets:write"]
api      = "standin"
{keys}

[[jobs.{name}.calls]]
name = "snapshot"
post = "/datasets/ds_demo1/snapshots"
json = {{ notes = "{{{{ $run.job }}}} {{{{ $run.scheduled_for }}}}" }}
"#
    )
}

/// So many such jobs.
pub(crate) fn jobs(count: usize, keys: &str) -> String {
    (0..count).map(|n| job(&format!("job-{n:02}"), keys)).collect()
}

/// An API that takes so many milliseconds for a snapshot.
pub(crate) async fn slow_by(ms: u64) -> Standin {
    standin::start_with(slow(ms)).await
}

pub(crate) fn slow(ms: u64) -> Knobs {
    Knobs { faults: vec![Fault::slow(SNAPSHOTS, ms)], ..Knobs::default() }
}

/// A folder for a job file; `top` stands at its beginning.
pub(crate) fn folder(top: &str, standin: &Standin, jobs: &str) -> Folder {
    folder_as(DATA, &format!("{top}\n{}{jobs}", head(standin)))
}

/// Writes another job file in one step, as an editor does.
pub(crate) fn rewrite(folder: &Folder, text: &str) {
    let (new, file) = (folder.path().join("jobs.toml.new"), folder.path().join("jobs.toml"));
    std::fs::write(&new, text).expect("the file written");
    std::fs::rename(new, file).expect("the file in its place");
}

/// Runs that are neither final nor can wait for long.
pub(crate) const LIVE: &str = "state in ('running', 'waiting', 'held')";

/// Runs that did not go well, where the machine may be so busy that a server stands still for a while.
pub(crate) const ILL: &str = "state not in ('succeeded', 'skipped')
    and not (state = 'missed' and reason like 'apicron stood still for %')";

/// Waits for the end; gives back how long it took.
pub(crate) fn end(serve: Running) -> (Ended, Duration) {
    let clock = Clock::system();
    let began = clock.elapsed();
    let ended = serve.end();
    (ended, clock.elapsed() - began)
}

/// Waits until so many jobs have a run that succeeded, of a tick after `since`.
pub(crate) async fn until_each_succeeded(folder: &Folder, jobs: usize, since: Time) {
    let sql = format!(
        "select cast(count(distinct job) as text) from v_runs where state = 'succeeded' and scheduled_for > '{}'",
        rfc3339(since)
    );
    let store = store(folder);
    let seen = async || rows::only(&store, &sql).await.parse().unwrap_or(0);
    eventually("a success of each job", seen, |&seen| seen >= jobs).await;
}

/// Serves until each job has run, stops, and checks that nothing was lost since the first tick.
pub(crate) async fn serve_on_and_audit(folder: &Folder, jobs: usize) {
    let clock = Clock::system();
    let serve = super::serving::serve(folder);
    until_each_succeeded(folder, jobs, clock.now()).await;
    let until = clock.now();
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:#?}");
    audit(folder, until);
    assert_eq!(count(folder, LIVE).await, 0);
}

/// Has `audit` look at all ticks up to a time.
pub(crate) fn audit(folder: &Folder, until: Time) {
    let audit = folder.run(&["audit", "--to", &rfc3339(until)]);
    assert_eq!(audit.code(), 0, "{audit:#?}");
}

/// Checks that the ticks of each job follow one another by a second, each covered by one row. Gives back
/// how many there are.
pub(crate) async fn check_covered(folder: &Folder) -> i64 {
    check_covered_of(folder, "true").await
}

/// The same for the runs for which a condition in SQL holds.
pub(crate) async fn check_covered_of(folder: &Folder, condition: &str) -> i64 {
    let sql = format!(
        "select job, cast(unixepoch(scheduled_for) as text),
                      cast(unixepoch(coalesce(through, scheduled_for)) as text), cast(ticks as text) from v_runs
               where trigger in ('schedule', 'catch_up') and {condition} order by job, scheduled_for"
    );
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    let mut total = 0;
    for row in rows::rows(&store(folder), &sql).await {
        let [from, through, ticks] = [1, 2, 3].map(|column: usize| row[column].parse::<i64>().expect("a number"));
        if let Some(former) = last.insert(row[0].clone(), through) {
            assert_eq!(from, former + 1, "neither a hole nor a tick twice: {row:?}");
        }
        assert_eq!(ticks, through - from + 1, "a row counts its ticks: {row:?}");
        total += ticks;
    }
    total
}

/// The requests of each tick, by the body that names it.
pub(crate) fn requests_by_tick(standin: &Standin) -> BTreeMap<String, Vec<Seen>> {
    assert_eq!(standin.counts().journal_dropped, 0);
    let mut ticks: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for seen in standin.journal().into_iter().filter(|seen| seen.path == SNAPSHOTS) {
        ticks.entry(seen.body.clone()).or_default().push(seen);
    }
    ticks
}

/// Checks that the requests of a tick bear one key, that no other tick's do, and that there are at most
/// `most`. Gives back how many ticks have more than one.
pub(crate) fn check_requests(standin: &Standin, most: usize) -> usize {
    let ticks = requests_by_tick(standin);
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (tick, requests) in &ticks {
        assert!(requests.len() <= most, "{tick}: {requests:#?}");
        for seen in requests {
            let key = seen.key.clone().expect("an idempotency key");
            let owner = owners.entry(key.clone()).or_insert_with(|| tick.clone());
            assert_eq!(owner, tick, "a key is one tick's");
            assert_eq!(seen.key, requests[0].key, "a tick has one key");
        }
    }
    ticks.values().filter(|requests| requests.len() > 1).count()
}
