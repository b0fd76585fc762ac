//! When a token is renewed and until when it is served, and how long a failing endpoint is left alone.

use std::sync::Arc;
use std::time::Duration;

/// The longest life that is believed.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest `Retry-After` that is obeyed.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// A token handed out again with less life than this left is not renewed ahead of its end:
/// a server that keeps a token until its last second would be asked ever more often.
const WORTH_RENEWING: Duration = Duration::from_secs(60);

/// Where chance comes from: gives numbers in `0.0..1.0`. A test gives a fixed one.
#[derive(Clone)]
pub(super) struct Jitter(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Jitter {
    pub(super) fn random() -> Jitter {
        Jitter(Arc::new(rand::random::<f64>))
    }

    #[cfg(test)]
    pub(super) fn from_fn(draw: impl Fn() -> f64 + Send + Sync + 'static) -> Jitter {
        Jitter(Arc::new(draw))
    }

    pub(super) fn draw(&self) -> f64 {
        (self.0)().clamp(0.0, 1.0)
    }
}

/// The turning points in the life of a token, on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    /// From here on a caller has it renewed in the background.
    pub(super) renew_at: Duration,
    /// From here on it is not served.
    pub(super) serve_until: Duration,
}

/// The life of a token, counted from when its request left at `started`, since the server counts
/// from some moment between request and reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) started: Duration,
    pub(super) life: Duration,
    pub(super) jitter: f64,
}

impl Span {
    pub(super) fn times(self) -> Times {
        let Span { started, life, jitter } = self;
        let margin = Duration::from_secs(60).max(life / 10).min(life / 2);
        let early = Duration::from_secs(30).min(margin / 2).mul_f64(jitter);
        let reserve = Duration::from_secs(10).min(life / 10);
        Times {
            renew_at: started.saturating_add(life.saturating_sub(margin).saturating_sub(early)),
            serve_until: started.saturating_add(life.saturating_sub(reserve)),
        }
    }

    /// For a token that the server handed out once more.
    pub(super) fn repeated_times(self) -> Times {
        let times = self.times();
        if self.life < WORTH_RENEWING { Times { renew_at: times.serve_until, ..times } } else { times }
    }
}

/// Full jitter: anything from nothing to one second, doubled for each failure in a row up to a minute.
pub(super) fn back_off(failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(6);
    Duration::from_secs(60.min(1 << doublings)).mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn span(started: Duration, life: Duration, jitter: f64) -> Span {
        Span { started, life, jitter }
    }

    #[test]
    fn an_hour_is_renewed_between_53_30_and_54_00_and_served_to_59_50() {
        let latest = span(s(0), s(3600), 0.0).times();
        let earliest = span(s(0), s(3600), 1.0).times();
        // The margin of an hour is a tenth of it.
        assert_eq!((earliest.renew_at, latest.renew_at), (s(53 * 60 + 30), s(54 * 60)));
        assert_eq!(latest.serve_until, s(59 * 60 + 50));
    }

    #[test]
    fn a_short_life_keeps_a_margin_of_half_of_it() {
        let times = span(s(100), s(60), 0.0).times();
        assert_eq!((times.renew_at, times.serve_until), (s(130), s(154)));
    }

    #[test]
    fn a_repeated_token_near_its_end_is_served_to_its_end() {
        let times = span(s(0), s(20), 0.0).repeated_times();
        assert_eq!((times.renew_at, times.serve_until), (s(18), s(18)));
        assert_eq!(span(s(0), s(3600), 0.0).repeated_times(), span(s(0), s(3600), 0.0).times());
    }

    #[test]
    fn back_off_doubles_from_one_second_to_one_minute() {
        let waits: Vec<u64> = (1..=8).map(|failures| back_off(failures, 1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off(u32::MAX, 0.5), s(30));
    }

    proptest! {
        #[test]
        fn a_token_is_renewed_before_it_is_no_longer_served_and_that_before_it_dies(
            life_ms in 1_u64..100_000_000, jitter in 0.0_f64..1.0,
        ) {
            let life = Duration::from_millis(life_ms);
            let times = span(s(5), life, jitter).times();
            prop_assert!(times.renew_at >= s(5));
            prop_assert!(times.renew_at <= times.serve_until);
            prop_assert!(times.serve_until <= s(5) + life);
        }
    }
}
