//! A stand-in API in the test's own process, and a client that calls it.

use std::net::{Ipv4Addr, SocketAddr};

use apicron::clock::Clock;
use apicron::standin::{DemoClient, Knobs, Standin};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// A stand-in on a free port, by the machine's clock.
pub(crate) async fn start() -> Standin {
    start_with(Knobs::default()).await
}

/// A stand-in with some knobs turned.
pub(crate) async fn start_with(knobs: Knobs) -> Standin {
    start_at(Clock::system(), knobs).await
}

/// A stand-in that goes by a clock of the test's.
pub(crate) async fn start_at(clock: Clock, knobs: Knobs) -> Standin {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Standin::start(any_port, clock, knobs).await.expect("a stand-in started")
}

/// Calls one stand-in. Follows no redirects.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    http: Client,
    url: String,
}

/// An answer with its whole body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Caller {
    pub(crate) fn of(standin: &Standin) -> Caller {
        // Fails only when another test of this process was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Caller { http, url: standin.url() }
    }

    /// A request to be completed by the test.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Asks for a token with credentials in a form.
    pub(crate) async fn ask_token(&self, client: DemoClient, scope: Option<&str>) -> Answer {
        let mut form =
            vec![("grant_type", "client_credentials"), ("client_id", client.id), ("client_secret", client.secret)];
        form.extend(scope.map(|scope| ("scope", scope)));
        send(self.request(Method::POST, "/v1/oauth2/token").form(&form)).await
    }

    /// A token with all scopes of the client.
    pub(crate) async fn token(&self, client: DemoClient) -> String {
        self.ask_token(client, None).await.json()["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        send(self.request(Method::GET, path).bearer_auth(token)).await
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let reply = request.send().await.expect("an answer");
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    Answer { status, headers, body: reply.text().await.expect("a body") }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {self:#?}"))
    }

    /// A header's text; empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a text")).unwrap_or_default()
    }
}
