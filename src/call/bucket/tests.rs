use std::collections::BTreeMap;
use std::num::NonZeroU32;

use futures_util::poll;
use proptest::prelude::*;

use super::*;
use crate::clock::Hands;
use crate::token::testing::{name, noon};

const NEVER: Duration = Duration::from_secs(1_000_000);

fn limit(requests: u32, per_secs: u64) -> RateLimit {
    RateLimit { requests: NonZeroU32::new(requests).expect("not zero"), per: Duration::from_secs(per_secs) }
}

fn api(api: &str, rate_limit: Option<RateLimit>) -> Api {
    let base_url = "https://api.example.com".parse().expect("a URL");
    Api { name: name(api), base_url, credential: None, headers: Vec::new(), rate_limit, operations: Vec::new() }
}

struct Kit {
    buckets: Buckets,
    clock: Clock,
    hands: Hands,
}

impl Kit {
    fn new() -> Kit {
        let (clock, hands) = Clock::manual(noon());
        Kit { buckets: Buckets::default(), clock, hands }
    }

    /// A place in the API's bucket, by whatever time.
    async fn place(&self, api: &Api) -> Result<Place, TooLate> {
        self.buckets.place(api, &self.clock, NEVER).await
    }

    fn by(&self, secs: u64) -> Duration {
        self.clock.elapsed() + Duration::from_secs(secs)
    }

    fn pass(&self, secs: u64) {
        self.hands.advance(Duration::from_secs(secs));
    }
}

fn too_late(secs: u64) -> Result<Place, TooLate> {
    Err(TooLate { wait: Duration::from_secs(secs) })
}

#[tokio::test]
async fn what_the_limit_does_not_leave_waits_until_the_first_is_old_enough() {
    let (kit, api) = (Kit::new(), api("cuadra", Some(limit(2, 60))));
    kit.place(&api).await.expect("the first");
    kit.pass(10);
    assert_eq!(kit.place(&api).await, Ok(Place::AtOnce), "the second");
    let mut third = std::pin::pin!(kit.place(&api));
    assert!(poll!(&mut third).is_pending());
    kit.pass(49);
    assert!(poll!(&mut third).is_pending());
    kit.pass(1);
    third.await.expect("the third, 60 s after the first");
    let mut fourth = std::pin::pin!(kit.place(&api));
    kit.pass(9);
    assert!(poll!(&mut fourth).is_pending());
    kit.pass(1);
    fourth.await.expect("the fourth, 60 s after the second");
}

#[tokio::test]
async fn a_place_that_comes_too_late_is_known_at_once_and_not_taken() {
    let (kit, api) = (Kit::new(), api("cuadra", Some(limit(1, 60))));
    kit.place(&api).await.expect("the first");
    assert_eq!(kit.buckets.place(&api, &kit.clock, kit.by(60)).await, too_late(60));
    let mut waiting = std::pin::pin!(kit.buckets.place(&api, &kit.clock, kit.by(61)));
    assert!(poll!(&mut waiting).is_pending());
    // Behind the one that waits, and behind none of those that went away.
    assert_eq!(kit.buckets.place(&api, &kit.clock, kit.by(120)).await, too_late(120));
    kit.pass(60);
    waiting.await.expect("the second");
    assert_eq!(kit.buckets.place(&api, &kit.clock, kit.clock.elapsed()).await, too_late(60));
}

#[tokio::test]
async fn whoever_came_first_goes_first() {
    let (kit, api) = (Kit::new(), api("cuadra", Some(limit(1, 60))));
    kit.place(&api).await.expect("a place");
    let mut first = std::pin::pin!(kit.place(&api));
    let mut second = std::pin::pin!(kit.place(&api));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    kit.pass(60);
    assert!(poll!(&mut second).is_pending());
    assert_eq!(poll!(&mut first).map(|placed| placed.is_ok()), std::task::Poll::Ready(true));
    kit.pass(60);
    second.await.expect("the second");
}

#[tokio::test]
async fn a_hold_makes_all_wait_who_wait_already_and_those_who_come_limit_or_not() {
    for rate_limit in [None, Some(limit(1, 60))] {
        let (kit, api) = (Kit::new(), api("cuadra", rate_limit));
        kit.buckets.hold(&api, &kit.clock, Duration::from_secs(30));
        let mut waiting = std::pin::pin!(kit.place(&api));
        assert!(poll!(&mut waiting).is_pending());
        kit.pass(20);
        kit.buckets.hold(&api, &kit.clock, Duration::from_secs(60));
        kit.buckets.hold(&api, &kit.clock, Duration::from_secs(1));
        kit.pass(59);
        assert!(poll!(&mut waiting).is_pending(), "the longest hold counts");
        kit.pass(1);
        waiting.await.expect("a place after the hold");
    }
}

#[tokio::test]
async fn a_hold_that_makes_a_place_too_late_is_told_at_once() {
    let (kit, api) = (Kit::new(), api("cuadra", Some(limit(1, 60))));
    kit.place(&api).await.expect("a place");
    let mut waiting = std::pin::pin!(kit.buckets.place(&api, &kit.clock, kit.by(100)));
    assert!(poll!(&mut waiting).is_pending());
    kit.buckets.hold(&api, &kit.clock, Duration::from_secs(100));
    assert_eq!(waiting.await, too_late(100));
}

#[tokio::test]
async fn another_limit_holds_at_once_also_for_those_who_wait() {
    let (kit, tight) = (Kit::new(), api("cuadra", Some(limit(1, 3600))));
    kit.place(&tight).await.expect("a place");
    let mut waiting = std::pin::pin!(kit.place(&tight));
    assert!(poll!(&mut waiting).is_pending());
    let looser = api("cuadra", Some(limit(2, 3600)));
    let mut newest = std::pin::pin!(kit.place(&looser));
    assert!(poll!(&mut newest).is_pending(), "it may not overtake");
    waiting.await.expect("a second place in the hour");
    let unlimited = api("cuadra", None);
    kit.place(&unlimited).await.expect("a place");
    newest.await.expect("a place without a limit");
}

#[tokio::test]
async fn whoever_goes_away_leaves_the_place_to_the_next() {
    let (kit, api) = (Kit::new(), api("cuadra", Some(limit(1, 60))));
    kit.place(&api).await.expect("a place");
    let mut gone = Box::pin(kit.place(&api));
    let mut next = std::pin::pin!(kit.place(&api));
    assert!(poll!(&mut gone).is_pending() && poll!(&mut next).is_pending());
    drop(gone);
    kit.pass(60);
    next.await.expect("the place of the one who went");
}

#[tokio::test]
async fn clones_are_one_and_apis_are_apart() {
    let (kit, cuadra, other) = (Kit::new(), api("cuadra", Some(limit(1, 60))), api("other", Some(limit(1, 60))));
    kit.buckets.clone().place(&cuadra, &kit.clock, NEVER).await.expect("a place");
    assert_eq!(kit.buckets.place(&cuadra, &kit.clock, kit.by(1)).await, too_late(60));
    kit.place(&other).await.expect("a place of another API");
    kit.buckets.hold(&other, &kit.clock, Duration::from_secs(90));
    kit.pass(60);
    kit.place(&cuadra).await.expect("no hold of this API");
}

#[tokio::test]
async fn on_the_real_clock_nobody_leaves_early() {
    let (buckets, clock) = (Buckets::default(), Clock::system());
    let api = api("cuadra", Some(RateLimit { per: Duration::from_millis(20), ..limit(2, 1) }));
    let began = clock.elapsed();
    for _ in 0..7 {
        buckets.place(&api, &clock, NEVER).await.expect("a place");
    }
    assert!(clock.elapsed() - began >= Duration::from_millis(60), "three waits");
}

/// Callers by the second at which each comes, in a world whose sleepers wake up to two seconds late.
fn left_at(arrivals: &[u64], limit: RateLimit, late: &[u64]) -> Vec<u64> {
    let mut line = Line::default();
    line.obey(Some(limit));
    let mut due: BTreeMap<u64, Vec<Ticket>> = BTreeMap::new();
    let (mut arrivals, mut late) = (arrivals.iter().copied().peekable(), late.iter().copied().cycle());
    let mut left = Vec::new();
    for now in 0.. {
        while arrivals.next_if_eq(&now).is_some() {
            due.entry(now).or_default().push(line.join());
        }
        // The last to come wakes first: the order of waking must not matter.
        while let Some(ticket) = due.get_mut(&now).and_then(Vec::pop) {
            match line.step(ticket, Duration::from_secs(now), Duration::MAX) {
                Step::Go => left.push(now),
                Step::Wait(wait) => {
                    let lateness = late.next().unwrap_or_default();
                    due.entry(now + wait.as_secs() + lateness).or_default().push(ticket);
                }
                Step::TooLate(wait) => panic!("too late by {wait:?}"),
            }
        }
        due.remove(&now);
        if due.is_empty() && arrivals.peek().is_none() {
            break;
        }
    }
    left
}

proptest! {
    #[test]
    fn no_window_has_more_than_the_limit_and_everybody_leaves(
        mut arrivals in prop::collection::vec(0_u64..300, 1..80),
        requests in 1_u32..12,
        per in 1_u64..60,
        late in prop::collection::vec(0_u64..3, 1..7),
    ) {
        arrivals.sort_unstable();
        let left = left_at(&arrivals, limit(requests, per), &late);
        prop_assert_eq!(left.len(), arrivals.len());
        for crowd in left.windows(requests as usize + 1) {
            prop_assert!(crowd[requests as usize] - crowd[0] >= per, "{:?}", left);
        }
    }

    #[test]
    fn sleepers_that_wake_in_time_leave_as_early_as_the_limit_lets_them(
        mut arrivals in prop::collection::vec(0_u64..300, 1..80),
        requests in 1_usize..12,
        per in 1_u64..60,
    ) {
        arrivals.sort_unstable();
        let limit = limit(u32::try_from(requests).expect("small"), per);
        let left = left_at(&arrivals, limit, &[0]);
        for (n, at) in left.iter().enumerate() {
            let earliest = n.checked_sub(requests).map_or(0, |before| left[before] + per);
            prop_assert_eq!(*at, earliest.max(arrivals[n]));
        }
    }
}
