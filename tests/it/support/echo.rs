//! An API that says back whatever it heard, in each spelling and at each place that an answer has.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;

use super::echo_ways as ways;

/// Runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Echo {
    pub(crate) url: String,
    memory: Memory,
    server: tokio::task::JoinHandle<()>,
}

type Memory = Arc<Mutex<Past>>;

/// So many tokens are given out to a client for a set of scopes, in turns: a search for thousands takes long.
const GENERATIONS: usize = 4;

#[derive(Debug, Default)]
struct Past {
    /// By client and scopes: how often a token was asked for.
    asked: BTreeMap<(String, String), usize>,
    /// By token: what was said when it was asked for.
    given: BTreeMap<String, Given>,
    /// By client and scopes: the token that was refused, until the one that comes after it.
    refused: BTreeMap<(String, String), String>,
}

#[derive(Debug)]
struct Given {
    said: Vec<String>,
    to: (String, String),
    generation: usize,
}

impl Echo {
    pub(crate) async fn start() -> Echo {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let memory = Memory::default();
        let router = Router::new().fallback(answer).with_state(memory.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Echo { url, memory, server }
    }

    /// Says no token any more that was refused before: what another process was given, one cannot know.
    pub(crate) fn forget_refused(&self) {
        self.memory.lock().expect("the memory").refused.clear();
    }

    /// Each token that it gave out.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let past = self.memory.lock().expect("the memory");
        // Those that apicron never uses are tokens as well.
        let beside = past.asked.keys().flat_map(|(client, _)| [refresh(client), identity(client)]);
        past.given.keys().cloned().chain(beside).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(memory): State<Memory>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut heard = in_headers(&headers);
    heard.extend(in_body(&body));
    let path = uri.path().to_owned();
    heard.extend(path.strip_prefix("/api/heartbeat/").map(str::to_owned));
    if let Some(client) = path.strip_prefix("/token/") {
        return token(&memory, client, heard);
    }
    let bearer = heard.iter().find_map(|text| Some(text.strip_prefix("Bearer ")?.to_owned()));
    if let Some(bearer) = bearer {
        let mut past = memory.lock().expect("the memory");
        let given = past.given.get(&bearer).map(|given| (given.said.clone(), given.to.clone(), given.generation));
        if let Some((said, to, generation)) = given {
            heard.extend(said);
            // Every other one is stale from the beginning.
            if path.starts_with("/api/stale") && generation % 2 == 0 {
                past.refused.insert(to, bearer);
                return ways::refused(401, &heard);
            }
        }
    }
    ways::answer(&method, &path, &heard)
}

impl Past {
    /// The next token for a client and scopes, after which it is told what was said here.
    fn give(&mut self, client: &str, scopes: &str, heard: &[String]) -> String {
        let to = (client.to_owned(), scopes.to_owned());
        let asked = self.asked.entry(to.clone()).or_default();
        let generation = *asked % GENERATIONS;
        *asked += 1;
        let part = |half: u8| unique(&format!("{client} {scopes} {generation} {half}"));
        let token = format!("tok.{}~+/{}==", part(1), part(2));
        let said = heard.iter().cloned().chain(self.refused.remove(&to)).collect();
        self.given.insert(token.clone(), Given { said, to, generation });
        token
    }
}

fn unique(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string()
}

fn refresh(client: &str) -> String {
    format!("ref.{}", unique(&format!("{client} refresh")))
}

fn identity(client: &str) -> String {
    unique(&format!("{client} identity"))
}

/// Values of headers, the parts of those that have parts, and what Basic authentication stands for.
fn in_headers(headers: &HeaderMap) -> Vec<String> {
    let spoken = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-") || *name == "authorization");
    let mut heard: Vec<String> = Vec::new();
    for (_, value) in spoken {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Some((scheme, rest)) = text.split_once(' ') {
            heard.push(rest.to_owned());
            let pair = (scheme == "Basic").then(|| STANDARD.decode(rest).expect("Base64"));
            if let Some(pair) = pair.and_then(|pair| String::from_utf8(pair).ok()) {
                let (_, secret) = pair.split_once(':').expect("a pair");
                let plain: String =
                    url::form_urlencoded::parse(format!("s={secret}").as_bytes()).map(|(_, value)| value).collect();
                heard.extend([secret.to_owned(), plain, pair]);
            }
        }
        heard.push(text);
    }
    heard
}

/// Values of a form, or of the members of an object.
fn in_body(body: &[u8]) -> Vec<String> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members.values().filter_map(|value| Some(value.as_str()?.to_owned())).collect(),
        _ => url::form_urlencoded::parse(body).map(|(_, value)| value.into_owned()).collect(),
    }
}

fn token(memory: &Memory, client: &str, mut heard: Vec<String>) -> Response {
    heard.retain(|text| text != "client_credentials");
    match client {
        "refused" | "html" | "broken" => return ways::token_refused(client, &heard),
        "turned" if !heard.iter().any(|text| text.contains("Next")) => return ways::token_refused(client, &heard),
        _ => {}
    }
    let scopes = heard.iter().find(|text| text.ends_with(":read")).cloned().unwrap_or_default();
    let token = memory.lock().expect("the memory").give(client, &scopes, &heard);
    ways::token(client, &[token, refresh(client), identity(client)], &heard)
}

/// An answer with these headers, of which what fits no header is left out.
pub(super) fn with_headers(status: u16, headers: &[(String, String)], body: impl Into<Body>) -> Response {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        let name = axum::http::HeaderName::try_from(name);
        let value = axum::http::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            builder = builder.header(name, value);
        }
    }
    builder.body(body.into()).expect("an answer")
}
