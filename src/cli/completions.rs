//! `apicron completions`.

use clap::CommandFactory;

use super::Context;
use super::args::{self, Cli};
use super::error::CliError;
use super::exit::Exit;

/// Prints what a shell needs to complete command lines.
pub(super) fn completions(context: &Context, args: &args::Completions) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "apicron", &mut script);
    context.screen.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
