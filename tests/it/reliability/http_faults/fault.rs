//! One fault: what a server does, and what is right then.

use std::time::Duration;

use bytes::Bytes;

use super::trial::Tried;
use crate::support::proxy::Manner;
use crate::support::scripted::{Script, Step};
use crate::support::tls::Says;

/// A call that reads a number out of JSON.
pub(super) const READ: &str = "get = \"/usage\"\nmetrics = { used = \".credits.used\" }";
/// A call that does not look into the answer.
pub(super) const TOUCH: &str = "get = \"/usage\"";
/// A call that may not be made twice.
pub(super) const ONCE: &str = "post = \"/usage\"\nidempotency_key = false";

/// What a good answer holds.
pub(super) const GOOD: &str = r#"{"credits":{"used":7}}"#;

/// A fault, and what is right then.
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) site: Site,
    pub(super) calls: Vec<&'static str>,
    /// Further lines of the job.
    pub(super) keys: &'static str,
    /// Whether the API asks for a token.
    pub(super) is_guarded: bool,
    pub(super) right: Right,
    pub(super) attempts: usize,
    /// What the server has heard of it; `None` where it cannot count.
    pub(super) requests: Option<usize>,
    pub(super) at_least: Duration,
    pub(super) at_most: Duration,
}

/// Who is called.
pub(super) enum Site {
    /// A server that plays one script for each connection.
    Scripts(Vec<Script>),
    /// The same behind TLS, called by the name in its certificate.
    Tls(Says, Script),
    /// The same without TLS, and called as if it had it.
    TlsExpected(Script),
    /// The stand-in API, behind a proxy.
    Proxied(Vec<Manner>),
    /// An address where nobody answers.
    Address(&'static str),
    /// A port that was closed.
    Closed,
    /// A port whose connections nobody takes.
    Full,
}

/// How a run should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// It succeeds.
    Done,
    /// It succeeds with this number.
    Value(&'static str),
    /// It fails with this kind.
    Fails(&'static str),
    /// A person must do something.
    Refused,
}

impl Fault {
    /// A server that hears a request and then says this, on each connection.
    pub(super) fn answer(name: &'static str, answer: impl Into<Bytes>, right: Right) -> Fault {
        Fault::script(name, vec![Step::Hear, Step::Say(answer.into())], right)
    }

    /// A server that plays this on each connection.
    pub(super) fn script(name: &'static str, script: Script, right: Right) -> Fault {
        Fault::new(name, Site::Scripts(vec![script]), right)
    }

    pub(super) fn new(name: &'static str, site: Site, right: Right) -> Fault {
        let counts = matches!(site, Site::Scripts(_) | Site::TlsExpected(_));
        Fault {
            name,
            site,
            calls: vec![READ],
            keys: "timeout = \"20s\"",
            is_guarded: false,
            right,
            attempts: 1,
            requests: counts.then_some(1),
            at_least: Duration::ZERO,
            // Of twenty that one attempt may take: nothing waits for what does not come.
            at_most: Duration::from_secs(12),
        }
    }

    /// It is tried again, so twice.
    pub(super) fn twice(self) -> Fault {
        Fault { attempts: 2, requests: self.requests.map(|_| 2), ..self }
    }

    pub(super) fn heard(self, requests: usize) -> Fault {
        Fault { requests: Some(requests), ..self }
    }

    pub(super) fn attempts(self, attempts: usize) -> Fault {
        Fault { attempts, ..self }
    }

    pub(super) fn calls(self, calls: &[&'static str]) -> Fault {
        Fault { calls: calls.to_vec(), ..self }
    }

    /// An attempt may take a second, and the two that there are hardly longer.
    pub(super) fn times_out(self) -> Fault {
        let (at_least, at_most) = (Duration::from_secs(2), Duration::from_secs(12));
        // Whether the server has heard of an attempt that ends so soon is up to the machine.
        Fault { keys: "timeout = \"1s\"", attempts: 2, requests: None, at_least, at_most, ..self }
    }

    pub(super) fn guarded(self) -> Fault {
        Fault { is_guarded: true, ..self }
    }

    pub(super) fn takes(self, at_least: Duration, at_most: Duration) -> Fault {
        Fault { at_least, at_most, ..self }
    }

    /// What is not as it should be.
    pub(super) fn wrong(&self, tried: &Tried) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut differ = |what: &str, seen: String, right: String| {
            if seen != right {
                wrong.push(format!("{}: {what} is {seen} and should be {right}: {}", self.name, tried.told()));
            }
        };
        differ("the end", format!("{:?}", tried.ended(self.right)), format!("{:?}", self.right));
        differ("the number of attempts", tried.attempts.to_string(), self.attempts.to_string());
        if let Some(requests) = self.requests {
            differ("the number of requests", tried.requests.to_string(), requests.to_string());
        }
        if !(self.at_least..=self.at_most).contains(&tried.took) {
            wrong.push(format!("{}: took {:?}, not {:?} to {:?}", self.name, tried.took, self.at_least, self.at_most));
        }
        wrong
    }
}

/// An answer with a status, headers as they are written, and a body of known length.
pub(super) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Bytes {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat().into()
}

/// A good status, with a body of JSON.
pub(super) fn json(body: impl AsRef<[u8]>) -> Bytes {
    answer(200, "content-type: application/json\r\n", body)
}

/// An answer that the server says, and goes on with the connection.
pub(super) fn say(answer: impl Into<Bytes>) -> Step {
    Step::Say(answer.into())
}
