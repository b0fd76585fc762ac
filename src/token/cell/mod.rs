//! The states of one cached token, as plain transitions: nothing here waits or sends.

mod landing;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::token::ask::Mark;
use crate::token::bearer::Bearer;
use crate::token::failure::TokenFailure;
use crate::token::life::Times;
use crate::token::waiting::Landing;

pub(super) use landing::{Fresh, Landed, Repeated};

/// How long a token counts as fresh, and how long a fresh one that was refused stops further ones.
const FRESH: Duration = Duration::from_secs(60);

/// What a caller is to do.
#[derive(Debug)]
pub(in crate::token) enum Step {
    /// Use this.
    Serve(Bearer),
    /// Use this, and start a flight for the next one.
    ServeAndRenew(Bearer),
    /// Wait for the flight that is under way.
    Join(Landing),
    /// Start a flight and wait for it.
    TakeOff(Reason),
    /// There is none.
    Fail(TokenFailure),
}

/// Why a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::token) enum Reason {
    /// There is none.
    First,
    /// The current one nears its end.
    Renewal,
    /// The current one was refused.
    Rejection,
}

/// Whether a report about a refused bearer says something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::token) enum Report {
    /// The current one is refused for the first time.
    New,
    /// Another caller said so before, or it is not the current one any more.
    Known,
}

/// One key's token and what is going on about it.
#[derive(Default)]
pub(in crate::token) struct Cell {
    current: Option<Current>,
    /// The newest generation that was given.
    generation: u64,
    flight: Option<Flight>,
    failing: Option<Failing>,
    newest: Newest,
    /// Set while no further token is made for a rejection.
    barred: Option<Barred>,
}

/// What the newest token is good for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Newest {
    #[default]
    ManyUses,
    OneUse,
}

struct Barred {
    until: Duration,
    why: Futile,
}

/// Why a further token would not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Futile {
    /// One that was made for a rejection is refused too.
    FreshRefused,
    /// The server gave the refused one again, so that no other was tried.
    GivenAgain,
}

struct Current {
    bearer: Bearer,
    times: Times,
    served: u64,
    /// When it was made, if that was in place of one that was refused.
    replaced_at: Option<Duration>,
    standing: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    /// An API refused it with 401.
    Refused,
}

struct Flight {
    landing: Landing,
    reason: Reason,
}

struct Failing {
    until: Duration,
    in_a_row: u32,
    failure: TokenFailure,
    /// The `next_client_secret` that was tried as well.
    next: Option<Mark>,
}

impl Cell {
    /// What a caller who needs a bearer is to do.
    pub(in crate::token) fn serve(&mut self, now: Duration) -> Step {
        let may_ask = self.flight().is_none() && self.held(now).is_none();
        match &mut self.current {
            Some(current) if current.is_usable(now) => {
                current.served += 1;
                let bearer = current.bearer.clone();
                if may_ask && now >= current.times.renew_at { Step::ServeAndRenew(bearer) } else { Step::Serve(bearer) }
            }
            _ => self.fetch(Reason::First, now),
        }
    }

    /// What a caller whose bearer was refused with `status` is to do.
    pub(in crate::token) fn reject(&mut self, rejected: &Bearer, status: u16, now: Duration) -> (Step, Report) {
        let Some(current) =
            self.current.as_mut().filter(|current| current.bearer.generation() == rejected.generation())
        else {
            return (self.serve(now), Report::Known);
        };
        let barred = self.barred.as_ref().filter(|barred| now < barred.until).map(|barred| barred.why);
        if let Some(why) = barred.or_else(|| current.is_fresh(now).then_some(Futile::FreshRefused)) {
            let report = self.mark_fresh_rejected(rejected, now);
            return (Step::Fail(why.failure(rejected)), report);
        }
        self.barred = None;
        let was_known = current.standing == Standing::Refused;
        // A 403 says that the token may not do this one thing; it goes on serving others.
        if status == 401 {
            current.standing = Standing::Refused;
        }
        let step = self.fetch(Reason::Rejection, now);
        let joined_rejection = self
            .flight
            .as_mut()
            .is_some_and(|flight| std::mem::replace(&mut flight.reason, Reason::Rejection) == Reason::Rejection);
        (step, if was_known || joined_rejection { Report::Known } else { Report::New })
    }

    /// Reports that the bearer that came in place of a refused one is refused too: for 60 s no
    /// further one is made.
    pub(in crate::token) fn mark_fresh_rejected(&mut self, rejected: &Bearer, now: Duration) -> Report {
        let is_current =
            self.current.as_ref().is_some_and(|current| current.bearer.generation() == rejected.generation());
        let is_barred = self.barred.as_ref().is_some_and(|barred| now < barred.until);
        if !is_current || is_barred {
            return Report::Known;
        }
        self.barred = Some(Barred { until: now + FRESH, why: Futile::FreshRefused });
        Report::New
    }

    /// Whether a token that is asked for ahead would serve those who need it.
    pub(in crate::token) fn keeps_tokens(&self) -> bool {
        self.newest == Newest::ManyUses
    }

    /// What one who asks on purpose is to do, whatever is held and whatever failure still holds.
    pub(in crate::token) fn probe(&self, now: Duration) -> Step {
        match (self.flight(), self.usable(now)) {
            (Some(flight), _) => Step::Join(flight.landing.clone()),
            (None, Some(_)) => Step::TakeOff(Reason::Renewal),
            (None, None) => Step::TakeOff(Reason::First),
        }
    }

    /// Forgets a failure that still holds.
    pub(in crate::token) fn forget_failure(&mut self) {
        self.failing = None;
    }

    /// Takes note of the `next_client_secret` that there is. One that was not tried is reason to ask again.
    pub(in crate::token) fn meet_next(&mut self, next: Mark) {
        self.failing.take_if(|failing| failing.next != Some(next) && failing.failure.refuses_client());
    }

    /// Waits for the flight under way, gives the failure that still holds, or has a flight started.
    fn fetch(&self, reason: Reason, now: Duration) -> Step {
        match (self.flight(), self.held(now)) {
            (Some(flight), _) => Step::Join(flight.landing.clone()),
            (None, Some(failure)) => Step::Fail(failure.clone()),
            (None, None) => Step::TakeOff(reason),
        }
    }

    /// Notes the flight that was started by order of a [`Step`].
    pub(in crate::token) fn took_off(&mut self, reason: Reason, landing: Landing) {
        self.flight = Some(Flight { landing, reason });
    }

    /// The flight under way. One whose runtime was shut down under it will never land.
    fn flight(&self) -> Option<&Flight> {
        self.flight.as_ref().filter(|flight| flight.landing.has_changed().is_ok())
    }

    fn held(&self, now: Duration) -> Option<&TokenFailure> {
        self.failing.as_ref().filter(|failing| now < failing.until).map(|failing| &failing.failure)
    }

    /// The token that a caller would be given at `now`, if there is one.
    pub(in crate::token) fn usable(&self, now: Duration) -> Option<&Bearer> {
        self.current.as_ref().filter(|current| current.is_usable(now)).map(|current| &current.bearer)
    }

    /// Whether nothing is lost when this cell is forgotten.
    pub(in crate::token) fn is_idle(&self, now: Duration) -> bool {
        self.usable(now).is_none() && self.flight.is_none() && self.held(now).is_none()
    }
}

impl Current {
    fn is_usable(&self, now: Duration) -> bool {
        self.standing == Standing::Good && now < self.times.serve_until
    }

    /// It was made a moment ago in place of one that was refused.
    fn is_fresh(&self, now: Duration) -> bool {
        self.replaced_at.is_some_and(|at| now < at + FRESH)
    }
}

impl Futile {
    fn failure(self, rejected: &Bearer) -> TokenFailure {
        let credential = rejected.credential().clone();
        match self {
            Futile::FreshRefused => TokenFailure::FreshRejected { credential },
            Futile::GivenAgain => TokenFailure::GivenAgain { credential },
        }
    }
}
