//! One call of an address that waits for it.

use std::time::Duration;

use url::Url;

use crate::clock::Clock;
use crate::secret::{Environment, Redactor, SecretError, Source};
use crate::token::{Fault, Http, Stage, check_target};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What a message goes out with.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// A client that follows no redirect.
    pub http: &'a Http,
    /// Time.
    pub clock: &'a Clock,
    /// Where secrets come from.
    pub environment: &'a Environment,
    /// What keeps them out of everything that is written.
    pub redactor: &'a Redactor,
}

/// Why a ping did not arrive. None of these holds the address.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// Its address could not be read.
    #[error("could not read its address")]
    Unreadable(#[source] SecretError),
    /// Reading its address was broken off.
    #[error("reading its address from {0} was broken off")]
    BrokenOff(Source),
    /// What its source holds is no URL.
    #[error("{0} holds no URL")]
    NoUrl(Source),
    /// What its source holds is no address that is called.
    #[error("the URL in {0} is neither https nor http to this machine, or is one that is never called")]
    Blocked(Source),
    /// No answer came.
    #[error("no answer came: {0}")]
    Unheard(String),
    /// The answer says no.
    #[error("the answer was {0}")]
    Status(u16),
}

/// Calls the address that `url` holds, with GET. Any 2xx within 10 s is good.
///
/// # Errors
/// [`PingError`].
pub async fn ping(line: Line<'_>, url: &Source) -> Result<(), PingError> {
    let address = address(line, url).await?;
    let request = line.http.get(address).send();
    let answer = match line.clock.within(LIMIT, request).await {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => {
            let fault = Fault::from_reqwest(error, Stage::Head);
            return Err(PingError::Unheard(line.redactor.scrub_owned(fault.message)));
        }
        None => return Err(PingError::Unheard(Fault::timeout(LIMIT).message)),
    };
    if answer.status().is_success() { Ok(()) } else { Err(PingError::Status(answer.status().as_u16())) }
}

/// Reads it off the async threads: its file may be on a disk that hangs.
async fn address(line: Line<'_>, url: &Source) -> Result<Url, PingError> {
    let (source, environment) = (url.clone(), line.environment.clone());
    let secret = tokio::task::spawn_blocking(move || source.read(&environment)).await;
    let secret = secret.map_err(|_| PingError::BrokenOff(url.clone()))?.map_err(PingError::Unreadable)?;
    line.redactor.learn_secret(&secret);
    let address = Url::parse(secret.expose()).map_err(|_| PingError::NoUrl(url.clone()))?;
    check_target(&address).map_err(|_| PingError::Blocked(url.clone()))?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::http_client;
    use crate::token::testing::{Server, answer};

    async fn pinged(address: &str) -> (Result<(), PingError>, Redactor) {
        let (http, clock, redactor) = (http_client().expect("a client"), Clock::system(), Redactor::new());
        let environment = Environment::fixed([("HEARTBEAT", address)]);
        let line = Line { http: &http, clock: &clock, environment: &environment, redactor: &redactor };
        let pinged = ping(line, &Source::Env("HEARTBEAT".to_owned())).await;
        (pinged, redactor)
    }

    #[tokio::test]
    async fn a_ping_is_a_get_of_the_address_which_is_known_to_redaction() {
        let server = Server::answering(|_, _| answer(204, &[], "")).await;
        let address = format!("{}ping/canary-path", server.url);
        let (pinged, redactor) = pinged(&address).await;
        pinged.expect("heard");
        let seen = server.seen().remove(0);
        assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("GET", "/ping/canary-path"));
        assert!(!redactor.scrub(&address).contains("canary"));
    }

    #[tokio::test]
    async fn no_error_holds_the_address() {
        let redirect = Server::answering(|_, _| answer(302, &[("location", "/elsewhere")], "")).await;
        let gone = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            format!("http://{}/canary", listener.local_addr().expect("an address"))
        };
        let cases = [
            (format!("{}canary", redirect.url), "the answer was 302"),
            (gone, "no answer came: "),
            ("http://canary.example.com/x".to_owned(), "neither https nor http to this machine"),
            ("https://169.254.169.254/canary".to_owned(), "never called"),
            ("canary canary".to_owned(), "environment variable HEARTBEAT holds no URL"),
        ];
        for (address, expected) in cases {
            let error = pinged(&address).await.0.expect_err(&address);
            let text = crate::telemetry::chain(&error);
            assert!(text.contains(expected) && !text.contains("canary"), "{address}: {text}");
        }
    }
}
