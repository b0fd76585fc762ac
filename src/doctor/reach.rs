//! The servers of a job: where their names lead, whether they answer, what time they have.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::{Method, Request};
use tokio::sync::Mutex;
use url::{Host, Url};

use super::Doctor;
use super::trouble::Trouble;
use crate::job::{Grant, Job};
use crate::run::Kind;
use crate::token::{Blocked, Fault, Resolver, Stage, check_target, date_skew};

/// Addresses of a name that are shown.
const SHOWN: usize = 4;

/// A server: scheme, host and port of an address, at the path `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin(Url);

/// An answer came, whatever it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alive {
    /// The server's `Date` less our clock, in seconds.
    pub(super) skew_s: Option<i64>,
}

/// What became of the visits so far.
#[derive(Default)]
pub(super) struct Reached(Mutex<BTreeMap<Origin, Result<Alive, Fault>>>);

/// The servers that a job deals with, the token endpoint's first, each once.
pub(super) fn origins(job: &Job) -> Vec<Origin> {
    let credential = job.api.credential.as_ref();
    let token_url = credential.and_then(|credential| match &credential.grant {
        Grant::ClientCredentials(client) => Some(&client.token_url),
        Grant::Bearer(_) => None,
    });
    let mut origins: Vec<Origin> = token_url.into_iter().chain([&job.api.base_url]).map(Origin::of).collect();
    origins.dedup();
    origins
}

impl Origin {
    pub(super) fn of(url: &Url) -> Origin {
        let mut origin = url.clone();
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        // Both fail only for addresses that can have neither.
        let _ = origin.set_username("");
        let _ = origin.set_password(None);
        Origin(origin)
    }

    /// `api.example.com`, with a port where it is not that of the scheme.
    pub(super) fn host(&self) -> String {
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.0.host_str().unwrap_or_default())
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl Doctor {
    /// Where a server's name leads, by the resolver that calls go by.
    pub(super) async fn resolve(&self, origin: &Origin, limit: Duration) -> Result<String, Trouble> {
        let blocked = |blocked: &Blocked| Trouble::new(blocked.to_string(), "Mend the address in the job file.");
        check_target(&origin.0).map_err(|why| blocked(&why))?;
        let name = match origin.0.host() {
            Some(Host::Domain(name)) => name,
            _ => return Ok(format!("{} is an address", origin.0.host_str().unwrap_or_default())),
        };
        let unknown = |why: &str| {
            let remedy = "Mend the name in the job file, or this host's resolver.";
            Trouble::new(format!("{name} leads nowhere: {why}"), remedy)
        };
        let asked = name.parse().map_err(|_| unknown("it is no name"))?;
        let found = self.clock.within(limit, Resolver.resolve(asked)).await;
        let found = found.ok_or_else(|| unknown(&Fault::timeout(limit).message))?;
        let found = found.map_err(|error| match error.downcast_ref::<Blocked>() {
            Some(why) => blocked(why),
            None => unknown(&error.to_string()),
        })?;
        let addresses: Vec<String> = found.map(|address| address.ip().to_string()).collect();
        match addresses.split_at_checked(SHOWN) {
            _ if addresses.is_empty() => Err(unknown("it has no address")),
            Some((shown, more @ [_, ..])) => Ok(format!("{name} is {} and {} more", shown.join(", "), more.len())),
            _ => Ok(format!("{name} is {}", addresses.join(", "))),
        }
    }

    /// Sends a request without credentials to the root of a server, once for all jobs. Any answer is good.
    pub(super) async fn visit(&self, origin: &Origin, limit: Duration) -> Result<Alive, Fault> {
        let mut reached = self.reached.0.lock().await;
        if let Some(known) = reached.get(origin) {
            return known.clone();
        }
        let found = self.clock.within(limit, self.knock(origin)).await.unwrap_or_else(|| Err(Fault::timeout(limit)));
        reached.insert(origin.clone(), found.clone());
        found
    }

    async fn knock(&self, origin: &Origin) -> Result<Alive, Fault> {
        let request = Request::new(Method::HEAD, origin.0.clone());
        let answer = self.http.execute(request).await.map_err(|error| Fault::from_reqwest(error, Stage::Head))?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        // With an age, the answer is out of a cache, and its date is old (RFC 9110 section 6.6.1).
        let date = header("date").filter(|_| header("age").is_none());
        Ok(Alive { skew_s: date.and_then(|date| date_skew(date, self.clock.now())) })
    }
}

/// Why a server could not be connected to; `None` when that is not what went wrong.
pub(super) fn connect_trouble(origin: &Origin, fault: &Fault) -> Option<Trouble> {
    let host = origin.host();
    let remedy = match fault.kind {
        Kind::Tls => return None,
        Kind::Timeout => format!("Check that {host} runs, and that a firewall lets this host through."),
        Kind::BlockedTarget => "Mend the address in the job file.".to_owned(),
        Kind::Connect => format!("Check the port, that {host} runs, and that a firewall lets this host through."),
        _ => format!("Check that it is an HTTP server that answers at {host}."),
    };
    Some(Trouble::new(format!("{host}: {}", fault.message), remedy))
}

/// Why a server's TLS is not accepted.
pub(super) fn tls_trouble(origin: &Origin, fault: &Fault) -> Trouble {
    let host = origin.host();
    let remedy = if fault.message.contains("certificate") {
        format!("Ask whoever runs {host} to mend its certificate, or add its issuer to those that this host trusts.")
    } else {
        format!("Check that {host} speaks TLS on this port, and that nothing on the way takes its place.")
    };
    Trouble::new(format!("{host}: {}", fault.message), remedy)
}
