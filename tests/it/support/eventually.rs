//! Waiting for something to become so: short polls, a long limit, and the last value seen in the
//! message. A level is waited for and never an event, so nothing can be missed.

use std::fmt::Debug;
use std::time::Duration;

use apicron::clock::Clock;

const LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// Reads again and again until `holds` says yes, and gives back the value that did it.
///
/// Panics with `what` and the last value when that takes longer than 30 seconds.
pub(crate) async fn eventually<T: Debug>(
    what: &str,
    mut read: impl AsyncFnMut() -> T,
    holds: impl Fn(&T) -> bool,
) -> T {
    let clock = Clock::system();
    let began = clock.elapsed();
    loop {
        let value = read().await;
        if holds(&value) {
            return value;
        }
        check_limit(what, &value, clock.elapsed() - began);
        clock.sleep(POLL).await;
    }
}

/// [`eventually`] for tests without a runtime.
pub(crate) fn eventually_blocking<T: Debug>(what: &str, mut read: impl FnMut() -> T, holds: impl Fn(&T) -> bool) -> T {
    let clock = Clock::system();
    let began = clock.elapsed();
    loop {
        let value = read();
        if holds(&value) {
            return value;
        }
        check_limit(what, &value, clock.elapsed() - began);
        std::thread::sleep(POLL);
    }
}

fn check_limit(what: &str, last: &impl Debug, waited: Duration) {
    assert!(waited < LIMIT, "waited {LIMIT:?} for {what}; last seen: {last:#?}");
}

#[test]
fn a_value_that_holds_is_given_back() {
    let mut reads = 0..;
    assert_eq!(eventually_blocking("three", || reads.next(), |read| *read == Some(3)), Some(3));
}

#[test]
#[should_panic(expected = "waited 30s for the moon; last seen: \"cheese\"")]
fn a_wait_in_vain_says_what_it_last_saw() {
    check_limit("the moon", &"cheese", LIMIT);
}
