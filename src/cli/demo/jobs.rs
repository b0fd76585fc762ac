//! The demo's jobs: `jobs.example.toml` and `faults.toml`, turned towards the stand-in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::cli::error::CliError;
use crate::config::{self, Colour};
use crate::cron::Pattern;
use crate::job::{Alert, Api, Credential, Elements, Grant, Job, Jobs};
use crate::run::Name;
use crate::secret::Environment;

const EXAMPLE: &str = include_str!("../../../jobs.example.toml");
const FAULTS: &str = include_str!("faults.toml");

/// Often enough that something happens while one looks.
const QUICKENED: &str = "@every 5s";

/// Both files as one, with the stand-in's addresses in place of the real ones.
pub(super) fn load(standin: &str, store: &Path) -> Result<Jobs, CliError> {
    let mut jobs = parse("jobs.example.toml", EXAMPLE)?;
    let faults = parse("faults.toml", FAULTS)?;
    jobs.settings.store.path = store.to_owned();
    // Nobody's files are touched by a demo.
    jobs.jobs.retain(|_, job| !sends_files(job));
    // Nobody is told of it.
    jobs.channels.clear();
    for alert in jobs.alerts.values_mut() {
        *alert = Arc::new(Alert { channels: Vec::new(), ..Alert::clone(alert) });
    }
    for job in jobs.jobs.values_mut() {
        *job = Arc::new(quickened(job)?);
    }
    jobs.credentials.extend(faults.credentials);
    jobs.apis.extend(faults.apis);
    jobs.jobs.extend(faults.jobs);
    turn_towards(&mut jobs, &base(standin)?);
    Ok(jobs)
}

fn parse(name: &str, text: &str) -> Result<Jobs, CliError> {
    let loaded = config::parse(Path::new(name), text, &Environment::fixed([("", "")]));
    loaded
        .map(|loaded| loaded.jobs)
        .map_err(|rejected| CliError::JobFile(config::render(&rejected.problems, &rejected.documents, Colour::None)))
}

/// The jobs that read what no other has kept, and those that go over the records of others.
pub(super) fn in_order(jobs: &Jobs) -> (Vec<Name>, Vec<Name>) {
    jobs.jobs.keys().cloned().partition(|name| !jobs.jobs.get(name).is_some_and(|job| goes_over_records(job)))
}

fn goes_over_records(job: &Job) -> bool {
    job.calls.iter().filter_map(|call| call.each.as_ref()).any(|each| matches!(each.of, Elements::Records(_)))
}

fn sends_files(job: &Job) -> bool {
    job.calls.iter().filter_map(|call| call.each.as_ref()).any(|each| matches!(each.of, Elements::Files { .. }))
}

fn base(standin: &str) -> Result<Url, CliError> {
    let address = format!("{standin}/v1");
    Url::parse(&address).map_err(|error| CliError::Failed(format!("{address} is no address: {error}")))
}

fn quickened(job: &Job) -> Result<Job, CliError> {
    let pattern = Pattern::parse(QUICKENED).map_err(|error| CliError::Failed(error.to_string()))?;
    let schedule = job.schedule.as_ref().map(|_| pattern);
    // A delay is for many hosts, and as long as a demo.
    Ok(Job { schedule, jitter: Duration::ZERO, after: None, ..job.clone() })
}

fn turn_towards(jobs: &mut Jobs, base: &Url) {
    let credentials: BTreeMap<Name, Arc<Credential>> =
        jobs.credentials.iter().map(|(name, credential)| (name.clone(), Arc::new(turned(credential, base)))).collect();
    let apis: BTreeMap<Name, Arc<Api>> = jobs
        .apis
        .iter()
        .map(|(name, api)| {
            let credential = api.credential.as_ref().and_then(|old| credentials.get(&old.name)).cloned();
            // Its limit is made for schedules that are not quickened.
            let turned = Api { base_url: base.clone(), credential, rate_limit: None, ..Api::clone(api) };
            (name.clone(), Arc::new(turned))
        })
        .collect();
    for job in jobs.jobs.values_mut() {
        if let Some(api) = apis.get(&job.api.name) {
            *job = Arc::new(Job { api: Arc::clone(api), ..Job::clone(job) });
        }
    }
    jobs.credentials = credentials;
    jobs.apis = apis;
}

fn turned(credential: &Credential, base: &Url) -> Credential {
    let mut credential = credential.clone();
    if let Grant::ClientCredentials(client) = &mut credential.grant {
        client.token_url.clone_from(base);
        client.token_url.set_path("/v1/oauth2/token");
    }
    credential
}
