//! What a call adds to the fingerprint of its job. What is as it is when the file says nothing adds nothing, so
//! that new keys leave the fingerprints of old files as they were.

use super::Canonical;
use crate::filter::Filter;
use crate::job::{Body, Calendar, Call, Each, Elements, Expect, Job, JsonBody, Metric, OnError, Period, Poll};

impl Canonical {
    pub(super) fn call(&mut self, call: &Call, job: &Job) {
        let Call {
            name,
            method,
            path,
            query,
            headers,
            body,
            idempotency_key,
            timeout,
            retry,
            when,
            each,
            on_error,
            poll,
            pages,
            records,
            metrics,
            remember,
            expect,
            // It follows from the other calls.
            kept_for_later: _,
        } = call;
        self.put("call", name);
        self.put("method", method.as_str());
        self.put("path", path.text());
        self.put_pairs("query", query);
        self.headers("header", headers);
        if let Some(body) = body {
            self.body(body);
        }
        self.put("idempotency_key", idempotency_key.to_string());
        let mut metrics: Vec<_> = metrics.iter().collect();
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        for metric in metrics {
            self.metric(metric);
        }
        self.expect(expect);
        if *timeout != job.timeout {
            self.put_time("call.timeout", *timeout);
        }
        if *retry != job.retry {
            self.put("call.retry", "");
            self.retry(retry);
        }
        self.put_filter("when", when.as_ref());
        if let Some(each) = each {
            self.each(each);
        }
        if *on_error == OnError::Continue {
            self.put("on_error", "continue");
        }
        if let Some(Poll { until, failed, every, within }) = poll {
            self.put("until", until.text());
            self.put_filter("failed", failed.as_ref());
            self.put_time("every", *every);
            self.put_time("within", *within);
        }
        if let Some(pages) = pages {
            self.pages(pages);
        }
        if let Some(records) = records {
            self.records(records);
        }
        let mut remember: Vec<_> = remember.iter().collect();
        remember.sort_by(|a, b| a.name.cmp(&b.name));
        for remember in remember {
            self.put("remember", &remember.name);
            self.put("remember.value", remember.value.text());
        }
    }

    fn each(&mut self, each: &Each) {
        let Each { of, key, concurrency } = each;
        match of {
            Elements::Filter(filter) => self.put("for_each", filter.text()),
            Elements::Records(name) => self.put("for_each.records", name.as_str()),
            Elements::Files { folder, glob } => {
                self.put("files", glob);
                self.put("files.folder", folder.to_string_lossy());
            }
        }
        self.put_filter("each_key", key.as_ref());
        self.put("call.concurrency", concurrency.to_string());
    }

    fn expect(&mut self, expect: &Expect) {
        let Expect { status, that } = expect;
        let mut status = status.clone();
        status.sort_unstable();
        status.dedup();
        for status in status {
            self.put("expect.status", status.to_string());
        }
        self.put_filter("expect.that", that.as_ref());
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Json(json) => self.json(json),
            Body::Form(fields) => {
                self.put("form", fields.len().to_string());
                self.put_pairs("form", fields);
            }
            Body::Text { text, content_type } => {
                self.put("text", text.text());
                self.put("content_type", content_type);
            }
            Body::Upload { field, fields } => {
                self.put("upload", field);
                self.put_pairs("upload.field", fields);
            }
        }
    }

    fn json(&mut self, body: &JsonBody) {
        match body {
            JsonBody::Text(template) => self.put("json.text", template.text()),
            JsonBody::Literal(value) => self.put("json", value.to_string()),
            JsonBody::Array(elements) => {
                self.put("json.array", elements.len().to_string());
                elements.iter().for_each(|element| self.json(element));
            }
            JsonBody::Object(members) => {
                self.put("json.object", members.len().to_string());
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                for (key, member) in members {
                    self.put("json.key", key);
                    self.json(member);
                }
            }
        }
    }

    fn metric(&mut self, metric: &Metric) {
        let Metric { name, value, kind, unit, limit, period } = metric;
        self.put("metric", name);
        self.put("value", value.text());
        self.put("kind", kind.as_str());
        self.put_some("unit", unit.as_ref());
        self.put_some("limit", limit.as_ref().map(Filter::text));
        match period {
            Some(Period::Reported { start, end }) => {
                self.put("period.start", start.text());
                self.put("period.end", end.text());
            }
            Some(Period::Calendar(Calendar { cycle, zone })) => {
                self.put("period.cycle", cycle.to_string());
                self.put("period.zone", zone.name());
            }
            None => {}
        }
    }
}
