//! What holds for a call.

use super::texts::{inline, pairs, text, time};
use super::{Effective, Origin, Told, path};
use crate::config::spans::Step;
use crate::job::{Body, Call, Each, Elements, Job, OnError, Poll};

/// The keys of one call, while they are told.
pub(super) struct OfCall<'t, 's> {
    pub(super) told: &'t mut Told<'s>,
    /// Where the call stands.
    pub(super) place: Vec<Step>,
    /// What its keys begin with.
    pub(super) prefix: String,
}

impl Told<'_> {
    pub(super) fn call(&mut self, job: &Job, n: usize, call: &Call) {
        let mut place = path(["jobs", job.name.as_str(), "calls"]);
        place.push(Step::Index(n));
        let mut told = OfCall { told: self, place, prefix: format!("calls.{}", call.name) };
        told.sent(call);
        told.when_it_is_made(call);
        if let Some(pages) = &call.pages {
            told.pages(job.api.name.as_str(), pages);
        }
        if let Some(records) = &call.records {
            told.records(records);
        }
        for remember in &call.remember {
            told.tell(&["remember", &remember.name], text(remember.value.text()));
        }
        if call.timeout != job.timeout {
            told.tell(&["timeout"], time(call.timeout));
        }
        if call.retry != job.retry {
            told.tell(&["retry", "attempts"], call.retry.attempts.to_string());
            told.tell(&["retry", "backoff"], time(call.retry.backoff));
            told.tell(&["retry", "max_backoff"], time(call.retry.max_backoff));
        }
    }
}

impl OfCall<'_, '_> {
    /// A key below the call.
    pub(super) fn tell(&mut self, keys: &[&str], value: String) {
        let place = self.place.iter().cloned().chain(path(keys.iter().copied())).collect::<Vec<_>>();
        let origin = self.told.written(&place).unwrap_or(Origin::BuiltIn);
        self.push(keys, value, origin);
    }

    pub(super) fn push(&mut self, keys: &[&str], value: String, origin: Origin) {
        self.told.keys.push(Effective { key: format!("{}.{}", self.prefix, keys.join(".")), value, origin });
    }

    fn sent(&mut self, call: &Call) {
        self.tell(&[&call.method.as_str().to_ascii_lowercase()], text(call.path.text()));
        match &call.body {
            Some(Body::Form(fields)) => self.tell(&["form"], pairs(fields)),
            Some(Body::Text { text: body, content_type }) => {
                self.tell(&["text"], text(body.text()));
                self.tell(&["content_type"], text(content_type));
            }
            Some(Body::Upload { field, fields }) => {
                self.tell(&["upload", "field"], text(field));
                if !fields.is_empty() {
                    self.tell(&["upload", "fields"], pairs(fields));
                }
            }
            Some(Body::Json(_)) | None => {}
        }
    }

    fn when_it_is_made(&mut self, call: &Call) {
        if let Some(when) = &call.when {
            self.tell(&["when"], text(when.text()));
        }
        if let Some(each) = &call.each {
            self.each(each);
        }
        if call.on_error == OnError::Continue {
            self.tell(&["on_error"], text("continue"));
        }
        if let Some(Poll { until, failed, every, within }) = &call.poll {
            self.tell(&["until"], text(until.text()));
            if let Some(failed) = failed {
                self.tell(&["failed"], text(failed.text()));
            }
            self.tell(&["every"], time(*every));
            self.tell(&["within"], time(*within));
        }
    }

    fn each(&mut self, each: &Each) {
        match &each.of {
            Elements::Filter(filter) => self.tell(&["for_each"], text(filter.text())),
            Elements::Records(name) => self.tell(&["for_each"], inline([("records", text(name.as_str()))])),
            Elements::Files { glob, .. } => self.tell(&["upload", "files"], text(glob)),
        }
        if let Some(key) = &each.key {
            self.tell(&["each_key"], text(key.text()));
        }
        self.tell(&["concurrency"], each.concurrency.to_string());
    }
}
