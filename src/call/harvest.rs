//! What is taken in from an answer that was accepted: numbers, and the body for later calls.

use bytes::Bytes;

use super::aside::{self, Begin};
use super::failure::Failure;
use super::log::millis;
use super::measure::Measuring;
use super::send::Reply;
use crate::filter::{Json, Variables};
use crate::job::Call;
use crate::run::{Kind, Name, Sample};
use crate::secret::Redactor;
use crate::token::header_lines;

/// Larger bodies are parsed, and measured, off the async threads.
const SMALL: usize = 64 * 1024;

/// What an answer is taken in with.
pub(super) struct Parts<'a> {
    pub(super) job: &'a Name,
    pub(super) call: &'a Call,
    pub(super) variables: &'a Variables,
}

/// The samples of an answer, and its body when a later call reads it.
pub(super) async fn harvest(
    parts: &Parts<'_>,
    reply: Reply,
    host: &str,
    redactor: &Redactor,
) -> Result<(Vec<Sample>, Option<Json>), Failure> {
    let call = parts.call;
    if call.metrics.is_empty() && call.expect.that.is_none() && !call.kept_for_later {
        return Ok((Vec::new(), None));
    }
    let measuring = Measuring {
        job: parts.job.clone(),
        metrics: call.metrics.clone(),
        that: call.expect.that.clone(),
        variables: Variables { reply: Some(reply_variable(&reply, redactor)), ..parts.variables.clone() },
        at: reply.at,
    };
    let (body, host) = (reply.body, host.to_owned());
    let begin = if body.len() > SMALL { Begin::Aside } else { Begin::Here };
    let take = move || {
        let body = parse(&body, &host)?;
        Ok((measuring.take(&body)?, body))
    };
    let (mut samples, body) = aside::filtered(begin, take).await?;
    for sample in &mut samples {
        sample.label = redactor.scrub_owned(std::mem::take(&mut sample.label));
    }
    Ok((samples, call.kept_for_later.then_some(body)))
}

/// `$reply`: status, headers by lower-case name without those that carry credentials, duration, size.
fn reply_variable(reply: &Reply, redactor: &Redactor) -> Json {
    let lines = header_lines(&reply.headers, redactor);
    let headers = lines.iter().map(|(name, value)| (name.as_str(), Json::string(&value.lines().join(", "))));
    Json::object([
        ("status", Json::from(i64::from(reply.status))),
        ("headers", Json::object(headers)),
        ("duration_ms", Json::from(millis(reply.took))),
        ("bytes", Json::from(reply.body.len() as u64)),
    ])
}

/// An empty body, as 204 has it, is null.
fn parse(body: &Bytes, host: &str) -> Result<Json, Failure> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Failure::new(Kind::Encoding, format!("the answer of {host} is not UTF-8: {error}")))?;
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    if text.is_empty() {
        return Ok(Json::null());
    }
    Json::parse(text.as_bytes())
        .map_err(|error| Failure::new(Kind::NotJson, format!("the answer of {host} is not JSON: {error}")))
}
