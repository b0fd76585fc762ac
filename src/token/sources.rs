//! Reading secrets where they are used, without reading files in the hot path.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::secret::{Environment, Redactor, Secret, SecretError, Source};

/// How long a reading is good for: a changed file is seen within this time.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What a source is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    ClientId,
    ClientSecret,
    Bearer,
}

/// Why a source gave nothing: one sentence that names the source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct Unreadable {
    why: Arc<str>,
    /// There is nothing at all.
    pub(super) is_absence: bool,
}

/// How new a reading must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// At most a second old.
    Recent,
    /// Of this moment.
    Fresh,
}

/// Reads each source at most once a second, one reader at a time.
pub(super) struct Sources {
    environment: Environment,
    redactor: Redactor,
    clock: Clock,
    slots: Mutex<HashMap<(Source, Use), Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Found>>>;

struct Found {
    at: Duration,
    secret: Result<Secret, Unreadable>,
}

impl Sources {
    pub(super) fn new(environment: Environment, redactor: Redactor, clock: Clock) -> Sources {
        Sources { environment, redactor, clock, slots: Mutex::default() }
    }

    /// The value of a source, as it was at most a second ago.
    pub(super) async fn read(&self, source: &Source, usage: Use) -> Result<Secret, Unreadable> {
        let slot = self.slot(source, usage);
        let mut found = slot.lock().await;
        let now = self.clock.elapsed();
        match &*found {
            Some(found) if now < found.at.saturating_add(GOOD_FOR) => found.secret.clone(),
            _ => {
                let secret = self.read_through(source, usage).await;
                *found = Some(Found { at: now, secret: secret.clone() });
                secret
            }
        }
    }

    /// The value of a source as it is now.
    pub(super) async fn read_again(&self, source: &Source, usage: Use) -> Result<Secret, Unreadable> {
        *self.slot(source, usage).lock().await = None;
        self.read(source, usage).await
    }

    pub(super) async fn read_as(&self, reading: Reading, source: &Source, usage: Use) -> Result<Secret, Unreadable> {
        match reading {
            Reading::Recent => self.read(source, usage).await,
            Reading::Fresh => self.read_again(source, usage).await,
        }
    }

    fn slot(&self, source: &Source, usage: Use) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((source.clone(), usage)).or_default())
    }

    async fn read_through(&self, source: &Source, usage: Use) -> Result<Secret, Unreadable> {
        let found = match source {
            Source::Env(_) => read_blocking(source, usage, &self.environment),
            // A file may be on a disk that hangs, or be a pipe.
            Source::File(_) | Source::EnvFile { .. } => {
                let (file, environment) = (source.clone(), self.environment.clone());
                let reading = tokio::task::spawn_blocking(move || read_blocking(&file, usage, &environment));
                reading.await.map_err(|_| Unreadable {
                    why: format!("reading {source} was broken off").into(),
                    is_absence: false,
                })?
            }
        };
        let secret = found.map_err(|error| sentence(&error))?;
        match usage {
            Use::ClientId => {}
            Use::ClientSecret => self.redactor.learn_secret(&secret),
            // At each reading: only the newest tokens are remembered, and this one may outlive many.
            Use::Bearer => self.redactor.learn_token(&secret),
        }
        Ok(secret)
    }
}

fn read_blocking(source: &Source, usage: Use, environment: &Environment) -> Result<Secret, SecretError> {
    match usage {
        Use::ClientId => source.read_text(environment),
        Use::ClientSecret | Use::Bearer => source.read(environment),
    }
}

fn sentence(error: &SecretError) -> Unreadable {
    let why = match error.source() {
        Some(cause) => format!("{error}: {cause}").into(),
        None => error.to_string().into(),
    };
    Unreadable { why, is_absence: error.is_absence() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> (Sources, crate::clock::Hands) {
        let (clock, hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
        (Sources::new(Environment::default(), Redactor::new(), clock), hands)
    }

    #[tokio::test]
    async fn a_changed_file_is_seen_after_a_second_and_not_read_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Source::File(folder.path().join("secret"));
        let (sources, hands) = sources();
        for (advance_ms, written, read) in [
            (0, "first-secret", "first-secret"),
            (999, "second-secret", "first-secret"),
            (1, "second-secret", "second-secret"),
        ] {
            hands.advance(Duration::from_millis(advance_ms));
            std::fs::write(folder.path().join("secret"), written).expect("a file");
            let secret = sources.read(&source, Use::ClientSecret).await.expect("a secret");
            assert_eq!(secret.expose(), read, "after {advance_ms} ms");
        }
        assert_eq!(sources.redactor.scrub("second-secret"), "[redacted]");
    }

    #[tokio::test]
    async fn a_source_that_cannot_be_read_is_named_with_the_cause() {
        let folder = tempfile::tempdir().expect("a folder");
        let (sources, _hands) = sources();
        let source = Source::File(folder.path().to_owned());
        let error = sources.read(&source, Use::ClientSecret).await.expect_err("a folder is no file").to_string();
        assert!(error.contains(&folder.path().display().to_string()) && error.contains("directory"), "{error}");
    }
}
