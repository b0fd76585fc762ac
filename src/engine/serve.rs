//! The scheduler's loop: sleep until the earliest tick, take all that is due, hand it to the claimer,
//! again.

use std::time::Duration;

use super::claimer::{Claimer, Dues};
use super::housekeeping::Housekeeping;
use super::reload::{Request, Requests};
use super::start::Rank;
use super::{Announce, Engine, EngineError};
use crate::clock::{Time, millis_between};
use crate::run::Name;
use crate::schedule::{Agenda, Due, MissedStretch, Pace, Step};
use crate::store::Start;

/// The loop looks at the agenda at least this often: a wake-up that was lost cannot stop it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What the loop goes by.
pub(super) struct Watch {
    pub(super) agenda: Agenda,
    pace: Pace,
    claimer: Claimer,
}

/// Why the loop woke.
enum Wake {
    Look,
    Reload(Request),
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
        let _pulse = self.begin_pulse();
        let (began, elapsed) = (self.0.clock.now(), self.0.clock.elapsed());
        let caught_up = self.cover_what_was_missed(began).await?;
        let owed = self.owed_repeats().await?;
        let housekeeping = Housekeeping::begin(self).await.map_err(EngineError::Housekeeping)?;
        let claimer = Claimer::begin(self);
        claimer.hand(Dues { candidates: owed, ..Dues::default() });
        claimer.hand(caught_up);
        let agenda = Agenda::new(&self.jobs(), began);
        let pace = Pace::new(began, elapsed);
        let mut requests = self.0.door.open();
        announce.ready(agenda.next_due());
        self.turn(Watch { agenda, pace, claimer }, &mut requests, announce).await;
        self.0.door.close(requests);
        announce.stopping();
        housekeeping.end().await;
        self.drain(announce).await;
        self.breakage()
    }

    async fn turn(&self, mut watch: Watch, requests: &mut Requests, announce: &dyn Announce) {
        loop {
            announce.alive();
            match self.sleep_until_due(&watch.agenda, requests).await {
                Wake::Look => self.look(&mut watch),
                Wake::Reload(request) => self.answer(request, &mut watch).await,
                Wake::Stop => return,
            }
        }
    }

    async fn sleep_until_due(&self, agenda: &Agenda, requests: &mut Requests) -> Wake {
        let now = self.0.clock.now();
        let wait = agenda.next_due().map_or(LONGEST_SLEEP, |next| {
            let millis = millis_between(now, next).clamp(0, 1000);
            Duration::from_millis(millis.unsigned_abs())
        });
        tokio::select! {
            biased;
            () = self.0.shutdown.draining() => Wake::Stop,
            () = self.0.clock.sleep(wait) => Wake::Look,
            Some(request) = requests.recv() => Wake::Reload(request),
        }
    }

    /// Looks at the clocks, and hands what is due to the claimer.
    pub(super) fn look(&self, watch: &mut Watch) {
        // Read together: what comes between two readings looks like a step of the clock.
        let (now, elapsed) = (self.0.clock.now(), self.0.clock.elapsed());
        self.look_at(watch, now, elapsed);
    }

    fn look_at(&self, watch: &mut Watch, now: Time, elapsed: Duration) {
        let gone = match watch.pace.look(now, elapsed) {
            Step::None => Dues::default(),
            Step::Forward { by, over } => self.stepped_over(watch.agenda.step_over(over), by, now),
            Step::Backward { by, to } => {
                let by = humantime::format_duration(by);
                tracing::warn!(
                    "the clock was set back by {by}: intervals go on at once, fixed times do not come again"
                );
                watch.agenda.set_back(to);
                Dues::default()
            }
        };
        watch.claimer.hand(gone);
        watch.claimer.hand(self.dues(watch.agenda.take_due(now)));
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

    /// Ticks that a step of the wall clock stepped over did not come in their time, as those of a process
    /// that did not run.
    fn stepped_over(&self, gone: Vec<(Name, MissedStretch)>, by: Duration, now: Time) -> Dues {
        let cause = format!("the clock stepped forward by {}", humantime::format_duration(by));
        tracing::warn!("{cause}: ticks in between fall under the catch_up of their jobs");
        let mut dues = Dues::default();
        for (name, gone) in gone {
            if let Some(job) = self.job(&name) {
                self.catch_up(&job, gone, now, &cause, &mut dues);
            }
        }
        dues
    }
}
