//! A call for each of its elements, some at a time.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::elements::{Element, Elements};
use super::failure::Failure;
use super::harvest::too_many_items;
use super::ledger::Advance;
use super::log::End;
use super::made::{Made, did_not_hold, holds};
use super::measure::Series;
use super::reading::{gone, unkept, why_unkept};
use super::{Around, Caller, Performed, Subject};
use crate::filter::{Json, Variables};
use crate::job::{Call, Each, Elements as Of, Job, OnError};
use crate::run::{CallRecord, CallState, Gone, Kind, Opened, Sample, Uploaded, Verdict};

/// Elements that did not succeed and are told of with the run. All of them have rows.
const TOLD: usize = 20;

/// A call for one element, over.
struct One {
    element: Element,
    performed: Performed,
    /// Why its rows are not on disk, if they are not.
    unkept: Option<Failure>,
}

/// A call that is made for each of its elements.
struct Chain<'a> {
    caller: &'a Caller,
    job: &'a Job,
    call: &'a Call,
    each: &'a Each,
    around: Around<'a>,
    listing: Option<&'a Opened>,
    made: Made,
    next_seq: u32,
    /// Elements whose condition did not hold.
    left_out: u64,
    series: Series,
    /// `$calls.NAME`: what was read for each element, by key.
    bodies: Vec<(String, Json)>,
    /// Items in these.
    kept: u64,
    stopped: bool,
}

impl Caller {
    pub(super) async fn make_each(&self, job: &Job, call: &Call, each: &Each, around: Around<'_>) -> Made {
        match self.begin_each(job, call, each, &around).await {
            Ok((listing, elements)) => {
                let chain = Chain::new(self, job, call, each, around, listing.as_ref());
                chain.run(elements).await
            }
            Err(end) => Made::only(self.failed(None, job, call, &around, &end)),
        }
    }

    async fn begin_each<'a>(
        &'a self,
        job: &'a Job,
        call: &'a Call,
        each: &'a Each,
        around: &Around<'a>,
    ) -> Result<(Option<Opened>, Elements<'a>), End> {
        let listing = self.unless_cut_short(job, around, self.listing(call, around)).await??;
        let elements = Elements::of(self, job, call, each, around);
        let elements = self.unless_cut_short(job, around, elements).await?.map_err(End::by)?;
        if let Some(count) = elements.count() {
            self.ledger.advanced(around.run.id, &call.name, Advance::Elements(count));
        }
        Ok((listing, elements))
    }
}

impl<'a> Chain<'a> {
    fn new(
        caller: &'a Caller,
        job: &'a Job,
        call: &'a Call,
        each: &'a Each,
        around: Around<'a>,
        listing: Option<&'a Opened>,
    ) -> Chain<'a> {
        Chain {
            caller,
            job,
            call,
            each,
            listing,
            made: Made::default(),
            next_seq: around.seq,
            around,
            left_out: 0,
            series: Series::default(),
            bodies: Vec::new(),
            kept: 0,
            stopped: false,
        }
    }

    async fn run(mut self, mut elements: Elements<'a>) -> Made {
        let mut under_way = FuturesUnordered::new();
        let mut has_more = true;
        loop {
            while has_more && !self.stopped && under_way.len() < self.each.concurrency.get() {
                match self.caller.unless_cut_short(self.job, &self.around, elements.next()).await {
                    Ok(Ok(Some(element))) => {
                        let around = Around { seq: self.next_seq, ..self.around };
                        self.next_seq += 1;
                        under_way.push(one(self.caller, self.job, self.call, around, self.listing, element));
                    }
                    Ok(Ok(None)) => has_more = false,
                    Ok(Err(failure)) => self.end_with(&End::by(failure)),
                    Err(end) => self.end_with(&end),
                }
            }
            match under_way.next().await {
                Some(one) => self.add(one),
                None => break,
            }
        }
        drop(under_way);
        self.finish(elements.none()).await
    }

    /// Takes in what became of one element.
    fn add(&mut self, one: One) {
        let One { element, performed, unkept } = one;
        let Performed { mut record, samples, body, verdict, .. } = performed;
        self.caller.ledger.advanced(self.around.run.id, &self.call.name, Advance::Element);
        match unkept {
            None => record.is_recorded = true,
            Some(failure) => {
                record.state = if failure.kind == Kind::Stopped { CallState::Interrupted } else { CallState::Failed };
                (record.kind, record.reason) = (Some(failure.kind), Some(failure.reason));
            }
        }
        match record.state {
            CallState::Succeeded => {
                let taken = self.take(&element, samples, body);
                if let Err(failure) = taken {
                    self.made.samples.clear();
                    self.end_with(&End::Failed(failure));
                }
                self.note_done(element.key);
                // It is on disk, and told of with the run.
                if record.is_recorded && record.diagnoses.iter().any(|diagnosis| !diagnosis.healed) {
                    self.made.records.push(CallRecord { attempts: Vec::new(), result: None, ..record });
                }
            }
            CallState::Skipped => {
                self.left_out += 1;
                self.note_done(element.key);
            }
            _ => self.note_broken(record, verdict),
        }
    }

    /// Keeps what an element gave.
    fn take(&mut self, element: &Element, samples: Vec<Sample>, body: Option<Json>) -> Result<(), Failure> {
        samples.iter().try_for_each(|sample| self.series.add(sample))?;
        self.made.samples.extend(samples);
        if let Some(file) = &element.file {
            let (call, file, sha256) = (self.call.name.clone(), file.key.clone(), file.sha256.clone());
            self.made.uploaded.push(Uploaded { call, file, sha256 });
        }
        let Some(body) = body else { return Ok(()) };
        self.kept += body.elements().map_or(1, |elements| (elements.len() as u64).max(1));
        self.bodies.push((element.key.clone(), body));
        let most = self.around.limits.items;
        if self.kept > most { Err(too_many_items(most)) } else { Ok(()) }
    }

    fn note_done(&mut self, key: String) {
        if !matches!(self.each.of, Of::Records(_)) {
            self.made.done.insert(key);
        }
    }

    fn note_broken(&mut self, record: CallRecord, verdict: Option<Verdict>) {
        self.made.broken += 1;
        let ends_all = record.state == CallState::Interrupted
            || record.kind.is_some_and(ends_all)
            || verdict.is_some_and(denies_all);
        if self.call.on_error == OnError::Fail || ends_all {
            self.stopped = true;
        }
        let must_be_told = record.state == CallState::Interrupted || !record.is_recorded;
        if must_be_told || self.made.records.len() < TOLD {
            // The rows are on disk; what is told of with the run needs no body.
            let (attempts, result) =
                if record.is_recorded { (Vec::new(), None) } else { (record.attempts, record.result) };
            self.made.records.push(CallRecord { attempts, result, ..record });
        }
    }

    /// Ends the call by something that is of no element.
    fn end_with(&mut self, end: &End) {
        let around = Around { seq: self.next_seq, ..self.around };
        self.made.records.push(self.caller.failed(None, self.job, self.call, &around, end));
        self.next_seq += 1;
        self.made.broken += 1;
        self.stopped = true;
    }

    async fn finish(mut self, none: &str) -> Made {
        if self.next_seq == self.around.seq {
            let row = self.caller.skipped(None, self.job, self.call, &self.around, none);
            self.made.records.push(row);
            self.next_seq += 1;
        }
        if self.made.broken == 0
            && let Err(end) = self.complete().await
        {
            self.end_with(&end);
        }
        self.made.rows = self.next_seq - self.around.seq;
        if self.call.kept_for_later {
            self.made.body = Some(Json::object(self.bodies.iter().map(|(key, body)| (key.as_str(), body.clone()))));
        }
        self.made
    }

    /// What is done once every element is over and well.
    async fn complete(&mut self) -> Result<(), End> {
        if let (Some(listing), Some(records)) = (self.listing, &self.call.records) {
            // What an element that was left out has is not known, so nothing of it can be gone.
            let marks = if self.left_out == 0 { records.gone } else { Gone::Keep };
            let completed = self.caller.ledger.complete(self.around.run.id, listing.id, marks).await;
            gone(completed.map_err(|unwritten| unkept(&unwritten))?).map_err(End::Failed)?;
        }
        let value = self.bodies.iter().map(|(key, body)| (key.as_str(), body.clone()));
        let remembered = self.caller.remember_of_all(self.job, self.call, Json::object(value), &self.around).await;
        self.made.remembered = remembered.map_err(End::Failed)?;
        Ok(())
    }
}

async fn one(
    caller: &Caller,
    job: &Job,
    call: &Call,
    around: Around<'_>,
    listing: Option<&Opened>,
    element: Element,
) -> One {
    let variables = Variables { each: Some(element.value.clone()), ..around.variables.clone() };
    let around = Around { variables: &variables, ..around };
    let performed = match holds(call.when.as_ref(), &variables).await {
        Ok(true) => {
            let subject = Subject { element: Some(&element.key), file: element.file.as_ref(), listing };
            caller.perform_for(subject, job, call, around).await
        }
        Ok(false) => {
            let why = did_not_hold(call);
            Performed::nothing(caller.skipped(Some(&element.key), job, call, &around, &why))
        }
        Err(failure) => {
            let end = End::Failed(failure);
            Performed::nothing(caller.failed(Some(&element.key), job, call, &around, &end))
        }
    };
    let kept = caller.ledger.ended(around.run.id, performed.record.clone()).await;
    One { element, performed, unkept: kept.err().map(|unwritten| why_unkept(&unwritten)) }
}

/// Failures that meet every other element as well.
fn ends_all(kind: Kind) -> bool {
    use Kind::{Deadline, Panic, RateLimited, Stopped, Store, Token};
    matches!(kind, Deadline | Panic | RateLimited | Stopped | Store | Token)
}

/// Refusals that meet every other element as well: they are about who calls, not about what is called.
fn denies_all(verdict: Verdict) -> bool {
    verdict.refuses() && !matches!(verdict, Verdict::ResourceForbidden | Verdict::BlockedByEdge)
}
