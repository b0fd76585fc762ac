//! How long to wait before the next attempt.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::job::Retry;

/// The waits between the attempts of one call, one fewer than it has attempts. Each is between half
/// and all of the planned wait, which doubles up to the longest: calls that failed together do not
/// come back together.
pub(super) fn delays(retry: Retry) -> impl Iterator<Item = Duration> + Send {
    let again = usize::try_from(retry.attempts.get() - 1).unwrap_or(usize::MAX);
    // backon adds anything up to the wait itself, so it is given half of it.
    ExponentialBuilder::new()
        .with_min_delay(retry.backoff.min(retry.max_backoff) / 2)
        .with_max_delay(retry.max_backoff / 2)
        .with_max_times(again)
        .with_jitter()
        .with_jitter_seed(rand::random())
        .build()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_less_jitter_and_end_with_the_attempts() {
        let retry = Retry {
            attempts: NonZeroU32::new(6).expect("not zero"),
            backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(5),
        };
        for _ in 0..100 {
            let waits: Vec<Duration> = delays(retry).collect();
            assert_eq!(waits.len(), 5);
            for (wait, planned) in waits.iter().zip([1, 2, 4, 5, 5]) {
                let planned = Duration::from_secs(planned);
                assert!(*wait >= planned / 2 && *wait <= planned, "{wait:?} of {planned:?}");
            }
        }
    }

    #[test]
    fn a_single_attempt_waits_for_nothing() {
        let attempts = NonZeroU32::MIN;
        let retry = Retry { attempts, backoff: Duration::from_secs(9), max_backoff: Duration::from_secs(1) };
        assert_eq!(delays(retry).count(), 0);
    }
}
