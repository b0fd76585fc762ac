//! What lower rooms have to tell, written to the store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;

use super::incidents::Known;
use super::{Observer, credentials};
use crate::call::{Advance, Ledger, Unwritten};
use crate::clock::{Clock, Time};
use crate::job::Jobs;
use crate::run::{
    CallRecord, Completed, Gone, Listing, ListingId, Name, Novelty, Opened, Page, RunId, Scopes, Stored, Tally,
    TokenEvent,
};
use crate::store::{Finish, Store, StoreError};
use crate::telemetry::chain;
use crate::token::Events;

/// Keeps the history of tokens, and a sample of each that comes.
pub(super) struct TokenLedger {
    pub(super) store: Store,
    pub(super) jobs: Arc<RwLock<Arc<Jobs>>>,
    pub(super) incidents: Arc<Known>,
}

impl Events for TokenLedger {
    fn record(&self, event: TokenEvent) {
        self.incidents.note(&event);
        let jobs = Arc::clone(&self.jobs.read().unwrap_or_else(PoisonError::into_inner));
        self.store.samples(credentials::at_event(&jobs, &event));
        self.store.token_event(event);
    }
}

/// Keeps what calls read, and what is on disk before one leaves.
pub(super) struct CallLedger {
    pub(super) store: Store,
    pub(super) jobs: Arc<RwLock<Arc<Jobs>>>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) clock: Clock,
}

impl Ledger for CallLedger {
    fn sending<'a>(&'a self, run: RunId, call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>> {
        Box::pin(async move { finished(self.store.sending(run, call.clone()).await) })
    }

    fn list(&self, run: RunId, listing: Listing) -> BoxFuture<'_, Result<Opened, Unwritten>> {
        Box::pin(async move { written(self.store.list(run, listing).await) })
    }

    fn page(&self, run: RunId, page: Page) -> BoxFuture<'_, Result<Tally, Unwritten>> {
        Box::pin(async move { written(self.store.page(run, page).await) })
    }

    fn complete(&self, run: RunId, listing: ListingId, gone: Gone) -> BoxFuture<'_, Result<Completed, Unwritten>> {
        Box::pin(async move { written(self.store.complete(run, listing, gone).await) })
    }

    fn ended(&self, run: RunId, call: CallRecord) -> BoxFuture<'_, Result<(), Unwritten>> {
        Box::pin(async move { finished(self.store.ended(run, call).await) })
    }

    fn stored<'a>(
        &'a self,
        collection: &'a Name,
        as_of: Time,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Stored>, Unwritten>> {
        Box::pin(async move { self.store.stored(collection, as_of, after).await.map_err(failed) })
    }

    fn uploaded<'a>(
        &'a self,
        job: &'a Name,
        call: &'a str,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Unwritten>> {
        Box::pin(async move { self.store.uploaded(job, call).await.map_err(failed) })
    }

    fn narrowed<'a>(
        &'a self,
        credential: &'a Name,
        asked: &'a Scopes,
        missing: &'a Scopes,
    ) -> BoxFuture<'a, Result<Novelty, Unwritten>> {
        Box::pin(async move {
            let noted = self.store.note_narrowed(credential, asked, missing, self.clock.now()).await;
            noted.map_err(failed)
        })
    }

    fn jobs_with(&self, credential: &Name) -> Option<u64> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner).held_by(credential);
        (jobs > 0).then_some(jobs)
    }

    fn has_file(&self, path: &Path) -> bool {
        self.store.has_file(path)
    }

    fn advanced(&self, run: RunId, call: &str, advance: Advance) {
        self.observer.advanced(run, call, advance);
    }
}

fn finished(done: Result<Finish, StoreError>) -> Result<(), Unwritten> {
    match done.map_err(failed)? {
        Finish::Recorded => Ok(()),
        Finish::Lost => Err(Unwritten::Lost),
    }
}

fn written<T>(done: Result<Option<T>, StoreError>) -> Result<T, Unwritten> {
    done.map_err(failed)?.ok_or(Unwritten::Lost)
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error")]
fn failed(error: StoreError) -> Unwritten {
    Unwritten::Failed(chain(&error))
}
