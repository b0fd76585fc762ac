use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

use super::kit::{Kit, get, post, usage};
use crate::call::{Forgetful, Ledger, Unwritten};
use crate::clock::Time;
use crate::job::Call;
use crate::run::{
    CallRecord, CallState, Completed, Gone, Kind, Listing, ListingId, Name, Opened, Page, RunId, Stored, Tally,
};
use crate::token::testing::{Server, answer, eventually};

/// What was noted, with how many requests the API had seen by then.
type Noted = Arc<Mutex<Vec<(RunId, String, CallState, usize)>>>;

struct Book {
    noted: Noted,
    api: Server,
    says: Result<(), Unwritten>,
}

impl Ledger for Book {
    fn sending<'a>(&'a self, run: RunId, call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>> {
        let note = (run, call.name.clone(), call.state, self.api.seen().len());
        self.noted.lock().expect("no panic").push(note);
        Box::pin(std::future::ready(self.says.clone()))
    }

    fn list(&self, run: RunId, listing: Listing) -> BoxFuture<'_, Result<Opened, Unwritten>> {
        Forgetful.list(run, listing)
    }

    fn page(&self, run: RunId, page: Page) -> BoxFuture<'_, Result<Tally, Unwritten>> {
        Forgetful.page(run, page)
    }

    fn complete(&self, run: RunId, listing: ListingId, gone: Gone) -> BoxFuture<'_, Result<Completed, Unwritten>> {
        Forgetful.complete(run, listing, gone)
    }

    fn ended(&self, run: RunId, call: CallRecord) -> BoxFuture<'_, Result<(), Unwritten>> {
        Forgetful.ended(run, call)
    }

    fn stored<'a>(
        &'a self,
        collection: &'a Name,
        as_of: Time,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Stored>, Unwritten>> {
        Forgetful.stored(collection, as_of, after)
    }

    fn uploaded<'a>(
        &'a self,
        job: &'a Name,
        call: &'a str,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Unwritten>> {
        Forgetful.uploaded(job, call)
    }
}

fn unsafe_post() -> Call {
    Call { idempotency_key: false, ..post("/snapshots") }
}

async fn kit(call: Call, says: Result<(), Unwritten>) -> (Kit, Server, Noted) {
    let api = Server::answering(|n, _| if n == 1 { answer(429, &[], "") } else { usage() }).await;
    let noted = Noted::default();
    let mut kit = Kit::new(&api.url).await;
    kit.keep_in(Book { noted: Arc::clone(&noted), api: api.clone(), says });
    kit.call = call;
    (kit, api, noted)
}

#[tokio::test]
async fn a_call_that_may_not_be_repeated_is_noted_once_before_its_first_attempt() {
    let (kit, api, noted) = kit(unsafe_post(), Ok(())).await;
    let record = kit.perform().await.record;
    assert_eq!((record.state, api.seen().len()), (CallState::Succeeded, 2));
    assert_eq!(*noted.lock().expect("no panic"), [(RunId(7), "usage".to_owned(), CallState::Sending, 0)]);
}

#[tokio::test]
async fn calls_that_may_be_repeated_are_not_noted() {
    for call in [get("/usage"), post("/snapshots")] {
        let (kit, _api, noted) = kit(call, Ok(())).await;
        kit.perform().await;
        assert!(noted.lock().expect("no panic").is_empty());
    }
}

#[tokio::test]
async fn what_could_not_be_noted_is_not_sent() {
    for (says, state, kind, reason) in [
        (Unwritten::Failed("the disk is full".to_owned()), CallState::Failed, Kind::Store, "the disk is full"),
        (Unwritten::Lost, CallState::Interrupted, Kind::Stopped, "another process took the run over"),
    ] {
        let (kit, api, _) = kit(unsafe_post(), Err(says)).await;
        let record = kit.perform().await.record;
        assert_eq!((record.state, record.kind, record.attempts.len()), (state, Some(kind), 0));
        assert!(record.reason.is_some_and(|words| words.contains(reason)));
        assert!(api.seen().is_empty());
    }
}

#[tokio::test]
async fn a_halt_ends_a_call_for_its_reason() {
    let api = Server::start(|_, _| std::future::pending::<axum::response::Response>()).await;
    let kit = Kit::new(&api.url).await;
    let halted = async {
        eventually(|| !api.seen().is_empty()).await;
        kit.halt.ask("it was cancelled");
    };
    let (performed, ()) = tokio::join!(kit.perform(), halted);
    let record = performed.record;
    assert_eq!((record.state, record.kind), (CallState::Interrupted, Some(Kind::Stopped)));
    assert_eq!(record.reason.as_deref(), Some("it was cancelled"));
}
