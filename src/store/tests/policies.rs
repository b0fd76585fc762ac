//! What becomes of a tick while something stands in its way.

use crate::job::Overlap;
use crate::run::{Kind, Occasion, Outcome, Run, RunId, RunState};
use crate::store::fixture::*;
use crate::store::*;

async fn one(fixture: &Fixture, claim: Claim) -> Claimed {
    fixture.store.claim(vec![claim]).await.expect("a claim").remove(0)
}

async fn end(fixture: &Fixture, run: &Run, state: RunState) {
    let kind = (state != RunState::Succeeded).then_some(Kind::Status);
    let end = Outcome { state, kind, reason: kind.map(|_| "no luck".to_owned()), ..outcome(run) };
    assert_eq!(fixture.store.finish(end).await.expect("an end"), Finish::Recorded);
}

fn skipped(row: i64, reason: &str) -> Claimed {
    Claimed::Skipped { row: RunId(row), reason: reason.to_owned() }
}

#[tokio::test]
async fn of_ticks_that_queue_one_waits_and_the_others_are_skipped() {
    let fixture = Fixture::new().await;
    let queue = |n| Claim { overlap: Overlap::Queue, ..claim("usage", n) };
    let first = won(one(&fixture, queue(0)).await);
    let Claimed::Queued(second) = one(&fixture, queue(1)).await else { panic!("not queued") };
    assert_eq!(one(&fixture, queue(2)).await, skipped(3, "run 2 waits already"));
    assert!(fixture.store.lives_before(&name("usage"), second.id).await.expect("read"));
    end(&fixture, &first, RunState::Succeeded).await;
    assert!(!fixture.store.lives_before(&name("usage"), second.id).await.expect("read"));
    assert_eq!(fixture.rows("select state from v_runs order by id").await, ["succeeded", "waiting", "skipped"]);
}

#[tokio::test]
async fn ticks_that_may_overlap_run_side_by_side() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        won(one(&fixture, Claim { overlap: Overlap::Allow, ..claim("usage", n) }).await);
    }
    assert_eq!(fixture.rows("select count(*) from v_runs where state = 'running'").await, ["3"]);
}

#[tokio::test]
async fn runs_in_line_wait_behind_the_living_ones_however_many() {
    let fixture = Fixture::new().await;
    fixture.run("usage", 0).await;
    for n in 1..4 {
        won(one(&fixture, Claim { begin: Begin::InLine, start: Start::CatchUp, ..claim("usage", n) }).await);
    }
    assert_eq!(
        fixture.rows("select state, trigger from v_runs order by id").await,
        ["running|schedule", "waiting|catch_up", "waiting|catch_up", "waiting|catch_up"]
    );
}

#[tokio::test]
async fn ticks_that_are_skipped_in_a_row_for_one_reason_are_one_row() {
    let fixture = Fixture::new().await;
    let living = fixture.run("usage", 0).await;
    for n in 1..=5 {
        assert_eq!(one(&fixture, claim("usage", n)).await, skipped(2, "run 1 still runs"));
    }
    let row = "select scheduled_for, through, ticks, finished_at from v_runs where state = 'skipped'";
    assert_eq!(
        fixture.rows(row).await,
        ["2026-11-24T12:01:00.000Z|2026-11-24T12:05:00.000Z|5|2026-11-24T12:05:00.000Z"]
    );
    assert_eq!(one(&fixture, claim("usage", 3)).await, Claimed::Taken);
    assert_eq!(fixture.rows("select n from run_counts where state = 'skipped'").await, ["5"]);

    end(&fixture, &living, RunState::Succeeded).await;
    let next = won(one(&fixture, claim("usage", 6)).await);
    assert_eq!(one(&fixture, claim("usage", 7)).await, skipped(4, &format!("run {} still runs", next.id)));
    assert_eq!(fixture.rows("select ticks from v_runs order by id").await, ["1", "5", "1", "1"]);
}

#[tokio::test]
async fn a_manual_start_closes_a_stretch_and_is_never_part_of_one() {
    let fixture = Fixture::new().await;
    fixture.run("usage", 0).await;
    assert_eq!(one(&fixture, claim("usage", 1)).await, skipped(2, "run 1 still runs"));
    let manual = Claim { start: Start::Manual, ..claim("usage", 2) };
    assert_eq!(one(&fixture, manual.clone()).await, skipped(3, "run 1 still runs"));
    assert_eq!(one(&fixture, manual).await, skipped(4, "run 1 still runs"));
    assert_eq!(one(&fixture, claim("usage", 3)).await, skipped(5, "run 1 still runs"));
}

#[tokio::test]
async fn a_paused_job_has_no_runs_whatever_started_them_until_the_pause_is_over() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    fixture.ended("other", 0).await;
    let until = minute(10).timestamp_millis();
    fixture
        .execute(&format!("insert into pauses select id, 0, {until}, 'too dear' from jobs where name = 'usage'"))
        .await;
    assert_eq!(one(&fixture, claim("usage", 1)).await, skipped(3, "paused: too dear"));
    assert_eq!(one(&fixture, claim("usage", 2)).await, skipped(3, "paused: too dear"));
    let manual = Claim { start: Start::Manual, ..claim("usage", 2) };
    assert_eq!(one(&fixture, manual).await, skipped(4, "paused: too dear"));
    won(one(&fixture, claim("other", 1)).await);
    won(one(&fixture, claim("usage", 10)).await);
    fixture.execute("update pauses set until = null, reason = null").await;
    assert_eq!(one(&fixture, claim("usage", 11)).await, skipped(7, "paused"));
}

#[tokio::test]
async fn a_job_that_comes_after_another_runs_only_if_that_ones_last_run_succeeded() {
    let fixture = Fixture::new().await;
    let after = |n| Claim { after: Some(name("inventory")), ..claim("snapshot", n) };
    let none = "`inventory`, which it comes after, has no run yet";
    assert_eq!(one(&fixture, after(0)).await, skipped(1, none));
    let inventory = fixture.run("inventory", 0).await;
    assert_eq!(one(&fixture, after(1)).await, skipped(1, none), "one that lives does not count");
    end(&fixture, &inventory, RunState::Failed).await;
    let failed = format!("`inventory`, which it comes after, failed in run {}", inventory.id);
    assert_eq!(one(&fixture, after(2)).await, skipped(3, &failed));
    fixture.ended("inventory", 3).await;
    won(one(&fixture, after(3)).await);
}

#[tokio::test]
async fn a_run_has_one_repeat_and_both_have_the_occasion_of_the_first() {
    let fixture = Fixture::new().await;
    let run = fixture.ended("usage", 0).await;
    let repeat = |of: &Run, n| Claim { start: Start::Repeat(of.id), ..claim("usage", n) };
    let again = won(one(&fixture, repeat(&run, 0)).await);
    assert_eq!((again.occasion, run.occasion), (Occasion::Tick, Occasion::Tick));
    assert_eq!(one(&fixture, repeat(&run, 0)).await, Claimed::Taken);

    let manual = won(one(&fixture, Claim { start: Start::Manual, ..claim("hand", 5) }).await);
    end(&fixture, &manual, RunState::Failed).await;
    let first = won(one(&fixture, Claim { start: Start::Repeat(manual.id), ..claim("hand", 5) }).await);
    end(&fixture, &first, RunState::Failed).await;
    let second = won(one(&fixture, Claim { start: Start::Repeat(first.id), ..claim("hand", 5) }).await);
    for run in [&manual, &first, &second] {
        assert_eq!(run.occasion, Occasion::Manual(manual.id));
    }
    assert_eq!(fixture.store.newest_repeat(manual.id).await.expect("read"), Some(second.id));
    assert_eq!(fixture.store.newest_repeat(second.id).await.expect("read"), Some(second.id));
    assert_eq!(fixture.store.newest_repeat(RunId(99)).await.expect("read"), None);
}

#[tokio::test]
async fn a_backfill_passes_over_ticks_of_which_a_run_succeeded_or_lives() {
    let fixture = Fixture::new().await;
    let backfill = |n| Claim { start: Start::Backfill, begin: Begin::InLine, ..claim("usage", n) };
    fixture.ended("usage", 0).await;
    let failed = fixture.run("usage", 1).await;
    end(&fixture, &failed, RunState::Failed).await;
    assert_eq!(one(&fixture, backfill(0)).await, Claimed::Taken);
    let filled = won(one(&fixture, backfill(1)).await);
    assert_eq!(one(&fixture, backfill(1)).await, Claimed::Taken, "it lives");
    end(&fixture, &filled, RunState::Succeeded).await;
    assert_eq!(one(&fixture, backfill(1)).await, Claimed::Taken, "it succeeded");
    won(one(&fixture, backfill(2)).await);
    assert_eq!(fixture.rows("select distinct trigger from v_runs where id > 2").await, ["manual"]);
}

#[tokio::test]
async fn a_tick_that_comes_again_repeats_its_run_and_one_that_comes_first_is_claimed() {
    let fixture = Fixture::new().await;
    let again = |n| Claim { start: Start::Again, ..claim("usage", n) };
    let run = fixture.ended("usage", 0).await;
    let second = won(one(&fixture, again(0)).await);
    assert_eq!(fixture.rows("select trigger, repeats from v_runs where id = 2").await, [format!("repeat|{}", run.id)]);
    assert_eq!(one(&fixture, again(0)).await, Claimed::Taken, "it lives");
    end(&fixture, &second, RunState::Succeeded).await;
    let third = won(one(&fixture, again(0)).await);
    end(&fixture, &third, RunState::Succeeded).await;
    assert_eq!(fixture.rows("select repeats from v_runs where id = 3").await, ["2"]);
    won(one(&fixture, again(1)).await);
    assert_eq!(fixture.rows("select trigger from v_runs where id = 4").await, ["schedule"]);
}

#[tokio::test]
async fn a_tick_that_comes_again_inside_a_stretch_repeats_it() {
    let fixture = Fixture::new().await;
    fixture.store.cover(vec![stretch("usage", 1, 9)]).await.expect("a stretch");
    let again = |n| Claim { start: Start::Again, ..claim("usage", n) };
    for (n, repeats) in [(3, 1), (4, 2), (9, 3)] {
        let run = won(one(&fixture, again(n)).await);
        assert_eq!(run.tick.scheduled_for, minute(n));
        end(&fixture, &run, RunState::Succeeded).await;
        let row = fixture.rows(&format!("select trigger, repeats from v_runs where id = {}", run.id)).await;
        assert_eq!(row, [format!("repeat|{repeats}")]);
    }
}

#[tokio::test]
async fn a_tick_that_was_due_in_a_pause_stays_skipped_when_it_is_caught_up_after_it() {
    let fixture = Fixture::new().await;
    let pause = Pause { paused_at: minute(1), until: Some(minute(3)), reason: None };
    fixture.store.pause(&name("usage"), pause).await.expect("paused");
    let late = |n| Claim { start: Start::CatchUp, begin: Begin::InLine, claimed_at: minute(9), ..claim("usage", n) };
    won(one(&fixture, late(0)).await);
    assert_eq!(one(&fixture, late(1)).await, skipped(2, "paused"));
    assert_eq!(one(&fixture, late(2)).await, skipped(2, "paused"));
    won(one(&fixture, late(3)).await);
    won(one(&fixture, Claim { start: Start::Backfill, ..late(2) }).await);
}
