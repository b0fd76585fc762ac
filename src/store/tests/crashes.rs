//! Processes that die, and what they leave.

use std::time::Duration;

use crate::clock::{Hands, subtract};
use crate::run::{CallRecord, CallState, RunId, RunState};
use crate::store::fixture::*;
use crate::store::*;

/// Makes the process that a store was opened by a dead one, as after `kill -9`.
pub(super) async fn kill(fixture: &Fixture, victim: &Store) {
    victim.beat().await.expect("it is registered");
    fixture.execute("update processes set pid_started = 1 where id = (select max(id) from processes)").await;
}

fn unsafe_call() -> CallRecord {
    CallRecord { state: CallState::Sending, ..call(noon()) }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_run_that_a_crash_cut_off_is_owed_a_repeat_until_it_has_one_or_is_forgiven() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    let waiting = Claim { begin: Begin::Waiting, ..claim("b", 1) };
    let repeat = Claim { start: Start::Repeat(RunId(1)), ..claim("c", 1) };
    fixture.ended("c", 0).await;
    victim.claim(vec![claim("a", 1), waiting, repeat]).await.expect("claims");
    kill(&fixture, &victim).await;

    assert_eq!(fixture.store.sweep().await.expect("a sweep"), Swept { processes: 1, runs: 3 });
    assert_eq!(fixture.store.sweep().await.expect("a sweep"), Swept::default());
    let owed = fixture.store.owed().await.expect("read");
    let runs: Vec<(RunId, &str)> = owed.iter().map(|owed| (owed.run, owed.tick.job.as_str())).collect();
    assert_eq!(runs, [(RunId(2), "a"), (RunId(3), "b")], "a repeat is not repeated by itself");
    assert_eq!((owed[0].tick.scheduled_for, owed[0].config_hash.as_str()), (minute(1), "0123456789abcdef"));

    let repeat = Claim { start: Start::Repeat(RunId(2)), ..claim("a", 1) };
    won(fixture.store.claim(vec![repeat]).await.expect("a claim").remove(0));
    fixture.store.forgive(vec![RunId(3)]).await.expect("forgiven");
    assert_eq!(fixture.store.owed().await.expect("read"), []);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_run_whose_call_may_have_taken_effect_is_not_owed_a_repeat_and_says_so() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    let run = won(victim.claim(vec![claim("a", 1)]).await.expect("a claim").remove(0));
    assert_eq!(victim.sending(run.id, unsafe_call()).await.expect("noted"), Finish::Recorded);
    assert_eq!(fixture.rows("select run_id, name, state, finished_at from v_calls").await, ["1|usage|sending|null"]);
    kill(&fixture, &victim).await;
    fixture.store.sweep().await.expect("a sweep");
    assert_eq!(fixture.store.owed().await.expect("read"), []);
    let reason = fixture.rows("select reason from v_runs").await.remove(0);
    assert!(reason.ends_with("died; its call `usage` was under way and may not be made twice"), "{reason}");
    let call = fixture.rows("select state, kind, finished_at is null from v_calls").await;
    assert_eq!(call, ["interrupted|stopped|0"]);
}

#[tokio::test]
async fn a_call_that_was_noted_before_it_was_sent_has_one_row_when_its_run_ends() {
    let fixture = Fixture::new().await;
    let run = fixture.run("a", 1).await;
    fixture.store.sending(run.id, unsafe_call()).await.expect("noted");
    fixture.store.finish(full_outcome(&run)).await.expect("an end");
    assert_eq!(fixture.rows("select state, attempts, status from v_calls").await, ["succeeded|1|200"]);
    assert_eq!(fixture.store.sending(run.id, unsafe_call()).await.expect("an answer"), Finish::Lost, "it has ended");
}

#[tokio::test]
async fn a_run_that_was_taken_over_sends_nothing_more_and_its_end_is_lost() {
    let fixture = Fixture::new().await;
    let run = fixture.run("a", 1).await;
    fixture.execute("update runs set state = 'interrupted', kind = 'stopped', finished_at = 0").await;
    assert_eq!(fixture.store.sending(run.id, unsafe_call()).await.expect("an answer"), Finish::Lost);
    assert_eq!(fixture.store.finish(outcome(&run)).await.expect("an answer"), Finish::Lost);
    assert_eq!(fixture.store.orders().await.expect("read").living, [].into());
}

/// A store whose clock the test moves.
async fn with_hands() -> (tempfile::TempDir, Store, Hands) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (clock, hands) = Clock::manual(noon());
    let store = Store::open(&folder.path().join("apicron.db"), Access::Write, &clock).await.expect("a store");
    (folder, store, hands)
}

async fn lease(folder: &tempfile::TempDir) -> i64 {
    let mut raw = connect(&folder.path().join("apicron.db")).await;
    sqlx::query_scalar("select lease_until from processes").fetch_one(&mut raw).await.expect("a lease")
}

#[tokio::test]
async fn a_lease_is_twenty_seconds_from_the_last_beat_and_any_write_after_five_seconds_is_one() {
    let (folder, store, hands) = with_hands().await;
    let after = |seconds: i64| noon().timestamp_millis() + 1000 * (seconds + 20);
    assert_eq!(lease(&folder).await, after(0));
    hands.advance(Duration::from_secs(4));
    store.claim(vec![claim("a", 0)]).await.expect("a claim");
    assert_eq!(lease(&folder).await, after(0));
    hands.advance(Duration::from_secs(1));
    store.claim(vec![claim("a", 1)]).await.expect("a claim");
    assert_eq!(lease(&folder).await, after(5));
    hands.advance(Duration::from_secs(1));
    store.beat().await.expect("a beat");
    assert_eq!(lease(&folder).await, after(6));
}

#[tokio::test]
async fn a_process_that_slept_through_its_lease_does_not_sweep_itself() {
    let (_folder, store, hands) = with_hands().await;
    let run = won(store.claim(vec![claim("a", 0)]).await.expect("a claim").remove(0));
    hands.advance(Duration::from_secs(3600));
    assert_eq!(store.sweep().await.expect("a sweep"), Swept::default());
    assert_eq!(store.finish(outcome(&run)).await.expect("an end"), Finish::Recorded);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_process_of_another_machine_is_dead_once_its_lease_has_passed() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    victim.claim(vec![claim("a", 0)]).await.expect("a claim");
    let mine = "id = (select max(id) from processes)";
    fixture.execute(&format!("update processes set host = 'elsewhere' where {mine}")).await;
    assert_eq!(fixture.store.sweep().await.expect("a sweep"), Swept::default());
    let passed = subtract(noon(), Duration::from_millis(1)).timestamp_millis();
    fixture.execute(&format!("update processes set lease_until = {passed} where {mine}")).await;
    assert_eq!(fixture.store.sweep().await.expect("a sweep"), Swept { processes: 1, runs: 1 });
    let state = RunState::Interrupted.as_str();
    assert_eq!(fixture.rows("select state from v_runs").await, [state]);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_repeat_that_began_is_not_owed_another_and_says_so_nor_is_a_run_that_was_to_end() {
    let fixture = Fixture::new().await;
    for job in ["a", "b"] {
        fixture.ended(job, 0).await;
    }
    let victim = fixture.open(Access::Write).await.expect("a second");
    let repeat = |of, job| Claim { start: Start::Repeat(RunId(of)), begin: Begin::Waiting, ..claim(job, 0) };
    victim.claim(vec![repeat(1, "a"), repeat(2, "b"), claim("c", 0)]).await.expect("claims");
    victim.started(RunId(3), noon());
    victim.flush().await.expect("on disk");
    assert_eq!(fixture.store.cancel(RunId(5)).await.expect("an answer"), Cancel::Asked);
    kill(&fixture, &victim).await;
    assert_eq!(fixture.store.sweep().await.expect("a sweep"), Swept { processes: 1, runs: 3 });
    let owed = fixture.store.owed().await.expect("read");
    assert_eq!(owed.iter().map(|owed| owed.run).collect::<Vec<_>>(), [RunId(4)]);
    let reason = fixture.rows("select reason from v_runs where id = 3").await.remove(0);
    assert!(reason.ends_with("died; it was a repeat itself, and is not repeated again"), "{reason}");
}

#[tokio::test]
async fn a_server_that_stops_owes_repeats_of_what_never_began_and_whoever_runs_by_hand_does_not() {
    let fixture = Fixture::new().await;
    let (server, person) = (fixture.open(Access::Write).await, fixture.open(Access::Write).await);
    let (server, person) = (server.expect("a second"), person.expect("a third"));
    let served = Served { job: name("a"), config_hash: "1".to_owned(), timing: None };
    server.serve(vec![served], Vec::new(), noon()).await.expect("noted");
    let waiting = |job| Claim { begin: Begin::Waiting, ..claim(job, 0) };
    let repeat = Claim { start: Start::Repeat(RunId(1)), ..waiting("r") };
    fixture.ended("r", 0).await;
    server.claim(vec![waiting("a"), claim("b", 0), repeat]).await.expect("claims");
    person.claim(vec![waiting("c")]).await.expect("a claim");
    server.close().await;
    person.close().await;
    assert_eq!(fixture.rows("select count(*) from v_runs where state = 'interrupted'").await, ["4"]);
    let owed = fixture.store.owed().await.expect("read");
    assert_eq!(owed.iter().map(|owed| owed.tick.job.as_str()).collect::<Vec<_>>(), ["a", "r"]);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_process_that_was_taken_for_dead_comes_back_with_its_next_write_and_can_die_again() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    let served = Served { job: name("a"), config_hash: "1".to_owned(), timing: None };
    victim.serve(vec![served], Vec::new(), noon()).await.expect("noted");
    assert!(victim.orders().await.expect("read").is_serving);
    kill(&fixture, &victim).await;
    assert_eq!(fixture.store.sweep().await.expect("a sweep").processes, 1);
    assert!(!victim.orders().await.expect("read").is_serving);
    victim.beat().await.expect("a beat");
    victim.claim(vec![claim("a", 1)]).await.expect("a claim");
    assert_eq!(fixture.store.sweep().await.expect("a sweep"), Swept { processes: 1, runs: 1 });
}

#[tokio::test]
async fn a_sleep_of_the_machine_is_seen_on_the_wall_clock_and_the_next_write_is_a_beat() {
    let (folder, store, hands) = with_hands().await;
    hands.set_wall(minute(60)); // the monotonic clock stood still
    store.claim(vec![claim("a", 0)]).await.expect("a claim");
    assert_eq!(lease(&folder).await, minute(60).timestamp_millis() + 20_000);
}
