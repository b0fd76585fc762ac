//! Whom a job calls, and as whom.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use url::Url;

use super::Operation;
use crate::filter::Template;
use crate::run::Name;
use crate::secret::Source;

/// An API that jobs call.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name in the file.
    pub name: Name,
    /// `https`, or `http` to loopback. Its path has no trailing slash.
    pub base_url: Url,
    /// Whose bearer its calls carry; `None` for an API that asks for none.
    pub credential: Option<Arc<Credential>>,
    /// Sent with each call, unless the call has a header of the same name.
    pub headers: Vec<Header>,
    /// How often it may be called, by all jobs of this process together; `None` for as often as they like.
    pub rate_limit: Option<RateLimit>,
    /// What each of its operations needs, as far as the file says. No two have one method and one shape of path.
    pub operations: Vec<Operation>,
}

/// How often an API may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// At most so many requests …
    pub requests: NonZeroU32,
    /// … within any stretch of time of this length.
    pub per: Duration,
}

/// A header that is sent.
#[derive(Clone, Debug)]
pub struct Header {
    /// A valid HTTP field name.
    pub name: String,
    /// Its value.
    pub value: HeaderText,
}

/// Where a header's value comes from.
#[derive(Clone, Debug)]
pub enum HeaderText {
    /// A text, maybe with `{{ … }}`.
    Template(Template),
    /// A secret, such as an API key.
    Secret(Source),
}

/// An OAuth client, or a fixed bearer.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its name in the file.
    pub name: Name,
    /// How a bearer is had.
    pub grant: Grant,
    /// The day its secret was made, as the file says.
    pub secret_issued: Option<NaiveDate>,
    /// The age at which its secret is to be replaced.
    pub rotate_after: Duration,
}

/// The age at which a secret is to be replaced when the file does not say: ninety days, as is common.
const ROTATE_AFTER: Duration = Duration::from_hours(90 * 24);

impl Credential {
    /// A credential of whose secret no age is known.
    pub fn new(name: Name, grant: Grant) -> Credential {
        Credential { name, grant, secret_issued: None, rotate_after: ROTATE_AFTER }
    }
}

/// How a bearer is had.
#[derive(Clone, Debug)]
pub enum Grant {
    /// By the client credentials grant (RFC 6749 section 4.4).
    ClientCredentials(Box<ClientCredentials>),
    /// From a place that something else keeps fresh. Read at each use.
    Bearer(Source),
}

/// An OAuth client (RFC 6749 section 2).
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The token endpoint: `https`, or `http` to loopback.
    pub token_url: Url,
    /// Who asks.
    pub client_id: ClientId,
    /// What proves it.
    pub client_secret: Source,
    /// What will prove it, or does already, while a rotation is under way: tried once when the token endpoint
    /// refuses the other.
    pub next_client_secret: Option<NextSecret>,
    /// Where id and secret go.
    pub auth_method: AuthMethod,
    /// The form of the request.
    pub token_body: TokenBody,
    /// The life of a token whose reply has no `expires_in`.
    pub default_ttl: Duration,
    /// Sent as `audience`, where the endpoint asks for it.
    pub audience: Option<String>,
    /// Further fields of the request.
    pub extra: BTreeMap<String, String>,
}

/// The secret that takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextSecret {
    /// Where it is kept.
    pub source: Source,
    /// Whether its source may be empty for now.
    pub absence: Absence,
}

/// Whether something may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is no problem.
    Allowed,
    /// It is one.
    Problem,
}

/// A client id: no secret, but often kept beside one.
#[derive(Clone, Debug)]
pub enum ClientId {
    /// As written in the file.
    Text(String),
    /// From the environment or a file.
    From(Source),
}

/// Where id and secret go (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// HTTP Basic, both form-encoded first as the RFC asks.
    Basic,
    /// HTTP Basic as they are, for servers that do not decode.
    BasicRaw,
    /// Fields of the body.
    Body,
}

/// The form of the token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenBody {
    /// `application/x-www-form-urlencoded`, the RFC's.
    Form,
    /// `application/json`, which some servers ask for.
    Json,
}

impl AuthMethod {
    /// The word in the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthMethod::Basic => "basic",
            AuthMethod::BasicRaw => "basic-raw",
            AuthMethod::Body => "body",
        }
    }
}

impl TokenBody {
    /// The word in the job file.
    pub const fn as_str(self) -> &'static str {
        match self {
            TokenBody::Form => "form",
            TokenBody::Json => "json",
        }
    }
}
