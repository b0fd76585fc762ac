//! The job file, as every verb loads it.

use std::sync::Arc;

use super::error::CliError;
use super::exit::Exit;
use super::screen::stderr_has_colour;
use super::{Context, Form};
use crate::config::{self, Colour, Rejected};
use crate::doctor::Doctor;
use crate::engine::Parts;
use crate::job::{Alert, Credential, Job, Jobs};
use crate::run::Name;
use crate::shutdown::Shutdown;
use crate::store::{Access, Store, StoreError};

impl Context {
    /// Loads the job file to run its jobs; its warnings are `check`'s to show.
    pub(super) fn load(&self) -> Result<Jobs, CliError> {
        config::load(&self.global.file, &self.environment).map(|loaded| loaded.jobs).map_err(rejected)
    }

    /// Loads the job file for what only reads: secrets are left alone.
    pub(super) fn load_to_read(&self) -> Result<Jobs, CliError> {
        config::load_without_secrets(&self.global.file).map(|loaded| loaded.jobs).map_err(rejected)
    }

    /// Checks that the secrets of the jobs that are about to run can be read.
    pub(super) fn require_secrets(&self, jobs: &Jobs, only: Option<&[Name]>) -> Result<(), CliError> {
        let unreadable = config::unreadable_secrets(jobs, &self.environment, only);
        if unreadable.is_empty() { Ok(()) } else { Err(CliError::Secrets(unreadable)) }
    }

    /// Opens the store for reading; `None` when nothing was ever stored.
    pub(super) async fn read_store(&self, jobs: &Jobs) -> Result<Option<Store>, CliError> {
        match Store::open(&jobs.settings.store.path, Access::Read, &self.clock).await {
            Ok(store) => Ok(Some(store)),
            Err(StoreError::Absent { path }) => match path.parent() {
                Some(folder) if !folder.exists() => Err(CliError::NoStoreFolder(folder.to_owned())),
                _ => Ok(None),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// What an engine works with in this process.
    pub(super) fn parts(&self, jobs: Jobs, store: &Store, shutdown: &Shutdown) -> Parts {
        Parts {
            concurrency: jobs.settings.concurrency,
            jobs,
            store: store.clone(),
            environment: self.environment.clone(),
            redactor: self.redactor.clone(),
            clock: self.clock.clone(),
            shutdown: shutdown.clone(),
        }
    }

    /// Who looks at live paths for this process.
    pub(super) fn doctor(&self, jobs: &Jobs) -> Result<Doctor, CliError> {
        let (environment, redactor) = (self.environment.clone(), self.redactor.clone());
        Doctor::new(self.clock.clone(), environment, redactor, jobs.settings.limits)
            .map_err(|error| CliError::Failed(crate::telemetry::chain(&error)))
    }

    /// A stop that the signals of this process ask for.
    pub(super) fn shutdown_on_signals(&self) -> Result<Shutdown, CliError> {
        let shutdown = Shutdown::new();
        shutdown.listen_to_signals().map_err(|cause| CliError::io("listen to signals", cause))?;
        Ok(shutdown)
    }

    /// Whether output is for programs.
    pub(super) fn is_json(&self) -> bool {
        self.screen.form == Form::Json
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn rejected(rejected: Rejected) -> CliError {
    let colour = if stderr_has_colour() { Colour::Ansi } else { Colour::None };
    CliError::JobFile(config::render(&rejected.problems, &rejected.documents, colour))
}

/// The job of that name, or an error that names the nearest one.
pub(super) fn find_job<'a>(jobs: &'a Jobs, name: &str) -> Result<&'a Job, CliError> {
    if let Some(job) = jobs.jobs.get(name) {
        return Ok(job);
    }
    Err(not_there("job", name, jobs.jobs.keys()))
}

/// The credential of that name, or an error that names the nearest one.
pub(super) fn find_credential<'a>(jobs: &'a Jobs, name: &str) -> Result<&'a Arc<Credential>, CliError> {
    jobs.credentials.get(name).ok_or_else(|| not_there("credential", name, jobs.credentials.keys()))
}

/// The alert of that name, or an error that names the nearest one.
pub(super) fn find_alert<'a>(jobs: &'a Jobs, name: &str) -> Result<&'a Alert, CliError> {
    jobs.alerts.get(name).map(AsRef::as_ref).ok_or_else(|| not_there("alert", name, jobs.alerts.keys()))
}

fn not_there<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a Name> + Clone) -> CliError {
    let nearest = known
        .clone()
        .map(|known| (strsim::damerau_levenshtein(known.as_str(), name), known))
        .filter(|(distance, _)| *distance <= 3)
        .min();
    let all = || format!("it has {}", known.map(Name::as_str).take(20).collect::<Vec<_>>().join(", "));
    let hint = nearest.map_or_else(all, |(_, known)| format!("did you mean `{known}`?"));
    CliError::Usage(format!("the job file has no {what} `{name}`: {hint}"))
}

/// Prints the JSON Schema of the job file.
pub(super) fn schema(context: &Context) -> Result<Exit, CliError> {
    let text = serde_json::to_string_pretty(&config::schema()).map_err(std::io::Error::other)?;
    context.screen.line(&text)?;
    Ok(Exit::Done)
}
