//! The places that an API's rate limit leaves, one bucket per API and process.

mod line;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::job::{Api, RateLimit};
use crate::run::Name;
use line::{Line, Step, Ticket};

/// The buckets of all APIs of this process, by the API's name. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Buckets(Arc<Mutex<HashMap<Name, Arc<Bucket>>>>);

/// When a place was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    AtOnce,
    Later,
}

/// The API's next place would come too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLate {
    /// How long it would have to be waited for.
    pub(super) wait: Duration,
}

#[derive(Default)]
struct Bucket {
    line: Mutex<Line>,
    /// Places may come at other times than they were promised for.
    changed: Notify,
}

impl Buckets {
    /// Waits for a place in the API's bucket. Fails at once, taking no place, when that would be at or
    /// after `over_by` (monotonic clock, as [`Clock::elapsed`]).
    ///
    /// Whoever came first has the first place. The limit is that of the newest comer, so that a file that
    /// was read anew holds for those who wait as well. Whoever goes away leaves the place to the next.
    ///
    /// # Errors
    /// [`TooLate`]: at once, or as soon as a hold or a tighter limit makes it so.
    pub(super) async fn place(&self, api: &Api, clock: &Clock, over_by: Duration) -> Result<Place, TooLate> {
        let bucket = self.of(api);
        let turn = Turn::in_line(&bucket, api.rate_limit);
        let mut place = Place::AtOnce;
        loop {
            // Listened for before the line is looked at, so that a change in between is not missed.
            let changed = bucket.changed.notified();
            let step = {
                let mut line = bucket.line();
                // Read while nobody else can leave, so that departures stand in the order of their times.
                line.step(turn.ticket, clock.elapsed(), over_by)
            };
            match step {
                Step::Go => return Ok(place),
                Step::Wait(wait) => {
                    place = Place::Later;
                    tokio::select! {
                        biased;
                        () = clock.sleep(wait) => {}
                        () = changed => {}
                    }
                }
                Step::TooLate(wait) => return Err(TooLate { wait }),
            }
        }
    }

    /// No call of the API leaves for so long from now on: it said 429 (RFC 6585 section 4). Those who wait
    /// already wait on.
    pub(super) fn hold(&self, api: &Api, clock: &Clock, wait: Duration) {
        let bucket = self.of(api);
        bucket.line().hold(clock.elapsed().saturating_add(wait));
        bucket.changed.notify_waiters();
    }

    fn of(&self, api: &Api) -> Arc<Bucket> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(buckets.entry(api.name.clone()).or_default())
    }
}

impl Bucket {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn in the line, given up when it is dropped.
struct Turn<'a> {
    bucket: &'a Bucket,
    ticket: Ticket,
}

impl Turn<'_> {
    fn in_line(bucket: &Bucket, limit: Option<RateLimit>) -> Turn<'_> {
        let mut line = bucket.line();
        let is_news = line.obey(limit);
        let ticket = line.join();
        drop(line);
        if is_news {
            bucket.changed.notify_waiters();
        }
        Turn { bucket, ticket }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.bucket.line().give_up(self.ticket) {
            self.bucket.changed.notify_waiters();
        }
    }
}
