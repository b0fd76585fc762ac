//! The address that is called while all is well.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::super::Engine;
use crate::notify;
use crate::store::LEASE;

/// The loop turns each second. One that has not for so long is stuck.
const STUCK: Duration = Duration::from_secs(5);

/// When the address was last called, and with what success.
#[derive(Default)]
pub(in crate::engine) struct Pinging(Mutex<Pings>);

#[derive(Default)]
struct Pings {
    /// On the monotonic clock.
    last: Option<Duration>,
    is_failing: bool,
}

impl Pinging {
    /// Whether it is time; if so, the next time is `every` from now.
    fn is_due(&self, every: Duration, now: Duration) -> bool {
        let mut pings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = pings.last.is_none_or(|last| now.saturating_sub(last) >= every);
        if is_due {
            pings.last = Some(now);
        }
        is_due
    }

    /// A failure is told once, and so is its end.
    fn note(&self, pinged: Result<(), notify::PingError>) {
        let mut pings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (pinged, std::mem::take(&mut pings.is_failing)) {
            (Ok(()), false) => {}
            (Ok(()), true) => tracing::info!("the heartbeat is heard again"),
            (Err(error), was_failing) => {
                pings.is_failing = true;
                let error = crate::telemetry::chain(&error);
                if !was_failing {
                    tracing::warn!(error = %error, "the heartbeat was not heard");
                }
            }
        }
    }
}

impl Engine {
    /// Calls the heartbeat's address when it is time. Not while the store does not answer or the loop does
    /// not turn, nor after a stop was asked for: silence is the message then.
    pub(super) async fn ping_if_due(&self) {
        let jobs = self.jobs();
        let Some(heartbeat) = &jobs.settings.heartbeat else { return };
        let now = self.0.clock.elapsed();
        let is_well = self.0.beaten.age(now) < LEASE && self.0.turned.age(now) < STUCK;
        if !is_well || !self.0.pinging.is_due(heartbeat.every, now) {
            return;
        }
        let line = notify::Line {
            http: &self.0.http,
            clock: &self.0.clock,
            environment: &self.0.environment,
            redactor: &self.0.redactor,
        };
        self.0.pinging.note(notify::ping(line, &heartbeat.url).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_due_at_once_and_then_at_its_pace() {
        let (pinging, every) = (Pinging::default(), Duration::from_secs(60));
        let due = |seconds| pinging.is_due(every, Duration::from_secs(seconds));
        assert!(due(1) && !due(2) && !due(60) && due(61) && !due(120) && due(200));
    }
}
