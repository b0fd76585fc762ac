//! Job files against a stand-in, and a folder to run them in.

use apicron::standin::{DemoClient, OPS, Standin};

use super::binary::{Ended, Folder};

/// The head of a job file: one credential and one API, both the stand-in's.
pub(crate) fn head(standin: &Standin) -> String {
    head_at(&standin.url())
}

/// The same for a stand-in at an address.
pub(crate) fn head_at(url: &str) -> String {
    format!(
        r#"
[credentials.standin]
token_url     = "{url}/v1/oauth2/token"
client_id     = {{ env = "CLIENT_ID" }}
client_secret = {{ env = "CLIENT_SECRET" }}
auth_method   = "body"
token_body    = "json"

[apis.standin]
base_url   = "{url}/v1"
credential = "standin"
"#
    )
}

/// A job that reads the usage report; `keys` are further lines of it.
pub(crate) fn usage_job(name: &str, keys: &str) -> String {
    format!(
        r#"
[jobs.{name}]
scopes = ["usage:read"]
api    = "standin"
{keys}

[[jobs.{name}.calls]]
name    = "usage"
get     = "/usage"
metrics = {{ credits_used = ".credits.used" }}
"#
    )
}

/// A folder with a job file, and the operations client's secrets in its environment.
pub(crate) fn folder(text: &str) -> Folder {
    folder_as(OPS, text)
}

/// The same with another client's secrets.
pub(crate) fn folder_as(client: DemoClient, text: &str) -> Folder {
    Folder::new().file("jobs.toml", text).env("CLIENT_ID", client.id).env("CLIENT_SECRET", client.secret)
}

/// Each line of standard output as JSON.
pub(crate) fn json_lines(ended: &Ended) -> Vec<serde_json::Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}: {ended:#?}"));
    ended.stdout.lines().map(line).collect()
}
