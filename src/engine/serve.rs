//! The scheduler's loop: sleep until the earliest tick, take all that is due, hand it to the claimer,
//! again.

use std::time::Duration;

use super::claimer::{Claimer, Dues, PassedOver};
use super::door::{Request, Requests};
use super::housekeeping::Housekeeping;
use super::missed::Missed;
use super::served::served;
use super::start::Rank;
use super::{Announce, Engine, EngineError};
use crate::clock::{Time, millis_between};
use crate::crash::{self, Moment};
use crate::run::Name;
use crate::schedule::{Agenda, Due, Pace, Step};
use crate::store::{Start, StoreError};
use crate::telemetry::chain;

/// The loop looks at the agenda at least this often: a wake-up that was lost cannot stop it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What the loop goes by.
pub(super) struct Watch {
    pub(super) agenda: Agenda,
    pace: Pace,
    pub(super) claimer: Claimer,
}

/// Why the loop woke.
enum Wake {
    Look,
    Asked(Request),
    Stop,
}

impl Engine {
    /// Runs jobs on their schedules until a stop is asked for, then drains: running runs may end
    /// within `drain`, and what still runs then becomes `interrupted`.
    ///
    /// Begins with what a crash left to be repeated, then with what was missed, as each job's `catch_up`
    /// says.
    ///
    /// # Errors
    /// [`EngineError`] when the store or housekeeping failed. Everything has stopped then.
    pub async fn serve(&self, announce: &dyn Announce) -> Result<(), EngineError> {
        let mut requests = self.0.door.open();
        let _pulse = self.begin_pulse();
        let served = match self.staying_alive(announce, self.begin_to_serve()).await {
            Ok((watch, housekeeping)) => {
                self.begin_telling();
                self.begin_watching();
                self.turn(watch, &mut requests, announce).await;
                self.staying_alive(announce, housekeeping.end()).await;
                Ok(())
            }
            Err(error) => {
                self.0.shutdown.cut_off();
                Err(error)
            }
        };
        drop(requests);
        announce.stopping();
        self.drain(announce).await;
        served?;
        self.breakage()
    }

    async fn begin_to_serve(&self) -> Result<(Watch, Housekeeping), EngineError> {
        // Read together: what passes between two readings would look like a step of the clock.
        let (began, elapsed) = (self.0.clock.now(), self.0.clock.elapsed());
        self.hear_of_incidents().await?;
        let names: Vec<Name> = self.jobs().jobs.keys().cloned().collect();
        let ahead = self.came_ahead_of(&names, began).await?;
        self.settle_the_past(began).await?;
        self.let_go_of_the_former().await?;
        let mut agenda = Agenda::new(&self.jobs(), began);
        agenda.came_ahead(&ahead);
        let housekeeping = Housekeeping::begin(self).await.map_err(EngineError::Housekeeping)?;
        Ok((Watch { agenda, pace: Pace::new(began, elapsed), claimer: Claimer::begin(self) }, housekeeping))
    }

    /// What came before `now` has its rows before it is noted that the jobs are served from then on: a
    /// crash in between leaves all that is missing to be found again.
    async fn settle_the_past(&self, now: Time) -> Result<(), StoreError> {
        let Missed { stretches, candidates, settled } = self.missed_until(now).await?;
        self.cover(stretches).await?;
        let owed = self.owed_repeats().await?;
        if self.0.shutdown.is_draining() {
            // The next start finds all the rest again.
            return Ok(());
        }
        for candidates in [owed, candidates] {
            self.claim_due(Dues { candidates, ..Dues::default() }).await?;
        }
        self.0.store.serve(served(&self.jobs()), settled, now).await
    }

    async fn turn(&self, mut watch: Watch, requests: &mut Requests, announce: &dyn Announce) {
        if !self.0.shutdown.is_draining() {
            announce.ready(watch.agenda.next_due());
        }
        loop {
            let next_look = self.next_look(&watch.agenda);
            self.0.turned.set(self.0.clock.elapsed());
            announce.alive();
            match self.sleep_until(next_look, requests).await {
                Wake::Look => {
                    self.look(&mut watch);
                }
                Wake::Asked(request) => self.staying_alive(announce, self.answer(request, &mut watch)).await,
                Wake::Stop => return,
            }
        }
    }

    async fn answer(&self, request: Request, watch: &mut Watch) {
        let answered = match request {
            Request::Reload { jobs, answer } => {
                // Whoever asked may have gone: the file is swapped all the same.
                drop(answer.send(self.swap(*jobs, watch).await));
                return;
            }
            Request::Adopt => self.adopt().await,
            Request::ServeAgain => self.serve_again().await,
            Request::LookAfter => self.look_after(watch).await,
        };
        if let Err(error) = answered {
            // It is asked for again: once a second, or at the next sweep.
            tracing::debug!(error = %chain(&error), "the store did not take what was asked of the loop");
        }
    }

    /// Notes anew what is served here, if others took this process for dead.
    async fn serve_again(&self) -> Result<(), StoreError> {
        if self.0.store.orders().await?.is_serving {
            return Ok(());
        }
        self.0.store.serve(served(&self.jobs()), Vec::new(), self.0.clock.now()).await?;
        tracing::warn!("other processes took this one for dead: it lives, and serves on");
        Ok(())
    }

    /// Does what processes that are gone left to be done.
    async fn look_after(&self, watch: &Watch) -> Result<(), StoreError> {
        watch.claimer.hand(Dues { candidates: self.owed_repeats().await?, ..Dues::default() });
        let now = self.0.clock.now();
        let Missed { stretches, settled, .. } = self.abandoned_until(now).await?;
        if settled.is_empty() {
            return Ok(());
        }
        self.cover(stretches).await?;
        self.0.store.serve(served(&self.jobs()), settled, now).await
    }

    /// When the loop is to look again, on the monotonic clock.
    fn next_look(&self, agenda: &Agenda) -> Duration {
        // Read first: what passes until the wall clock is read has the loop look sooner, never later.
        let elapsed = self.0.clock.elapsed();
        let now = self.0.clock.now();
        let wait = agenda.next_due().map_or(LONGEST_SLEEP, |next| {
            let millis = millis_between(now, next).clamp(0, 1000);
            Duration::from_millis(millis.unsigned_abs())
        });
        elapsed.saturating_add(wait)
    }

    async fn sleep_until(&self, next_look: Duration, requests: &mut Requests) -> Wake {
        tokio::select! {
            biased;
            () = self.0.shutdown.draining() => Wake::Stop,
            () = self.0.clock.sleep_until(next_look) => Wake::Look,
            Some(request) = requests.recv() => Wake::Asked(request),
        }
    }

    /// Looks at the clocks, and hands what is due to the claimer. Gives the time up to which it is.
    pub(super) fn look(&self, watch: &mut Watch) -> Time {
        crash::reach(Moment::Before, "look at the agenda");
        // Read together: what passes between two readings would look like a step of the clock.
        let (now, elapsed) = (self.0.clock.now(), self.0.clock.elapsed());
        match watch.pace.look(now, elapsed) {
            Step::None => {}
            Step::Still { by, over } => {
                let gone = watch.agenda.step_over(over);
                let cause = format!("apicron stood still for {}", humantime::format_duration(whole_seconds(by)));
                watch.claimer.hand_passed(PassedOver { gone, cause, now });
            }
            Step::Forward { by, over } => {
                let gone = watch.agenda.step_over(over);
                let cause = format!("the clock stepped forward by {}", humantime::format_duration(by));
                tracing::warn!("{cause}: ticks in between fall under the catch_up of their jobs");
                watch.claimer.hand_passed(PassedOver { gone, cause, now });
            }
            Step::Backward { by, to } => {
                let by = humantime::format_duration(by);
                tracing::warn!(
                    "the clock was set back by {by}: intervals go on at once, fixed times do not come again"
                );
                watch.agenda.set_back(to);
            }
        }
        watch.claimer.hand(self.dues(watch.agenda.take_due(now)));
        now
    }

    fn dues(&self, due: Due) -> Dues {
        let mut dues = Dues::default();
        let missed = due.missed.iter();
        dues.stretches
            .extend(missed.filter_map(|(job, missed)| self.stretch(job, *missed, "too many ticks were due at once")));
        self.add(due.again, Start::Again, Rank::ByOverlap, &mut dues);
        self.add(due.ticks, Start::Schedule, Rank::ByOverlap, &mut dues);
        dues
    }
}

fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs())
}
