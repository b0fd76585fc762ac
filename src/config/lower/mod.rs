//! From the file as written to the checked types: all problems are reported on the way, so what
//! comes out is used only when there were none.

mod after;
mod alert;
mod api;
mod call;
mod calls;
mod channel;
mod choice;
mod collections;
mod credential;
mod filters;
mod header;
mod host;
mod jitter;
mod job;
mod json;
mod metric;
mod needs;
mod operation;
mod pages;
mod path;
mod period;
mod policy;
mod rate;
mod scope;
mod secretlike;
mod section;
mod settings;
mod source;
mod steps;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::sheet::Sheet;
use crate::job::Jobs;
use alert::Around;
use section::{Section, section};

/// Makes the checked types of all files. The first one is the job file itself.
pub(in crate::config) fn lower(sheets: &[Sheet<'_>]) -> Jobs {
    let defaults = settings::defaults(sheets);
    let credentials = section(sheets, "credentials", "a credential", |file| &file.credentials)
        .lower(|at, name, written| credential::lower(at, name, written).map(Arc::new));
    let apis = section(sheets, "apis", "an API", |file| &file.apis)
        .lower(|at, name, written| api::lower(at, name, written, &credentials));
    let written = section(sheets, "jobs", "a job", |file| &file.jobs);
    if written.entries.is_empty() {
        warn_of_no_jobs(sheets);
    }
    after::check(&written);
    collections::check(&written);
    let jobs = written.lower(|at, name, written| job::lower(at, name, written, &defaults, &apis).map(Arc::new));
    host::warn(&apis);
    rate::warn(&apis, &jobs);
    let settings = settings::settings(sheets, &defaults);
    let channels = section(sheets, "channels", "a channel", |file| &file.channels).lower(channel::lower);
    let alerts = section(sheets, "alerts", "an alert", |file| &file.alerts);
    channel::warn_of_unused(&channels, &alerts);
    let kept = sheets.first().map(|main| main.at().key("store")).filter(|store| store.has("keep_samples"));
    let kept = kept.map(|store| store.key("keep_samples"));
    let keep_samples = settings.store.keep.samples;
    let around =
        Around { jobs: &jobs, credentials: &credentials, channels: &channels, keep_samples, kept: kept.as_ref() };
    let alerts = alerts.lower(|at, name, written| alert::lower(at, name, written, around).map(Arc::new));
    Jobs {
        file: sheets.first().map(file).unwrap_or_default(),
        settings,
        credentials: values(credentials),
        apis: values(apis).into_iter().map(|(name, known)| (name, known.api)).collect(),
        jobs: values(jobs),
        alerts: values(alerts),
        channels: values(channels),
    }
}

/// A file that was cut off, or is another than was meant, is right as far as it goes.
fn warn_of_no_jobs(sheets: &[Sheet<'_>]) {
    let Some(at) = sheets.first().map(Sheet::at).filter(|at| !at.has_misspelled("jobs") && !at.has("jobs")) else {
        return;
    };
    at.warning("no-jobs", "this file has no jobs, so nothing is ever called")
        .help("write `[jobs.NAME]`; `apicron init` writes a first one")
        .report();
}

fn file(main: &Sheet<'_>) -> PathBuf {
    let file = main.at().file();
    file.folder.join(file.path.file_name().unwrap_or_default())
}

fn values<T>(section: Section<'_, T>) -> BTreeMap<crate::run::Name, T> {
    section.entries.into_iter().filter_map(|entry| Some((entry.name?, entry.value?))).collect()
}
