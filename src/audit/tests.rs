use std::time::Duration;

use super::*;
use crate::clock::{Clock, add};
use crate::run::RunState;
use crate::store::{Access, Served, Stretch, Timing};

fn noon() -> Time {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

fn minute(n: u64) -> Time {
    add(noon(), Duration::from_secs(60 * n))
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn served(job: &str, schedule: &str) -> Served {
    let (schedule, timezone, policies) = (schedule.to_owned(), "UTC".to_owned(), "{}".to_owned());
    let config_hash = format!("{job} {schedule}");
    Served { job: name(job), config_hash, timing: Some(Timing { schedule, timezone, policies, file: String::new() }) }
}

/// A store to serve jobs from and to leave rows in.
struct Line {
    _folder: tempfile::TempDir,
    store: Store,
}

impl Line {
    async fn new() -> Line {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, _hands) = Clock::manual(noon());
        let store = Store::open(&folder.path().join("apicron.db"), Access::Write, &clock).await.expect("a store");
        Line { _folder: folder, store }
    }

    async fn serve(&self, jobs: Vec<Served>, from: u64) {
        self.store.serve(jobs, Vec::new(), minute(from)).await.expect("served");
    }

    /// A row for the ticks of some minutes.
    async fn row(&self, job: &str, first: u64, last: u64) {
        let stretch = Stretch {
            job: name(job),
            scheduled_for: minute(first),
            through: minute(last),
            ticks: last - first + 1,
            state: RunState::Missed,
            reason: "a test".to_owned(),
            config_hash: "hash".to_owned(),
            at: minute(last),
        };
        self.store.cover(vec![stretch]).await.expect("a row");
    }

    async fn audit(&self, after: u64, until: u64) -> (Checked, Vec<String>) {
        let day = Duration::from_secs(24 * 3600);
        let span = Span::judged(minute(24 * 60), kept(day), Some(minute(after)), Some(minute(until)));
        let mut found = Vec::new();
        let each = |finding: Finding| {
            found.push(format!("{} {} {}", finding.job, finding.scheduled_for.format("%H:%M"), finding.rows));
            Ok::<(), StoreError>(())
        };
        let checked = holes(&self.store, &span, each).await.expect("an audit");
        (checked, found)
    }
}

#[tokio::test]
async fn each_tick_without_a_row_is_a_hole() {
    let line = Line::new().await;
    line.serve(vec![served("each-minute", "* * * * *"), served("fifth", "*/5 * * * *")], 60).await;
    line.row("each-minute", 61, 63).await;
    line.row("each-minute", 66, 66).await;
    line.row("fifth", 65, 65).await;
    let (checked, found) = line.audit(0, 66).await;
    assert_eq!(found, ["each-minute 13:04 0", "each-minute 13:05 0"]);
    assert_eq!((checked.ticks, checked.holes, checked.doubles), (7, 2, 0));
    assert_eq!((checked.jobs.len(), checked.since), (2, Some(minute(60))));
    assert!(!checked.is_whole());
    assert!(line.audit(65, 66).await.0.is_whole(), "after the first and up to the second");
}

#[tokio::test]
async fn ticks_are_expected_by_the_schedule_that_held() {
    let line = Line::new().await;
    line.serve(vec![served("job", "* * * * *")], 60).await;
    line.serve(vec![served("job", "*/10 * * * *")], 63).await;
    line.row("job", 61, 63).await;
    assert_eq!(line.audit(0, 75).await.1, ["job 13:10 0"]);
    line.serve(Vec::new(), 75).await;
    assert_eq!(line.audit(0, 600).await.1, ["job 13:10 0"], "a job that is not served any more has no ticks");
    line.row("job", 70, 70).await;
    let (checked, _) = line.audit(0, 600).await;
    assert_eq!((checked.is_whole(), checked.ticks), (true, 4));
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_told_and_the_others_are_looked_at() {
    let line = Line::new().await;
    line.serve(vec![served("later", "@whenever"), served("job", "* * * * *")], 60).await;
    let (checked, found) = line.audit(0, 61).await;
    assert_eq!(found, ["job 13:01 0"]);
    let unreadable: Vec<&str> = checked.unreadable.iter().map(|version| version.job.as_str()).collect();
    assert_eq!(unreadable, ["later"]);
    assert!(!checked.is_whole());
}

#[tokio::test]
async fn more_ticks_than_are_looked_at_together_are_each_looked_at_once() {
    let line = Line::new().await;
    line.serve(vec![served("each-second", "@every 1s")], 60).await;
    line.row("each-second", 61, 200).await; // a stretch that reaches over the seams
    let (checked, found) = line.audit(0, 240).await;
    assert_eq!((checked.ticks, checked.holes), (180 * 60, 59 + 40 * 60));
    assert_eq!((found.len(), checked.doubles), (59 + 40 * 60, 0));
    assert_eq!((found[0].as_str(), found[59].as_str()), ("each-second 13:00 0", "each-second 15:20 0"));
}

#[tokio::test]
async fn nobody_serves_what_was_served_last_once_its_process_has_gone() {
    let line = Line::new().await;
    assert_eq!(line.audit(0, 100).await.0.served, Presence::NothingToServe);
    line.serve(vec![served("job", "* * * * *")], 60).await;
    assert_eq!(line.audit(0, 100).await.0.served, Presence::Nobody, "this process is not another one");
}

#[tokio::test]
async fn whoever_listens_may_end_the_audit() {
    let line = Line::new().await;
    line.serve(vec![served("job", "* * * * *")], 60).await;
    #[derive(Debug)]
    enum Enough {
        Enough,
        Store,
    }
    impl From<StoreError> for Enough {
        fn from(_: StoreError) -> Enough {
            Enough::Store
        }
    }
    let span = Span::judged(minute(120), kept(Duration::from_secs(3600 * 24)), None, None);
    let ended = holes(&line.store, &span, |_| Err(Enough::Enough)).await;
    assert!(matches!(ended, Err(Enough::Enough)), "{ended:?}");
}

fn kept(keep: Duration) -> Kept {
    Kept { keep, pruned_before: None }
}
