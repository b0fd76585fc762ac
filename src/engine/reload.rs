//! Another job file in the place of the one that is served.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use tokio::sync::oneshot;

use super::claimer::Dues;
use super::door::Request;
use super::missed::Missed;
use super::serve::Watch;
use super::served::served;
use super::{Engine, EngineError};
use crate::clock::Time;
use crate::job::{Jobs, Settings};
use crate::run::Name;
use crate::store::StoreError;
use crate::telemetry::chain;

/// What a reload changed, by the names of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Jobs that were not there before.
    pub added: Vec<Name>,
    /// Jobs of which some key is another.
    pub changed: Vec<Name>,
    /// Jobs that are no longer there.
    pub removed: Vec<Name>,
    /// Keys of the file outside its jobs that say something else: `concurrency`, `store`, …
    pub settings: Vec<&'static str>,
}

/// Why another job file could not take the place of the one that is served. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// It names another store.
    #[error("`store.url` is another one: restart apicron to use it")]
    StoreMoved,
    /// The engine does not serve, or is stopping.
    #[error("apicron is stopping")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// Serves `jobs` from now on: as a whole, or not at all. Running runs finish as they began;
    /// unchanged jobs keep their next tick. While the engine begins to serve, waits for that.
    ///
    /// # Errors
    /// [`ReloadError`].
    pub async fn reload(&self, jobs: Jobs) -> Result<Changes, ReloadError> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Reload { jobs: Box::new(jobs), answer };
        self.0.door.ask(request).await.map_err(|_| ReloadError::Stopping)?;
        answered.await.unwrap_or(Err(ReloadError::Stopping))
    }

    /// Swaps the job file, in the loop.
    pub(super) async fn swap(&self, jobs: Jobs, watch: &mut Watch) -> Result<Changes, ReloadError> {
        let former = self.jobs();
        if jobs.settings.store.path != former.settings.store.path {
            return Err(ReloadError::StoreMoved);
        }
        // What came before the swap is the former file's, and has its rows before that one's versions end.
        let now = self.look(watch);
        watch.claimer.all_done().await;
        if self.0.shutdown.is_draining() {
            return Err(ReloadError::Stopping);
        }
        let (changes, jobs) = (Changes::between(&former, &jobs), Arc::new(jobs));
        self.put(&jobs);
        let ahead = match self.take_over(&changes.added, now).await {
            Ok(ahead) => ahead,
            Err(error) => {
                self.put(&former);
                return Err(EngineError::from(error).into());
            }
        };
        watch.agenda = watch.agenda.replaced(&jobs, now);
        watch.agenda.came_ahead(&ahead);
        if jobs.settings.concurrency != former.settings.concurrency {
            self.0.slots.change(jobs.settings.concurrency);
        }
        self.0.incidents.try_all_anew();
        if let Err(error) = self.let_go_of_the_former().await {
            tracing::warn!(error = %chain(&error), "could not release what waits for a credential that the file no longer has");
        }
        self.0.happened.reloaded();
        self.begin_telling();
        changes.log();
        Ok(changes)
    }

    fn put(&self, jobs: &Arc<Jobs>) {
        *self.0.jobs.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(jobs);
    }

    /// A job that is new here may have been another server's that is gone: what it missed since is caught up,
    /// as at a start. Gives the ticks of such jobs that came ahead of the clock.
    async fn take_over(&self, added: &[Name], now: Time) -> Result<BTreeMap<Name, Time>, StoreError> {
        let ahead = self.came_ahead_of(added, now).await?;
        let Missed { stretches, candidates, settled } = self.missed_of_added(added, now).await?;
        self.cover(stretches).await?;
        self.claim_due(Dues { candidates, ..Dues::default() }).await?;
        self.0.store.serve(served(&self.jobs()), settled, now).await?;
        Ok(ahead)
    }
}

impl Changes {
    fn between(former: &Jobs, present: &Jobs) -> Changes {
        let mut changes = Changes::default();
        for (name, job) in &present.jobs {
            match former.jobs.get(name) {
                None => changes.added.push(name.clone()),
                Some(former) if former.config_hash != job.config_hash => changes.changed.push(name.clone()),
                Some(_) => {}
            }
        }
        let removed = former.jobs.keys().filter(|name| !present.jobs.contains_key(*name));
        changes.removed.extend(removed.cloned());
        changes.settings = settings(&former.settings, &present.settings);
        changes
    }

    fn log(&self) {
        let parts = [("added", &self.added), ("changed", &self.changed), ("removed", &self.removed)];
        let told: Vec<String> = parts
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(word, names)| {
                let names: Vec<&str> = names.iter().map(Name::as_str).collect();
                format!("{word} {}", names.join(", "))
            })
            .collect();
        let settings = (!self.settings.is_empty()).then(|| format!("now other: {}", self.settings.join(", ")));
        let told: Vec<String> = told.into_iter().chain(settings).collect();
        match told.as_slice() {
            [] => tracing::info!("the job file was read again: nothing changed"),
            told => tracing::info!("the job file was read again: {}", told.join("; ")),
        }
    }
}

/// The keys of the file, outside its jobs, that say something else.
fn settings(former: &Settings, present: &Settings) -> Vec<&'static str> {
    let changes = [
        ("concurrency", former.concurrency != present.concurrency),
        ("drain", former.drain != present.drain),
        ("limits", former.limits != present.limits),
        ("store", former.store != present.store),
        ("heartbeat", former.heartbeat != present.heartbeat),
    ];
    changes.into_iter().filter(|(_, is_other)| *is_other).map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::support::{job, jobs};
    use chrono_tz::Tz;

    #[test]
    fn changes_name_what_is_new_what_differs_and_what_is_gone() {
        let name = |text| Name::new(text).expect("a name");
        let one = |text, hash: &str| crate::job::Job { config_hash: hash.to_owned(), ..job(text, "@hourly", Tz::UTC) };
        let former = jobs([one("kept", "1"), one("changed", "1"), one("removed", "1")]);
        let present = jobs([one("kept", "1"), one("changed", "2"), one("added", "1")]);
        let expected = Changes {
            added: vec![name("added")],
            changed: vec![name("changed")],
            removed: vec![name("removed")],
            ..Changes::default()
        };
        assert_eq!(Changes::between(&former, &present), expected);
        assert_eq!(Changes::between(&former, &former), Changes::default());
        let mut longer = former.clone();
        longer.settings.drain *= 2;
        longer.settings.store.keep.results *= 2;
        assert_eq!(Changes::between(&former, &longer).settings, ["drain", "store"]);
    }
}
