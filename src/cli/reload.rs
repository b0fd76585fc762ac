//! SIGHUP: `serve` reads its job file again.

use std::path::Path;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::LogFormat;
use super::error::CliError;
use super::serve::{Terminal, enabled};
use super::{Context, file};
use crate::config;
use crate::engine::Engine;
use crate::job::Jobs;
use crate::secret::Environment;
use crate::telemetry::chain;

/// The SIGHUPs of this process. As long as it exists, none ends the process.
pub(super) struct Hangups(Signal);

impl Hangups {
    pub(super) fn listen() -> Result<Hangups, CliError> {
        signal(SignalKind::hangup()).map(Hangups).map_err(|cause| CliError::io("listen to SIGHUP", cause))
    }

    /// Reloads at each. Returns when no further one can come, which is never.
    pub(super) async fn reload(mut self, context: &Context, engine: &Engine, terminal: &Terminal) {
        while self.0.recv().await.is_some() {
            terminal.reloading();
            reload(context, engine, terminal).await;
            terminal.ready_again();
        }
    }
}

/// A wrong file changes nothing, and a right one changes all that it says.
async fn reload(context: &Context, engine: &Engine, terminal: &Terminal) {
    let jobs = match read(context).await {
        Ok(jobs) => jobs,
        Err(error) => {
            tell(context.global.log_format, context, &error.text().unwrap_or_default());
            return;
        }
    };
    let enabled = enabled(&jobs);
    match engine.reload(jobs).await {
        // What changed is told where it is done.
        Ok(_) => terminal.serves(enabled),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the job file was not taken over: what is served stays as it was");
        }
    }
}

/// As people read it, or, where programs read the log, as one line of it.
fn tell(format: LogFormat, context: &Context, problems: &str) {
    let kept = "the job file was not taken over: what is served stays as it was";
    match format {
        LogFormat::Text => {
            context.screen.note(problems);
            tracing::error!("{kept}");
        }
        LogFormat::Json => {
            let problems = anstream::adapter::strip_str(problems).to_string();
            tracing::error!(problems = problems.trim_end(), "{kept}");
        }
    }
}

/// Off the async threads: files can be slow, and a run that waits for its thread is late.
async fn read(context: &Context) -> Result<Jobs, CliError> {
    let (path, environment) = (context.global.file.clone(), context.environment.clone());
    let read = tokio::task::spawn_blocking(move || read_now(&path, &environment)).await;
    read.unwrap_or_else(|panic| Err(CliError::Failed(format!("could not read the job file: {panic}"))))
}

fn read_now(path: &Path, environment: &Environment) -> Result<Jobs, CliError> {
    let jobs = config::load(path, environment).map_err(file::rejected)?.jobs;
    let unreadable = config::unreadable_secrets(&jobs, environment, None);
    if unreadable.is_empty() { Ok(jobs) } else { Err(CliError::Secrets(unreadable)) }
}
