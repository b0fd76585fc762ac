//! What an attempt's answer means for its call. Pure.

use std::time::Duration;

use super::failure::Failure;
use super::problem::words;
use super::request::Repeatable;
use super::send::{Reply, Unheard};
use crate::job::Expect;
use crate::run::Kind;
use crate::token::{Cut, Fault, retry_after};

/// The longest wait that is believed. A `Retry-After` beyond a day is garbage, or an outage that a
/// later tick meets again; and a run's deadline bounds its waits anyway.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What an answer means.
#[derive(Debug)]
pub(super) enum Judged {
    /// It is what was expected, as far as the status tells.
    Accepted(Reply),
    /// Another attempt may help, after at least the time that the API asks for.
    Again { at_least: Duration, failure: Failure, reply: Option<Reply> },
    /// The API denies the call: 401, 402 or 403.
    Refused(Reply),
    /// Another attempt would not help.
    Failed(Failure),
}

impl Judged {
    /// Judges the answer to an attempt. The API is called `host` in reasons.
    pub(super) fn new(answer: Result<Reply, Unheard>, expect: &Expect, repeatable: Repeatable, host: &str) -> Judged {
        match answer {
            Ok(reply) => judge_reply(reply, expect, repeatable, host),
            Err(unheard) => judge_silence(&unheard.fault, repeatable, host),
        }
    }

    /// The kind that stands with the attempt itself.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Judged::Accepted(_) => None,
            Judged::Refused(_) => Some(Kind::Refused),
            Judged::Again { failure, .. } | Judged::Failed(failure) => Some(failure.kind),
        }
    }
}

/// How long an answer asks to wait, as far as that is believed; `None` when it does not ask.
pub(super) fn asked_to_wait(reply: &Reply) -> Option<Duration> {
    let asked = reply.header("retry-after").and_then(|text| retry_after(text, reply.at));
    asked.map(|asked| asked.min(LONGEST_WAIT))
}

/// That an API answered with a status that was not expected.
pub(super) fn answered(reply: &Reply, host: &str, kind: Kind) -> Failure {
    let words = words(&reply.body).map(|words| format!(": {words}")).unwrap_or_default();
    Failure::new(kind, format!("{host} answered {}{words}", reply.status))
}

fn judge_reply(reply: Reply, expect: &Expect, repeatable: Repeatable, host: &str) -> Judged {
    let asked = asked_to_wait(&reply);
    let again = |reply: Reply, kind| Judged::Again {
        at_least: asked.unwrap_or_default(),
        failure: answered(&reply, host, kind),
        reply: Some(reply),
    };
    match reply.status {
        status if expect.accepts(status) => accept(reply, host),
        429 => again(reply, Kind::RateLimited),
        // Says that it was not worked on, and when to come back.
        503 if asked.is_some() => again(reply, Kind::Status),
        408 | 500 | 502 | 503 | 504 if repeatable == Repeatable::Yes => again(reply, Kind::Status),
        401..=403 => Judged::Refused(reply),
        _ => Judged::Failed(answered(&reply, host, Kind::Status)),
    }
}

fn judge_silence(fault: &Fault, repeatable: Repeatable, host: &str) -> Judged {
    let Fault { kind, message } = fault;
    let failure = |more: &str| Failure::new(*kind, format!("{host}: {message}{more}"));
    let again = || Judged::Again { at_least: Duration::ZERO, failure: failure(""), reply: None };
    match (kind, repeatable) {
        // Nothing was sent yet.
        (Kind::Dns | Kind::Connect | Kind::Tls, _) => again(),
        (Kind::Timeout | Kind::Reset | Kind::Protocol, Repeatable::Yes) => again(),
        (Kind::Timeout | Kind::Reset | Kind::Protocol, Repeatable::No) => {
            Judged::Failed(failure("; it may have taken effect, and without an idempotency key it is not sent again"))
        }
        // Of our own file, not of the host.
        (Kind::Upload, _) => Judged::Failed(Failure::new(*kind, message.as_str())),
        _ => Judged::Failed(failure("")),
    }
}

fn accept(reply: Reply, host: &str) -> Judged {
    match reply.cut {
        Cut::Whole => Judged::Accepted(reply),
        Cut::Cut => {
            let longest = reply.body.len();
            let reason =
                format!("the answer of {host} is longer than {longest} bytes; raise `limits.body` if that is right");
            Judged::Failed(Failure::new(Kind::TooLarge, reason))
        }
    }
}

#[cfg(test)]
mod tests;
