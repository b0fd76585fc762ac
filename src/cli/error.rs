//! What can go wrong at the edge, and how it is said.

use std::io;
use std::path::PathBuf;

use super::exit::Exit;
use crate::engine::EngineError;
use crate::secret::SecretError;
use crate::store::StoreError;
use crate::telemetry::{TelemetryError, chain};

/// Why a verb could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The job file cannot be loaded; the text shows every problem.
    #[error("{0}")]
    JobFile(String),
    /// Secrets of the jobs that are to run cannot be read.
    #[error("{}", secrets(.0))]
    Secrets(Vec<SecretError>),
    /// The command line asks for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// What was asked about does not exist, or could not be done.
    #[error("{0}")]
    Failed(String),
    /// A file could not be written, a port not opened.
    #[error("could not {doing}")]
    Io {
        /// "write jobs.toml".
        doing: String,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The folder that the job file names for the store is not there.
    #[error("there is no folder {} for the store: make it, or mend `store.url`", .0.display())]
    NoStoreFolder(PathBuf),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The log filter.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Standard output cannot be written.
    #[error("could not write to standard output")]
    Output(#[from] io::Error),
}

impl CliError {
    pub(super) fn io(doing: impl Into<String>, cause: io::Error) -> CliError {
        CliError::Io { doing: doing.into(), cause }
    }

    /// How the process ends.
    pub(super) fn exit(&self) -> Exit {
        match self {
            CliError::JobFile(_) | CliError::Secrets(_) => Exit::JobFile,
            CliError::Usage(_) | CliError::Telemetry(_) => Exit::Usage,
            // The store is well: its backup was to go where something is.
            CliError::Store(StoreError::Exists { .. } | StoreError::InTheWay { .. }) => Exit::Failed,
            CliError::NoStoreFolder(_) | CliError::Store(_) | CliError::Engine(EngineError::Store(_)) => Exit::Store,
            // Whoever reads through a pipe and has seen enough, as `head` does, has what it wants.
            CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            CliError::Failed(_) | CliError::Io { .. } | CliError::Engine(_) | CliError::Output(_) => Exit::Failed,
        }
    }

    /// What a person reads; `None` when there is nothing to say.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            // Problems of a job file are rendered whole already.
            CliError::JobFile(rendered) => Some(rendered.trim_end().to_owned()),
            CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            other => Some(format!("error: {}", chain(other))),
        }
    }
}

fn secrets(errors: &[SecretError]) -> String {
    let lines: Vec<String> = errors.iter().map(|error| chain(error)).collect();
    format!("secrets that the jobs need cannot be read: {}", lines.join("; "))
}
