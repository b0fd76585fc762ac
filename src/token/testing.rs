//! What the tests of tokens and calls share: a real HTTP server on loopback that answers as told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use super::life::Jitter;
use super::{Events, Tokens};
use crate::clock::{Clock, Hands, Time};
use crate::job::{Absence, AuthMethod, ClientCredentials, ClientId, Credential, Grant, NextSecret, TokenBody};
use crate::run::{Name, TokenEvent, TokenEventKind};
use crate::secret::{Environment, Redactor, Source};

pub(crate) const SECRET: &str = "correct-horse-battery";

pub(crate) fn noon() -> Time {
    "2026-11-24T12:00:00Z".parse().expect("a time")
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(String, String)>,
    /// As text; what is no UTF-8 is replaced.
    pub(crate) body: String,
    pub(crate) raw: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// A server that answers the nth request, counted from 1, as its script says.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start<F, A>(script: F) -> Server
    where
        F: Fn(usize, Seen) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| {
            let (script, log) = (script.clone(), Arc::clone(&log));
            async move {
                // One that breaks off is no request, as for any server.
                let Some(request) = read(request).await else { return answer(400, &[], "") };
                let n = {
                    let mut log = log.lock().expect("a lock");
                    log.push(request.clone());
                    log.len()
                };
                script(n, request).await
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Server { url: format!("http://{address}").parse().expect("a URL"), seen }
    }

    /// For scripts that answer at once.
    pub(crate) async fn answering(script: impl Fn(usize, &Seen) -> Response + Clone + Send + Sync + 'static) -> Server {
        Server::start(move |n, request| std::future::ready(script(n, &request))).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("a lock").clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn requests(&self, n: usize) {
        eventually(|| self.seen().len() >= n).await;
    }
}

async fn read(request: Request) -> Option<Seen> {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.ok()?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Some(Seen {
        method: head.method.to_string(),
        uri: head.uri.to_string(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: text(&body),
        raw: body,
    })
}

/// Polls for a level: short steps, a long limit. In real time, since sockets do not know the manual clock.
pub(crate) async fn eventually(is_so: impl Fn() -> bool) {
    let clock = Clock::system();
    for _ in 0..2000 {
        if is_so() {
            return;
        }
        clock.sleep(Duration::from_millis(5)).await;
    }
    panic!("did not come about within 10 s");
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut response = Response::new(body.to_owned().into());
    *response.status_mut() = axum::http::StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        let name = axum::http::HeaderName::try_from(*name).expect("a name");
        response.headers_mut().append(name, value.parse().expect("a value"));
    }
    response
}

pub(crate) fn json_answer(status: u16, body: &Value) -> Response {
    answer(status, &[("content-type", "application/json")], &body.to_string())
}

/// A token reply with the token `token-N`, padded so that it counts as a secret.
pub(crate) fn token_reply(n: usize, expires_in: u64) -> Response {
    json_answer(200, &json!({"access_token": token(n), "token_type": "bearer", "expires_in": expires_in}))
}

pub(crate) fn token(n: usize) -> String {
    format!("canary-token-{n}")
}

pub(crate) fn jwt(claims: &Value) -> String {
    format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// An OAuth client at `server`, its secret in the environment variable `SECRET`.
pub(crate) fn client(server: &Server) -> ClientCredentials {
    ClientCredentials {
        token_url: server.url.join("/token").expect("a URL"),
        client_id: ClientId::Text("client-1".to_owned()),
        client_secret: Source::Env("SECRET".to_owned()),
        auth_method: AuthMethod::Body,
        token_body: TokenBody::Json,
        next_client_secret: None,
        default_ttl: Duration::from_secs(300),
        audience: None,
        extra: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn credential(client: ClientCredentials) -> Arc<Credential> {
    Arc::new(Credential::new(name("cuadra"), Grant::ClientCredentials(Box::new(client))))
}

/// A client whose secrets are in the files `current` and `next` of a folder.
pub(crate) struct Rotating {
    folder: tempfile::TempDir,
    pub(crate) credential: Arc<Credential>,
}

impl Rotating {
    /// With a secret in `current`, and nothing in `next`.
    pub(crate) fn start(server: &Server, absence: Absence) -> Rotating {
        let folder = tempfile::tempdir().expect("a folder");
        let next = Some(NextSecret { source: Source::File(folder.path().join("next")), absence });
        let current = Source::File(folder.path().join("current"));
        let client = ClientCredentials { client_secret: current, next_client_secret: next, ..client(server) };
        let rotating = Rotating { folder, credential: credential(client) };
        rotating.put("current", SECRET);
        rotating
    }

    pub(crate) fn put(&self, file: &str, secret: &str) {
        std::fs::write(self.folder.path().join(file), secret).expect("a file");
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.folder.path().join(file).display().to_string()
    }
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Notes(Mutex<Vec<TokenEvent>>);

impl Events for Notes {
    fn record(&self, event: TokenEvent) {
        self.0.lock().expect("a lock").push(event);
    }
}

impl Notes {
    pub(crate) fn all(&self) -> Vec<TokenEvent> {
        self.0.lock().expect("a lock").clone()
    }

    pub(crate) fn kinds(&self) -> Vec<TokenEventKind> {
        self.all().iter().map(|event| event.event).collect()
    }
}

/// A cache with a clock that is moved by hand.
pub(crate) struct Bench {
    pub(crate) tokens: Tokens,
    pub(crate) clock: Clock,
    pub(crate) hands: Hands,
    pub(crate) redactor: Redactor,
    pub(crate) notes: Arc<Notes>,
}

impl Bench {
    /// Without jitter: renewals at the last moment, back-offs of nothing.
    pub(crate) fn new() -> Bench {
        Bench::with_jitter(|| 0.0)
    }

    pub(crate) fn with_jitter(draw: impl Fn() -> f64 + Send + Sync + 'static) -> Bench {
        let (clock, hands) = Clock::manual(noon());
        let (redactor, notes) = (Redactor::new(), Arc::new(Notes::default()));
        let tokens = Tokens::with_jitter(
            super::grant::test_http(),
            clock.clone(),
            Environment::fixed([("SECRET", SECRET), ("CLIENT_ID", "client-2")]),
            redactor.clone(),
            Arc::clone(&notes) as Arc<dyn Events>,
            Jitter::from_fn(draw),
        );
        Bench { tokens, clock, hands, redactor, notes }
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.hands.advance(Duration::from_secs(seconds));
    }
}

/// A server that answers each connection with these bytes, whatever they are, and closes it.
/// Gives its URL, and how many connections have come.
pub(crate) async fn raw_server(answer: impl Into<Vec<u8>>) -> (Url, Arc<std::sync::atomic::AtomicUsize>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let answer = answer.into();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (format!("http://{address}").parse().expect("a URL"), connections)
}
