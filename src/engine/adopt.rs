//! Runs that other processes hand over.

use super::Engine;
use super::start::Lifted;
use super::turn::Turn;
use crate::job::Overlap;
use crate::run::Run;
use crate::store::{Adopted, StoreError};

impl Engine {
    /// Takes the runs that were handed over for what is served here. In the loop, as is the swap of the
    /// job file: so the store takes them by the very file that the engine has.
    pub(super) async fn adopt(&self) -> Result<(), StoreError> {
        if self.0.shutdown.is_draining() {
            return Ok(());
        }
        for adopted in self.0.store.adopt().await? {
            self.take_in(adopted);
        }
        Ok(())
    }

    fn take_in(&self, adopted: Adopted) {
        let Adopted { run, config_hash } = adopted;
        let jobs = self.jobs();
        let job = jobs.jobs.get(&run.tick.job).filter(|job| job.config_hash == config_hash);
        let Some(job) = job.cloned() else { return self.refuse(&run) };
        let turn = match job.overlap {
            Overlap::Allow => Turn::Free { not_before: None },
            Overlap::Skip | Overlap::Queue => Turn::InLine { not_before: None },
        };
        // Its handle is nobody's: whoever handed it over reads the store.
        drop(self.launch(Lifted { job, limits: jobs.settings.limits, run }, turn));
    }

    /// Ends a run that was taken and cannot be made here. The store has none such; a row may not stay
    /// `waiting` for ever all the same.
    fn refuse(&self, run: &Run) {
        let outcome = self.ended_before_it_began(run, "its job was changed or removed before it began");
        let engine = self.clone();
        self.0.running.spawn(async move {
            if let Err(error) = engine.0.store.finish(outcome).await {
                engine.store_broke(error);
            }
        });
    }
}
