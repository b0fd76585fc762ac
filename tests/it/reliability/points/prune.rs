//! A server that dies as it removes what is old.

use super::{CRASH, crashed};
use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, usage_job};
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::size::size;
use crate::support::{rows, standin};

const POINTS: [&str; 8] = [
    "before prune what is old",
    "within prune what is old:2",
    "after prune what is old:2",
    "within prune old rows",
    "after prune old rows:2",
    "within give freed pages back to the disk",
    "after give freed pages back to the disk",
    "after tidy up the store",
];

/// More than two steps of pruning.
const OLD: usize = 1_200;

/// Copies the one run of `old` with all that is its own to before all others, as of more than 400 days ago.
async fn grow_old(folder: &Folder) {
    let copies = format!(
        "create temp table copies as
            with recursive n (i) as (select 1 union all select i + 1 from n where i < {OLD})
            select i as id, first.id as of, 400 * 86400000 + ({OLD} - i) * 1000 as ago
            from n, (select min(runs.id) as id from runs join jobs on jobs.id = job_id where name = 'old') as first;"
    );
    rows::execute(&store(folder), &(copies + COPY)).await;
    assert_eq!(count(folder, "job = 'old'").await, OLD + 1);
}

const COPY: &str = "
    insert into runs (id, job_id, trigger, scheduled_for, state, claimed_at, started_at, finished_at, config_id)
        select copies.id, job_id, trigger, scheduled_for - ago, state, claimed_at - ago, started_at - ago,
               finished_at - ago, config_id
        from copies join runs on runs.id = of;
    insert into calls (run_id, seq, name_id, method, url_id, state, status, attempts, pages, items, bytes, started_at,
                       finished_at)
        select copies.id, seq, name_id, method, url_id, state, status, attempts, pages, items, bytes,
               started_at - ago, finished_at - ago
        from copies join calls on run_id = of;
    insert into attempts (run_id, seq, n, page, started_at, duration_ms, status)
        select copies.id, seq, n, page, started_at - ago, duration_ms, status from copies join attempts on run_id = of;
    insert into results (run_id, seq, content_type_id, body)
        select copies.id, seq, content_type_id, body from copies join results on run_id = of;";

/// Rows of runs that are no more.
const ORPHANS: &str = "
    select count(*) || '' from (select run_id from calls union all select run_id from attempts
                                union all select run_id from results)
    where run_id not in (select id from runs)";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_as_it_prunes_leaves_whole_runs_and_the_next_one_prunes_on() {
    let standin = standin::start().await;
    let young = usage_job("young", "schedule = \"@every 1s\"");
    let folder = folder(&(head(&standin) + &usage_job("old", "") + &young));
    for verb in ["pause", "resume"] {
        assert_eq!(folder.run(&[verb, "old"]).code(), 0);
    }
    // Runs are numbered as they are claimed: this leaves room for older ones.
    rows::execute(&store(&folder), "insert into sqlite_sequence (name, seq) values ('runs', 1000000)").await;
    assert_eq!(folder.run(&["run", "old"]).code(), 0);
    for _ in 0..size(1, 20) {
        for point in POINTS {
            grow_old(&folder).await;
            let kept = count(&folder, "job = 'young'").await;
            crashed(point, folder.spawn_in(&[(CRASH, point)], &["serve"]));
            assert_eq!(rows::only(&store(&folder), ORPHANS).await, "0", "{point}");
            let next = serve(&folder);
            eventually("the old runs gone", async || count(&folder, "job = 'old'").await, |&left| left == 1).await;
            until_runs(&folder, kept + 1, "job = 'young'").await;
            next.terminate();
            assert_eq!(next.end().code(), 0);
            for (sql, well) in [(ORPHANS, "0"), ("pragma integrity_check", "ok")] {
                assert_eq!(rows::only(&store(&folder), sql).await, well, "{point}");
            }
            assert_eq!(folder.run(&["audit"]).code(), 0, "{point}");
        }
    }
}
