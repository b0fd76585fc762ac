//! The fingerprint of a job.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::job::{
    Api, Body, Call, ClientId, Credential, Expect, Grant, Header, HeaderText, Job, JsonBody, Metric, Retry,
};
use crate::run::Name;
use crate::secret::Source;

/// 16 hex digits over the effective keys of a job with its API and credential.
///
/// Equal for files that say the same in another order, with other comments or other units. Sources
/// of secrets are in it, their values are not.
pub(in crate::config) fn of(job: &Job) -> String {
    let mut text = Canonical::default();
    text.job(job);
    let digest = Sha256::digest(&text.0);
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Keys and values, each with its length before it, so that no two jobs have one text.
#[derive(Default)]
struct Canonical(Vec<u8>);

impl Canonical {
    fn put(&mut self, key: &str, value: impl AsRef<str>) {
        for part in [key, value.as_ref()] {
            self.0.extend((part.len() as u64).to_be_bytes());
            self.0.extend(part.as_bytes());
        }
    }

    fn put_some(&mut self, key: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn put_time(&mut self, key: &str, time: Duration) {
        self.put(key, time.as_nanos().to_string());
    }

    fn job(&mut self, job: &Job) {
        // Taken apart, so that a new key cannot be forgotten.
        let Job {
            name,
            description,
            schedule,
            timezone,
            enabled,
            scopes,
            api,
            calls,
            timeout,
            deadline,
            retry,
            overlap,
            catch_up,
            catch_up_window,
            jitter,
            after,
            config_hash: _,
        } = job;
        self.put("name", name.as_str());
        self.put_some("description", description.as_ref());
        let fields = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.put_some("schedule", schedule.as_ref().map(|pattern| fields(pattern.text())));
        self.put("timezone", timezone.name());
        self.put("enabled", enabled.to_string());
        self.put("scopes", scopes.to_string());
        self.put_time("timeout", *timeout);
        self.put_time("deadline", *deadline);
        let Retry { attempts, backoff, max_backoff } = retry;
        self.put("retry.attempts", attempts.to_string());
        self.put_time("retry.backoff", *backoff);
        self.put_time("retry.max_backoff", *max_backoff);
        self.put("overlap", format!("{overlap:?}"));
        self.put("catch_up", format!("{catch_up:?}"));
        self.put_time("catch_up_window", *catch_up_window);
        self.put_time("jitter", *jitter);
        self.put_some("after", after.as_ref().map(Name::as_str));
        self.api(api);
        for call in calls {
            self.call(call);
        }
    }

    fn api(&mut self, api: &Api) {
        let Api { name, base_url, credential, headers, rate_limit: _ } = api;
        self.put("api", name.as_str());
        self.put("api.base_url", base_url.as_str());
        self.headers("api.header", headers);
        if let Some(credential) = credential {
            self.credential(credential);
        }
    }

    fn credential(&mut self, credential: &Credential) {
        let Credential { name, grant, secret_issued: _, rotate_after: _ } = credential;
        self.put("credential", name.as_str());
        let client = match grant {
            Grant::Bearer(source) => return self.source("bearer", source),
            Grant::ClientCredentials(client) => client,
        };
        self.put("token_url", client.token_url.as_str());
        match &client.client_id {
            ClientId::Text(text) => self.put("client_id", text),
            ClientId::From(source) => self.source("client_id.from", source),
        }
        self.source("client_secret", &client.client_secret);
        self.put("auth_method", client.auth_method.as_str());
        self.put("token_body", client.token_body.as_str());
        self.put_time("default_ttl", client.default_ttl);
        self.put_some("audience", client.audience.as_ref());
        for (key, value) in &client.extra {
            self.put("extra", key);
            self.put("extra.value", value);
        }
    }

    fn source(&mut self, key: &str, source: &Source) {
        self.put(key, source.to_string());
    }

    fn headers(&mut self, key: &str, headers: &[Header]) {
        let mut sorted: Vec<_> =
            headers.iter().map(|header| (header.name.to_ascii_lowercase(), &header.value)).collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, value) in sorted {
            self.put(key, name);
            match value {
                HeaderText::Template(template) => self.put("text", template.text()),
                HeaderText::Secret(source) => self.source("secret", source),
            }
        }
    }

    fn call(&mut self, call: &Call) {
        let Call { name, method, path, query, headers, body, idempotency_key, metrics, expect, .. } = call;
        self.put("call", name);
        self.put("method", method.as_str());
        self.put("path", path.text());
        // By name only: values of one parameter stay in their order, which the API may look at.
        let mut query: Vec<_> = query.iter().collect();
        query.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, value) in query {
            self.put("query", key);
            self.put("query.value", value.text());
        }
        self.headers("header", headers);
        if let Some(Body::Json(json)) = body {
            self.json(json);
        }
        self.put("idempotency_key", idempotency_key.to_string());
        let mut metrics: Vec<_> = metrics.iter().collect();
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        for metric in metrics {
            self.metric(metric);
        }
        let Expect { status, that } = expect;
        let mut status = status.clone();
        status.sort_unstable();
        status.dedup();
        for status in status {
            self.put("expect.status", status.to_string());
        }
        self.put_some("expect.that", that.as_ref().map(crate::filter::Filter::text));
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
        self.put_some("limit", limit.as_ref().map(crate::filter::Filter::text));
        if let Some(period) = period {
            self.put("period.start", period.start.text());
            self.put("period.end", period.end.text());
        }
    }
}
