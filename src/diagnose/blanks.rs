//! What fills the blanks of a sentence: a value from the evidence, or plain words where there is none.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::clean::clean;
use super::facts::Facts;
use super::limits::{Wait, retry_after};
use crate::run::{Context, Scopes};

/// Headers that name a request, the most telling first.
const REQUEST_IDS: &[&str] = &["x-request-id", "x-correlation-id", "request-id", "traceparent", "cf-ray"];
const MOST_NAMES: usize = 8;

impl Facts<'_> {
    /// `client m2m-1`, or "the client".
    pub(super) fn client(&self) -> String {
        let claimed = || self.claim("client_id").and_then(Value::as_str).map(clean).filter(|id| !id.is_empty());
        let id = self.context(|context| &context.client_id).or_else(claimed);
        let credential = self.context(|context| &context.credential);
        match (id, credential) {
            (Some(id), _) => format!("client {id}"),
            (None, Some(name)) => format!("the client of credential {name}"),
            (None, None) => "the client".to_owned(),
        }
    }

    /// `job credit-balance`, or "the job".
    pub(super) fn job(&self) -> String {
        self.context(|context| &context.job).map_or_else(|| "the job".to_owned(), |job| format!("job {job}"))
    }

    /// `in file x`, or "where it is kept".
    pub(super) fn where_the_secret_is(&self) -> String {
        let source = self.context(|context| &context.secret_source);
        source.map_or_else(|| "where it is kept".to_owned(), |source| format!("in {source}"))
    }

    /// Whether the secret is an environment variable, as [`crate::secret::Source`] names one.
    pub(super) fn keeps_the_secret_in_the_environment(&self) -> bool {
        self.context(|context| &context.secret_source).is_some_and(|from| from.starts_with("environment variable "))
    }

    /// The API's host, or plain words.
    pub(super) fn api_host(&self) -> String {
        self.context(|context| &context.api_host).unwrap_or_else(|| "this API".to_owned())
    }

    /// The token endpoint's host, or plain words.
    pub(super) fn token_host(&self) -> String {
        self.context(|context| &context.token_host).unwrap_or_else(|| "the token endpoint".to_owned())
    }

    /// `request id abc`; `None` when the answer has none.
    pub(super) fn request_id(&self) -> Option<String> {
        let header = || REQUEST_IDS.iter().find_map(|name| self.header(name)).map(clean);
        let member = || ["request_id", "requestId"].iter().find_map(|name| self.member(name)?.as_str()).map(clean);
        let id = self.context(|context| &context.request_id).or_else(header).or_else(member);
        id.filter(|id| !id.is_empty()).map(|id| format!("request id {id}"))
    }

    /// What answered in the place of the API.
    pub(super) fn in_between(&self) -> String {
        let server = self.header("server").map(clean).filter(|server| !server.is_empty());
        server.unwrap_or_else(|| "Something on the way".to_owned())
    }

    /// ` (ray abc)`, or nothing.
    pub(super) fn ray(&self) -> String {
        self.header("cf-ray").map(|ray| format!(" (ray {})", clean(ray))).unwrap_or_default()
    }

    /// The hosts that the request was sent on to, in order; `None` when there were none.
    pub(super) fn redirects(&self) -> Option<String> {
        let hosts = &self.evidence.context.as_ref()?.redirects;
        (!hosts.is_empty()).then(|| clean(&hosts.join(" → ")))
    }

    /// A text claim, or all of a list.
    pub(super) fn claimed(&self, name: &str) -> Option<String> {
        let texts = match self.claim(name)? {
            Value::String(text) => clean(text),
            Value::Array(values) => clean(&values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")),
            _ => return None,
        };
        (!texts.is_empty()).then_some(texts)
    }

    /// `3 jobs wait`; `None` when nobody counted.
    pub(super) fn waiting_jobs(&self) -> Option<String> {
        match self.evidence.context.as_ref()?.waiting_jobs? {
            1 => Some("1 job waits".to_owned()),
            n => Some(format!("{n} jobs wait")),
        }
    }

    /// Until when the server wants us to wait: ` until 2026-…`, ` 60 s`, or nothing.
    pub(super) fn wait(&self) -> String {
        let until = match (retry_after(self.evidence), self.clocks.date) {
            (Some(Wait::Until(at)), _) => Some(at),
            (Some(Wait::Seconds(seconds)), Some(now)) => Some(now.saturating_add(seconds)),
            (Some(Wait::Seconds(seconds)), None) => return format!(" {seconds} s"),
            (None, _) => None,
        };
        let time = until.and_then(|at| DateTime::from_timestamp(at, 0));
        time.map(|time| format!(" until {}", time.to_rfc3339_opts(SecondsFormat::Secs, true))).unwrap_or_default()
    }

    /// An amount that the server names, in a member or as `Required: 75 credits.` in its words.
    pub(super) fn amount(&self, names: &[&str]) -> Option<String> {
        let member = names.iter().find_map(|name| match self.member(name)? {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            _ => None,
        });
        let told = || self.problem.texts.iter().find_map(|text| names.iter().find_map(|name| after_colon(text, name)));
        member.or_else(told).map(|amount| clean(&amount)).filter(|amount| !amount.is_empty())
    }

    fn context(&self, part: impl Fn(&Context) -> &Option<String>) -> Option<String> {
        part(self.evidence.context.as_ref()?).as_deref().map(clean).filter(|text| !text.is_empty())
    }
}

/// `a:b`, `a:b and c:d`, `a:b, c:d and e:f`; a long list is cut.
pub(super) fn list(scopes: &Scopes) -> String {
    let mut names: Vec<String> = scopes.iter().take(MOST_NAMES).map(clean).collect();
    let more = scopes.iter().count().saturating_sub(MOST_NAMES);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        None => "a scope that it does not name".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// The sentence with a capital at its start.
pub(super) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What follows `name:` up to the end of its sentence. The name is compared without regard to case.
fn after_colon(text: &str, name: &str) -> Option<String> {
    let at = text.to_ascii_lowercase().find(&format!("{name}:"))?;
    let rest = text.get(at + name.len() + 1..)?.trim_start();
    let end = rest.find([',', ';', '\n']).into_iter().chain(rest.find(". ")).min().unwrap_or(rest.len());
    rest.get(..end).map(|amount| amount.trim_end_matches('.').to_owned())
}
