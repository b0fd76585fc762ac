//! `apicron backup`.

use serde_json::json;

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;

/// Writes a consistent copy of the store to a new file. Others may go on writing meanwhile.
pub(super) async fn backup(context: &Context, args: &args::Backup) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let path = &jobs.settings.store.path;
    let store = context.read_store(&jobs).await?;
    let store = store.ok_or_else(|| CliError::Failed(format!("there is no store at {} to copy", path.display())))?;
    store.backup(&args.to).await?;
    if context.is_json() {
        context.screen.json(&json!({ "store": path, "file": args.to }))?;
    } else {
        context.screen.note(&format!("copied {} to {}", path.display(), args.to.display()));
    }
    Ok(Exit::Done)
}
