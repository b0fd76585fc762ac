//! A ledger in memory, which keeps what a store would.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::{BoxFuture, ready};

use crate::call::{Ledger, Unwritten};
use crate::clock::Time;
use crate::run::{
    CallRecord, Completed, Gone, Listing, ListingId, Name, Novelty, Opened, Page, Progress, Reading, RunId, Scopes,
    Stored, Tally,
};

/// What was kept. Clones are one.
#[derive(Clone, Default)]
pub(super) struct Book(Arc<Mutex<Kept>>);

#[derive(Default)]
pub(super) struct Kept {
    pub(super) sent: Vec<CallRecord>,
    pub(super) opened: Vec<Reading>,
    pub(super) progress: BTreeMap<String, Progress>,
    pub(super) records: BTreeMap<String, String>,
    pub(super) pages: Vec<Page>,
    pub(super) completed: Vec<Gone>,
    pub(super) ended: Vec<CallRecord>,
    pub(super) uploaded: BTreeMap<String, String>,
    /// What was granted less, and how often that was asked about.
    pub(super) narrowed: Vec<(Name, Scopes, Scopes)>,
    pub(super) narrowed_asked: usize,
    pub(super) jobs: Option<u64>,
    /// What is said to whoever completes a listing.
    pub(super) rows_of_empty: u64,
    /// After so many pages nothing is written any more.
    pub(super) pages_left: Option<usize>,
}

impl Book {
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("no panic")
    }
}

fn done<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, Unwritten>> {
    Box::pin(ready(Ok(value)))
}

impl Ledger for Book {
    fn sending<'a>(&'a self, _run: RunId, call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>> {
        self.kept().sent.push(call.clone());
        done(())
    }

    fn list(&self, _run: RunId, listing: Listing) -> BoxFuture<'_, Result<Opened, Unwritten>> {
        let mut kept = self.kept();
        kept.opened.push(listing.reading);
        if listing.reading == Reading::Anew {
            kept.progress.clear();
        }
        done(Opened { id: ListingId(1), read: kept.progress.clone() })
    }

    fn page(&self, _run: RunId, page: Page) -> BoxFuture<'_, Result<Tally, Unwritten>> {
        let mut kept = self.kept();
        if kept.pages_left == Some(0) {
            return Box::pin(ready(Err(Unwritten::Lost)));
        }
        kept.pages_left = kept.pages_left.map(|left| left - 1);
        let mut progress = kept.progress.get(&page.element).cloned().unwrap_or_default();
        for record in &page.records {
            progress.tally.seen += 1;
            progress.tally.new += u64::from(kept.records.insert(record.key.clone(), record.body.clone()).is_none());
        }
        progress.pages += 1;
        progress.next.clone_from(&page.next);
        let tally = progress.tally;
        kept.progress.insert(page.element.clone(), progress);
        kept.pages.push(page);
        done(tally)
    }

    fn complete(&self, _run: RunId, _listing: ListingId, gone: Gone) -> BoxFuture<'_, Result<Completed, Unwritten>> {
        let mut kept = self.kept();
        kept.completed.push(gone);
        let seen: u64 = kept.progress.values().map(|progress| progress.tally.seen).sum();
        done(if seen == 0 && kept.rows_of_empty > 0 {
            Completed::Empty(kept.rows_of_empty)
        } else {
            Completed::Done(4)
        })
    }

    fn ended(&self, _run: RunId, call: CallRecord) -> BoxFuture<'_, Result<(), Unwritten>> {
        self.kept().ended.push(call);
        done(())
    }

    fn stored<'a>(
        &'a self,
        _collection: &'a Name,
        _as_of: Time,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Stored>, Unwritten>> {
        let kept = self.kept();
        let later = kept.records.iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after)).take(2);
        done(later.map(|(key, body)| Stored { key: key.clone(), body: body.clone() }).collect())
    }

    fn narrowed<'a>(
        &'a self,
        credential: &'a Name,
        asked: &'a Scopes,
        missing: &'a Scopes,
    ) -> BoxFuture<'a, Result<Novelty, Unwritten>> {
        let mut kept = self.kept();
        kept.narrowed_asked += 1;
        let narrowing = (credential.clone(), asked.clone(), missing.clone());
        if kept.narrowed.contains(&narrowing) {
            return done(Novelty::Known);
        }
        kept.narrowed.push(narrowing);
        done(Novelty::New)
    }

    fn jobs_with(&self, _credential: &Name) -> Option<u64> {
        self.kept().jobs
    }

    fn uploaded<'a>(
        &'a self,
        _job: &'a Name,
        _call: &'a str,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Unwritten>> {
        done(self.kept().uploaded.clone())
    }
}
