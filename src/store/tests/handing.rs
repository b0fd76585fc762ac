//! Runs that are handed over, and runs that others want to end.

use std::time::Duration;

use crate::clock::Hands;
use crate::run::{Occasion, Run, RunId, RunState};
use crate::store::fixture::*;
use crate::store::*;

struct Pair {
    folder: tempfile::TempDir,
    hands: Hands,
    /// What a person starts.
    run: Store,
    /// What serves.
    serve: Store,
}

impl Pair {
    async fn new() -> Pair {
        let folder = tempfile::TempDir::new().expect("a folder");
        let (clock, hands) = Clock::manual(noon());
        let path = folder.path().join("apicron.db");
        let run = Store::open(&path, Access::Write, &clock).await.expect("a store");
        let serve = Store::open(&path, Access::Write, &clock).await.expect("a second");
        Pair { folder, hands, run, serve }
    }

    async fn hand_over(&self, job: &str) -> Run {
        let claim = Claim { start: Start::Manual, begin: Begin::HandedOver, ..claim(job, 0) };
        won(self.run.claim(vec![claim]).await.expect("a claim").remove(0))
    }

    async fn state(&self, run: &Run) -> (RunState, Option<String>) {
        let row = self.run.run(run.id).await.expect("read").expect("a run").run;
        (row.state, row.reason)
    }
}

fn served(job: &str, config_hash: &str) -> Served {
    Served { job: name(job), config_hash: config_hash.to_owned(), timing: None }
}

const HASH: &str = "0123456789abcdef";

#[tokio::test]
async fn a_run_that_is_handed_over_is_taken_by_the_process_that_serves_its_job_in_that_very_form() {
    let pair = Pair::new().await;
    pair.serve.serve(vec![served("a", HASH), served("b", "another")], Vec::new(), noon()).await.expect("noted");
    let asked = [(name("a"), HASH.to_owned()), (name("b"), HASH.to_owned()), (name("c"), HASH.to_owned())];
    assert_eq!(pair.run.served_elsewhere(&asked).await.expect("read"), [name("a")].into());
    assert_eq!(pair.run.served_otherwise(&asked).await.expect("read"), [name("b")].into());
    assert_eq!(pair.serve.served_elsewhere(&asked).await.expect("read"), [].into(), "itself is not elsewhere");

    assert!(!pair.serve.orders().await.expect("read").handed_over);
    let (a, b) = (pair.hand_over("a").await, pair.hand_over("b").await);
    assert_eq!(pair.run.run(a.id).await.expect("read").expect("a run").run.process, None);
    assert!(pair.serve.orders().await.expect("read").handed_over);
    assert!(!pair.run.orders().await.expect("read").handed_over);
    let adopted = pair.serve.adopt().await.expect("runs");
    assert_eq!(adopted, [Adopted { run: a.clone(), config_hash: HASH.to_owned() }]);
    assert_eq!(adopted[0].run.occasion, Occasion::Manual(a.id));
    assert_eq!(pair.run.take(a.id).await.expect("an answer"), Finish::Lost);
    assert_eq!(pair.serve.orders().await.expect("read").living, [a.id].into());

    assert_eq!(pair.run.take(b.id).await.expect("an answer"), Finish::Recorded);
    assert_eq!(pair.run.take(b.id).await.expect("an answer"), Finish::Lost);
    assert_eq!(pair.run.orders().await.expect("read").living, [b.id].into());
}

#[tokio::test]
async fn a_run_that_nobody_takes_within_a_minute_is_missed() {
    let pair = Pair::new().await;
    let run = pair.hand_over("a").await;
    pair.hands.advance(Duration::from_secs(60));
    assert!(!pair.serve.orders().await.expect("read").handed_over);
    pair.hands.advance(Duration::from_millis(1));
    assert!(pair.serve.orders().await.expect("read").handed_over);
    assert_eq!(pair.serve.adopt().await.expect("none"), []);
    let reason = "no process took it within a minute".to_owned();
    assert_eq!(pair.state(&run).await, (RunState::Missed, Some(reason)));
}

#[tokio::test]
async fn a_run_that_nobody_took_is_missed_also_where_nobody_serves() {
    let pair = Pair::new().await;
    let run = pair.hand_over("a").await;
    pair.hands.advance(Duration::from_secs(61));
    pair.run.sweep().await.expect("a sweep");
    assert_eq!(pair.state(&run).await.0, RunState::Missed);
}

#[tokio::test]
async fn whoever_handed_a_run_over_may_go_and_the_next_server_takes_it() {
    let pair = Pair::new().await;
    let run = pair.hand_over("a").await;
    pair.run.clone().close().await;
    assert_eq!(pair.serve.sweep().await.expect("a sweep"), Swept::default());
    pair.serve.serve(vec![served("a", HASH)], Vec::new(), noon()).await.expect("noted");
    assert_eq!(pair.serve.adopt().await.expect("one").len(), 1);
    assert_eq!(pair.serve.orders().await.expect("read").living, [run.id].into());
}

#[tokio::test]
async fn a_run_that_is_to_end_is_told_to_its_process_until_it_has_ended() {
    let pair = Pair::new().await;
    let run = won(pair.serve.claim(vec![claim("a", 0)]).await.expect("a claim").remove(0));
    assert_eq!(pair.run.cancel(run.id).await.expect("an answer"), Cancel::Asked);
    assert_eq!(pair.run.cancel(run.id).await.expect("an answer"), Cancel::Asked);
    assert_eq!(pair.serve.orders().await.expect("read").cancels, [run.id]);
    assert_eq!(pair.run.orders().await.expect("read").cancels, []);
    pair.serve.finish(outcome(&run)).await.expect("an end");
    assert_eq!(pair.run.cancel(run.id).await.expect("an answer"), Cancel::Ended(RunState::Succeeded));
    assert_eq!(pair.run.cancel(RunId(99)).await.expect("an answer"), Cancel::Unknown);
    let mut raw = connect(&pair.folder.path().join("apicron.db")).await;
    let left: i64 = sqlx::query_scalar("select count(*) from cancels").fetch_one(&mut raw).await.expect("a number");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_run_that_waits_for_a_process_is_cancelled_at_once() {
    let pair = Pair::new().await;
    let run = pair.hand_over("a").await;
    assert_eq!(pair.run.cancel(run.id).await.expect("an answer"), Cancel::Done);
    let reason = "it was cancelled before it began".to_owned();
    assert_eq!(pair.state(&run).await, (RunState::Interrupted, Some(reason)));
}
