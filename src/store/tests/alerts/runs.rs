//! What alerts on jobs are judged by.

use super::*;
use crate::run::{CallRecord, Kind, Outcome, RunId, RunState, Span};
use crate::watch::Ended;

async fn news(store: &Store, job: &str, most: u32) -> Vec<RunNews> {
    store.run_news(&[name(job)], most).await.expect("read").remove(job).unwrap_or_default()
}

fn well(run: i64, n: u64) -> RunNews {
    let (started_at, finished_at) =
        (Some(minute(n)), crate::clock::add(minute(n), std::time::Duration::from_millis(250)));
    RunNews::Ended(Ended {
        run: RunId(run),
        state: RunState::Succeeded,
        started_at,
        finished_at,
        reason: None,
        remedy: None,
    })
}

#[tokio::test]
async fn the_newest_rows_of_each_job_come_by_number() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        fixture.ended("a", n).await;
        fixture.ended("b", n).await;
    }
    let jobs = ["a", "b", "none"].map(name);
    let known = fixture.store.run_news(&jobs, 2).await.expect("read");
    assert_eq!(known, [(name("a"), vec![well(3, 1), well(5, 2)]), (name("b"), vec![well(4, 1), well(6, 2)])].into());
    assert_eq!(fixture.store.run_news(&[], 2).await.expect("read"), [].into());
}

#[tokio::test]
async fn a_run_says_how_it_ended_and_what_to_do_by_its_last_diagnosis() {
    let fixture = Fixture::new().await;
    let run = fixture.run("a", 0).await;
    let calls = vec![CallRecord {
        diagnoses: vec![refusal(minute(0)), full_outcome(&run).calls.remove(0).diagnoses.remove(0)],
        ..call(minute(0))
    }];
    let (kind, reason) = (Some(Kind::Refused), Some("usage:write is missing".to_owned()));
    let end = Outcome { state: RunState::Refused, kind, reason: reason.clone(), calls, ..outcome(&run) };
    fixture.store.finish(end).await.expect("an end");
    let RunNews::Ended(ended) = news(&fixture.store, "a", 9).await.remove(0) else { panic!("it has not ended") };
    assert_eq!(
        (ended.state, ended.reason, ended.remedy),
        (RunState::Refused, reason, Some("grant usage:write".to_owned()))
    );
}

#[tokio::test]
async fn ticks_that_were_missed_are_told_as_their_span_and_what_runs_as_begun() {
    let fixture = Fixture::new().await;
    fixture
        .store
        .cover(vec![stretch("a", 0, 3), Stretch { ticks: 1, through: minute(4), ..stretch("a", 4, 4) }])
        .await
        .expect("covered");
    let run = fixture.run("a", 5).await;
    fixture.store.claim(vec![Claim { begin: Begin::Waiting, ..claim("b", 5) }]).await.expect("a claim");
    let missed = |first, last| RunNews::Missed {
        ticks: Span { first: minute(first), last: minute(last), ticks: last - first + 1 },
        reason: "apicron was down".to_owned(),
    };
    let began = RunNews::Began { run: run.id, at: minute(5) };
    assert_eq!(news(&fixture.store, "a", 9).await, [missed(0, 3), missed(4, 4), began]);
    assert_eq!(news(&fixture.store, "b", 9).await, [], "it has not begun");
}
