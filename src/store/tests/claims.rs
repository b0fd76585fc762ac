use proptest::prelude::*;

use crate::run::{RunId, RunState};
use crate::store::fixture::*;
use crate::store::*;

#[tokio::test]
async fn a_tick_of_a_schedule_is_claimed_once_and_a_claim_is_a_row_before_it_is_answered() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 5).await;
    assert_eq!(
        fixture.rows("select id, job, trigger, scheduled_for, state, claimed_at, started_at from v_runs").await,
        [format!(
            "{}|usage|schedule|2026-11-24T12:05:00.000Z|running|2026-11-24T12:05:00.000Z|2026-11-24T12:05:00.000Z",
            run.id
        )]
    );
    let caught_up = Claim { start: Start::CatchUp, ..claim("usage", 5) };
    let again = fixture.store.claim(vec![claim("usage", 5), caught_up]).await.expect("claims");
    assert_eq!(again, [Claimed::Taken, Claimed::Taken]);
}

#[tokio::test]
async fn a_run_that_is_to_wait_is_waiting_until_it_starts() {
    let fixture = Fixture::new().await;
    let waiting = Claim { begin: Begin::Waiting, ..claim("usage", 0) };
    let run = won(fixture.store.claim(vec![waiting]).await.expect("a claim").remove(0));
    assert_eq!(fixture.rows("select state, started_at from v_runs").await, ["waiting|null"]);
    fixture.store.started(run.id, minute(2));
    fixture.store.cover(Vec::new()).await.expect("anything awaited comes after it");
    assert_eq!(fixture.rows("select state, started_at from v_runs").await, ["running|2026-11-24T12:02:00.000Z"]);
}

#[tokio::test]
async fn a_tick_leaves_a_skipped_row_while_the_former_run_lives_whatever_started_it() {
    let fixture = Fixture::new().await;
    let living = fixture.run("usage", 0).await;
    let manual = Claim { start: Start::Manual, ..claim("usage", 2) };
    let answers = fixture.store.claim(vec![claim("usage", 1), manual, claim("other", 1)]).await.expect("claims");
    let skipped = |answer: &Claimed| match answer {
        Claimed::Skipped { row, reason } if *reason == format!("run {} still runs", living.id) => *row,
        other => panic!("not skipped: {other:?}"),
    };
    assert!(skipped(&answers[0]) < skipped(&answers[1]));
    assert!(matches!(answers[2], Claimed::Won(_)));
    assert_eq!(
        fixture.rows("select trigger, state, reason, started_at from v_runs where state = 'skipped' order by id").await,
        ["schedule|skipped|run 1 still runs|null", "manual|skipped|run 1 still runs|null"]
    );
    fixture.store.finish(outcome(&living)).await.expect("an end");
    assert_eq!(fixture.run("usage", 3).await.tick.job, living.tick.job);
}

#[tokio::test]
async fn ticks_of_one_job_in_one_call_are_judged_oldest_first_and_answered_in_their_order() {
    let fixture = Fixture::new().await;
    let answers =
        fixture.store.claim(vec![claim("usage", 9), claim("usage", 7), claim("usage", 8)]).await.expect("claims");
    assert!(matches!(&answers[1], Claimed::Won(run) if run.tick.scheduled_for == minute(7)));
    assert!(matches!(answers[0], Claimed::Skipped { row: RunId(2), .. }), "{answers:?}");
    assert!(matches!(answers[2], Claimed::Skipped { row: RunId(2), .. }), "{answers:?}");
}

#[tokio::test]
async fn a_tick_inside_a_stretch_is_taken_and_one_beside_it_is_not() {
    let fixture = Fixture::new().await;
    fixture.store.cover(vec![stretch("usage", 10, 20)]).await.expect("a stretch");
    for (tick, taken) in [(9, false), (10, true), (15, true), (20, true), (21, false)] {
        let answer = fixture.store.claim(vec![claim("usage", tick)]).await.expect("a claim").remove(0);
        assert_eq!(answer == Claimed::Taken, taken, "minute {tick}: {answer:?}");
        if let Claimed::Won(run) = answer {
            fixture.store.finish(outcome(&run)).await.expect("an end");
        }
    }
    let manual = Claim { start: Start::Manual, ..claim("usage", 15) };
    won(fixture.store.claim(vec![manual]).await.expect("a claim").remove(0));
    fixture.run("other", 15).await;
}

#[tokio::test]
async fn a_stretch_that_touches_a_row_leaves_none() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 10).await;
    let touching = [(5, 10), (10, 12), (8, 30), (10, 10)];
    fixture.store.cover(touching.map(|(first, last)| stretch("usage", first, last)).to_vec()).await.expect("nothing");
    assert_eq!(fixture.rows("select count(*) from v_runs where state = 'missed'").await, ["0"]);

    fixture.store.cover(vec![stretch("usage", 20, 30), stretch("usage", 25, 28)]).await.expect("one");
    fixture.store.cover(vec![stretch("usage", 22, 23), stretch("usage", 30, 31)]).await.expect("nothing");
    fixture.store.cover(vec![stretch("usage", 31, 31)]).await.expect("another");
    assert_eq!(
        fixture.rows("select scheduled_for, through, ticks, reason from v_runs where state = 'missed'").await,
        [
            "2026-11-24T12:20:00.000Z|2026-11-24T12:30:00.000Z|11|apicron was down",
            "2026-11-24T12:31:00.000Z|null|1|apicron was down"
        ]
    );
    assert_eq!(fixture.rows("select n from run_counts where state = 'missed'").await, ["12"]);
}

#[tokio::test]
async fn the_newest_covered_tick_is_that_of_a_run_or_the_end_of_a_stretch() {
    let fixture = Fixture::new().await;
    fixture.store.cover(vec![stretch("a", 1, 5), stretch("b", 1, 5)]).await.expect("stretches");
    fixture.ended("b", 6).await;
    let manual = Claim { start: Start::Manual, ..claim("a", 30) };
    won(fixture.store.claim(vec![manual, claim("c", 2)]).await.expect("claims").remove(0));
    let covered = fixture.store.last_covered().await.expect("times");
    let expected = [(name("a"), minute(5)), (name("b"), minute(6)), (name("c"), minute(2))];
    assert_eq!(covered, expected.into_iter().collect());
}

#[tokio::test]
async fn ten_thousand_claims_of_one_wake_are_ten_thousand_rows() {
    let fixture = Fixture::new().await;
    let claims: Vec<Claim> = (0..10_000).map(|n| claim(&format!("job-{n}"), 0)).collect();
    let answers = fixture.store.claim(claims.clone()).await.expect("claims");
    for (claim, answer) in claims.iter().zip(answers) {
        assert_eq!(won(answer).tick, claim.tick);
    }
    assert_eq!(fixture.rows("select count(*), count(distinct job) from v_runs").await, ["10000|10000"]);
}

#[tokio::test]
async fn of_two_processes_that_claim_the_same_ticks_each_tick_is_won_by_one() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    let claims: Vec<Claim> = (0..500).map(|n| claim(&format!("job-{n}"), 0)).collect();
    // In chunks, so that the two take turns.
    let race = |store: Store| {
        let chunks: Vec<Vec<Claim>> = claims.chunks(25).map(<[Claim]>::to_vec).collect();
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for chunk in chunks {
                answers.extend(store.claim(chunk).await.expect("claims"));
            }
            answers
        })
    };
    let (one, two) = (race(fixture.store.clone()), race(other.clone()));
    for (one, two) in one.await.expect("one").into_iter().zip(two.await.expect("two")) {
        assert_ne!(matches!(one, Claimed::Won(_)), matches!(two, Claimed::Won(_)), "{one:?} and {two:?}");
    }
    assert_eq!(fixture.rows("select count(*) from v_runs where state = 'running'").await, ["500"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is claimed and covered, in whatever order, by two processes: no tick has two rows.
    #[test]
    fn no_tick_is_ever_covered_twice(steps in prop::collection::vec((any::<bool>(), 0_u64..30, 0_u64..6), 1..40)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let doubles = runtime.block_on(async {
            let fixture = Fixture::new().await;
            let other = fixture.open(Access::Write).await.expect("a second");
            for (mine, tick, more) in steps {
                let store = if mine { &fixture.store } else { &other };
                if more == 0 {
                    let answer = store.claim(vec![claim("a", tick)]).await.expect("a claim").remove(0);
                    if let Claimed::Won(run) = answer {
                        store.finish(outcome(&run)).await.expect("an end");
                    }
                } else {
                    store.cover(vec![stretch("a", tick, tick + more - 1)]).await.expect("a stretch");
                }
            }
            fixture.rows(
                "select a.id, b.id from runs a join runs b on a.id < b.id
                 and a.scheduled_for <= coalesce(b.through, b.scheduled_for)
                 and b.scheduled_for <= coalesce(a.through, a.scheduled_for)",
            ).await
        });
        prop_assert_eq!(doubles, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_skipped_stretch_is_skipped() {
    let fixture = Fixture::new().await;
    let paused = Stretch { state: RunState::Skipped, reason: "paused".to_owned(), ..stretch("usage", 1, 3) };
    fixture.store.cover(vec![paused]).await.expect("a stretch");
    assert_eq!(fixture.rows("select state, reason, ticks from v_runs").await, ["skipped|paused|3"]);
}
