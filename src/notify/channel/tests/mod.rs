//! What the tests of channels share.

mod bounds;
mod http;
mod mail;
mod mail_failures;
mod mail_server;
mod rendered;

use std::fmt::Write as _;

use super::*;
use crate::call::http_client;
use crate::clock::{Clock, Hands};
use crate::run::{Name, What};
use crate::secret::{Environment, Redactor, Source};
use crate::token::Http;
use crate::token::testing::{name, noon};

/// Everything that a message goes out with, and an address in the variable `ADDRESS`.
struct Kit {
    http: Http,
    clock: Clock,
    hands: Hands,
    environment: Environment,
    redactor: Redactor,
}

impl Kit {
    fn new(address: &str) -> Kit {
        let (clock, hands) = Clock::manual(noon());
        let environment = Environment::fixed([("ADDRESS", address)]);
        Kit { http: http_client().expect("a client"), clock, hands, environment, redactor: Redactor::new() }
    }

    fn line(&self) -> Line<'_> {
        Line { http: &self.http, clock: &self.clock, environment: &self.environment, redactor: &self.redactor }
    }

    async fn send(&self, target: Target, messages: &[Message]) -> Result<Sent, SendError> {
        send(self.line(), &channel(target), messages).await
    }
}

fn kept() -> Source {
    Source::Env("ADDRESS".to_owned())
}

fn channel(target: Target) -> Channel {
    Channel { name: name("ops"), target }
}

/// That credits are low.
fn firing() -> Message {
    Message {
        key: "credits-low/credit-balance.credits_available firing 1".to_owned(),
        alert: name("credits-low"),
        series: "credit-balance.credits_available".to_owned(),
        step: String::new(),
        job: Name::new("credit-balance"),
        kind: "below".to_owned(),
        severity: "page".to_owned(),
        what: What::Firing,
        value: Some(4_200.0),
        threshold: Some(5_000.5),
        unit: Some("credits".to_owned()),
        reason: "credit-balance.credits_available is 4,200, under 5,000.5".to_owned(),
        why: Vec::new(),
        remedy: None,
        since: noon() - chrono::TimeDelta::minutes(5),
        at: noon(),
        host: "ops-1".to_owned(),
    }
}

/// That they are not any more.
fn resolved() -> Message {
    Message {
        key: "credits-low/credit-balance.credits_available resolved 2".to_owned(),
        what: What::Resolved,
        reason: "credit-balance.credits_available is 9,000, not under 5,000.5".to_owned(),
        value: Some(9_000.0),
        since: noon(),
        ..firing()
    }
}

/// What has all that a message can have, and characters that mean something elsewhere.
fn full() -> Message {
    Message {
        key: "credits-runout/b.c{<eu> & \u{202e}x}/3d slow firing 3".to_owned(),
        alert: name("credits-runout"),
        series: "b.c{<eu> & \u{202e}x}".to_owned(),
        step: "3d slow".to_owned(),
        kind: "runout".to_owned(),
        reason: "at the pace of the last 28 days between 6 June and 2 July, most likely 12 June <!channel> @here"
            .to_owned(),
        why: vec!["R = 4,200 is left".to_owned(), "use(H) = m·H ± q·√(s²·H + s²·H²/n)\n```".to_owned()],
        remedy: Some("buy credits & tell ops".to_owned()),
        ..firing()
    }
}

/// An error as a log has it, and as `{:?}` has it.
fn everything_said(error: &SendError) -> String {
    let mut said = crate::telemetry::chain(error);
    write!(said, " {error:?}").expect("a text");
    said
}
