//! Work with filters in it, done so that it keeps no other call waiting.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use tokio::sync::Semaphore;

use super::failure::Failure;
use crate::filter::{BreakOff, breakable, briefly};
use crate::run::Kind;

/// So many works at once, off the async threads, at least and at most: each may take half a gigabyte
/// (docs/reliability.md says what of), and a few that take long shall not keep the others waiting, on one core either.
const AT_ONCE: RangeInclusive<usize> = 4..=16;

static SEATS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Semaphore::new(cores.clamp(*AT_ONCE.start(), *AT_ONCE.end()))
});

/// Where work begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// On the async thread. What turns out not to be brief is begun anew off it.
    Here,
    /// Off the async threads.
    Aside,
}

/// Does work whose filters may take long. When nobody waits for it any more, because of a deadline
/// or a stop, its filters end within milliseconds.
pub(super) async fn filtered<T: Send + 'static>(
    begin: Begin,
    work: impl Fn() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = if begin == Begin::Here { briefly(&work) } else { None };
    match done {
        Some(done) => done,
        None => off_thread(work).await,
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let waiting = Waiting(BreakOff::default());
    let switch = waiting.0.clone();
    // Never closed. Kept until the work has ended, also where nobody waits for it any more.
    let seat = SEATS.acquire().await;
    let seated = move || {
        let _seat = seat;
        breakable(&switch, work)
    };
    tokio::task::spawn_blocking(seated)
        .await
        .unwrap_or_else(|_| Err(Failure::new(Kind::Panic, "a filter ended in a fault of apicron; please report it")))
}

/// Breaks the filters off when the wait for them ends.
struct Waiting(BreakOff);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.throw();
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};
    use std::time::Duration;

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::clock::Clock;
    use crate::filter::{Filter, Json, Variables};

    /// The thread that the work ended on, as the work itself has it.
    async fn ends_on(begin: Begin, text: &'static str) -> Result<ThreadId, Failure> {
        let filter = Filter::compile(text, &[]).expect(text);
        let work = move || {
            filter.run(&Json::null(), &Variables::default())?;
            Ok(thread::current().id())
        };
        filtered(begin, work).await
    }

    #[tokio::test]
    async fn what_is_brief_is_done_here_and_the_rest_anew_aside() {
        let here = thread::current().id();
        assert_eq!(ends_on(Begin::Here, "1 + 1").await, Ok(here));
        assert_ne!(ends_on(Begin::Aside, "1 + 1").await, Ok(here));
        let longer = ends_on(Begin::Here, r#""a" * 20000 | split("") | map(. + "b") | length"#).await;
        assert!(longer.as_ref().is_ok_and(|thread| *thread != here), "{longer:?}");
    }

    #[tokio::test]
    async fn a_filter_ends_soon_after_the_last_one_waiting_for_it_has_gone() {
        let text = r#"("a" * 20000 | split("")) as $x | [$x[] | select(. as $y | any($x[]; . == "b"))] | length"#;
        let filter = Filter::compile(text, &[]).expect(text);
        let (begun, mut begins) = unbounded_channel();
        let (ended, mut ends) = unbounded_channel();
        let work = move || {
            _ = begun.send(());
            let failure = filter.run(&Json::null(), &Variables::default()).expect_err(text);
            _ = ended.send(failure.message.clone());
            Err::<(), _>(failure.into())
        };
        let wait = tokio::spawn(filtered(Begin::Aside, work));
        begins.recv().await.expect("it begins");
        wait.abort();
        let limit = Duration::from_secs(60);
        let message = Clock::system().within(limit, ends.recv()).await.flatten();
        assert_eq!(message.as_deref(), Some("it was broken off"));
    }
}
