//! Credentials and APIs as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Day, Entries, Field, Pages, Span, Table, TextOr};

/// An OAuth client (`token_url`, `client_id`, `client_secret`), or a fixed `bearer`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Credential {
    /// The token endpoint.
    #[schemars(extend("format" = "uri"))]
    pub token_url: Field<String>,
    /// Who asks: a text, or where it is kept.
    pub client_id: Field<TextOr<Secret>>,
    /// Where the client's secret is kept. The secret itself must not stand in the file.
    #[schemars(with = "Secret")]
    pub client_secret: Field<TextOr<Secret>>,
    /// Where the secret is kept that takes its place: tried once the token endpoint refuses the other.
    #[schemars(with = "NextSecret")]
    pub next_client_secret: Field<TextOr<NextSecret>>,
    /// Where id and secret go: HTTP Basic, Basic without encoding, or the body. Default: "basic".
    #[schemars(extend("enum" = ["basic", "basic-raw", "body"]))]
    pub auth_method: Field<String>,
    /// The form of the token request. Default: "form".
    #[schemars(extend("enum" = ["form", "json"]))]
    pub token_body: Field<String>,
    /// The life of a token whose reply has no `expires_in`. Default: "5m".
    pub default_ttl: Field<Span>,
    /// Sent as `audience`, where the endpoint asks for it.
    pub audience: Field<String>,
    /// Further fields of the token request.
    pub extra: Field<Entries<String>>,
    /// Where a token is kept that something else renews. It stands alone.
    #[schemars(with = "Secret")]
    pub bearer: Field<TextOr<Secret>>,
    /// The day its secret was made, as a date without quotes. `check` warns from 14 days before it is too old.
    pub secret_issued: Field<Day>,
    /// The age at which its secret is to be replaced. Default: "90d".
    pub rotate_after: Field<Span>,
}

/// Where a secret is kept: `{ env = "NAME" }`, `{ file = "path" }` or `{ file = "x.env", key = "NAME" }`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Secret {
    /// An environment variable.
    pub env: Field<String>,
    /// A file, relative to this one. It holds nothing but the secret, unless there is a `key`.
    pub file: Field<String>,
    /// The name of a `KEY=value` line of the file.
    pub key: Field<String>,
}

/// Where the next secret is kept, as other secrets are. It may be absent while no rotation is under way.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct NextSecret {
    /// An environment variable.
    pub env: Field<String>,
    /// A file, relative to this one. It holds nothing but the secret, unless there is a `key`.
    pub file: Field<String>,
    /// The name of a `KEY=value` line of the file.
    pub key: Field<String>,
    /// Whether it may be absent. Default: false.
    pub optional: Field<bool>,
}

/// An API that jobs call.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["base_url"]))]
pub(in crate::config) struct Api {
    /// What the paths of its calls are appended to: https, or http to this machine.
    #[schemars(extend("format" = "uri"))]
    pub base_url: Field<String>,
    /// Whose token its calls carry. Absent for an API that asks for none.
    pub credential: Field<String>,
    /// Headers of each call; a call's own win.
    pub headers: Field<Entries<TextOr<Secret>>>,
    /// How often it may be called, by all jobs together. Default: as often as they like.
    pub rate_limit: Field<Table<RateLimit>>,
    /// Which scope each of its operations needs, so that `check` can compare that with what jobs ask for. What is
    /// not known of an operation is left out with it.
    pub operations: Field<Vec<Field<Table<Operation>>>>,
    /// How its lists are paged, for calls with `pages`.
    pub pages: Field<Table<Pages>>,
}

/// What an operation of an API needs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["method", "path"]))]
pub(in crate::config) struct Operation {
    /// Its method.
    #[schemars(extend("enum" = ["GET", "POST", "PUT", "PATCH", "DELETE"]))]
    pub method: Field<String>,
    /// Its path after `base_url`; `{name}` stands for any text without `/`.
    #[schemars(regex(pattern = "^/"))]
    pub path: Field<String>,
    /// The scope that a token must hold; several in one text, with blanks between them. Absent: it needs none.
    pub scope: Field<String>,
}

/// How often an API may be called.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["requests", "per"]))]
pub(in crate::config) struct RateLimit {
    /// At most so many requests ...
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: Field<i64>,
    /// ... within any stretch of time of this length.
    pub per: Field<Span>,
}
