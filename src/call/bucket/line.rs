//! Who waits for a place, and when the last ones left: plain transitions, nothing here waits.

use std::collections::VecDeque;
use std::time::Duration;

use crate::job::RateLimit;

/// Departures that are kept. A limit above this works as this one: it bounds the memory to 16 MiB per API.
const MOST: usize = 1 << 20;

/// The line of one API. All times are on the monotonic clock.
#[derive(Default)]
pub(super) struct Line {
    limit: Option<RateLimit>,
    /// When calls left, the oldest first: what the limit counts. The times are real ones, not those that
    /// were planned, since a caller may wake late.
    left: VecDeque<Duration>,
    /// Departures older than the longest stretch that was ever asked about count for nobody.
    span: Duration,
    waiting: VecDeque<Ticket>,
    newest: u64,
    held_until: Duration,
}

/// A turn in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What the one with a ticket is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Leave now: the place is taken, the ticket used up.
    Go,
    /// Look again after this long.
    Wait(Duration),
    /// It would be so long that the time is up.
    TooLate(Duration),
}

impl Line {
    /// Takes a limit for the one that holds from now on; whether it is another than before.
    pub(super) fn obey(&mut self, limit: Option<RateLimit>) -> bool {
        self.span = limit.map_or(self.span, |limit| self.span.max(limit.per));
        std::mem::replace(&mut self.limit, limit) != limit
    }

    /// Queues up at the end.
    pub(super) fn join(&mut self) -> Ticket {
        self.newest += 1;
        let ticket = Ticket(self.newest);
        self.waiting.push_back(ticket);
        ticket
    }

    /// Leaves the line without a place; whether others move up.
    pub(super) fn give_up(&mut self, ticket: Ticket) -> bool {
        let Some(rank) = self.rank(ticket) else { return false };
        self.waiting.remove(rank);
        rank < self.waiting.len()
    }

    /// Nobody leaves before `until`.
    pub(super) fn hold(&mut self, until: Duration) {
        self.held_until = self.held_until.max(until);
    }

    /// What the one with `ticket` is to do at `now`.
    pub(super) fn step(&mut self, ticket: Ticket, now: Duration, over_by: Duration) -> Step {
        let Some(rank) = self.rank(ticket) else { return Step::Go };
        let at = self.place(rank, now);
        if at >= over_by {
            Step::TooLate(at.saturating_sub(now))
        } else if at > now {
            Step::Wait(at.saturating_sub(now))
        } else {
            self.waiting.remove(rank);
            self.note_departure(now);
            Step::Go
        }
    }

    fn rank(&self, ticket: Ticket) -> Option<usize> {
        self.waiting.iter().position(|other| *other == ticket)
    }

    /// When the one of this rank may leave, if each of those before leaves as soon as it may.
    fn place(&self, rank: usize, now: Duration) -> Duration {
        let earliest = now.max(self.held_until);
        let Some(RateLimit { requests, per }) = self.limit else { return earliest };
        let requests = usize::try_from(requests.get()).unwrap_or(MOST).min(MOST);
        let mut places: Vec<Duration> = Vec::with_capacity(rank + 1);
        for rank in 0..=rank {
            // The last departure that still leaves no room: `requests` before this one.
            let bar = match rank.checked_sub(requests) {
                Some(before) => Some(places[before]),
                None => (self.left.len() + rank).checked_sub(requests).map(|before| self.left[before]),
            };
            places.push(bar.map_or(earliest, |bar| bar.saturating_add(per).max(earliest)));
        }
        places.pop().unwrap_or(earliest)
    }

    fn note_departure(&mut self, now: Duration) {
        if self.limit.is_none() {
            return;
        }
        self.left.push_back(now);
        let (span, len) = (self.span, self.left.len());
        let is_over = |left: &Duration| left.saturating_add(span) <= now;
        let over = self.left.iter().take_while(|left| is_over(left)).count().max(len.saturating_sub(MOST));
        self.left.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn what_left_longer_ago_than_the_longest_stretch_that_was_asked_about_is_forgotten() {
        let limit = |per| Some(RateLimit { requests: NonZeroU32::MAX, per: Duration::from_secs(per) });
        let (mut line, mut now) = (Line::default(), Duration::ZERO);
        for (per, most) in [(10, 10), (20, 20), (5, 20)] {
            line.obey(limit(per));
            for _ in 0..100 {
                now += Duration::from_secs(1);
                let ticket = line.join();
                assert_eq!(line.step(ticket, now, Duration::MAX), Step::Go);
            }
            assert_eq!((line.left.len(), line.waiting.len()), (most, 0), "{per} s");
        }
    }
}
