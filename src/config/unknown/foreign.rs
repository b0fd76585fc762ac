//! Keys that people bring from other programs.

use crate::config::keys::Keys;

/// What to write in the place of a key that has another name elsewhere.
pub(super) fn help(key: &str, keys: &Keys) -> Option<&'static str> {
    let (.., help) = HELPS.iter().find(|(owner, known, _)| *owner == keys.owner && known.contains(&key))?;
    Some(help)
}

/// By whose keys they would be.
const HELPS: &[(&str, &[&str], &str)] = &[
    (
        "a call",
        &["url", "uri", "path", "endpoint", "method"],
        "a call has its method and its path in one: `get = \"/…\"`, and its API has the host",
    ),
    ("a call", &["head", "options"], "the methods are `get`, `post`, `put`, `patch` and `delete`"),
    ("a call", &["body", "data", "payload"], "write `json = { … }`, `form = { … }` or `text = \"…\"`"),
    ("a call", &["params"], "write `query = { … }`"),
    (
        "a call",
        &["auth", "token", "bearer", "credential"],
        "the credential is that of the API: `[apis.NAME]` has `credential = \"…\"`",
    ),
    ("a job", &["cron", "at", "interval", "crontab"], "write `schedule = \"…\"`: cron fields, or `@every 15m`"),
    (
        "a job",
        &["command", "script", "run"],
        "a job calls an API: write `[[jobs.NAME.calls]]` and below it `get = \"/…\"`",
    ),
    ("a job", &["suspend", "disabled", "active"], "write `enabled = false` for a job that is not to run"),
    ("a job", &["concurrencyPolicy"], "write `overlap = \"skip\"`, `\"queue\"` or `\"allow\"`"),
    ("a job", &["startingDeadlineSeconds"], "write `catch_up_window = \"…\"`: how late a missed tick may still run"),
    (
        "a job",
        &["alert", "notify", "on_failure"],
        "write `[alerts.NAME]` at the top of the file, and in it `job = \"…\"` and `failures = 1`",
    ),
    (
        "an alert",
        &["threshold", "min", "max", "less_than", "greater_than", "lt", "gt", "operator"],
        "write `below = …` or `above = …`",
    ),
    ("an alert", &["condition", "expr", "expression"], "write `when = '…'`, a jq filter over the metrics of a `job`"),
    ("an alert", &["duration", "during", "pending"], "write `for = \"…\"`, or `readings = …`"),
    ("an alert", &["level", "priority"], "write `severity = \"notice\"` or `\"page\"`"),
    ("an alert", &["channel", "notify", "to", "receiver", "receivers"], "write `channels = [\"…\"]`"),
    (
        "a channel",
        &["url", "type", "address", "endpoint"],
        "write what it is: `webhook = { env = \"NAME\" }`, `slack = …`, `alertmanager = \"https://…\"` or \
         `email = { … }`",
    ),
    (
        "a channel",
        &["to", "from", "smtp", "mail"],
        "write `email = { to = [\"…\"], from = \"…\", smtp = { env = \"NAME\" } }`",
    ),
    (
        "`email`",
        &["host", "server", "port", "user", "password"],
        "write `smtp = { env = \"NAME\" }`: it holds the address of the server with user and password",
    ),
    ("a credential", &["grant_type"], "leave it out: it is always `client_credentials`"),
    ("a credential", &["scope", "scopes"], "each job has its own `scopes`"),
    ("an API", &["url", "host", "server"], "write `base_url = \"https://…\"`"),
    (
        "`retry`",
        &["max_attempts", "count", "times", "retries", "limit"],
        "write `attempts = …`, which counts the first one too",
    ),
    ("`store`", &["path", "file", "database"], "write `url = \"sqlite:apicron.db\"`"),
    ("a secret's source", &["variable", "environment", "from_env"], "write `{ env = \"NAME\" }`"),
];
