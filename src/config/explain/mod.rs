//! What holds for a job, and where that is said.

mod call;
mod lists;
mod texts;

use std::path::PathBuf;

use super::mask::masked_words;
use super::place::At;
use super::sheet::Sheet;
use super::spans::Step;
use crate::job::{Api, ClientId, Credential, Grant, Job, RateLimit};

use texts::{next_source, source, text, time};

/// A key that holds for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Dotted, from the job on: `retry.attempts`, `calls.usage.get`; of its API and its credential
    /// from the top of the file on: `apis.a.base_url`.
    pub key: String,
    /// As TOML. Of a secret only the source.
    pub value: String,
    /// Where it is said.
    pub origin: Origin,
}

/// Where a key that holds is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it is what holds without being said.
    BuiltIn,
    /// In a job file.
    At {
        /// The file, as it was named.
        file: PathBuf,
        /// The line of the key, from 1.
        line: usize,
    },
}

/// All that is worth a question, in the order of the contract.
pub(in crate::config) fn of(sheets: &[Sheet<'_>], job: &Job) -> Vec<Effective> {
    let mut told = Told { sheets, keys: Vec::new() };
    told.policies(job);
    told.api(&job.api);
    for (n, call) in job.calls.iter().enumerate() {
        told.call(job, n, call);
    }
    told.keys
}

struct Told<'s> {
    sheets: &'s [Sheet<'s>],
    keys: Vec<Effective>,
}

impl Told<'_> {
    fn policies(&mut self, job: &Job) {
        let name = job.name.as_str();
        let mut tell = |key: &str, value: String| self.policy(name, key, value);
        if let Some(pattern) = &job.schedule {
            tell("schedule", text(pattern.text()));
        }
        tell("timezone", text(job.timezone.name()));
        tell("enabled", job.enabled.to_string());
        tell("scopes", format!("[{}]", job.scopes.iter().map(text).collect::<Vec<_>>().join(", ")));
        tell("api", text(job.api.name.as_str()));
        tell("timeout", time(job.timeout));
        tell("deadline", time(job.deadline));
        tell("retry.attempts", job.retry.attempts.to_string());
        tell("retry.backoff", time(job.retry.backoff));
        tell("retry.max_backoff", time(job.retry.max_backoff));
        tell("overlap", text(job.overlap.as_str()));
        tell("catch_up", text(job.catch_up.as_str()));
        tell("catch_up_window", time(job.catch_up_window));
        tell("jitter", time(job.jitter));
        tell("redirects", text(job.redirects.as_str()));
        if let Some(after) = &job.after {
            tell("after", text(after.as_str()));
        }
    }

    /// A key that the job may have, else `[defaults]`.
    fn policy(&mut self, job: &str, key: &str, value: String) {
        let below = |table: &[&str]| path(table.iter().copied().chain(key.split('.')));
        let places = [below(&["jobs", job]), below(&["defaults"])];
        let origin = places.iter().find_map(|place| self.written(place)).unwrap_or(Origin::BuiltIn);
        self.keys.push(Effective { key: key.to_owned(), value, origin });
    }

    fn api(&mut self, api: &Api) {
        let name = api.name.as_str();
        self.below(&["apis", name, "base_url"], text(api.base_url.as_str()));
        if let Some(credential) = &api.credential {
            self.below(&["apis", name, "credential"], text(credential.name.as_str()));
            self.credential(credential);
        }
        if let Some(RateLimit { requests, per }) = &api.rate_limit {
            self.below(&["apis", name, "rate_limit", "requests"], requests.to_string());
            self.below(&["apis", name, "rate_limit", "per"], time(*per));
        }
    }

    fn credential(&mut self, credential: &Credential) {
        let name = credential.name.as_str();
        self.grant(credential);
        if let Some(day) = credential.secret_issued {
            self.below(&["credentials", name, "secret_issued"], day.to_string());
            self.below(&["credentials", name, "rotate_after"], time(credential.rotate_after));
        }
    }

    fn grant(&mut self, credential: &Credential) {
        let name = credential.name.as_str();
        match &credential.grant {
            Grant::Bearer(from) => self.below(&["credentials", name, "bearer"], source(from)),
            Grant::ClientCredentials(client) => {
                let id = match &client.client_id {
                    ClientId::Text(id) => text(id),
                    ClientId::From(from) => source(from),
                };
                self.below(&["credentials", name, "token_url"], text(masked_words(client.token_url.as_str())));
                self.below(&["credentials", name, "client_id"], id);
                self.below(&["credentials", name, "client_secret"], source(&client.client_secret));
                if let Some(next) = &client.next_client_secret {
                    self.below(&["credentials", name, "next_client_secret"], next_source(next));
                }
            }
        }
    }

    /// A key that stands where it says, counted from the top of the file.
    fn below(&mut self, keys: &[&str], value: String) {
        let origin = self.written(&path(keys.iter().copied())).unwrap_or(Origin::BuiltIn);
        self.keys.push(Effective { key: keys.join("."), value, origin });
    }

    /// The place of a key in whichever file has it. Names are unique over all files, and
    /// `[defaults]` stand in the first only.
    fn written(&self, path: &[Step]) -> Option<Origin> {
        let (Step::Key(key), table) = path.split_last()? else { return None };
        let sheet = self.sheets.iter().find(|sheet| At::of(&sheet.parsed, table.to_vec()).has(key))?;
        let at = At::of(&sheet.parsed, path.to_vec()).as_related("");
        Some(Origin::At { file: at.file, line: usize::try_from(at.line).unwrap_or(usize::MAX) })
    }
}

fn path<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<Step> {
    keys.into_iter().map(|key| Step::Key(key.to_owned())).collect()
}
