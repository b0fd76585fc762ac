//! One call of an address that waits for it.

use super::line::LIMIT;
use super::{AddressError, Line, address};
use crate::secret::Source;
use crate::token::{Fault, Stage};

/// Why a ping did not arrive. None of these holds the address.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// Its address could not be used.
    #[error(transparent)]
    Address(#[from] AddressError),
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
    let address = address::http_address(line, url).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::http_client;
    use crate::clock::Clock;
    use crate::secret::{Environment, Redactor};
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
