//! R2: a process that dies at a named point. The points are in the code, as `crash::reach`.

mod handed_over;
mod incident;
mod panics;
mod prune;
mod upgrade;

use rustix::process::Signal;

use super::ordeal::Ordeal;
use crate::support::binary::{Ended, Running};
use crate::support::size::{figure, size};

/// The variable that arms a point.
const CRASH: &str = "APICRON_CRASH";

/// How a server gets to a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    /// As it starts.
    Starting,
    /// As it starts, when ticks were missed.
    CatchingUp,
    /// At work, several times a second.
    Working,
    /// When it stops.
    Stopping,
}

/// On the way of a tick to its outcome.
const AT_WORK: &[(&str, Reached)] = &[
    ("before claim ticks", Reached::Working),
    ("within claim ticks", Reached::Working),
    ("after claim ticks", Reached::Working),
    ("before note a call that is about to be sent", Reached::Working),
    ("within note a call that is about to be sent", Reached::Working),
    ("after note a call that is about to be sent", Reached::Working),
    ("before ask for a token", Reached::Starting),
    ("after ask for a token", Reached::Starting),
    ("before send a request", Reached::Working),
    ("within send a request", Reached::Working),
    ("after send a request", Reached::Working),
    ("before record the end of a run", Reached::Working),
    ("within record the end of a run", Reached::Working),
    ("after record the end of a run", Reached::Working),
];

/// Where a server begins and ends, and where it reads lists.
const AT_THE_EDGES: &[(&str, Reached)] = &[
    ("before open the store", Reached::Starting),
    ("within open the store", Reached::Starting),
    ("after open the store", Reached::Starting),
    ("before cover ticks", Reached::CatchingUp),
    ("within cover ticks", Reached::CatchingUp),
    ("after cover ticks", Reached::CatchingUp),
    ("within note which jobs are served", Reached::Starting),
    ("after note which jobs are served", Reached::Starting),
    ("after extend the lease of this process", Reached::Starting),
    ("within begin to read a list", Reached::Starting),
    ("after begin to read a list", Reached::Starting),
    ("within keep a page of records", Reached::Working),
    ("after keep a page of records", Reached::Working),
    ("within complete the reading of a list", Reached::Starting),
    ("after complete the reading of a list", Reached::Starting),
    ("before check the log into the file", Reached::Stopping),
    ("after check the log into the file", Reached::Stopping),
];

impl Ordeal {
    /// Starts a server that dies at a point, and waits until it has.
    async fn die_at(&mut self, point: &str, reached: Reached) {
        let times = if reached == Reached::Working { 1 + self.below(9) } else { 1 };
        if reached == Reached::CatchingUp {
            self.clock.sleep(std::time::Duration::from_millis(2_500)).await;
        }
        let serve = self.serve(&[(CRASH, &format!("{point}:{times}"))]);
        if reached == Reached::Stopping {
            self.until_ready(&serve);
            serve.terminate();
        }
        self.died(&crashed(point, serve)).await;
    }
}

/// Waits until a process died at its point, and not in another way.
fn crashed(point: &str, running: Running) -> Ended {
    running.wait_for_stderr("dies here");
    let ended = running.end();
    let signal = std::os::unix::process::ExitStatusExt::signal(&ended.status);
    assert_eq!(signal, Some(Signal::ABORT.as_raw()), "{point}: {ended:#?}");
    ended
}

async fn die_at_each(name: &str, points: &[(&str, Reached)]) {
    let mut ordeal = Ordeal::begin(name).await;
    let times = size(2, 20);
    for _ in 0..times {
        for (point, reached) in points {
            ordeal.die_at(point, *reached).await;
        }
    }
    figure("R2", format!("{name}: {} points, {times} times each: {}", points.len(), ordeal.end().await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_on_the_way_of_a_tick_to_its_outcome_loses_none_and_runs_none_twice() {
    die_at_each("at work", AT_WORK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_where_it_begins_or_ends_or_reads_lists_loses_nothing() {
    die_at_each("at the edges", AT_THE_EDGES).await;
}
