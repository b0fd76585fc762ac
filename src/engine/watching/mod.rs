//! Alerts: what is stored → how each stands, and what is to be told of it.
//!
//! The store is the truth. What is watched is read from there, so that runs by hand, other processes and restarts need
//! nothing of their own; and what is found out is written there, together with the messages that it makes. Another server
//! that watches the same comes to the same verdict, and one of the two is written.

mod series;
mod watcher;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;

use super::Engine;
use crate::run::Name;
use crate::store::{Judging, StoreError};
use crate::telemetry::chain;
use watcher::Watcher;

/// Alerts are looked at at least this often: time passes, and other processes write as well.
const EVERY: Duration = Duration::from_secs(10);

/// They are looked at no more often.
const REST: Duration = Duration::from_secs(1);

/// What has happened here since alerts were looked at last.
#[derive(Default)]
pub(super) struct Happened {
    news: Mutex<News>,
    wake: Notify,
}

#[derive(Default)]
struct News {
    /// Jobs of which a run ended.
    ran: BTreeSet<Name>,
    is_reloaded: bool,
}

impl Happened {
    /// A run of a job ended, and its rows are on disk.
    pub(super) fn ran(&self, job: &Name) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).ran.insert(job.clone());
        self.wake.notify_one();
    }

    /// Another job file is served.
    pub(super) fn reloaded(&self) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).is_reloaded = true;
        self.wake.notify_one();
    }

    fn take(&self) -> News {
        std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is read anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What runs of this process have changed.
    Own,
    /// All, as others may have changed it.
    All,
}

/// Which instances are forgotten.
#[derive(Clone, Copy, Default)]
enum Forgetting {
    /// Those that others have taken the place of.
    #[default]
    Superseded,
    /// Those of alerts that the file no longer has as well, unless they may be another file's.
    Vanished,
}

/// The watcher between two looks.
#[derive(Default)]
struct Watch {
    /// `None` until the store could be read.
    watcher: Option<Watcher>,
    /// When all was read last, on the monotonic clock; `None` when it is to be read now.
    read_all: Option<Duration>,
    forgetting: Forgetting,
    is_failing: bool,
}

impl Engine {
    /// Begins to watch, until a stop is asked for: the next start judges what came after.
    pub(super) fn begin_watching(&self) {
        let engine = self.clone();
        self.0.running.spawn(async move {
            tokio::select! {
                biased;
                () = engine.0.shutdown.draining() => {}
                () = engine.keep_watching() => {}
            }
        });
    }

    async fn keep_watching(&self) {
        let mut watch = Watch::default();
        loop {
            let began = self.0.clock.elapsed();
            match AssertUnwindSafe(self.look_at_alerts(&mut watch, began)).catch_unwind().await {
                Ok(looked) => watch.note(looked),
                Err(_) => {
                    tracing::error!("the watching of alerts met a fault of its own, and begins anew: please report it");
                    watch = Watch::default();
                }
            }
            self.0.clock.sleep_until(began.saturating_add(REST)).await;
            tokio::select! {
                () = self.0.happened.wake.notified() => {}
                () = self.0.clock.sleep_until(began.saturating_add(EVERY)) => {}
            }
        }
    }

    async fn look_at_alerts(&self, watch: &mut Watch, began: Duration) -> Result<(), StoreError> {
        let news = self.0.happened.take();
        let is_anew = watch.watcher.is_none() || news.is_reloaded;
        let is_time = watch.read_all.is_none_or(|last| began.saturating_sub(last) >= EVERY);
        let extent = if is_anew || is_time { Extent::All } else { Extent::Own };
        // Until it is done, it is still to be done.
        watch.read_all = watch.read_all.filter(|_| extent == Extent::Own);
        if is_anew {
            watch.forgetting = Forgetting::Vanished;
        }
        let now = self.0.clock.now();
        let watcher = match &mut watch.watcher {
            Some(watcher) => watcher,
            none => {
                let (jobs, rows) = (self.jobs(), self.0.store.alerts().await?);
                none.insert(Watcher::new(jobs, rows, host(), now))
            }
        };
        if news.is_reloaded {
            watcher.reload(self.jobs(), now);
        }
        if let Err(error) = self.read_for(watcher, extent, news.ran).await {
            watch.read_all = None;
            return Err(error);
        }
        self.judge_alerts(watcher, watch.forgetting).await?;
        watch.forgetting = Forgetting::Superseded;
        watch.read_all = watch.read_all.or(Some(began));
        Ok(())
    }

    /// Reads what alerts are judged by.
    async fn read_for(&self, watcher: &mut Watcher, extent: Extent, ran: BTreeSet<Name>) -> Result<(), StoreError> {
        let (store, metrics) = (&self.0.store, watcher.metrics());
        if !metrics.is_empty() {
            let newest = store.newest_readings(&metrics).await?;
            let now = self.0.clock.now();
            for behind in watcher.behind(&newest, now) {
                let readings = store.readings(&behind.metric, &behind.label, behind.from).await?;
                watcher.follow(&behind, &readings, now);
            }
        }
        let wanted = |watched: BTreeSet<Name>| match extent {
            Extent::All => watched,
            Extent::Own => watched.intersection(&ran).cloned().collect(),
        };
        let jobs: Vec<Name> = wanted(watcher.jobs_with_runs()).into_iter().collect();
        if !jobs.is_empty() {
            for (job, news) in store.run_news(&jobs, watcher.rows_of_each()).await? {
                watcher.ran(job, &news);
            }
        }
        for job in wanted(watcher.jobs_with_conditions()) {
            let samples = store.newest_samples(&job).await?;
            watcher.sampled(job, samples);
        }
        if watcher.has_alerts() {
            let (incidents, now) = (store.incidents().await?, self.0.clock.now());
            watcher.heard(incidents, store.silences(now).await?);
        }
        Ok(())
    }

    /// Judges all alerts, and writes what stands otherwise than before.
    async fn judge_alerts(&self, watcher: &mut Watcher, forgetting: Forgetting) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let look = watcher.look(now);
        let gone = match forgetting {
            Forgetting::Vanished if !self.is_beside_another_file().await? => watcher.vanished(&look),
            Forgetting::Vanished | Forgetting::Superseded => watcher.superseded(&look),
        };
        if !gone.is_empty() {
            self.0.store.forget_alerts(gone.clone()).await?;
            watcher.forgot(&gone);
        }
        if look.verdicts.is_empty() {
            return Ok(());
        }
        let judgings = self.0.store.judged(look.verdicts.clone(), now).await?;
        let is_stale = judgings.contains(&Judging::Stale);
        self.0.telling.wake();
        for (verdict, judging) in look.verdicts.into_iter().zip(judgings) {
            if judging == Judging::Written {
                watcher.written(verdict.row);
            }
        }
        if is_stale {
            // Another server was first. What is still to be told after that is found at the next look.
            watcher.recall(self.0.store.alerts().await?);
        }
        Ok(())
    }
}

impl Engine {
    /// Whether another server has jobs in this store that the file here does not have, and so may have alerts as well.
    async fn is_beside_another_file(&self) -> Result<bool, StoreError> {
        let versions = self.0.store.versions().await?;
        Ok(versions.iter().any(|version| version.is_kept && self.job(&version.job).is_none()))
    }
}

impl Watch {
    /// A failure is told once, and so is its end.
    fn note(&mut self, looked: Result<(), StoreError>) {
        match (looked, std::mem::take(&mut self.is_failing)) {
            (Ok(()), false) => {}
            (Ok(()), true) => tracing::info!("alerts are looked at again"),
            (Err(error), was_failing) => {
                self.is_failing = true;
                // What was taken note of may be half of it.
                self.read_all = None;
                if !was_failing {
                    tracing::warn!(error = %chain(&error), "could not look at alerts: trying on");
                }
            }
        }
    }
}

/// The name of this machine, as messages have it.
pub(super) fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}
