//! The fingerprint of a job.

mod call;
mod lists;

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::filter::{Filter, Template};
use crate::job::{
    Absence, Api, ClientId, Credential, Grant, Header, HeaderText, Job, NextSecret, RateLimit, Redirects, Retry,
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

    fn put_filter(&mut self, key: &str, filter: Option<&Filter>) {
        self.put_some(key, filter.map(Filter::text));
    }

    /// Names with templates, by name only: values of one name stay in their order, which the API may look at.
    fn put_pairs(&mut self, key: &str, pairs: &[(String, Template)]) {
        let mut pairs: Vec<_> = pairs.iter().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, value) in pairs {
            self.put(key, name);
            self.put(&format!("{key}.value"), value.text());
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
            redirects,
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
        self.retry(retry);
        self.put("overlap", format!("{overlap:?}"));
        self.put("catch_up", format!("{catch_up:?}"));
        self.put_time("catch_up_window", *catch_up_window);
        self.put_time("jitter", *jitter);
        // What is as it is when the file says nothing leaves the fingerprints of old files as they were.
        self.put_some("redirects", (*redirects != Redirects::None).then(|| redirects.as_str()));
        self.put_some("after", after.as_ref().map(Name::as_str));
        self.api(api);
        for call in calls {
            self.call(call, job);
        }
    }

    fn retry(&mut self, retry: &Retry) {
        let Retry { attempts, backoff, max_backoff } = retry;
        self.put("retry.attempts", attempts.to_string());
        self.put_time("retry.backoff", *backoff);
        self.put_time("retry.max_backoff", *max_backoff);
    }

    fn api(&mut self, api: &Api) {
        // What is known of its operations changes nothing that is sent.
        let Api { name, base_url, credential, headers, rate_limit, operations: _ } = api;
        self.put("api", name.as_str());
        self.put("api.base_url", base_url.as_str());
        self.headers("api.header", headers);
        if let Some(RateLimit { requests, per }) = rate_limit {
            self.put("rate_limit.requests", requests.to_string());
            self.put_time("rate_limit.per", *per);
        }
        if let Some(credential) = credential {
            self.credential(credential);
        }
    }

    fn credential(&mut self, credential: &Credential) {
        let Credential { name, grant, secret_issued, rotate_after } = credential;
        self.put("credential", name.as_str());
        if let Some(day) = secret_issued {
            self.put("secret_issued", day.to_string());
            self.put_time("rotate_after", *rotate_after);
        }
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
        if let Some(NextSecret { source, absence }) = &client.next_client_secret {
            self.source("next_client_secret", source);
            self.put_some("next_client_secret.optional", (*absence == Absence::Allowed).then_some("true"));
        }
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
}
