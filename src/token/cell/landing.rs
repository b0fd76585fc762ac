//! What a flight brings home: a token or a failure.

use std::time::Duration;

use super::{Barred, Cell, Current, FRESH, Failing, Futile, Newest, Reason, Standing};
use crate::token::ask::Mark;
use crate::token::bearer::{Bearer, Parts};
use crate::token::failure::{Lasting, TokenFailure};
use crate::token::life::{LONGEST_WAIT, Span, back_off};

/// How long a failure that a person must mend is given to all who ask, before the endpoint is
/// asked again.
const HOLD: Duration = Duration::from_secs(5 * 60);

/// A token that has just come.
pub(in crate::token) struct Fresh {
    /// All but its generation.
    pub(in crate::token) parts: Parts,
    /// `None` for a token to be used once.
    pub(in crate::token) span: Option<Span>,
}

/// What a flight brought, for its event.
#[derive(Debug)]
pub(in crate::token) struct Landed {
    pub(in crate::token) reason: Reason,
    pub(in crate::token) generation: u64,
    /// How many callers the former token had served.
    pub(in crate::token) served: u64,
    pub(in crate::token) repeated: Repeated,
}

/// Whether the server gave a token that it had given before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::token) enum Repeated {
    No,
    Yes,
}

impl Cell {
    /// Takes in what a flight brought.
    pub(in crate::token) fn land(&mut self, fresh: Fresh, now: Duration) -> (Bearer, Landed) {
        let reason = self.flight.take().map_or(Reason::First, |flight| flight.reason);
        let served = self.served();
        self.failing = None;
        self.newest = if fresh.span.is_some() { Newest::ManyUses } else { Newest::OneUse };
        let repeats = self.current.as_ref().is_some_and(|current| current.bearer.has_value(&fresh.parts.value));
        let (bearer, repeated) = match &mut self.current {
            Some(current) if repeats => (current.go_on(fresh.span, reason), Repeated::Yes),
            _ => (self.succeed(fresh, reason, now), Repeated::No),
        };
        match repeated {
            // In place of the one that was refused: another request would bring it once more.
            Repeated::Yes if reason == Reason::Rejection => {
                self.barred = Some(Barred { until: now + FRESH, why: Futile::GivenAgain });
            }
            Repeated::Yes => {}
            // Another one after all, which nothing speaks against.
            Repeated::No => drop(self.barred.take_if(|barred| barred.why == Futile::GivenAgain)),
        }
        (bearer, Landed { reason, generation: self.generation, served, repeated })
    }

    fn succeed(&mut self, fresh: Fresh, reason: Reason, now: Duration) -> Bearer {
        self.generation += 1;
        let bearer = Bearer::new(Parts { generation: self.generation, ..fresh.parts });
        match (fresh.span, &mut self.current) {
            (Some(span), _) => {
                self.current = Some(Current {
                    bearer: bearer.clone(),
                    times: span.times(),
                    served: 0,
                    replaced_at: (reason == Reason::Rejection).then_some(now),
                    standing: Standing::Good,
                });
            }
            // One for a single use is no reason to drop one that still lives.
            (None, Some(current)) if reason == Reason::Renewal => current.times.renew_at = current.times.serve_until,
            (None, _) => self.current = None,
        }
        bearer
    }

    /// Takes in the failure of a flight that also tried `next`; `jitter` spreads those who ask next. Gives also
    /// until when the failure holds.
    pub(in crate::token) fn crash(
        &mut self,
        failure: TokenFailure,
        next: Option<Mark>,
        jitter: f64,
        now: Duration,
    ) -> (Landed, Duration) {
        let reason = self.flight.take().map_or(Reason::First, |flight| flight.reason);
        let in_a_row = self.failing.as_ref().map_or(0, |failing| failing.in_a_row).saturating_add(1);
        let wait = match failure.lasting() {
            Lasting::Transient => back_off(in_a_row, jitter),
            Lasting::Permanent => HOLD,
        };
        let asked_for = failure.retry_after().unwrap_or_default().min(LONGEST_WAIT);
        let until = now + wait.max(asked_for);
        self.failing = Some(Failing { until, in_a_row, failure, next });
        (Landed { reason, generation: self.generation, served: self.served(), repeated: Repeated::No }, until)
    }

    fn served(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.served)
    }
}

impl Current {
    /// Goes on with the same token for the life that the server gives it now.
    fn go_on(&mut self, span: Option<Span>, reason: Reason) -> Bearer {
        match span {
            Some(span) => self.times = span.repeated_times(),
            None => self.times.renew_at = self.times.serve_until,
        }
        if reason == Reason::Rejection {
            self.standing = Standing::Good;
        }
        self.bearer.clone()
    }
}
