//! What holds for the whole process, and the defaults for jobs. Both stand in the first file only.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::policy::{self, Fields, Policy};
use super::source;
use crate::config::file::{Field, Heartbeat as WrittenHeartbeat, Limits as WrittenLimits, Span, Store};
use crate::config::place::At;
use crate::config::sheet::Sheet;
use crate::job::{Heartbeat, Keep, Limits, Settings, StoreSettings};

const CONCURRENCY: usize = 64;
const MOST_AT_ONCE: usize = 10_000;
const DRAIN: Duration = Duration::from_secs(30);
const STORE: &str = "sqlite:apicron.db";
const KEEP: Keep = Keep {
    runs: Duration::from_hours(90 * 24),
    results: Duration::from_hours(14 * 24),
    samples: Duration::from_hours(400 * 24),
    diagnoses: Duration::from_hours(400 * 24),
};
const LIMITS: Limits = Limits { body: 10 << 20, pages: 10_000, items: 100_000 };
const HEARTBEAT_EVERY: Duration = Duration::from_mins(1);
const HEARTBEAT_AT_LEAST: Duration = Duration::from_secs(1);

/// The settings of the first file.
pub(super) fn settings(sheets: &[Sheet<'_>], defaults: &Policy) -> Settings {
    let default = Settings {
        concurrency: NonZeroUsize::new(CONCURRENCY).unwrap_or(NonZeroUsize::MIN),
        drain: DRAIN,
        store: StoreSettings { path: PathBuf::new(), keep: KEEP },
        limits: LIMITS,
        redirects: defaults.redirects,
        heartbeat: None,
    };
    let Some(main) = sheets.first() else { return default };
    let (at, written) = (main.at(), &main.written);
    Settings {
        concurrency: at
            .get("concurrency", &written.concurrency)
            .and_then(|n| concurrency(&at, *n))
            .unwrap_or(default.concurrency),
        drain: at.get("drain", &written.drain).map_or(DRAIN, |span| span.0),
        store: store(&at, at.get("store", &written.store).map(|table| &table.0)),
        limits: at.get("limits", &written.limits).map_or(LIMITS, |table| limits(&at.key("limits"), &table.0)),
        redirects: defaults.redirects,
        heartbeat: at.get("heartbeat", &written.heartbeat).and_then(|table| heartbeat(&at.key("heartbeat"), &table.0)),
    }
}

fn concurrency(at: &At<'_>, number: i64) -> Option<NonZeroUsize> {
    let checked = usize::try_from(number).ok().filter(|n| *n <= MOST_AT_ONCE).and_then(NonZeroUsize::new);
    if checked.is_none() {
        let message = format!("`concurrency` must be from 1 to {MOST_AT_ONCE}");
        at.key("concurrency").error("wrong-value", message).report();
    }
    checked
}

fn limits(at: &At<'_>, written: &WrittenLimits) -> Limits {
    Limits {
        body: at.get("body", &written.body).map_or(LIMITS.body, |size| size.0),
        pages: most(at, "pages", &written.pages).unwrap_or(LIMITS.pages),
        items: most(at, "items", &written.items).unwrap_or(LIMITS.items),
    }
}

fn most(at: &At<'_>, key: &str, field: &Field<i64>) -> Option<u64> {
    let number = at.get(key, field)?;
    let checked = u64::try_from(*number).ok().filter(|number| *number > 0);
    if checked.is_none() {
        at.key(key).error("wrong-value", format!("`{key}` must be at least 1")).report();
    }
    checked
}

fn store(at: &At<'_>, written: Option<&Store>) -> StoreSettings {
    let at = at.key("store");
    let url = written.and_then(|store| at.get("url", &store.url));
    StoreSettings {
        path: store_path(&at.key("url"), url.map_or(STORE, String::as_str)).unwrap_or_default(),
        keep: written.map_or(KEEP, |store| keep(&at, store)),
    }
}

fn keep(at: &At<'_>, store: &Store) -> Keep {
    let time = |key: &str, field: &Field<Span>, default: Duration| at.get(key, field).map_or(default, |span| span.0);
    Keep {
        runs: time("keep_runs", &store.keep_runs, KEEP.runs),
        results: time("keep_results", &store.keep_results, KEEP.results),
        samples: time("keep_samples", &store.keep_samples, KEEP.samples),
        diagnoses: time("keep_diagnoses", &store.keep_diagnoses, KEEP.diagnoses),
    }
}

fn heartbeat(at: &At<'_>, written: &WrittenHeartbeat) -> Option<Heartbeat> {
    let every = at.get("every", &written.every).map_or(HEARTBEAT_EVERY, |span| span.0);
    if every < HEARTBEAT_AT_LEAST {
        at.key("every").error("wrong-value", "`every` must be at least one second").report();
    }
    at.require("url", &written.url, "`heartbeat`")?;
    source::of_address(&at.key("url"), &written.url).map(|url| Heartbeat { url, every })
}

/// The file of `sqlite:FILE`, made absolute.
fn store_path(at: &At<'_>, url: &str) -> Option<PathBuf> {
    let Some(path) = url.strip_prefix("sqlite:") else {
        at.error("bad-url", "this version stores in SQLite only").help("write `\"sqlite:apicron.db\"`").report();
        return None;
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(':') || path.contains(['?', '\0']) {
        at.error("bad-url", "after `sqlite:` comes the path of a file and nothing else")
            .help("write `\"sqlite:apicron.db\"`")
            .report();
        return None;
    }
    Some(at.file().folder.join(path))
}

/// What `[defaults]` says, over what holds without it.
pub(super) fn defaults(sheets: &[Sheet<'_>]) -> Policy {
    let Some(main) = sheets.first() else { return Policy::default() };
    let at = main.at();
    match at.get("defaults", &main.written.defaults) {
        Some(table) => policy::lower(&at.key("defaults"), &Fields::of_defaults(&table.0), &Policy::default()),
        None => Policy::default(),
    }
}
