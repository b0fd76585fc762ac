//! What holds for a job, and where that is said.

use std::path::PathBuf;
use std::time::Duration;

use super::mask::masked_words;
use super::place::At;
use super::sheet::Sheet;
use super::spans::Step;
use crate::job::{Api, Call, ClientId, Credential, Grant, Job};
use crate::secret::Source;

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
        told.call(job.name.as_str(), n, call);
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
        self.named(["apis", name, "base_url"], text(api.base_url.as_str()));
        if let Some(credential) = &api.credential {
            self.named(["apis", name, "credential"], text(credential.name.as_str()));
            self.credential(credential);
        }
    }

    fn credential(&mut self, credential: &Credential) {
        let name = credential.name.as_str();
        match &credential.grant {
            Grant::Bearer(from) => self.named(["credentials", name, "bearer"], source(from)),
            Grant::ClientCredentials(client) => {
                let id = match &client.client_id {
                    ClientId::Text(id) => text(id),
                    ClientId::From(from) => source(from),
                };
                self.named(["credentials", name, "token_url"], text(masked_words(client.token_url.as_str())));
                self.named(["credentials", name, "client_id"], id);
                self.named(["credentials", name, "client_secret"], source(&client.client_secret));
            }
        }
    }

    fn named(&mut self, keys: [&str; 3], value: String) {
        let origin = self.written(&path(keys)).unwrap_or(Origin::BuiltIn);
        self.keys.push(Effective { key: keys.join("."), value, origin });
    }

    fn call(&mut self, job: &str, n: usize, call: &Call) {
        let method = call.method.as_str().to_ascii_lowercase();
        let mut place = path(["jobs", job, "calls"]);
        place.extend([Step::Index(n), Step::Key(method.clone())]);
        let key = format!("calls.{}.{method}", call.name);
        let origin = self.written(&place).unwrap_or(Origin::BuiltIn);
        self.keys.push(Effective { key, value: text(call.path.text()), origin });
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

fn text(text: impl AsRef<str>) -> String {
    toml::Value::from(text.as_ref()).to_string()
}

/// In the largest unit of which it is a whole number; a day is told as the 24 hours that people write.
fn time(time: Duration) -> String {
    const DAY: u128 = 24 * 60 * 60 * 1000;
    let units = [(DAY, "d"), (60 * 60 * 1000, "h"), (60 * 1000, "m"), (1000, "s"), (1, "ms")];
    let ms = time.as_millis();
    let fits = |(unit, name): &&(u128, &str)| ms >= *unit && ms.is_multiple_of(*unit) && (*name != "d" || ms > DAY);
    let (unit, name) = units.iter().find(fits).unwrap_or(&(1000, "s"));
    text(format!("{}{name}", ms / unit))
}

fn source(source: &Source) -> String {
    match source {
        Source::Env(name) => format!("{{ env = {} }}", text(name)),
        Source::File(path) => format!("{{ file = {} }}", text(path.to_string_lossy())),
        Source::EnvFile { path, key } => {
            format!("{{ file = {}, key = {} }}", text(path.to_string_lossy()), text(key))
        }
    }
}
