//! The only reader of time.
//!
//! Everything else is handed a [`Clock`], so that a test can drive time by hand and no rule
//! about time needs a sleep to be tested.

#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the time and sleeps")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::watch;

/// A moment on the wall clock, in UTC, exact to the millisecond.
pub type Time = DateTime<Utc>;

/// Reads the wall clock and a monotonic clock, and sleeps. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { origin: Instant },
    Manual(Arc<Manual>),
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Clock {
        Clock(Source::System { origin: Instant::now() })
    }

    /// A clock that stands still until the returned [`Hands`] move it.
    pub fn manual(start: Time) -> (Clock, Hands) {
        let reading = Reading { wall: start, elapsed: Duration::ZERO };
        let manual = Arc::new(Manual { reading: Mutex::new(reading), moved: watch::Sender::new(()) });
        (Clock(Source::Manual(Arc::clone(&manual))), Hands(manual))
    }

    /// The wall-clock time, cut to the millisecond: what the store keeps is what was read.
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::System { .. } => Utc::now().trunc_subsecs(3),
            Source::Manual(manual) => manual.read().wall,
        }
    }

    /// Time since some fixed origin that no change of the wall clock moves.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { origin } => origin.elapsed(),
            Source::Manual(manual) => manual.read().elapsed,
        }
    }

    /// Sleeps for `duration` of monotonic time.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::System { .. } => tokio::time::sleep(duration).await,
            Source::Manual(manual) => manual.sleep(duration).await,
        }
    }

    /// Sleeps until the monotonic clock has come to `elapsed`; not at all when it is there already. What passes
    /// between the reading from which `elapsed` was reckoned and this call is not slept over.
    pub async fn sleep_until(&self, elapsed: Duration) {
        match &self.0 {
            Source::System { origin } => match origin.checked_add(elapsed) {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            },
            Source::Manual(manual) => manual.sleep_until(elapsed).await,
        }
    }

    /// Awaits `future` for at most `limit`; `None` when the time ran out first.
    pub async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.sleep(limit) => None,
        }
    }
}

/// Milliseconds between two moments; negative when `later` is the earlier one.
pub fn millis_between(earlier: Time, later: Time) -> i64 {
    (later - earlier).num_milliseconds()
}

/// A moment as RFC 3339 in UTC with milliseconds, as everything that people see has it.
pub fn rfc3339(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Adds a duration to a moment; saturates at the end of representable time.
pub fn add(time: Time, duration: Duration) -> Time {
    TimeDelta::from_std(duration).ok().and_then(|delta| time.checked_add_signed(delta)).unwrap_or(Time::MAX_UTC)
}

/// Subtracts a duration from a moment; saturates at the beginning of representable time.
pub fn subtract(time: Time, duration: Duration) -> Time {
    TimeDelta::from_std(duration).ok().and_then(|delta| time.checked_sub_signed(delta)).unwrap_or(Time::MIN_UTC)
}

/// Moves a manual clock.
#[derive(Clone, Debug)]
pub struct Hands(Arc<Manual>);

impl Hands {
    /// Lets time pass: both clocks move, and sleepers whose time has come wake.
    pub fn advance(&self, by: Duration) {
        self.0.change(|reading| {
            reading.wall = add(reading.wall, by);
            reading.elapsed += by;
        });
    }

    /// Sets the wall clock alone, as an administrator or a time service does.
    pub fn set_wall(&self, to: Time) {
        self.0.change(|reading| reading.wall = to);
    }
}

#[derive(Debug)]
struct Manual {
    reading: Mutex<Reading>,
    moved: watch::Sender<()>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    wall: Time,
    elapsed: Duration,
}

impl Manual {
    fn read(&self) -> Reading {
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.reading.lock().unwrap_or_else(PoisonError::into_inner));
        self.moved.send_replace(());
    }

    async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.read().elapsed.saturating_add(duration)).await;
    }

    async fn sleep_until(&self, until: Duration) {
        // Subscribed before the reading, so that a move in between is not missed.
        let mut moved = self.moved.subscribe();
        while self.read().elapsed < until {
            if moved.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Time {
        "2026-11-24T12:00:00Z".parse().expect("a time")
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_hands_pass_its_time_and_not_before() {
        let (clock, hands) = Clock::manual(noon());
        let sleeper = clock.sleep(Duration::from_secs(60));
        tokio::pin!(sleeper);
        hands.advance(Duration::from_secs(59));
        assert!(futures_util::poll!(&mut sleeper).is_pending());
        hands.advance(Duration::from_secs(61));
        sleeper.await;
    }

    #[tokio::test]
    async fn a_sleep_until_a_time_is_over_when_that_time_has_passed_before_it_begins() {
        let (clock, hands) = Clock::manual(noon());
        hands.advance(Duration::from_secs(60));
        clock.sleep_until(Duration::from_secs(60)).await;
        let sleeper = clock.sleep_until(Duration::from_secs(61));
        tokio::pin!(sleeper);
        assert!(futures_util::poll!(&mut sleeper).is_pending());
        hands.advance(Duration::from_secs(1));
        sleeper.await;
        let system = Clock::system();
        system.sleep_until(Duration::ZERO).await;
        system.sleep_until(system.elapsed() + Duration::from_millis(1)).await;
        assert!(futures_util::poll!(std::pin::pin!(system.sleep_until(Duration::MAX))).is_pending());
    }

    #[test]
    fn setting_the_wall_clock_leaves_the_monotonic_clock_alone() {
        let (clock, hands) = Clock::manual(noon());
        hands.set_wall(add(noon(), Duration::from_secs(3600)));
        assert_eq!(clock.elapsed(), Duration::ZERO);
        assert_eq!(millis_between(noon(), clock.now()), 3_600_000);
    }

    #[test]
    fn arithmetic_beyond_the_ends_of_time_saturates() {
        assert_eq!(add(noon(), Duration::MAX), Time::MAX_UTC);
        assert_eq!(subtract(noon(), Duration::MAX), Time::MIN_UTC);
    }
}
