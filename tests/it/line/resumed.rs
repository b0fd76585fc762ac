//! A long list whose reader is killed on the way, and again in the repeat.

use std::collections::BTreeMap;

use apicron::standin::{Fault, Knobs, Standin};
use rustix::process::{Signal, kill_process};

use crate::support::binary::Running;
use crate::support::eventually::eventually;
use crate::support::lists::{DATASETS, datasets, lines, lists, mirror, seen};
use crate::support::serving::until_runs;
use crate::support::standin;

/// All pages but so many come at once; the next one only when whoever asked for it is dead.
fn stuck_after(pages: u32) -> Knobs {
    Knobs { faults: vec![Fault::slow(DATASETS, 600_000).after(pages)], ..datasets(3_000, 0, 0) }
}

/// Kills a reader once so many pages were asked for, all in all.
async fn kill_at(standin: &Standin, pages: u64, reader: Running) {
    let asked = async || standin.counts().of("GET", DATASETS);
    eventually("pages asked for", asked, |&asked| asked >= pages).await;
    kill_process(reader.pid(), Signal::KILL).expect("the signal sent");
    drop(reader.end());
}

/// The listings under way, and the records that they have read.
const READ: &str = "select count(*) || ' ' || sum(seen) from listings join progress on listing_id = id";

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_killed_twice_goes_on_where_it_was() {
    let standin = standin::start_with(stuck_after(9)).await;
    let folder = lists(&standin, &mirror(""));
    kill_at(&standin, 10, folder.spawn(&["run", "mirror"])).await;
    assert_eq!(lines(&folder, READ).await, ["1 900"]);
    standin.set(stuck_after(11));
    kill_at(&standin, 22, folder.spawn(&["serve"])).await;
    assert_eq!(lines(&folder, READ).await, ["1 2000"]);
    standin.set(datasets(3_000, 0, 0));
    let serve = folder.spawn(&["serve"]);
    until_runs(&folder, 1, "state = 'succeeded'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);

    let runs = lines(&folder, "select trigger || ' ' || state from v_runs order by id").await;
    assert_eq!(runs, ["manual interrupted", "repeat interrupted", "repeat succeeded"]);
    let kept = "select count(*) || ' ' || count(distinct key) || ' ' || count(gone_at) || ' ' ||
                sum(key = body ->> 'id') from v_records where collection = 'datasets'";
    assert_eq!(lines(&folder, kept).await, ["3000 3000 0 3000"]);
    let said = "select metric || '=' || cast(value as integer) from v_samples
                where metric in ('mirror.seen', 'mirror.new') order by metric";
    assert_eq!(lines(&folder, said).await, ["mirror.new=3000", "mirror.seen=3000"], "of the whole list");

    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for seen in seen(&standin, "GET", DATASETS) {
        *times.entry(seen.query).or_default() += 1;
    }
    let twice: Vec<usize> = times.into_values().filter(|&times| times > 1).collect();
    assert_eq!(twice, [2, 2], "only the two pages at the crashes");
    assert_eq!(standin.counts().of("GET", DATASETS), 32);
}
