//! `apicron runs --follow`.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use anstream::adapter::strip_str;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use super::runs::{HEAD, text_row};
use crate::job::Jobs;
use crate::run::{Name, RunId, RunState};
use crate::store::{RunRow, RunsWanted, Store, StoreError};

const POLL: Duration = Duration::from_millis(500);

/// Live runs that are looked for as the following begins: more than there ever are.
const MOST_LIVING: u32 = 1_000_000;

/// Columns of lines that come one by one, so that nothing is known of those to come. The last is open.
const WIDTHS: [usize; 7] = [6, 11, 24, 8, 24, 12, 8];

/// Prints the last runs that ended, oldest first, and then each run as it ends, until a signal.
pub(super) async fn follow(context: &Context, jobs: &Jobs, wanted: RunsWanted) -> Result<Exit, CliError> {
    if let Some(state) = wanted.state.filter(|state| state.is_live()) {
        return Err(CliError::Usage(format!("no run ends `{state}`: follow a final state, or all of them")));
    }
    let shutdown = context.shutdown_on_signals()?;
    tokio::select! {
        () = shutdown.draining() => Ok(Exit::Done),
        failed = print_ends(context, jobs, wanted) => match failed? {},
    }
}

async fn print_ends(context: &Context, jobs: &Jobs, wanted: RunsWanted) -> Result<Infallible, CliError> {
    let store = wait_for_store(context, jobs).await?;
    let (mut follower, last) = Follower::begin(&store, wanted).await?;
    if !context.is_json() {
        context.screen.line(&in_columns(&HEAD.map(str::to_owned)))?;
    }
    print(context, &last)?;
    loop {
        context.clock.sleep(POLL).await;
        print(context, &follower.ended(&store).await?)?;
    }
}

/// The store, once somebody has made it.
async fn wait_for_store(context: &Context, jobs: &Jobs) -> Result<Store, CliError> {
    loop {
        if let Some(store) = context.read_store(jobs).await? {
            return Ok(store);
        }
        context.clock.sleep(POLL).await;
    }
}

fn print(context: &Context, rows: &[RunRow]) -> Result<(), CliError> {
    let now = context.clock.now();
    for row in rows {
        if context.is_json() {
            context.screen.json(row)?;
        } else {
            context.screen.line(&in_columns(&text_row(row, now)))?;
        }
    }
    Ok(())
}

/// Cells as one line. Colour takes no room.
fn in_columns(cells: &[String]) -> String {
    let mut line = String::new();
    for (n, cell) in cells.iter().enumerate() {
        let seen = strip_str(cell).to_string().chars().count();
        let padding = WIDTHS.get(n).map_or(0, |width| width.saturating_sub(seen) + 2);
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.trim_end().to_owned()
}

/// What is known already.
struct Follower {
    job: Option<Name>,
    state: Option<RunState>,
    /// The newest run.
    after: RunId,
    /// Runs up to that one which had not ended.
    living: BTreeSet<RunId>,
}

impl Follower {
    /// Also gives the last runs that ended, oldest first.
    async fn begin(store: &Store, wanted: RunsWanted) -> Result<(Follower, Vec<RunRow>), StoreError> {
        // In this order: a run that ends meanwhile is in `last`, or known to have lived.
        let newest = store.runs(&RunsWanted { job: None, state: None, since: None, limit: 1 }).await?;
        let after = newest.first().map_or(RunId(0), |run| run.id);
        let mut living = BTreeSet::new();
        for state in RunState::ALL.iter().copied().filter(|state| state.is_live()) {
            let live = RunsWanted { job: wanted.job.clone(), state: Some(state), since: None, limit: MOST_LIVING };
            living.extend(store.runs(&live).await?.iter().map(|run| run.id));
        }
        let mut last = store.runs(&wanted).await?;
        last.retain(|run| run.id <= after && !run.state.is_live());
        last.reverse();
        living.retain(|id| *id <= after && !last.iter().any(|run| run.id == *id));
        Ok((Follower { job: wanted.job, state: wanted.state, after, living }, last))
    }

    /// The runs that ended since the last look, in the order of their ends.
    async fn ended(&mut self, store: &Store) -> Result<Vec<RunRow>, StoreError> {
        let mut ended = store.news(self.job.as_ref(), self.after, &self.living).await?;
        self.after = ended.iter().map(|run| run.id).max().map_or(self.after, |newest| newest.max(self.after));
        self.living = ended.iter().filter(|run| run.state.is_live()).map(|run| run.id).collect();
        ended.retain(|run| !run.state.is_live() && self.state.is_none_or(|state| state == run.state));
        ended.sort_by_key(|run| (run.finished_at, run.id));
        Ok(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_one_below_the_other_also_where_a_word_has_colour() {
        let cells = |state: &str| in_columns(&["7".to_owned(), state.to_owned(), "usage".to_owned()]);
        assert_eq!(cells("failed     "), "7       failed       usage");
        assert_eq!(strip_str(&cells("\x1b[31mfailed     \x1b[0m")).to_string(), cells("failed     "));
    }
}
