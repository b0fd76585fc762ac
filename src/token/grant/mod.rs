//! The one request of the client credentials grant (RFC 6749 section 4.4.2).

mod addresses;
mod target;
mod transport;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request};
use serde_json::{Map, Value};

use super::ask::Ask;
use crate::job::{AuthMethod, ClientCredentials, TokenBody};
use crate::run::Kind;
use crate::secret::Secret;

pub use addresses::Forbidden;
pub use target::{Blocked, Resolver, check_target};
pub use transport::{Cut, Fault, Stage, cut, header_lines};

/// The HTTP client that token requests go through. It must not follow redirects: a token
/// request carries the client's secret.
pub type Http = reqwest::Client;

/// A token reply is a few hundred bytes; more than this is none.
pub(super) const LONGEST_REPLY: usize = 64 * 1024;

/// The token endpoint's answer. Its body may hold a token.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// What was read of the body.
    pub body: Secret,
    /// Whether that is all of it.
    pub cut: Cut,
}

impl Answer {
    /// The first line of a header, where it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends one token request and reads the whole answer, whatever its status.
pub(super) async fn request(http: &Http, ask: &Ask) -> Result<Answer, Fault> {
    check_target(&ask.client.token_url)?;
    let request = build(ask)?;
    let response = http.execute(request).await.map_err(|error| Fault::from_reqwest(error, Stage::Head))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let (body, cut) = read(response).await?;
    Ok(Answer { status, headers, body, cut })
}

/// Id and secret as HTTP Basic sends them; `None` when they go into the body.
pub(super) fn basic_pair(client: &ClientCredentials, client_id: &str, secret: &Secret) -> Option<Secret> {
    let pair = match client.auth_method {
        AuthMethod::Basic => format!("{}:{}", form_encoded(client_id), form_encoded(secret.expose())),
        AuthMethod::BasicRaw => format!("{client_id}:{}", secret.expose()),
        AuthMethod::Body => return None,
    };
    Some(Secret::new(pair))
}

fn build(ask: &Ask) -> Result<Request, Fault> {
    let mut request = Request::new(Method::POST, ask.client.token_url.clone());
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(pair) = basic_pair(&ask.client, &ask.client_id, &ask.proof.secret) {
        headers.insert(AUTHORIZATION, basic(&pair)?);
    }
    let fields = fields(ask);
    let (content_type, body) = match ask.client.token_body {
        TokenBody::Json => ("application/json", Value::Object(fields).to_string()),
        TokenBody::Form => ("application/x-www-form-urlencoded", form(&fields)),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *request.body_mut() = Some(body.into());
    Ok(request)
}

/// The fields of the request. The job file's `extra` come last, and win.
fn fields(ask: &Ask) -> Map<String, Value> {
    let client = &ask.client;
    let mut fields = Map::new();
    let mut put = |name: &str, value: &str| fields.insert(name.to_owned(), Value::from(value));
    put("grant_type", "client_credentials");
    if client.auth_method == AuthMethod::Body {
        put("client_id", &ask.client_id);
        put("client_secret", ask.proof.secret.expose());
    }
    if !ask.scopes.is_empty() {
        put("scope", &ask.scopes.to_string());
    }
    if let Some(audience) = &client.audience {
        put("audience", audience);
    }
    for (name, value) in &client.extra {
        put(name, value);
    }
    fields
}

fn form(fields: &Map<String, Value>) -> String {
    let pairs = fields.iter().map(|(name, value)| (name, value.as_str().unwrap_or_default()));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// `application/x-www-form-urlencoded` as RFC 6749 section 2.3.1 asks for, with a blank as `%20`,
/// which more servers decode than `+`.
fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn basic(pair: &Secret) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair.expose())))
        .map_err(|_| Fault { kind: Kind::Protocol, message: "the client's id and secret fit no header".to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut response: reqwest::Response) -> Result<(Secret, Cut), Fault> {
    let mut body = Vec::new();
    let mut end = Cut::Whole;
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::from_reqwest(error, Stage::Body))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_REPLY {
            body.truncate(LONGEST_REPLY);
            end = Cut::Cut;
            break;
        }
    }
    let text = String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok((Secret::new(text), end))
}

/// A client as tests need it: like the one of production, it does not follow redirects.
#[cfg(test)]
pub(crate) fn test_http() -> Http {
    // Fails when another test was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Http::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}
