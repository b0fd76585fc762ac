//! The delay of a tick, so that jobs of one schedule do not all call at once.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::clock::Time;
use crate::job::Job;

/// The delay of a tick of a job: from nothing up to, not with, its `jitter`, in milliseconds.
///
/// It is drawn from the name of the job and the tick alone, so it is the same after a restart and in
/// another process.
pub fn jitter(job: &Job, tick: Time) -> Duration {
    let digest = Sha256::new()
        .chain_update(job.name.as_str())
        .chain_update([0])
        .chain_update(tick.timestamp_millis().to_be_bytes())
        .finalize();
    let drawn = digest.iter().take(8).fold(0_u64, |drawn, byte| drawn << 8 | u64::from(*byte));
    let millis = (u128::from(drawn) * job.jitter.as_millis()) >> 64;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::add;
    use crate::schedule::support::{job, time};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn jittery(name: &str, jitter: Duration) -> Job {
        Job { jitter, ..job(name, "@hourly", Tz::UTC) }
    }

    #[test]
    fn the_delay_of_a_tick_is_the_same_in_every_process() {
        let delay = |name, tick| jitter(&jittery(name, Duration::from_secs(600)), time(tick));
        let noon = "2026-11-24T12:00:00Z";
        assert_eq!(delay("hourly", noon), Duration::from_millis(NOON));
        assert_ne!(delay("hourly", noon), delay("other", noon));
        assert_ne!(delay("hourly", noon), delay("hourly", "2026-11-24T13:00:00Z"));
    }

    /// As sha256("hourly", 0, the tick in milliseconds) gives it: it may never change.
    const NOON: u64 = 487_715;

    #[test]
    fn delays_spread_over_the_whole_of_the_jitter() {
        let (job, longest) = (jittery("hourly", Duration::from_secs(600)), 600_000);
        let start = time("2026-11-24T12:00:00Z");
        let mut tenths = [0_u32; 10];
        for hour in 0..1000 {
            let delay = jitter(&job, add(start, Duration::from_secs(hour * 3600)));
            tenths[usize::try_from(delay.as_millis() * 10 / longest).expect("a tenth")] += 1;
        }
        assert!(tenths.iter().all(|n| (50..200).contains(n)), "{tenths:?}");
    }

    proptest! {
        #[test]
        fn a_delay_is_less_than_the_jitter(name in "[a-z0-9][a-z0-9_-]{0,20}", tick in 0..4_000_000_000_i64, millis in 0..10_000_000_u64) {
            let job = jittery(&name, Duration::from_millis(millis));
            let tick = Time::from_timestamp(tick, 0).expect("a time");
            let delay = jitter(&job, tick);
            prop_assert!(delay < job.jitter.max(Duration::from_millis(1)), "{delay:?}");
            prop_assert_eq!(delay, jitter(&job, tick));
        }
    }
}
