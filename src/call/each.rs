//! A call for each of its elements, some at a time.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::elements::{Element, Elements};
use super::failure::Failure;
use super::harvest::too_many_items;
use super::ledger::Advance;
use super::log::End;
use super::made::{Made, did_not_hold, holds};
use super::measure::check_series;
use super::reading::{gone, unkept, why_unkept};
use super::{Around, Caller, Performed, Subject};
use crate::filter::{Json, Variables};
use crate::job::{Call, Each, Elements as Of, Job, OnError};
use crate::run::{CallRecord, CallState, Gone, Kind, Opened, Uploaded};

/// Elements that did not succeed and are told of with the run. All of them have rows.
const TOLD: usize = 20;

/// A call for one element, made.
struct One {
    element: Element,
    performed: Performed,
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
    /// `$calls.NAME`: what was read for each element, by key.
    bodies: Vec<(String, Json)>,
    /// Items in these.
    kept: u64,
    /// Elements whose condition did not hold.
    passed_over: u64,
    stopped: bool,
}

impl Caller {
    pub(super) async fn make_each(&self, job: &Job, call: &Call, each: &Each, around: Around<'_>) -> Made {
        let listing = match self.listing(call, &around).await {
            Ok(listing) => listing,
            Err(end) => return Made::only(self.failed(None, job, call, &around, &end)),
        };
        let elements = match Elements::of(self, job, call, each, &around).await {
            Ok(elements) => elements,
            Err(failure) => return Made::only(self.failed(None, job, call, &around, &End::Failed(failure))),
        };
        if let Some(count) = elements.count() {
            self.ledger.advanced(around.run.id, &call.name, Advance::Elements(count));
        }
        let chain = Chain {
            caller: self,
            job,
            call,
            each,
            around,
            listing: listing.as_ref(),
            made: Made::default(),
            bodies: Vec::new(),
            kept: 0,
            passed_over: 0,
            stopped: false,
        };
        chain.run(elements).await
    }
}

impl<'a> Chain<'a> {
    async fn run(mut self, mut elements: Elements<'a>) -> Made {
        let mut under_way = FuturesUnordered::new();
        let mut next_seq = self.around.seq;
        let mut has_more = true;
        loop {
            while has_more && !self.stopped && under_way.len() < self.each.concurrency.get() {
                match elements.next().await {
                    Ok(Some(element)) => {
                        let around = Around { seq: next_seq, ..self.around };
                        under_way.push(one(self.caller, self.job, self.call, around, self.listing, element));
                        next_seq += 1;
                    }
                    Ok(None) => has_more = false,
                    Err(failure) => self.add_failure(&mut next_seq, &End::Failed(failure)),
                }
            }
            match under_way.next().await {
                Some(one) => self.add(one).await,
                None => break,
            }
        }
        drop(under_way);
        self.finish(next_seq).await
    }

    async fn add(&mut self, one: One) {
        let One { element, performed } = one;
        let Performed { mut record, samples, body, .. } = performed;
        self.caller.ledger.advanced(self.around.run.id, &self.call.name, Advance::Element);
        let is_well = matches!(record.state, CallState::Succeeded | CallState::Skipped);
        if is_well {
            self.made.samples.extend(samples);
            if let (Some(file), CallState::Succeeded) = (&element.file, record.state) {
                let (call, sha256) = (self.call.name.clone(), file.sha256.clone());
                self.made.uploaded.push(Uploaded { call, file: file.key.clone(), sha256 });
            }
            if let Some(body) = body {
                self.keep(element.key.clone(), body, &mut record);
            }
        }
        match self.caller.ledger.ended(self.around.run.id, record.clone()).await {
            Ok(()) => record.is_recorded = true,
            Err(unwritten) => self.spoil(&mut record, why_unkept(&unwritten)),
        }
        self.passed_over += u64::from(record.state == CallState::Skipped);
        if matches!(record.state, CallState::Succeeded | CallState::Skipped) {
            if !matches!(self.each.of, Of::Records(_)) {
                self.made.done.insert(element.key);
            }
        } else {
            self.note_broken(record);
        }
    }

    /// Keeps what later calls see of an element.
    fn keep(&mut self, key: String, body: Json, record: &mut CallRecord) {
        self.kept += body.elements().map_or(1, |elements| (elements.len() as u64).max(1));
        let most = self.around.limits.items;
        if self.kept <= most {
            self.bodies.push((key, body));
            return;
        }
        self.spoil(record, too_many_items(most));
    }

    /// Ends a call that went well by a failure after it, and with it all others.
    fn spoil(&mut self, record: &mut CallRecord, failure: Failure) {
        self.stopped = true;
        record.state = if failure.kind == Kind::Stopped { CallState::Interrupted } else { CallState::Failed };
        (record.kind, record.reason) = (Some(failure.kind), Some(failure.reason));
    }

    fn note_broken(&mut self, record: CallRecord) {
        self.made.broken += 1;
        let ends_all = record.state == CallState::Interrupted || record.kind.is_some_and(ends_all);
        if self.call.on_error == OnError::Fail || ends_all {
            self.stopped = true;
        }
        if self.made.records.len() < TOLD {
            // The rows are on disk; what is told of with the run needs no body.
            let (attempts, result) =
                if record.is_recorded { (Vec::new(), None) } else { (record.attempts, record.result) };
            self.made.records.push(CallRecord { attempts, result, ..record });
        }
    }

    /// A failure that is of no element.
    fn add_failure(&mut self, next_seq: &mut u32, end: &End) {
        let around = Around { seq: *next_seq, ..self.around };
        let failed = self.caller.failed(None, self.job, self.call, &around, end);
        *next_seq += 1;
        self.made.records.push(failed);
        self.made.broken += 1;
        self.stopped = true;
    }

    async fn finish(mut self, mut next_seq: u32) -> Made {
        if next_seq == self.around.seq {
            let why = none_of(self.each);
            let none = self.caller.skipped(None, self.job, self.call, &self.around, why);
            self.made.records.push(none);
            next_seq += 1;
        }
        if self.made.broken == 0
            && let Err(end) = self.complete().await
        {
            self.add_failure(&mut next_seq, &end);
        }
        self.made.rows = next_seq - self.around.seq;
        if self.call.kept_for_later {
            self.made.body = Some(Json::object(self.bodies.iter().map(|(key, body)| (key.as_str(), body.clone()))));
        }
        self.made
    }

    /// What is done once every element is over and well.
    async fn complete(&mut self) -> Result<(), End> {
        check_series(&self.made.samples).map_err(End::Failed)?;
        if let (Some(listing), Some(records)) = (self.listing, &self.call.records) {
            // Nothing is known of what elements have that were not asked about.
            let gone_then = if self.passed_over == 0 { records.gone } else { Gone::Keep };
            let completed = self.caller.ledger.complete(self.around.run.id, listing.id, gone_then).await;
            gone(completed.map_err(|unwritten| unkept(&unwritten))?).map_err(End::Failed)?;
        }
        let value = self.bodies.iter().map(|(key, body)| (key.as_str(), body.clone()));
        self.made.remembered = self
            .caller
            .remember_of_all(self.job, self.call, Json::object(value), &self.around)
            .await
            .map_err(End::Failed)?;
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
    One { element, performed }
}

/// Failures that meet every other element as well.
fn ends_all(kind: Kind) -> bool {
    matches!(kind, Kind::Deadline | Kind::Token | Kind::Store | Kind::Stopped | Kind::Panic)
}

fn none_of(each: &Each) -> &'static str {
    match each.of {
        Of::Filter(_) => "`for_each` gave no elements",
        Of::Records(_) => "the collection has no records",
        Of::Files { .. } => "no file is new or has changed since it was sent",
    }
}
