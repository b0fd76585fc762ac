//! What is taken in from an answer that was accepted: numbers, and the body for later calls.

use super::aside::{self, Begin};
use super::course::Course;
use super::failure::Failure;
use super::log::{End, millis};
use super::measure::Measuring;
use super::send::Reply;
use super::taking::{Taken, Taking, scrubbed};
use super::{Around, Caller};
use crate::clock::Time;
use crate::filter::{Filter, Json, Variables};
use crate::job::{Call, Job, Metric};
use crate::run::{Kind, Remembered, Sample};
use crate::secret::Redactor;
use crate::token::header_lines;

/// Larger bodies are parsed, and measured, off the async threads.
const SMALL: usize = 64 * 1024;

/// What is known when the last answer of a call is in.
pub(super) struct Crop {
    /// What `metrics` and `remember` see as `.`.
    pub(super) body: Json,
    /// `$reply`; `None` when nothing had to be asked.
    pub(super) reply: Option<Json>,
    /// `$items`, where the call has any.
    pub(super) items: Option<Json>,
    /// When the last answer was read.
    pub(super) at: Time,
    /// Bytes of the bodies that it was made of.
    pub(super) bytes: u64,
}

/// Whether anything of a call looks into its answer. Where nothing does, it need not be JSON.
pub(super) fn looks_inside(call: &Call) -> bool {
    let takes = !call.metrics.is_empty() || !call.remember.is_empty() || call.kept_for_later;
    takes || call.expect.that.is_some() || call.pages.is_some() || call.records.is_some()
}

/// Whether something takes a part of the answer, not just the whole of it or what stands beside it.
pub(super) fn needs_content(call: &Call) -> bool {
    let polled = call.poll.iter().flat_map(|poll| std::iter::once(&poll.until).chain(&poll.failed));
    let mut filters = call
        .metrics
        .iter()
        .flat_map(Metric::filters)
        .chain(call.remember.iter().map(|remember| &remember.value))
        .chain(&call.expect.that)
        .chain(polled);
    call.pages.is_some() || call.records.is_some() || filters.any(Filter::uses_input)
}

impl Course<'_> {
    /// Takes one answer apart: off the async threads when that is not brief.
    pub(super) async fn open(&self, reply: &Reply) -> Result<Taken, End> {
        let variables =
            Variables { reply: Some(reply_variable(reply, &self.caller.redactor)), ..self.around.variables.clone() };
        let taking =
            Taking::of(self.call, reply, self.around.limits.body, variables, self.host(), &self.caller.redactor);
        let begin = if reply.body.len() > SMALL { Begin::Aside } else { Begin::Here };
        aside::filtered(begin, move || taking.take()).await.map_err(End::Failed)
    }

    /// Takes the numbers, and what is to be remembered.
    pub(super) async fn harvest(&mut self, crop: Crop) -> Result<End, End> {
        let Crop { body, reply, items, at, bytes } = crop;
        let call = self.call;
        // Under `for_each` it is about all elements, and is done when they are over.
        let remember = if self.subject.element.is_none() { call.remember.clone() } else { Vec::new() };
        let measuring = Measuring {
            job: self.job.name.clone(),
            element: self.subject.element.map(str::to_owned),
            metrics: call.metrics.clone(),
            remember,
            variables: Variables { reply, items, ..self.around.variables.clone() },
            at,
        };
        let begin = if bytes > SMALL as u64 { Begin::Aside } else { Begin::Here };
        let seen = body.clone();
        let work = move || Ok((measuring.take(&seen)?, measuring.remember(&seen)?));
        let (measured, remembered) = aside::filtered(begin, work).await.map_err(End::Failed)?;
        self.note_absent(&measured.absent);
        let samples = labelled(measured.samples, &self.caller.redactor);
        let remembered = remembered.into_iter().map(|one| self.scrub(one)).collect();
        Ok(End::Succeeded { samples, remembered, body: call.kept_for_later.then_some(body) })
    }

    /// Says of which metrics there is no value, and what may be the reason.
    fn note_absent(&mut self, absent: &[String]) {
        if absent.is_empty() {
            return;
        }
        let why = match self.ungranted.is_empty() {
            true => String::new(),
            false => format!("; an asked scope was not granted: {}", self.ungranted),
        };
        let note = format!("{}{why}", absent.join("; "));
        // Of elements there may be many, and what holds for one holds for most: their rows have it.
        if self.subject.element.is_none() {
            tracing::warn!(job.name = %self.job.name, call = self.call.name, "`{}`: {note}", self.job.name);
        }
        self.log.note = Some(note);
    }

    fn scrub(&self, remembered: Remembered) -> Remembered {
        Remembered { value: scrubbed(&self.caller.redactor, &remembered.value), ..remembered }
    }

    /// Takes an answer in that is the whole of a call.
    pub(super) async fn take_in(&mut self, reply: &Reply) -> Result<End, End> {
        self.log.page_read(0);
        if !looks_inside(self.call) {
            return Ok(End::Succeeded { samples: Vec::new(), remembered: Vec::new(), body: None });
        }
        let taken = self.open(reply).await?;
        let crop = Crop {
            body: taken.body,
            reply: Some(reply_variable(reply, &self.caller.redactor)),
            items: None,
            at: reply.at,
            bytes: reply.body.len() as u64,
        };
        self.harvest(crop).await
    }
}

impl Caller {
    /// What is to be remembered of a call for each of many elements: its filters see what later calls see.
    pub(super) async fn remember_of_all(
        &self,
        job: &Job,
        call: &Call,
        body: Json,
        around: &Around<'_>,
    ) -> Result<Vec<Remembered>, Failure> {
        if call.remember.is_empty() {
            return Ok(Vec::new());
        }
        let measuring = Measuring {
            job: job.name.clone(),
            element: None,
            metrics: Vec::new(),
            remember: call.remember.clone(),
            variables: around.variables.clone(),
            at: self.clock.now(),
        };
        let remembered = aside::filtered(Begin::Here, move || measuring.remember(&body)).await?;
        let scrub = |one: Remembered| Remembered { value: scrubbed(&self.redactor, &one.value), ..one };
        Ok(remembered.into_iter().map(scrub).collect())
    }
}

/// Samples whose labels hold no secrets.
fn labelled(mut samples: Vec<Sample>, redactor: &Redactor) -> Vec<Sample> {
    for sample in &mut samples {
        sample.label = redactor.scrub_owned(std::mem::take(&mut sample.label));
    }
    samples
}

/// `$reply`: status, headers by lower-case name without those that carry credentials, duration, size.
pub(super) fn reply_variable(reply: &Reply, redactor: &Redactor) -> Json {
    let lines = header_lines(&reply.headers, redactor);
    let headers = lines.iter().map(|(name, value)| (name.as_str(), Json::string(&value.lines().join(", "))));
    Json::object([
        ("status", Json::from(i64::from(reply.status))),
        ("headers", Json::object(headers)),
        ("duration_ms", Json::from(millis(reply.took))),
        ("bytes", Json::from(reply.body.len() as u64)),
    ])
}

/// A failure that says that too much would have to be kept in memory.
pub(super) fn too_many_items(most: u64) -> Failure {
    let reason = format!(
        "more than {most} items would be kept in memory, since a filter uses all of them; raise `limits.items`, \
         or use `$items` and `records`, which need no memory"
    );
    Failure::new(Kind::TooManyItems, reason)
}
