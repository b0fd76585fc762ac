//! Whatever becomes of a credential, each tick of its jobs has one row.

use proptest::prelude::*;

use super::incidents::{held, one, with};
use super::releasing::{HASH, newest_runs, none_runs, running};
use crate::job::Overlap;
use crate::run::{Released, Waiting};
use crate::store::fixture::*;
use crate::store::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// This many ticks become due, in one of two processes.
    Ticks(bool, u64),
    Manual,
    /// How an incident ends.
    Close(fn(Waiting) -> Released),
    Succeed,
}

const ENDS: [fn(Waiting) -> Released; 3] = [running, newest_runs, none_runs];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), 1_u64..4).prop_map(|(mine, n)| Step::Ticks(mine, n)),
        1 => Just(Step::Manual),
        2 => prop::sample::select(ENDS.to_vec()).prop_map(Step::Close),
        2 => Just(Step::Succeed),
    ]
}

/// One server after another takes what was released, and ends it well.
async fn run_released(store: &Store) {
    let form = Served { job: name("a"), config_hash: HASH.to_owned(), timing: None };
    store.serve(vec![form], Vec::new(), noon()).await.expect("noted");
    for adopted in store.adopt().await.expect("runs") {
        store.started(adopted.run.id, adopted.run.claimed_at);
        assert_eq!(store.finish(outcome(&adopted.run)).await.expect("an end"), Finish::Recorded);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is held, released and run: each tick has one row, and each is counted once when all have ended.
    #[test]
    fn no_tick_is_lost_or_doubled_over_holds_and_releases(steps in prop::collection::vec(step(), 1..24)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (ticks, rows) = runtime.block_on(async {
            let fixture = Fixture::new().await;
            let (store, other) = (&fixture.store, fixture.open(Access::Write).await.expect("a second"));
            let mut now = 0;
            let steps = steps.into_iter().chain([Step::Close(running), Step::Succeed]);
            for step in steps {
                match step {
                    Step::Ticks(mine, n) => for _ in 0..n {
                        held(if mine { store } else { &other }, "a", now).await;
                        now += 1;
                    },
                    Step::Manual => {
                        let manual = Claim { start: Start::Manual, overlap: Overlap::Allow, ..claim("a", now) };
                        let run = won(one(store, with("cuadra", manual)).await);
                        store.finish(outcome(&run)).await.expect("an end");
                    }
                    Step::Close(becomes) => {
                        let Some(open) = store.incidents().await.expect("read").pop() else { continue };
                        let waiting = store.waiting(Some(open.id)).await.expect("read");
                        let released = waiting.into_iter().map(becomes).collect();
                        let done = store.close_incident(open.id, released, minute(now)).await.expect("an answer");
                        assert_eq!(done, Release::Done);
                    }
                    Step::Succeed => run_released(&other).await,
                }
            }
            let rows = fixture.rows(
                "with tick(n) as (select 0 union all select n + 1 from tick where n < 999)
                 select tick.n, count(*) from tick join runs on trigger in ('schedule', 'catch_up')
                     and tick.n between (scheduled_for - (select min(scheduled_for) from runs)) / 60000
                         and (coalesce(through, scheduled_for) - (select min(scheduled_for) from runs)) / 60000
                 group by 1 having count(*) <> 1
                 union all
                 select (select coalesce(sum(ticks), 0) from runs where trigger in ('schedule', 'catch_up')), 0
                 union all
                 select (select coalesce(sum(ticks), 0) from runs where finished_at is not null),
                        (select coalesce(sum(n), 0) from run_counts)
                 union all
                 select count(*), 0 from runs where finished_at is null",
            ).await;
            (now, rows)
        });
        let (counted, ends) = (rows[rows.len() - 2].clone(), rows[rows.len() - 1].clone());
        prop_assert_eq!(&rows[..rows.len() - 2], [format!("{ticks}|0")], "each tick has a row");
        let (ended, count) = counted.split_once('|').expect("two numbers");
        prop_assert_eq!(ended, count);
        prop_assert_eq!(ends, "0|0");
    }
}
