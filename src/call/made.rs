//! One call of a job as a whole: its condition, its elements, its listing.

use std::collections::BTreeSet;

use super::aside::{self, Begin};
use super::failure::Failure;
use super::log::End;
use super::reading::unkept;
use super::{Around, Caller, Performed, Subject};
use crate::filter::{Filter, Json, Variables};
use crate::job::{Call, Job, PageBy, Records};
use crate::run::{CallRecord, CallState, Gone, Listing, Opened, Reading, Remembered, Sample, Uploaded};

/// What became of a call as a whole.
#[derive(Debug, Default)]
pub struct Made {
    /// Its rows: of a call with elements only the first that did not succeed. Those that are recorded are
    /// on disk already.
    pub records: Vec<CallRecord>,
    /// How many rows it has.
    pub rows: u32,
    /// Elements that did not succeed.
    pub broken: u64,
    /// The numbers taken from its answers.
    pub samples: Vec<Sample>,
    /// What later runs of the job are to see as `$state`.
    pub remembered: Vec<Remembered>,
    /// What later calls see as `$calls.NAME`; `None` when none reads it.
    pub body: Option<Json>,
    /// The keys of the elements that succeeded or whose condition did not hold. Those of records are left out.
    pub done: BTreeSet<String>,
    /// The files that were sent.
    pub uploaded: Vec<Uploaded>,
}

impl Caller {
    /// Makes a call of a job: once, once for each of its elements, or, where its condition does not hold,
    /// not at all. Whatever goes wrong is in the records.
    pub async fn make(&self, job: &Job, call: &Call, around: Around<'_>) -> Made {
        match &call.each {
            Some(each) => self.make_each(job, call, each, around).await,
            None => self.make_once(job, call, around).await,
        }
    }

    async fn make_once(&self, job: &Job, call: &Call, around: Around<'_>) -> Made {
        match holds(call.when.as_ref(), around.variables).await {
            Ok(true) => {}
            Ok(false) => return Made::only(self.skipped(None, job, call, &around, &did_not_hold(call))),
            Err(failure) => return Made::only(self.failed(None, job, call, &around, &End::Failed(failure))),
        }
        let listing = match self.listing(call, &around).await {
            Ok(listing) => listing,
            Err(end) => return Made::only(self.failed(None, job, call, &around, &end)),
        };
        let subject = Subject { listing: listing.as_ref(), ..Subject::default() };
        let Performed { record, samples, remembered, body, .. } = self.perform_for(subject, job, call, around).await;
        Made { samples, remembered, body, ..Made::only(record) }
    }

    /// Begins the listing of a call whose records are kept, or goes on with it.
    pub(super) async fn listing(&self, call: &Call, around: &Around<'_>) -> Result<Option<Opened>, End> {
        let Some(records) = &call.records else { return Ok(None) };
        let listing = listing(call, records, reading(call, records));
        self.ledger.list(around.run.id, listing).await.map(Some).map_err(|unwritten| unkept(&unwritten))
    }

    /// The row of a call that is not made, with the reason.
    pub fn skipped(&self, element: Option<&str>, job: &Job, call: &Call, around: &Around<'_>, why: &str) -> CallRecord {
        let mut record = self.log(job, call, element, around).record;
        record.state = CallState::Skipped;
        record.reason = Some(self.redactor.scrub(why));
        record.finished_at = self.clock.now();
        record
    }

    /// The row of a call that ended before anything was sent.
    pub(super) fn failed(
        &self,
        element: Option<&str>,
        job: &Job,
        call: &Call,
        around: &Around<'_>,
        end: &End,
    ) -> CallRecord {
        self.log(job, call, element, around).finish(end).0
    }
}

/// The reading of a call's list.
pub(super) fn listing(call: &Call, records: &Records, reading: Reading) -> Listing {
    Listing {
        call: call.name.clone(),
        collection: records.into.clone(),
        columns: records.columns.iter().map(|(name, _)| name.clone()).collect(),
        reading,
    }
}

/// Whether a repeat goes on where a run came to. Places that are counted shift with each record that goes, so
/// that one after it would be passed over: where it would be marked gone for that, the list is read anew.
fn reading(call: &Call, records: &Records) -> Reading {
    let by = call.pages.as_ref().map(|pages| &pages.by);
    let is_counted = matches!(by, Some(PageBy::Offset { .. } | PageBy::Number { .. }));
    let may_lose = is_counted && records.gone != Gone::Keep;
    if call.keeps_items() || may_lose { Reading::Anew } else { Reading::GoOn }
}

impl Made {
    /// Of a call with one row and nothing else.
    pub(super) fn only(record: CallRecord) -> Made {
        let broken = u64::from(!matches!(record.state, CallState::Succeeded | CallState::Skipped));
        Made { records: vec![record], rows: 1, broken, ..Made::default() }
    }
}

/// Whether a condition holds: its filter gives neither `false` nor `null`.
pub(super) async fn holds(when: Option<&Filter>, variables: &Variables) -> Result<bool, Failure> {
    let Some(when) = when else { return Ok(true) };
    let (when, variables) = (when.clone(), variables.clone());
    let work = move || Ok(when.one(&Json::null(), &variables)?.is_some_and(|value| value.is_truthy()));
    aside::filtered(Begin::Here, work).await
}

pub(super) fn did_not_hold(call: &Call) -> String {
    let text = call.when.as_ref().map(Filter::text).unwrap_or_default();
    format!("its condition `{text}` did not hold")
}
