//! `apicron init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::config;

/// Writes a first job file; one that exists stays as it is.
pub(super) fn init(context: &Context) -> Result<Exit, CliError> {
    let path = &context.global.file;
    let shown = path.display();
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => {
            CliError::Failed(format!("{shown} exists and is left as it is: name another with --file"))
        }
        _ => CliError::io(format!("create {shown}"), cause),
    })?;
    file.write_all(config::STARTER.as_bytes()).map_err(|cause| CliError::io(format!("write {shown}"), cause))?;
    context.screen.note(&format!("wrote {shown}: edit it, then `apicron check` and `apicron run --all`"));
    Ok(Exit::Done)
}
