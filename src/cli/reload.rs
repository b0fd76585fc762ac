//! SIGHUP: `serve` reads its job file again.

use std::path::Path;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::CliError;
use super::serve::{Terminal, enabled};
use super::{Context, file, times};
use crate::config;
use crate::engine::{Changes, Engine};
use crate::job::Jobs;
use crate::run::Name;
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
            context.screen.note(&error.text().unwrap_or_default());
            tracing::error!("the job file was not taken over: what is served stays as it was");
            return;
        }
    };
    let enabled = enabled(&jobs);
    match engine.reload(jobs).await {
        Ok(changes) => {
            terminal.serves(enabled);
            tracing::info!("the job file was read again: {}", text(&changes));
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "the job file was not taken over: what is served stays as it was");
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

/// "2 jobs added (a, b), 1 job removed (c)".
fn text(changes: &Changes) -> String {
    let part = |names: &[Name], what: &str| {
        let list: Vec<&str> = names.iter().map(Name::as_str).collect();
        let count = times::count(names.len(), "job");
        (!names.is_empty()).then(|| format!("{count} {what} ({})", list.join(", ")))
    };
    let parts = [part(&changes.added, "added"), part(&changes.changed, "changed"), part(&changes.removed, "removed")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no job is another one".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_said_by_the_names_of_jobs() {
        let names = |names: &[&str]| names.iter().filter_map(|name| Name::new(name)).collect();
        let changes = Changes { added: names(&["a", "b"]), changed: Vec::new(), removed: names(&["c"]) };
        assert_eq!(text(&changes), "2 jobs added (a, b), 1 job removed (c)");
        assert_eq!(text(&Changes::default()), "no job is another one");
    }
}
