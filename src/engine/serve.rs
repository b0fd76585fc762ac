//! The scheduler's loop: sleep until the earliest tick, take all that is due, start it, again.

use std::time::Duration;

use super::housekeeping::Housekeeping;
use super::{Announce, Engine, EngineError};
use crate::clock::millis_between;
use crate::run::Tick;
use crate::schedule::{Agenda, Due, Pace, Step};
use crate::store::{Start, Stretch};

/// The loop looks at the agenda at least this often: a wake-up that was lost cannot stop it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

impl Engine {
    /// Runs jobs on their schedules until a stop is asked for, then drains: running runs may end
    /// within `drain`, and what still runs then becomes `interrupted`.
    ///
    ///
    /// # Errors
    /// [`EngineError`] when the store or housekeeping failed. Everything has stopped then.
    pub async fn serve(&self, announce: &dyn Announce) -> Result<(), EngineError> {
        let began = self.0.clock.now();
        self.cover_what_was_missed(began).await?;
        let housekeeping = Housekeeping::begin(self).await.map_err(EngineError::Housekeeping)?;
        let mut agenda = Agenda::new(&self.0.jobs, began);
        let mut pace = Pace::new(began, self.0.clock.elapsed());
        announce.ready(agenda.next_due());
        while self.sleep_until_due(&agenda).await {
            let (due, reason) = self.take_due(&mut agenda, &mut pace);
            self.start_due(due, reason);
        }
        housekeeping.end().await;
        self.drain().await;
        self.breakage()
    }

    /// Looks at the clocks, and takes what is due. Ticks that a step of the wall clock stepped over
    /// did not come in their time: they are missed, as those of a process that did not run.
    fn take_due(&self, agenda: &mut Agenda, pace: &mut Pace) -> (Due, String) {
        let now = self.0.clock.now();
        let due = agenda.take_due(now);
        match pace.look(now, self.0.clock.elapsed()) {
            Step::None => (due, "too many ticks were due at once".to_owned()),
            Step::Forward { by, over } => {
                let by = humantime::format_duration(by);
                tracing::warn!("the clock stepped forward by {by}: ticks in between are missed");
                (due.stepped_over(over), format!("the clock stepped forward by {by}"))
            }
            Step::Backward { by } => {
                let by = humantime::format_duration(by);
                tracing::warn!("the clock was set back by {by}: ticks that came already do not come again");
                (due, "too many ticks were due at once".to_owned())
            }
        }
    }

    /// Returns `true` when it is time to look at the agenda, `false` when a stop was asked for.
    async fn sleep_until_due(&self, agenda: &Agenda) -> bool {
        let now = self.0.clock.now();
        let wait = agenda.next_due().map_or(LONGEST_SLEEP, |next| {
            let millis = millis_between(now, next).clamp(0, 1000);
            Duration::from_millis(millis.unsigned_abs())
        });
        tokio::select! {
            biased;
            () = self.0.shutdown.draining() => false,
            () = self.0.clock.sleep(wait) => true,
        }
    }

    /// Starts what is due without waiting for the store, so that the next wake is not late.
    fn start_due(&self, due: Due, reason: String) {
        if due.ticks.is_empty() && due.missed.is_empty() {
            return;
        }
        let engine = self.clone();
        self.0.running.spawn(async move {
            let missed = due.missed.iter();
            let stretches = missed.filter_map(|(job, missed)| engine.stretch(job, *missed, &reason)).collect();
            if let Err(error) = engine.claim_due(stretches, due.ticks).await {
                engine.store_broke(error);
            }
        });
    }

    async fn claim_due(&self, stretches: Vec<Stretch>, ticks: Vec<Tick>) -> Result<(), crate::store::StoreError> {
        if !stretches.is_empty() {
            self.0.store.cover(stretches).await?;
        }
        self.start(ticks, Start::Schedule).await?;
        Ok(())
    }

    /// Waits for running runs, at most `drain`, then cuts them off and waits for their rows.
    pub(super) async fn drain(&self) {
        self.0.running.close();
        let drain = self.0.jobs.settings.drain;
        let left = self.0.running.len();
        if left > 0 {
            let within = humantime::format_duration(drain);
            tracing::info!(runs = left, "stopping: runs that are under way ({left}) may end within {within}");
        }
        let drained = async {
            tokio::select! {
                () = self.0.running.wait() => true,
                () = self.0.shutdown.cut_off_requested() => false,
            }
        };
        if self.0.clock.within(drain, drained).await != Some(true) {
            self.0.shutdown.cut_off();
            self.0.running.wait().await;
        }
    }
}
