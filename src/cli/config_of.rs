//! `apicron show JOB --config`: what holds for a job, and where each key comes from.

use serde::Serialize;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use super::file::{find_job, rejected};
use super::screen::clean;
use crate::config::{self, Effective, Origin};

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    value: &'a str,
    from: String,
}

/// Prints a job's effective keys. Secrets are named by their sources.
pub(super) fn config_of(context: &Context, job: &str) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let name = find_job(&jobs, job)?.name.clone();
    let keys = config::explain(&context.global.file, name.as_str()).map_err(rejected)?;
    // A file that changed in between may have lost the job.
    let keys = keys.ok_or_else(|| CliError::Usage(format!("the job file has no job `{name}`")))?;
    if context.is_json() {
        for key in &keys {
            context.screen.json(&line(key))?;
        }
    } else {
        let row = |key: &Effective| vec![key.key.clone(), clean(&key.value), from(&key.origin)];
        context.screen.table(&["KEY", "VALUE", "FROM"], keys.iter().map(row).collect())?;
    }
    Ok(Exit::Done)
}

fn line(key: &Effective) -> Line<'_> {
    Line { key: &key.key, value: &key.value, from: from(&key.origin) }
}

/// "jobs.toml:12", "built in".
fn from(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn => "built in".to_owned(),
        Origin::At { file, line } => format!("{}:{line}", file.display()),
    }
}
