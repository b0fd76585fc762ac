//! The one table of keys: those that are in force, and those of the job file's contract that a
//! later version brings.

mod tables;

use super::spans::Step;

pub(in crate::config) use tables::TABLES;

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

/// How a key that a table must have is written.
pub(in crate::config) fn example(key: &str, owner: &str) -> Option<&'static str> {
    let (.., example) = EXAMPLES.iter().find(|(known, of, _)| *known == key && owner.starts_with(of))?;
    Some(example)
}

/// By key and by how its owner is called.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("base_url", "", "write for example `base_url = \"https://api.example.com/v1\"`"),
    ("api", "", "write the name of the API that it calls: `api = \"…\"`, as it stands in `[apis.…]`"),
    ("url", "`heartbeat`", "write for example `url = { env = \"HEARTBEAT_URL\" }`"),
    ("method", "", "write for example `method = \"GET\"`"),
    ("path", "", "write for example `path = \"/files/{file_id}\"`"),
    ("requests", "", "write for example `requests = 60`"),
    ("per", "", "write for example `per = \"1m\"`"),
    ("into", "", "write the name of a collection, such as `into = \"files\"`"),
    ("key", "", "write a filter that tells items apart, such as `key = \".id\"`"),
    ("records", "", "write the name of a collection, as some call has it in `into`: `records = \"…\"`"),
    ("files", "", "write a glob, such as `files = \"reports/*.pdf\"`"),
    ("value", "metric", "write a filter that gives a number, such as `value = \".credits.used\"`"),
    ("value", "`size`", "write how many items a page has, such as `value = 100`"),
    ("param", "", "write the name of the query parameter, such as `param = \"limit\"`"),
    ("metric", "alert", "write for example `metric = \"credit-balance.credits_used\"`, the job and its metric"),
    ("job", "alert", "write the name of the job whose samples it looks at: `job = \"…\"`"),
    ("within", "", "write how near it is, such as `within = \"3d\"`"),
    ("window", "", "write how far back it looks, such as `window = \"1d\"`"),
    ("rate", "", "write the multiple of the even pace that is too quick, such as `rate = 6.0`"),
    ("to", "", "write who gets the mails, such as `to = [\"ops@example.com\"]`"),
    ("from", "", "write who sends the mails, such as `from = \"apicron@example.com\"`"),
    ("smtp", "", "write where the address of the mail server is kept: `smtp = { env = \"SMTP_URL\" }`"),
    ("start", "", "write a filter, such as `start = \".periodStart\"`"),
    ("end", "", "write a filter, such as `end = \".periodEnd\"`"),
];

/// Whether a key at the top of the file is a table.
pub(in crate::config) fn is_section(key: &str) -> bool {
    TABLES.iter().any(|keys| keys.pattern.first() == Some(&key))
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

    /// Whether these are those of the file itself.
    pub(in crate::config) fn are_of_the_file(&self) -> bool {
        self.pattern.is_empty()
    }
}

fn fits(pattern: &str, step: &Step) -> bool {
    match step {
        Step::Key(key) => pattern == "*" || pattern == key,
        Step::Index(_) => pattern == "*",
    }
}
