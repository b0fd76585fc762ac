//! What is claimed together.

use std::sync::Arc;

use chrono_tz::Tz;

use super::*;
use crate::engine::start::Rank;
use crate::run::{RunState, Tick};
use crate::schedule::support::{job, jobs, time};
use crate::store::Start;

fn wake(ticks: &[&str]) -> Dues {
    let (job, limits) = (Arc::new(job("often", "@every 1s", Tz::UTC)), jobs([]).settings.limits);
    let candidate = |at: &&str| Candidate {
        tick: Tick { job: job.name.clone(), scheduled_for: time(&format!("2026-11-24T12:00:{at}Z")) },
        job: Arc::clone(&job),
        limits,
        start: Start::Schedule,
        rank: Rank::ByOverlap,
    };
    Dues { candidates: ticks.iter().map(candidate).collect(), ..Dues::default() }
}

fn with_stretch(dues: Dues) -> Dues {
    let at = time("2026-11-24T12:00:00Z");
    let (job, reason) = (Name::new("often").expect("a name"), "too many".to_owned());
    let stretch = Stretch {
        job,
        scheduled_for: at,
        through: at,
        ticks: 1,
        state: RunState::Missed,
        reason,
        config_hash: String::new(),
        at,
    };
    Dues { stretches: vec![stretch], ..dues }
}

/// Each order as one word: the seconds of the ticks that are claimed together.
async fn told(orders: Vec<Order>) -> Vec<String> {
    let (queue, mut waiting) = mpsc::unbounded_channel();
    orders.into_iter().for_each(|order| queue.send(order).expect("a queue"));
    drop(queue);
    let (mut next, mut told) = (None, Vec::new());
    while let Some(order) = following(&mut next, &mut waiting).await {
        told.push(match order {
            Order::Claim(due) => {
                let ticks = due.candidates.iter().map(|one| one.tick.scheduled_for.format("%S").to_string());
                let covers = (!due.stretches.is_empty()).then(|| "cover".to_owned());
                covers.into_iter().chain(ticks).collect::<Vec<_>>().join("+")
            }
            Order::CatchUp(_) => "catch up".to_owned(),
            Order::Tell(_) => "tell".to_owned(),
        });
    }
    told
}

#[tokio::test]
async fn wakes_that_gathered_are_claimed_together_in_their_order_and_none_past_another_order() {
    let tell = || Order::Tell(oneshot::channel().0);
    let passed = PassedOver { gone: Vec::new(), cause: String::new(), now: time("2026-11-24T12:00:00Z") };
    let orders = vec![
        Order::Claim(wake(&["01", "02"])),
        Order::Claim(wake(&["03"])),
        tell(),
        Order::Claim(wake(&["04"])),
        Order::CatchUp(passed),
        Order::Claim(wake(&["05"])),
        Order::Claim(wake(&["06"])),
    ];
    assert_eq!(told(orders).await, ["01+02+03", "tell", "04", "catch up", "05+06"]);
}

#[tokio::test]
async fn a_stretch_is_not_covered_before_an_earlier_wake_is_claimed() {
    let orders = vec![
        Order::Claim(wake(&["01"])),
        Order::Claim(with_stretch(wake(&["02"]))),
        Order::Claim(wake(&["03"])),
        Order::Claim(wake(&["04"])),
    ];
    assert_eq!(told(orders).await, ["01", "cover+02+03+04"]);
}

#[tokio::test]
async fn no_more_ticks_are_gathered_than_are_enough_for_one_transaction() {
    let many = || Order::Claim(wake(&vec!["01"; ENOUGH / 2]));
    let sizes: Vec<usize> =
        told((0..5).map(|_| many()).collect()).await.iter().map(|ticks| ticks.matches("01").count()).collect();
    assert_eq!(sizes, [ENOUGH, ENOUGH, ENOUGH / 2]);
}
