//! What an answer says about something that takes its time. Pure.

use super::failure::Failure;
use crate::filter::{Filter, Json, Variables};
use crate::job::Poll;
use crate::run::Kind;

/// Where APIs say what went wrong.
const REASONS: [&str; 5] = ["error", "errorMessage", "message", "reason", "detail"];

/// What a look at an answer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is done.
    Done,
    /// It has failed, for this reason: whole, and not scrubbed.
    Failed(String),
    /// It takes longer.
    NotYet,
}

/// Looks at an answer. What has failed is not done, whatever else holds.
///
/// # Errors
/// A filter fails, or gives several values.
pub(super) fn look(poll: &Poll, body: &Json, variables: &Variables) -> Result<Look, Failure> {
    if let Some(failed) = &poll.failed
        && let Some(sign) = holds(failed, body, variables)?
    {
        return Ok(Look::Failed(reason(failed, &sign, body)));
    }
    Ok(if holds(&poll.until, body, variables)?.is_some() { Look::Done } else { Look::NotYet })
}

/// That it took longer than it may.
pub(super) fn overdue(poll: &Poll) -> Failure {
    let within = humantime::format_duration(poll.within);
    Failure::new(Kind::Timeout, format!("`until` did not hold within {within}: `{}`", poll.until.text()))
}

/// What a filter gives, if that is neither `false` nor `null`.
fn holds(filter: &Filter, body: &Json, variables: &Variables) -> Result<Option<Json>, Failure> {
    Ok(filter.one(body, variables)?.filter(Json::is_truthy))
}

fn reason(failed: &Filter, sign: &Json, body: &Json) -> String {
    let words = sign.as_str().and_then(in_words).or_else(|| words_of(body));
    words.unwrap_or_else(|| format!("`{}` holds for the answer", failed.text()))
}

/// The first text under one of the names, whatever it is inside of.
fn words_of(body: &Json) -> Option<String> {
    if let Some(mut members) = body.members() {
        return members.find_map(|(name, value)| {
            let words = REASONS.contains(&name.as_str()).then(|| value.as_str().and_then(in_words)).flatten();
            words.or_else(|| words_of(&value))
        });
    }
    body.elements()?.find_map(|element| words_of(&element))
}

/// A text for a sentence; `None` if there is nothing to read in it.
fn in_words(text: &str) -> Option<String> {
    let words = text.trim().replace(char::is_control, " ");
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests;
