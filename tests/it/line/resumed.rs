//! A long list whose reader is killed on the way, and again in the repeat.

use std::collections::BTreeMap;

use apicron::standin::{DATA, Fault, Knobs, Standin};
use rustix::process::{Signal, kill_process};

use crate::support::binary::{Folder, Running};
use crate::support::eventually::eventually;
use crate::support::jobs::folder_as;
use crate::support::lists::{
    DATASETS, FILES, datasets, files_of_each, job_file, library, lines, lists, mirror, run_badly, seen,
};
use crate::support::serving::until_runs;
use crate::support::standin;

/// All pages but so many come at once; the next one only when whoever asked for it is dead.
fn stuck_after(pages: u32) -> Knobs {
    Knobs { faults: vec![Fault::slow(DATASETS, 600_000).after(pages)], ..datasets(3_000, 0, 0) }
}

/// How many listings are under way, and the records that they have read.
const READ: &str = "select count(distinct id) || ' ' || sum(seen) from listings join progress on listing_id = id";

/// Waits until so many requests to a path have come, all in all, and so much is stored.
async fn until(standin: &Standin, (path, times): (&str, u64), folder: &Folder, read: &str) {
    let asked = async || standin.counts().of("GET", path);
    eventually("requests", asked, |&asked| asked >= times).await;
    let stored = async || lines(folder, READ).await;
    eventually("what came is stored", stored, |stored| *stored == [read]).await;
}

/// Kills a reader then.
async fn kill_at(standin: &Standin, at: (&str, u64), folder: &Folder, read: &str, reader: Running) {
    until(standin, at, folder, read).await;
    kill_process(reader.pid(), Signal::KILL).expect("the signal sent");
    drop(reader.end());
}

/// Serves until a run has succeeded.
async fn serve_to_success(folder: &Folder) {
    let serve = folder.spawn(&["serve"]);
    until_runs(folder, 1, "state = 'succeeded'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
}

/// How often the pages were asked for that were asked for more than once.
fn more_than_once(standin: &Standin, path: &str) -> Vec<usize> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for seen in seen(standin, "GET", path) {
        *times.entry(seen.query).or_default() += 1;
    }
    times.into_values().filter(|&times| times > 1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_killed_twice_goes_on_where_it_was() {
    let standin = standin::start_with(stuck_after(9)).await;
    let folder = lists(&standin, &mirror(""));
    kill_at(&standin, (DATASETS, 10), &folder, "1 900", folder.spawn(&["run", "mirror"])).await;
    standin.set(stuck_after(11));
    kill_at(&standin, (DATASETS, 22), &folder, "1 2000", folder.spawn(&["serve"])).await;
    standin.set(datasets(3_000, 0, 0));
    serve_to_success(&folder).await;

    let runs = lines(&folder, "select trigger || ' ' || state from v_runs order by id").await;
    assert_eq!(runs, ["manual interrupted", "repeat interrupted", "repeat succeeded"]);
    let kept = "select count(*) || ' ' || count(distinct key) || ' ' || count(gone_at) || ' ' ||
                sum(key = body ->> 'id') from v_records where collection = 'datasets'";
    assert_eq!(lines(&folder, kept).await, ["3000 3000 0 3000"]);
    let said = "select metric || '=' || cast(value as integer) from v_samples
                where metric in ('mirror.seen', 'mirror.new') order by metric";
    assert_eq!(lines(&folder, said).await, ["mirror.new=3000", "mirror.seen=3000"], "of the whole list");

    assert_eq!(more_than_once(&standin, DATASETS), [2, 2], "only the two pages at the crashes");
    assert_eq!(standin.counts().of("GET", DATASETS), 32);
}

#[tokio::test(flavor = "multi_thread")]
async fn elements_whose_lists_were_read_are_not_read_again() {
    let stuck = |lists| Knobs { faults: vec![Fault::slow(FILES, 600_000).after(lists)], ..library(40, 130) };
    let standin = standin::start_with(stuck(50)).await;
    let folder = lists(&standin, &files_of_each(""));
    kill_at(&standin, (FILES, 51), &folder, "2 3290", folder.spawn(&["run", "mirror"])).await;
    standin.set(library(40, 130));
    serve_to_success(&folder).await;
    assert_eq!(more_than_once(&standin, FILES), [2], "only the page at the crash");
    assert_eq!(standin.counts().of("GET", FILES), 81);
    let kept = "select count(*) || ' ' || count(gone_at) from v_records where collection = 'files'";
    assert_eq!(lines(&folder, kept).await, ["5200 0"]);
    let said = "select count(*) || ' ' || sum(cast(value as integer)) from v_samples where metric = 'mirror.files'";
    assert_eq!(lines(&folder, said).await, ["40 5200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_a_run_that_failed_goes_on_at_the_page_that_failed() {
    let broken = Knobs { faults: vec![Fault::status(DATASETS, 404).after(19)], ..datasets(3_000, 0, 0) };
    let standin = standin::start_with(broken).await;
    let folder = lists(&standin, &mirror(""));
    assert_eq!(run_badly(&folder, "mirror").await.0, "status");
    standin.set(datasets(3_000, 0, 0));
    let repeat = folder.run(&["repeat", "1"]);
    assert_eq!(repeat.code(), 0, "{repeat:#?}");
    assert_eq!((more_than_once(&standin, DATASETS), standin.counts().of("GET", DATASETS)), (vec![2], 31));
    let kept = "select count(*) || ' ' || count(gone_at) from v_records";
    assert_eq!(lines(&folder, kept).await, ["3000 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_told_to_stop_leaves_a_list_that_a_repeat_goes_on_with() {
    let standin = standin::start_with(stuck_after(9)).await;
    let folder = folder_as(DATA, &format!("drain = \"50ms\"\n{}", job_file(&standin, &mirror(""))));
    let run = folder.spawn(&["run", "mirror"]);
    until(&standin, (DATASETS, 10), &folder, "1 900").await;
    run.terminate();
    let ended = run.end();
    assert_ne!(ended.code(), 0, "{ended:#?}");
    standin.set(datasets(3_000, 0, 0));
    let repeat = folder.run(&["repeat", "1"]);
    assert_eq!(repeat.code(), 0, "{repeat:#?}");
    let runs = lines(&folder, "select trigger || ' ' || state from v_runs order by id").await;
    assert_eq!(runs, ["manual interrupted", "repeat succeeded"]);
    assert_eq!((more_than_once(&standin, DATASETS), standin.counts().of("GET", DATASETS)), (vec![2], 31));
    assert_eq!(lines(&folder, "select count(*) || ' ' || count(gone_at) from v_records").await, ["3000 0"]);
}
