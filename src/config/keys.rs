//! The one table of keys: those that are in force, and those of the job file's contract that a
//! later version brings.

use super::spans::Step;

/// The kind of a table, and the keys that it may have.
#[derive(Debug)]
pub(in crate::config) struct Keys {
    /// For people: "a job".
    pub owner: &'static str,
    /// Which tables these are. `*` is any name or index.
    pub pattern: &'static [&'static str],
    /// What this version understands.
    pub in_force: &'static [&'static str],
    /// What a later one will.
    pub not_yet: &'static [&'static str],
}

/// All tables with fixed keys.
pub(in crate::config) const TABLES: &[Keys] = &[
    Keys {
        owner: "the job file",
        pattern: &[],
        in_force: &[
            "include",
            "concurrency",
            "drain",
            "store",
            "limits",
            "heartbeat",
            "defaults",
            "credentials",
            "apis",
            "jobs",
        ],
        not_yet: &["alerts", "channels", "web"],
    },
    Keys {
        owner: "`store`",
        pattern: &["store"],
        in_force: &["url", "keep_runs", "keep_results", "keep_samples", "keep_diagnoses"],
        not_yet: &[],
    },
    Keys { owner: "`limits`", pattern: &["limits"], in_force: &["body"], not_yet: &["pages", "items"] },
    Keys { owner: "`heartbeat`", pattern: &["heartbeat"], in_force: &["url", "every"], not_yet: &[] },
    source(&["heartbeat", "url"]),
    Keys {
        owner: "`defaults`",
        pattern: &["defaults"],
        in_force: &[
            "timezone",
            "timeout",
            "deadline",
            "retry",
            "enabled",
            "overlap",
            "catch_up",
            "catch_up_window",
            "jitter",
        ],
        not_yet: &["redirects"],
    },
    Keys { owner: "`retry`", pattern: &["defaults", "retry"], in_force: RETRY, not_yet: &[] },
    Keys {
        owner: "a credential",
        pattern: &["credentials", "*"],
        in_force: &[
            "token_url",
            "client_id",
            "client_secret",
            "auth_method",
            "token_body",
            "default_ttl",
            "audience",
            "extra",
            "bearer",
        ],
        not_yet: &["next_client_secret", "secret_issued", "rotate_after"],
    },
    source(&["credentials", "*", "client_id"]),
    source(&["credentials", "*", "client_secret"]),
    source(&["credentials", "*", "bearer"]),
    Keys {
        owner: "an API",
        pattern: &["apis", "*"],
        in_force: &["base_url", "credential", "headers"],
        not_yet: &["rate_limit", "operations", "pages"],
    },
    source(&["apis", "*", "headers", "*"]),
    Keys {
        owner: "a job",
        pattern: &["jobs", "*"],
        in_force: &[
            "description",
            "schedule",
            "scopes",
            "api",
            "calls",
            "timezone",
            "timeout",
            "deadline",
            "retry",
            "enabled",
            "overlap",
            "catch_up",
            "catch_up_window",
            "jitter",
            "after",
        ],
        not_yet: &["redirects"],
    },
    Keys { owner: "`retry`", pattern: &["jobs", "*", "retry"], in_force: RETRY, not_yet: &[] },
    Keys {
        owner: "a call",
        pattern: &["jobs", "*", "calls", "*"],
        in_force: &["name", "get", "post", "query", "headers", "json", "idempotency_key", "metrics", "expect"],
        not_yet: &[
            "put",
            "patch",
            "delete",
            "form",
            "text",
            "content_type",
            "upload",
            "pages",
            "records",
            "remember",
            "for_each",
            "each_key",
            "concurrency",
            "on_error",
            "when",
            "until",
            "failed",
            "every",
            "within",
            "timeout",
            "retry",
        ],
    },
    source(&["jobs", "*", "calls", "*", "headers", "*"]),
    Keys {
        owner: "a metric",
        pattern: &["jobs", "*", "calls", "*", "metrics", "*"],
        in_force: &["value", "kind", "unit", "limit", "period"],
        not_yet: &[],
    },
    Keys {
        owner: "`period`",
        pattern: &["jobs", "*", "calls", "*", "metrics", "*", "period"],
        in_force: &["start", "end"],
        not_yet: &[],
    },
    Keys {
        owner: "`expect`",
        pattern: &["jobs", "*", "calls", "*", "expect"],
        in_force: &["status", "that"],
        not_yet: &[],
    },
];

const RETRY: &[&str] = &["attempts", "backoff", "max_backoff"];

const fn source(pattern: &'static [&'static str]) -> Keys {
    Keys { owner: "a secret's source", pattern, in_force: &["env", "file", "key"], not_yet: &["optional"] }
}

/// Values of the contract that a later version brings, by key.
const VALUES_NOT_YET: &[(&str, &[&str])] = &[("period", PERIODS)];

const PERIODS: &[&str] = &["day", "week", "month", "quarter", "year"];

/// Whether a value of a key is one that a later version brings.
pub(in crate::config) fn is_value_not_yet(key: &str, value: &str) -> bool {
    VALUES_NOT_YET.iter().any(|(known, values)| *known == key && values.contains(&value))
}

/// Whether some table of the job file has a key of this name, now or later.
pub(in crate::config) fn is_known(key: &str) -> bool {
    TABLES.iter().any(|keys| keys.know(key))
}

/// Sections that an included file may have.
pub(in crate::config) const INCLUDED: &[&str] = &["credentials", "apis", "jobs", "alerts", "channels"];

/// The keys of the table that a path leads to.
pub(in crate::config) fn of_table(path: &[Step]) -> Option<&'static Keys> {
    TABLES.iter().find(|keys| keys.fits(path))
}

impl Keys {
    /// Whether a key is one of these, now or later.
    pub(in crate::config) fn know(&self, key: &str) -> bool {
        self.in_force.contains(&key) || self.not_yet.contains(&key)
    }

    fn fits(&self, path: &[Step]) -> bool {
        self.pattern.len() == path.len() && self.pattern.iter().zip(path).all(|(pattern, step)| fits(pattern, step))
    }

    /// The next inner table that has `key`. Sources and metrics do not count: they stand below names
    /// that anyone may choose, so a key of theirs elsewhere says little.
    pub(in crate::config) fn inner_with(&self, key: &str) -> Option<&'static Keys> {
        let depth = self.pattern.len();
        TABLES.iter().find(|inner| {
            let is_next =
                inner.pattern.starts_with(self.pattern) && (depth + 1..=depth + 2).contains(&inner.pattern.len());
            let is_telling = !inner.know("env") && !inner.pattern.contains(&"metrics");
            is_next && is_telling && inner.know(key)
        })
    }
}

fn fits(pattern: &str, step: &Step) -> bool {
    match step {
        Step::Key(key) => pattern == "*" || pattern == key,
        Step::Index(_) => pattern == "*",
    }
}
